package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
	"github.com/dagster-go/dagster/storage/storagetest"
)

// TestMain also is the other processes that tests start.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := child(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func openAt(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storage.Storage {
		t.Helper()
		return openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	})
}

func TestStore_shared(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(t *testing.T) (a, b storage.Storage) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "dagster.db")
		return openAt(t, path), openAt(t, path)
	})
}
