package selection_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/selection"
)

// diamond is a -> b, c -> d, and e apart.
func diamond() (selection.Graph, []string) {
	keys := []string{"a", "b", "raw/c", "odd key!", "e"}
	return selection.Graph{
		Index: func(key string) (int, bool) {
			i := slices.Index(keys, key)
			return i, i >= 0
		},
		Up:   [][]int32{{}, {0}, {0}, {1, 2}, {}},
		Down: [][]int32{{1, 2}, {3}, {3}, {}, {}},
	}, keys
}

func TestResolve(t *testing.T) {
	t.Parallel()
	g, keys := diamond()
	tests := []struct {
		text string
		want []string
	}{
		{"a", []string{"a"}},
		{"*", keys},
		{"b+", []string{"b", "odd key!"}},
		{"+b", []string{"a", "b"}},
		{"+b+", []string{"a", "b", "odd key!"}},
		{" + b + ", []string{"a", "b", "odd key!"}},
		{"raw/c", []string{"raw/c"}},
		{`key:"odd key!"`, []string{"odd key!"}},
		{`+"odd key!"`, []string{"a", "b", "raw/c", "odd key!"}},
		{"key:a or e", []string{"a", "e"}},
		{"b or +b", []string{"a", "b"}},
		{"a+ OR e", keys},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			s, err := selection.Parse(tt.text)
			require.NoError(t, err)
			in, err := s.Resolve(tt.text, g, func() []string { return keys })
			require.NoError(t, err)
			var got []string
			for i, yes := range in {
				if yes {
					got = append(got, keys[i])
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	g, keys := diamond()
	tests := map[string]string{
		"":          `at 1: want an asset key`,
		"a b":       `at 3: want "or" or the end`,
		"a or":      `at 5: want an asset key`,
		"a or ?":    `at 6: want an asset key`,
		`"a`:        `at 1: quote without an end`,
		"*+":        `at 2: want "or" or the end`,
		"raw/d":     `at 1: no asset "raw/d"; is it "raw/c"?`,
		"a or blue": `at 6: no asset "blue"`,
	}
	for text, want := range tests {
		s, err := selection.Parse(text)
		if err == nil {
			_, err = s.Resolve(text, g, func() []string { return keys })
		}
		require.ErrorContains(t, err, want, "selection %q", text)
	}
}

func TestQuotedKeysParseAsThemselves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[^"]+`).Draw(t, "key")
		text := selection.Quote(key)
		s, err := selection.Parse(text)
		if err != nil {
			t.Fatalf("parse %s: %v", text, err)
		}
		g := selection.Graph{Index: func(k string) (int, bool) { return 0, k == key }, Up: make([][]int32, 1), Down: make([][]int32, 1)}
		if _, err := s.Resolve(text, g, func() []string { return nil }); err != nil {
			t.Fatalf("resolve %s: %v", text, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a", "+a+", "*", `key:"a b" or b`, "", `"`, "a or"} {
		f.Add(seed)
	}
	g, keys := diamond()
	f.Fuzz(func(t *testing.T, text string) {
		s, err := selection.Parse(text)
		if err != nil {
			return
		}
		if in, err := s.Resolve(text, g, func() []string { return keys }); err == nil && len(in) != len(keys) {
			t.Fatalf("%d nodes", len(in))
		}
	})
}
