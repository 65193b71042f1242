package partition_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/partition"
)

// world is a definition with all its keys at an instant.
type world struct {
	def  partition.Definition
	keys *partition.Snapshot
	set  partition.Set
	list []string
}

func static(tb require.TestingT, keys ...string) partition.Definition {
	d, err := partition.Static(keys...)
	require.NoError(tb, err)
	return d
}

// worlds has one of each kind of definition, and products of two and three dimensions.
func worlds(tb require.TestingT) map[string]world {
	day, err := partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2025-03-05", Zone: "America/New_York", Exclude: []string{"0 0 * * 0"}})
	require.NoError(tb, err)
	customers, err := partition.Dynamic("customers")
	require.NoError(tb, err)
	region := static(tb, "us", "eu", "", "a b", "ä", `q"t`, "x.")
	two, err := partition.Multi(map[string]partition.Definition{"day": day, "region": region})
	require.NoError(tb, err)
	three, err := partition.Multi(map[string]partition.Definition{"day": day, "region": region, "customer": customers})
	require.NoError(tb, err)
	keys, err := partition.NewSnapshot(map[string][]string{"customers": {"zoe", "ann", "a|b", "bob", "carol"}})
	require.NoError(tb, err)
	all := map[string]world{}
	for name, def := range map[string]partition.Definition{
		"static": static(tb, "b", "a", "c,d", "[e]", "f|g", " h", "i\\j", "k"), "windows": day, "dynamic": customers, "two": two, "three": three,
	} {
		w := world{def: def, keys: keys, set: def.At(time.Date(2025, 3, 17, 12, 0, 0, 0, time.UTC), keys)}
		w.list = slices.Collect(w.set.Keys())
		all[name] = w
	}
	return all
}

// draw draws some keys, as a subset and as what it is compared with.
func (w world) draw(t *rapid.T, label string) (partition.Subset, map[string]bool) {
	keys := rapid.SliceOf(rapid.SampledFrom(w.list)).Draw(t, label)
	s, err := w.set.Of(keys...)
	require.NoError(t, err)
	want := map[string]bool{}
	for _, key := range keys {
		want[key] = true
	}
	if len(keys) > 0 && rapid.Bool().Draw(t, label+" range") {
		more, err := w.set.Range(keys[0], keys[len(keys)-1])
		require.NoError(t, err)
		for key := range more.Keys() {
			want[key] = true
		}
		s = s.Union(more)
	}
	return s, want
}

// same compares a subset with a set of strings.
func (w world) same(t *rapid.T, want map[string]bool, got partition.Subset) {
	keys := slices.Collect(got.Keys())
	require.Len(t, keys, len(want))
	require.Equal(t, len(want), got.Count())
	require.Equal(t, len(want) == 0, got.Empty())
	at := -1
	for _, key := range keys {
		require.True(t, want[key], key)
		n, ok := w.set.Index(key)
		require.True(t, ok)
		require.Greater(t, n, at, "keys are in order")
		at = n
	}
	for _, key := range w.list {
		require.Equal(t, want[key], got.Has(key), key)
	}
	total := 0
	for s := range got.Spans() {
		total += s.Count
	}
	require.Equal(t, len(want), total)
}

func TestSubsetIsASetOfKeys(t *testing.T) {
	t.Parallel()

	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			rapid.Check(t, func(t *rapid.T) {
				a, inA := w.draw(t, "a")
				b, inB := w.draw(t, "b")
				w.same(t, inA, a)
				either := maps.Clone(inA)
				maps.Copy(either, inB)
				w.same(t, either, a.Union(b))
				both, first := map[string]bool{}, map[string]bool{}
				for key := range inA {
					if inB[key] {
						both[key] = true
					} else {
						first[key] = true
					}
				}
				w.same(t, both, a.Intersect(b))
				w.same(t, first, a.Difference(b))
				require.Equal(t, maps.Equal(inA, inB), a.Equal(b))
				require.True(t, a.Difference(b).Union(a.Intersect(b)).Equal(a), "a set has one form")
				require.True(t, w.set.All().Difference(w.set.All()).Empty())
			})
		})
	}
}

