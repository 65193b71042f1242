package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

func changeDynamic(t *testing.T, s storage.Storage, changes ...storage.DynamicChange) {
	t.Helper()
	require.NoError(t, s.ChangeDynamic(t.Context(), changes...))
}

// dynamicKeys reads all keys, page by page.
func dynamicKeys(t *testing.T, s storage.Storage, f storage.DynamicFilter) []string {
	t.Helper()
	all := []string{}
	for {
		page, err := s.DynamicKeys(t.Context(), f)
		require.NoError(t, err)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		f.After = page[len(page)-1]
	}
}

func numbered(prefix string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return keys
}

func dynamicCases() []testCase {
	return []testCase{
		{"dynamic/added and removed, in the order of adding", func(t *testing.T, s storage.Storage) {
			list := func() []string { return dynamicKeys(t, s, storage.DynamicFilter{Name: "n"}) }
			assert.Empty(t, list())
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: []string{"b", "a", "b"}}, storage.DynamicChange{Name: "m", Add: []string{"z"}})
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: []string{"c", "a"}, Remove: []string{"none"}})
			assert.Equal(t, []string{"b", "a", "c"}, list())
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: []string{"b"}, Remove: []string{"b", "b"}})
			assert.Equal(t, []string{"a", "c", "b"}, list())
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Remove: []string{"b"}}, storage.DynamicChange{Name: "n", Add: []string{"d", "b"}})
			assert.Equal(t, []string{"a", "c", "d", "b"}, list())
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Remove: list()})
			assert.Empty(t, list())
			changeDynamic(t, s)
			assert.Equal(t, []string{"z"}, dynamicKeys(t, s, storage.DynamicFilter{Name: "m"}))
		}},
		{"dynamic/pages", testDynamicPages},
		{"dynamic/which exist", func(t *testing.T, s storage.Storage) {
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: []string{"a", "b", ""}}, storage.DynamicChange{Name: "m", Add: []string{"z"}})
			has, err := s.HasDynamic(t.Context(), "n", []string{"b", "z", "a", "b", "", "A"})
			require.NoError(t, err)
			assert.Equal(t, []bool{true, false, true, true, true, false}, has)
			has, err = s.HasDynamic(t.Context(), "none", []string{"b"})
			require.NoError(t, err)
			assert.Equal(t, []bool{false}, has)
		}},
		{"dynamic/a snapshot of several", func(t *testing.T, s storage.Storage) {
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: []string{"b", "a"}}, storage.DynamicChange{Name: "m", Add: []string{"z"}})
			keys, err := s.Snapshot(t.Context(), []string{"n", "m", "none", "n"})
			require.NoError(t, err)
			assert.Equal(t, []string{"b", "a"}, keys.Keys("n"))
			assert.Equal(t, []string{"z"}, keys.Keys("m"))
			assert.Empty(t, keys.Keys("none"))
			keys, err = s.Snapshot(t.Context(), nil)
			require.NoError(t, err)
			assert.Empty(t, keys.Keys("n"))
		}},
		{"dynamic/all of the changes or none", func(t *testing.T, s storage.Storage) {
			err := s.ChangeDynamic(t.Context(), storage.DynamicChange{Name: "n", Add: []string{"a"}}, storage.DynamicChange{Add: []string{"b"}})
			require.ErrorIs(t, err, partition.ErrDefinition)
			assert.Empty(t, dynamicKeys(t, s, storage.DynamicFilter{Name: "n"}))
		}},
		{"dynamic/many at once", func(t *testing.T, s storage.Storage) {
			keys := numbered("customer-", 20_000)
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: keys})
			assert.Equal(t, keys, dynamicKeys(t, s, storage.DynamicFilter{Name: "n", Limit: 9000}))
			changeDynamic(t, s, storage.DynamicChange{Name: "n", Remove: keys[1:]})
			assert.Equal(t, keys[:1], dynamicKeys(t, s, storage.DynamicFilter{Name: "n"}))
		}},
	}
}

func testDynamicPages(t *testing.T, s storage.Storage) {
	keys := append(numbered("b", 5), append([]string{"a", "b%", "B", "é"}, numbered("c", 3)...)...)
	changeDynamic(t, s, storage.DynamicChange{Name: "n", Add: keys}, storage.DynamicChange{Name: "m", Add: []string{"b1", "z"}})
	for name, tt := range map[string]struct {
		f    storage.DynamicFilter
		want []string
	}{
		"all":              {storage.DynamicFilter{}, keys},
		"limit":            {storage.DynamicFilter{Limit: 2}, keys[:2]},
		"after":            {storage.DynamicFilter{After: "b%"}, keys[7:]},
		"after, limit":     {storage.DynamicFilter{After: "b3", Limit: 3}, keys[4:7]},
		"prefix":           {storage.DynamicFilter{Prefix: "b"}, []string{"b0", "b1", "b2", "b3", "b4", "b%"}},
		"wildcard":         {storage.DynamicFilter{Prefix: "b%"}, []string{"b%"}},
		"prefix and after": {storage.DynamicFilter{Prefix: "b", After: "b3"}, []string{"b4", "b%"}},
		"after another":    {storage.DynamicFilter{Prefix: "c", After: "a", Limit: 2}, []string{"c0", "c1"}},
		"no match":         {storage.DynamicFilter{Prefix: "x"}, nil},
		"after the last":   {storage.DynamicFilter{After: "c2"}, nil},
	} {
		tt.f.Name = "n"
		got, err := s.DynamicKeys(t.Context(), tt.f)
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, got, name)
	}
	_, err := s.DynamicKeys(t.Context(), storage.DynamicFilter{Name: "n", After: "z"})
	require.ErrorIs(t, err, partition.ErrKey)
	_, err = s.DynamicKeys(t.Context(), storage.DynamicFilter{Name: "none", After: "z"})
	require.ErrorIs(t, err, partition.ErrKey)
	changeDynamic(t, s, storage.DynamicChange{Name: "many", Add: numbered("x", 11_000)})
	for limit, want := range map[int]int{0: 1000, 5000: 5000, 20_000: 10_000} {
		got, err := s.DynamicKeys(t.Context(), storage.DynamicFilter{Name: "many", Limit: limit})
		require.NoError(t, err)
		assert.Len(t, slices.Compact(got), want)
	}
}
