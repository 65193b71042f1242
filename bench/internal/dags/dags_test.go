package dags_test

import (
	"testing"

	"github.com/dagster-go/dagster/bench/internal/dags"
)

// The checksums are those of the Python side: both run the same graphs.
func TestChecksums(t *testing.T) {
	t.Parallel()

	want := map[string]map[int]string{
		"chain": {10: "e93c2b5d154defb2", 100: "61f909eb5b78b8d5", 1000: "2527f85e5037fff8", 10_000: "558c7f058e06fd19"},
		"fan":   {10: "c645d2ea12ff2ce6", 100: "ba3e7dc3efb10893", 1000: "7085a0a917425a18", 10_000: "c72c1ee7906bfff9"},
		"layered": {
			10: "e93c2b5d154defb2", 100: "933c16f45bd24f1c", 1000: "b4b6abb3bd8d6679", 10_000: "6756db269a1e0904",
		},
	}
	for name, shape := range dags.Shapes() {
		for n, sum := range want[name] {
			if got := dags.Checksum(shape(n)); got != sum {
				t.Errorf("%s(%d): checksum %s, want %s", name, n, got, sum)
			}
		}
	}
}