func TestSubsetStoredAndPrinted(t *testing.T) {
	t.Parallel()

	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			rapid.Check(t, func(t *rapid.T) {
				a, _ := w.draw(t, "a")
				stored, err := a.MarshalBinary()
				require.NoError(t, err)
				back, err := w.def.Decode(stored, w.keys)
				require.NoError(t, err)
				require.True(t, a.Equal(back))
				again, err := back.MarshalBinary()
				require.NoError(t, err)
				require.Equal(t, stored, again)
				read, err := w.set.Parse(a.String())
				require.NoError(t, err, a.String())
				require.True(t, a.Equal(read), "%s read as %s", a, read)
			})
		})
	}
}

func TestSubsetOfRuns(t *testing.T) {
	t.Parallel()

	def, err := partition.Windows(partition.WindowConfig{Every: partition.Hourly, Start: "2020-01-01-00:00"})
	require.NoError(t, err)
	set := def.At(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), nil)
	rapid.Check(t, func(t *rapid.T) {
		s := set.None()
		for range rapid.IntRange(0, 30).Draw(t, "runs") {
			from := rapid.IntRange(0, 2000).Draw(t, "from")
			a, _ := set.Nth(from)
			b, _ := set.Nth(from + rapid.IntRange(0, 300).Draw(t, "length"))
			r, err := set.Range(a, b)
			require.NoError(t, err)
			if rapid.Bool().Draw(t, "without") {
				s = s.Difference(r)
			} else {
				s = s.Union(r)
			}
		}
		stored, err := s.MarshalBinary()
		require.NoError(t, err)
		back, err := def.Decode(stored, nil)
		require.NoError(t, err)
		require.True(t, s.Equal(back))
		require.Equal(t, slices.Collect(s.Keys()), slices.Collect(back.Keys()))
	})
}

func TestSubsetOfAnotherSnapshot(t *testing.T) {
	t.Parallel()

	def, err := partition.Dynamic("customers")
	require.NoError(t, err)
	at := func(keys ...string) (partition.Set, *partition.Snapshot) {
		s, err := partition.NewSnapshot(map[string][]string{"customers": keys})
		require.NoError(t, err)
		return def.At(time.Time{}, s), s
	}
	before, _ := at("a", "b", "c")
	after, now := at("c", "d", "a")
	old := before.All()
	assert.Equal(t, []string{"c", "d", "a"}, slices.Collect(after.All().Union(old).Keys()))
	assert.Equal(t, []string{"c", "a"}, slices.Collect(after.All().Intersect(old).Keys()))
	assert.Equal(t, []string{"b"}, slices.Collect(old.Difference(after.All()).Keys()))
	stored, err := old.MarshalBinary()
	require.NoError(t, err)
	read, err := def.Decode(stored, now)
	require.NoError(t, err)
	assert.Equal(t, []string{"c", "a"}, slices.Collect(read.Keys()), "a key that is gone is left out")
}

// Stored subsets outlive the program, so their form is written down here.
func TestSubsetStoredForm(t *testing.T) {
	t.Parallel()

	want := map[string]string{
		"static":  "01125ec0ba1a640c8f88544c4720d0fec405020143",
		"windows": "01b14689454b9ca1920dd379ee37f17d660502020301",
		"dynamic": "01bd6c73a86fddbe146f658cbdd68bdf25030003616e6e01027c6200056361726f6c03000107",
		"two":     "01c62cd4fa64fae970daeeb5639b078e45040000030201030800030c0101",
		"three":   "018c55014507e0868f668060a9d30501790200056361726f6c00037a6f65040000021200030c0101000002000003020103",
	}
	for name, w := range worlds(t) {
		s, err := w.set.Of(w.list[1], w.list[2], w.list[len(w.list)-1])
		require.NoError(t, err)
		stored, err := s.MarshalBinary()
		require.NoError(t, err)
		assert.Equal(t, want[name], hex.EncodeToString(stored), name)
	}
}

