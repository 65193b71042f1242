package partition_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/partition"
)

// gridWorlds are worlds with all orders of dimensions, and with dimensions that can't be numbered.
func gridWorlds(t require.TestingT) map[string]world {
	all := worlds(t)
	base := all["three"]
	day, regions, customers := base.def.Dimensions()[1].Definition, base.def.Dimensions()[2].Definition, base.def.Dimensions()[0].Definition
	for name, dims := range map[string]map[string]partition.Definition{
		"time last":       {"a": regions, "b": day},
		"three static":    {"a": regions, "b": static(t, "x", "y", "z"), "c": static(t, "1", "2")},
		"time in between": {"a": regions, "b": day, "c": static(t, "x", "y", "z")},
		"time first":      {"a": day, "b": regions, "c": static(t, "x", "y", "z")},
		"two times":       {"a": day, "b": partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Weekly, Start: "2025-02-01"}))},
		"dynamic last":    {"a": day, "b": customers},
		"two dynamic":     {"a": customers, "b": day, "c": customers},
	} {
		d, err := partition.Multi(dims)
		require.NoError(t, err)
		w := world{def: d, keys: base.keys, set: d.At(time.Date(2025, 3, 12, 12, 0, 0, 0, time.UTC), base.keys)}
		w.list = slices.Collect(w.set.Keys())
		require.NotEmpty(t, w.list, name)
		all[name] = w
	}
	return all
}

func TestGrid_isTheSameSet(t *testing.T) {
	t.Parallel()

	for name, w := range gridWorlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g, ok := w.def.Grid()
			require.Equal(t, w.def.Kind() != partition.KindDynamic, ok)
			if !ok {
				return
			}
			seen := map[string]map[int]bool{}
			for _, key := range w.list {
				line, at, ok := g.Place(key)
				require.True(t, ok, key)
				require.False(t, seen[line][at], "%s: another key is there", key)
				require.GreaterOrEqual(t, at, 0)
				require.True(t, g.HasLine(w.keys, line))
				if seen[line] == nil {
					seen[line] = map[int]bool{}
				}
				seen[line][at] = true
			}
			rapid.Check(t, func(t *rapid.T) {
				want, _ := w.draw(t, "subset")
				places := map[string][]int{}
				for key := range want.Keys() {
					line, at, _ := g.Place(key)
					places[line] = append(places[line], at)
				}
				lines := map[string]*partition.Positions{"no|such|line|ever": {}}
				for line, list := range places {
					slices.Sort(list)
					lines[line] = &partition.Positions{}
					if list[0] >= 0 && rapid.Bool().Draw(t, "bits") {
						words := make([]uint64, list[len(list)-1]/64+1)
						for _, at := range list {
							words[at/64] |= 1 << (at % 64)
						}
						lines[line].AddBits(0, words)
						continue
					}
					for _, at := range list {
						lines[line].Add(at, at+1)
					}
				}
				got := g.Subset(w.keys, lines)
				require.True(t, want.Equal(got), "want %s, got %s", want, got)
				bytes, err := want.MarshalBinary()
				require.NoError(t, err)
				other, err := got.MarshalBinary()
				require.NoError(t, err)
				require.Equal(t, bytes, other, "it has one form")
			})
		})
	}
}

// Stored numbers must go on to mean the same keys.
func TestGrid_placesAreGolden(t *testing.T) {
	t.Parallel()

	hours := windows(t, partition.WindowConfig{Every: partition.Hourly, Start: "2024-03-30-00:00", Zone: "Europe/Berlin", End: "2025-01-01-00:00"})
	day := windows(t, partition.WindowConfig{Every: partition.Daily, Start: "2024-01-01"})
	customers := partition.Must(partition.Dynamic("customers"))
	regions, sizes := static(t, "eu", "us", "asia"), static(t, "s", "l")
	multi := func(dims map[string]partition.Definition) partition.Definition {
		return partition.Must(partition.Multi(dims))
	}
	for _, c := range []struct {
		def  partition.Definition
		key  string
		line string
		at   int
	}{
		{regions, "asia", "", 2},
		{hours, "2024-03-30-00:00", "", 0},
		{hours, "2024-03-31-03:00", "", 26},
		{hours, "2024-10-27-02:00+0100", "", 5066},
		{multi(map[string]partition.Definition{"a": regions, "b": sizes}), "us|l", "", 3},
		{multi(map[string]partition.Definition{"a": regions, "d": day, "z": sizes}), "us|2024-01-03|s", "", 2*6 + 1*2},
		{multi(map[string]partition.Definition{"a": regions, "c": customers, "d": day}), "us|ann,|2024-01-03", "ann,", 2*3 + 1},
		{multi(map[string]partition.Definition{"c": customers, "d": day, "e": day}), "ann|2024-01-03|2024-01-02", "ann|2024-01-02", 2},
	} {
		g, ok := c.def.Grid()
		require.True(t, ok)
		line, at, ok := g.Place(c.key)
		require.True(t, ok, c.key)
		assert.Equal(t, c.line, line, c.key)
		assert.Equal(t, c.at, at, c.key)
	}
	for _, c := range []struct {
		def partition.Definition
		key string
	}{
		{regions, "de"},
		{hours, "2024-03-29-23:00"},
		{hours, "2025-01-01-00:00"},
		{hours, "2024-03-30"},
		{hours, "2024-03-31-02:00"},
		{partition.Definition{}, "x"},
		{multi(map[string]partition.Definition{"a": regions, "c": customers, "d": day}), "us|ann|2023-12-31"},
		{multi(map[string]partition.Definition{"a": regions, "c": customers, "d": day}), "us|ann"},
		{multi(map[string]partition.Definition{"c": customers, "d": day, "e": day}), "ann|2024-01-03|2023-01-02"},
	} {
		g, _ := c.def.Grid()
		_, _, ok := g.Place(c.key)
		assert.False(t, ok, c.key)
		assert.False(t, c.def.At(benchNow(), nil).Knows(c.key), c.key)
	}
	_, ok := customers.Grid()
	assert.False(t, ok)
	for mark, d := range map[string]partition.Definition{
		"a9dd1fbfaef20262cd27af6b5d720b52": hours, "3053b6c9fda8a78290677b5665b1fd23": multi(map[string]partition.Definition{"a": regions, "b": sizes}), "e0072b3ca24ddcbf415a4f8d04fee644": customers,
	} {
		g, _ := d.Grid()
		assert.Equal(t, mark, g.Fingerprint().String())
	}
}
