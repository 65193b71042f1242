package dags_test

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster/internal/dags"
)

// The checksums are those of the same graphs on the other side of every comparison.
func TestShapesAreThoseThatOthersMeasure(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		build func(int) [][]int
		want  map[int]string
	}{
		{"chain", dags.Chain, map[int]string{10: "e93c2b5d154defb2", 100: "61f909eb5b78b8d5", 1000: "2527f85e5037fff8", 10000: "558c7f058e06fd19"}},
		{"fan", dags.Fan, map[int]string{10: "c645d2ea12ff2ce6", 100: "ba3e7dc3efb10893", 1000: "7085a0a917425a18", 10000: "c72c1ee7906bfff9"}},
		{"layers", dags.Layers, map[int]string{10: "e93c2b5d154defb2", 100: "933c16f45bd24f1c", 1000: "b4b6abb3bd8d6679", 10000: "6756db269a1e0904"}},
	} {
		for n, want := range tt.want {
			assert.Equal(t, want, checksum(tt.build(n)), "%s of %d nodes", tt.name, n)
		}
	}
	assert.Equal(t, 1786, edges(dags.Layers(1000)))
	assert.Equal(t, 17988, edges(dags.Layers(10000)))
}

func edges(deps [][]int) (n int) {
	for _, d := range deps {
		n += len(d)
	}
	return n
}

func checksum(deps [][]int) string {
	h := fnv.New64a()
	for i, d := range deps {
		fmt.Fprintf(h, "%d:%s|", i, strings.Trim(strings.ReplaceAll(fmt.Sprint(d), " ", ","), "[]"))
	}
	return strconv.FormatUint(h.Sum64(), 16)
}
