package storagetest_test

import (
	"testing"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/storagetest"
)

// The test of a store, in full.
func ExampleRun() {
	_ = func(t *testing.T) {
		storagetest.Run(t, func(*testing.T) storage.Storage { return storage.NewMemory() })
	}
	// Output:
}
