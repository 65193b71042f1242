package nearest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/nearest"
)

func TestName(t *testing.T) {
	t.Parallel()
	known := []string{"dir", "limit", "raw/orders", "raw/order_lines", "x"}
	for _, tt := range []struct{ what, name, want string }{
		{"one letter too many", "dirr", "dir"},
		{"another case", "LIMIT", "limit"},
		{"a letter left out", "limt", "limit"},
		{"a letter replaced", "raw/orderz", "raw/orders"},
		{"three changes in a long name", "raw/ordr_lns", "raw/order_lines"},
		{"nothing like it", "elephants", ""},
		{"all of a short name differs", "y", ""},
		{"nothing", "", ""},
		{"too long to look at", strings.Repeat("dir", 30), ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, nearest.Name(tt.name, known))
		})
	}
	assert.Empty(t, nearest.Name("a", nil))
}

// A name with one byte changed is found again, or another name that is as near.
func TestOneChangeIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{6,20}`), 1, 8, rapid.ID[string]).Draw(t, "known")
		meant := rapid.SampledFrom(known).Draw(t, "meant")
		at := rapid.IntRange(0, len(meant)-1).Draw(t, "at")
		given := meant[:at] + "_" + meant[at+1:]
		got := nearest.Name(given, known)
		assert.Contains(t, known, got)
		assert.Equal(t, meant, nearest.Name(given, []string{meant}))
	})
}