func TestSubsetOfAChangedDefinition(t *testing.T) {
	t.Parallel()

	old := partition.WindowConfig{Every: partition.Daily, Start: "2025-01-01"}
	def, err := partition.Windows(old)
	require.NoError(t, err)
	stored, err := def.At(benchNow(), nil).All().MarshalBinary()
	require.NoError(t, err)
	for name, change := range map[string]func(c *partition.WindowConfig){
		"start":      func(c *partition.WindowConfig) { c.Start = "2025-01-02" },
		"end":        func(c *partition.WindowConfig) { c.End = "2026-01-02" },
		"zone":       func(c *partition.WindowConfig) { c.Zone = "Europe/Berlin" },
		"format":     func(c *partition.WindowConfig) { c.Format, c.Start = "%d/%m/%Y", "01/01/2025" },
		"hour":       func(c *partition.WindowConfig) { c.Hour = 1 },
		"offset":     func(c *partition.WindowConfig) { c.EndOffset = 1 },
		"exclusion":  func(c *partition.WindowConfig) { c.Exclude = []string{"0 0 * * 0"} },
		"one window": func(c *partition.WindowConfig) { c.ExcludeAt = []string{"2025-02-01"} },
	} {
		c := old
		change(&c)
		other, err := partition.Windows(c)
		require.NoError(t, err, name)
		_, err = other.Decode(stored, nil)
		assert.ErrorIs(t, err, partition.ErrChanged, name)
	}
	same, err := partition.Windows(old)
	require.NoError(t, err)
	_, err = same.Decode(stored, nil)
	assert.NoError(t, err)
	var nothing partition.Subset
	all := same.At(benchNow(), nil).All()
	assert.True(t, nothing.Union(all).Equal(all))
	assert.True(t, all.Difference(nothing).Equal(all))
	assert.True(t, all.Intersect(nothing).Equal(nothing))
	assert.Panics(t, func() { def.At(benchNow(), nil).All().Union(static(t, "a").At(benchNow(), nil).All()) })
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "a", "[a...b]", "us|[2025-03-05...2025-03-10]", `"x","y"`, "[us|2025-03-05...eu|2025-03-06], x", `"a\"`, "a,,b", "[a", "]"} {
		f.Add(text)
	}
	all := worlds(f)
	f.Fuzz(func(t *testing.T, text string) {
		for name, w := range all {
			s, err := w.set.Parse(text)
			if err != nil {
				continue
			}
			back, err := w.set.Parse(s.String())
			if err != nil || !back.Equal(s) {
				t.Fatalf("%s: %q was read as %s and that as %s: %v", name, text, s, back, err)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	all := worlds(f)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		stored, err := all[name].set.All().MarshalBinary()
		require.NoError(f, err)
		f.Add(stored[17:])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, w := range all {
			mark := w.def.Fingerprint()
			s, err := w.def.Decode(append(append([]byte{1}, mark[:]...), data...), w.keys)
			if err != nil {
				continue
			}
			stored, err := s.MarshalBinary()
			require.NoError(t, err)
			back, err := w.def.Decode(stored, w.keys)
			if err != nil || !back.Equal(s) {
				t.Fatalf("%s: %x was read as %s and that as %s: %v", name, data, s, back, err)
			}
		}
	})
}

func ExampleSubset() {
	days := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2024-01-01"}))
	regions := partition.Must(partition.Static("eu", "us"))
	cells := partition.Must(partition.Multi(map[string]partition.Definition{"day": days, "region": regions}))
	set := cells.At(time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC), nil)
	done, err := set.Parse("[2024-01-01...2024-01-20]|[eu...us], 2024-01-25|us")
	fmt.Println(done.Count(), err)
	fmt.Println(set.All().Difference(done))
	// Output:
	// 41 <nil>
	// [2024-01-21...2024-01-24]|[eu...us], 2024-01-25|eu, [2024-01-26...2024-01-31]|[eu...us]
}
