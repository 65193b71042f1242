package storagetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// days are the days from 2026-01-01 on.
func days(t require.TestingT, change ...func(*partition.WindowConfig)) partition.Definition {
	c := partition.WindowConfig{Every: partition.Daily, Start: "2026-01-01"}
	for _, f := range change {
		f(&c)
	}
	d, err := partition.Windows(c)
	require.NoError(t, err)
	return d
}

func static(t require.TestingT, keys ...string) partition.Definition {
	d, err := partition.Static(keys...)
	require.NoError(t, err)
	return d
}

func multi(t require.TestingT, dims map[string]partition.Definition) partition.Definition {
	d, err := partition.Multi(dims)
	require.NoError(t, err)
	return d
}

func dynamic(t require.TestingT, name string) partition.Definition {
	d, err := partition.Dynamic(name)
	require.NoError(t, err)
	return d
}

// january is the moment at which all days of the month exist.
func january() time.Time { return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) }

func divide(t *testing.T, s storage.Storage, asset string, d partition.Definition) {
	t.Helper()
	require.NoError(t, s.Divide(t.Context(), map[string]partition.Definition{asset: d}))
}

func planned(asset, key string) storage.Event {
	return storage.Event{Kind: storage.AssetMaterializationPlanned, Asset: asset, Partition: key, At: at(0)}
}

func failedKey(asset, key string) storage.Event {
	e := failedTo(storage.StepFailure, asset)
	e.Partition = key
	return e
}

// known is a status as text.
type known struct {
	Made, Failed, Running string
	Unknown               int
}

func status(t *testing.T, s storage.Storage, asset string) storage.PartitionStatus {
	t.Helper()
	st, err := s.PartitionStatus(t.Context(), asset)
	require.NoError(t, err)
	return st
}

func knownOf(t *testing.T, s storage.Storage, asset string) known {
	t.Helper()
	return asText(status(t, s, asset))
}

func asText(s storage.PartitionStatus) known {
	list := func(s partition.Subset) string { return strings.Join(slices.Sorted(s.Keys()), " ") }
	return known{list(s.Materialized), list(s.Failed), list(s.InProgress), s.Unknown}
}

func partitionCases() []testCase {
	return []testCase{
		{"partitions/what events say", testStatus},
		{"partitions/an asset that was not divided", func(t *testing.T, s storage.Storage) {
			_, err := s.PartitionStatus(t.Context(), "a")
			require.ErrorIs(t, err, storage.ErrNotDivided)
			add(t, s, storage.Run{}, made("a", "x"))
			_, err = s.PartitionStatus(t.Context(), "a")
			require.ErrorIs(t, err, storage.ErrNotDivided)
			divide(t, s, "b", static(t, "x"))
			assert.Equal(t, known{}, knownOf(t, s, "b"))
			assert.Equal(t, []string{"a"}, assetKeys(t, s, storage.AssetFilter{}), "what has no events is no record")
			divide(t, s, "a", partition.Definition{})
			assert.Equal(t, known{Unknown: 1}, knownOf(t, s, "a"))
		}},
		{"partitions/events before the division count", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			add(t, s, r, made("a", "x"), failedKey("a", "y"), planned("a", "x"), planned("a", "z"), made("a", ""))
			divide(t, s, "a", static(t, "x", "y"))
			assert.Equal(t, known{"x", "y", "x", 1}, knownOf(t, s, "a"))
		}},
		{"partitions/a run takes over what another planned", testTakeOver},
		{"partitions/the end of a run", testRunEnds},
		{"partitions/in one batch", func(t *testing.T, s storage.Storage) {
			divide(t, s, "a", static(t, "v", "w", "x", "y", "z"))
			r := started(t, s, 1)
			add(t, s, r, planned("a", "v"), made("a", "v"), planned("a", "w"), failedKey("a", "w"), made("a", "x"), failedKey("a", "x"),
				failedKey("a", "y"), made("a", "y"), made("a", "z"), planned("a", "z"))
			assert.Equal(t, known{Made: "v x y z", Failed: "w x", Running: "z"}, knownOf(t, s, "a"))
		}},
		{"partitions/outlive their runs", func(t *testing.T, s storage.Storage) {
			divide(t, s, "a", static(t, "x", "y", "z"))
			r := started(t, s, 1)
			e := add(t, s, r, made("a", "x"), failedKey("a", "y"), planned("a", "z"))
			move(t, s, r, storage.RunFailed)
			want := known{Made: "x", Failed: "y z"}
			assert.Equal(t, want, knownOf(t, s, "a"))
			require.NoError(t, s.DeleteRun(t.Context(), r.ID))
			assert.Equal(t, want, knownOf(t, s, "a"))
			assert.Equal(t, e[0], *latest(t, s, "a", "x"))
			divide(t, s, "a", static(t, "x", "z"))
			assert.Equal(t, known{Made: "x", Failed: "z", Unknown: 1}, knownOf(t, s, "a"))
		}},
		{"partitions/another definition", testRedefined},
		{"partitions/several dimensions", testDimensions},
		{"partitions/wiped", testWipe},
		{"partitions/any text is a key", testAnyKey},
		{"partitions/many of them", testManyPartitions},
		{"partitions/states and counts", testStates},
		{"partitions/a refused request changes nothing", func(t *testing.T, s storage.Storage) {
			divide(t, s, "a", static(t, "x"))
			r := ended(t, s, 1)
			_, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Events: []storage.Event{made("a", "x")}})
			require.ErrorIs(t, err, storage.ErrFenced)
			assert.Equal(t, known{}, knownOf(t, s, "a"))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, s.Divide(ctx, map[string]partition.Definition{"b": static(t)}), context.Canceled)
			require.ErrorIs(t, s.WipePartitions(ctx, storage.Wipe{Asset: "a", All: true}), context.Canceled)
			_, err = s.PartitionStatus(ctx, "a")
			require.ErrorIs(t, err, context.Canceled)
		}},
	}
}

func testStatus(t *testing.T, s storage.Storage) {
	divide(t, s, "a", days(t))
	assert.Equal(t, known{}, knownOf(t, s, "a"))
	r := started(t, s, 1)
	add(t, s, r, planned("a", "2026-01-02"), planned("a", "2026-01-03"), made("a", ""), planned("b", "2026-01-02"), planned("a", ""))
	assert.Equal(t, known{Running: "2026-01-02 2026-01-03"}, knownOf(t, s, "a"))
	add(t, s, r, made("a", "2026-01-02"))
	assert.Equal(t, known{Made: "2026-01-02", Running: "2026-01-03"}, knownOf(t, s, "a"))
	add(t, s, r, failedKey("a", "2026-01-03"), failedTo(storage.StepFailure, "a"))
	assert.Equal(t, known{Made: "2026-01-02", Failed: "2026-01-03"}, knownOf(t, s, "a"))
	failure := storage.Event{Kind: storage.AssetFailedToMaterialize, Asset: "a", Partition: "2026-01-02", At: at(0)}
	add(t, s, storage.Run{}, failure, made("a", "2026-01-04"), made("a", "2025-12-31"), made("a", "2026-01-04 "))
	assert.Equal(t, known{Made: "2026-01-02 2026-01-04", Failed: "2026-01-02 2026-01-03", Unknown: 2}, knownOf(t, s, "a"))
	add(t, s, r, planned("a", "2026-01-02"))
	assert.Equal(t, "2026-01-02", knownOf(t, s, "a").Running)
	add(t, s, r, made("a", "2026-01-02"), made("a", "2026-01-03"), made("a", "2025-12-31"))
	assert.Equal(t, known{Made: "2026-01-02 2026-01-03 2026-01-04", Unknown: 2}, knownOf(t, s, "a"))
	add(t, s, storage.Run{}, planned("a", "2026-01-05"))
	assert.Empty(t, knownOf(t, s, "a").Running, "of no run: it would never end")
	_, err := s.PartitionStatus(t.Context(), "b")
	require.ErrorIs(t, err, storage.ErrNotDivided)
}

func testTakeOver(t *testing.T, s storage.Storage) {
	divide(t, s, "a", static(t, "w", "x", "y", "z"))
	one, two := started(t, s, 1), started(t, s, 2)
	add(t, s, one, planned("a", "w"), planned("a", "x"), planned("a", "y"), planned("a", "z"))
	add(t, s, two, planned("a", "x"), planned("a", "y"))
	add(t, s, one, made("a", "x"))
	assert.Equal(t, known{Made: "x", Running: "w x y z"}, knownOf(t, s, "a"), "the other goes on")
	add(t, s, one, failedKey("a", "y"), made("a", "w"))
	assert.Equal(t, known{Made: "w x", Failed: "y", Running: "x y z"}, knownOf(t, s, "a"))
	add(t, s, storage.Run{}, made("a", "z"))
	assert.Equal(t, known{Made: "w x z", Failed: "y", Running: "x y z"}, knownOf(t, s, "a"))
	move(t, s, one, storage.RunFailed)
	assert.Equal(t, known{Made: "w x z", Failed: "y z", Running: "x y"}, knownOf(t, s, "a"))
	add(t, s, two, made("a", "x"), made("a", "y"))
	assert.Equal(t, known{Made: "w x y z", Failed: "z"}, knownOf(t, s, "a"))
}

func testRunEnds(t *testing.T, s storage.Storage) {
	divide(t, s, "a", static(t, "x", "y"))
	add(t, s, storage.Run{}, made("a", "x"), failedKey("a", "y"))
	for i, end := range [][]storage.RunStatus{{storage.RunSucceeded}, {storage.RunCanceling, storage.RunCanceled}, {storage.RunFailed}} {
		r := started(t, s, i+1)
		add(t, s, r, planned("a", "x"), planned("a", "y"))
		for _, to := range end {
			assert.Equal(t, known{"x", "y", "x y", 0}, knownOf(t, s, "a"))
			next, err := s.Transition(t.Context(), r.ID, storage.Transition{
				From: r.Status, To: to, Target: storage.RunCanceled, Events: []storage.Event{planned("a", "x")},
			})
			require.NoError(t, err)
			r = next
		}
		want := known{Made: "x", Failed: "y"}
		if r.Status == storage.RunFailed {
			want.Failed = "x y"
		}
		assert.Equal(t, want, knownOf(t, s, "a"), r.Status)
	}
	r := storage.Run{ID: runID(9), Status: storage.RunStarting, Created: at(9)}
	require.NoError(t, s.CreateRun(t.Context(), r, planned("a", "y")))
	assert.Equal(t, "y", knownOf(t, s, "a").Running)
	_, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunFailed, Events: []storage.Event{made("a", "y"), made("a", "x")}})
	require.NoError(t, err)
	assert.Equal(t, known{Made: "x y"}, knownOf(t, s, "a"), "it was made before the run failed")
}

func testRedefined(t *testing.T, s storage.Storage) {
	divide(t, s, "a", days(t))
	r := started(t, s, 1)
	add(t, s, r, made("a", "2026-01-01"), made("a", "2026-01-10"), planned("a", "2026-01-10"), failedKey("a", "2026-01-02"))
	divide(t, s, "a", days(t, func(c *partition.WindowConfig) { c.Start = "2026-01-03" }))
	assert.Equal(t, known{"2026-01-10", "", "2026-01-10", 2}, knownOf(t, s, "a"), "the start moved: no key means another day")
	add(t, s, r, made("a", "2026-01-11"), made("a", "2026-01-02"))
	assert.Equal(t, known{"2026-01-10 2026-01-11", "", "2026-01-10", 2}, knownOf(t, s, "a"))
	divide(t, s, "a", days(t, func(c *partition.WindowConfig) { c.Format, c.Start = "%d.%m.%Y", "01.01.2026" }))
	assert.Equal(t, known{Unknown: 4}, knownOf(t, s, "a"))
	divide(t, s, "a", days(t, func(c *partition.WindowConfig) { c.End = "2026-01-11" }))
	assert.Equal(t, known{"2026-01-01 2026-01-02 2026-01-10", "", "2026-01-10", 1}, knownOf(t, s, "a"))
	divide(t, s, "a", days(t))
	divide(t, s, "a", days(t))
	assert.Equal(t, known{"2026-01-01 2026-01-02 2026-01-10 2026-01-11", "", "2026-01-10", 0}, knownOf(t, s, "a"))
	move(t, s, r, storage.RunFailed)
	assert.Equal(t, known{"2026-01-01 2026-01-02 2026-01-10 2026-01-11", "2026-01-10", "", 0}, knownOf(t, s, "a"))
	assert.True(t, status(t, s, "a").Definition.Equal(days(t)))
}

func testDimensions(t *testing.T, s storage.Storage) {
	regions := static(t, "eu", "us", "asia")
	for name, d := range map[string]partition.Definition{
		"time first": multi(t, map[string]partition.Definition{"a": days(t), "b": regions}),
		"time last":  multi(t, map[string]partition.Definition{"b": days(t), "a": regions}),
		"no time":    multi(t, map[string]partition.Definition{"b": static(t, "1", "2"), "a": regions}),
		"three":      multi(t, map[string]partition.Definition{"b": days(t), "a": regions, "c": static(t, "1", "2")}),
		"two times":  multi(t, map[string]partition.Definition{"b": days(t), "a": regions, "c": days(t)}),
	} {
		divide(t, s, name, d)
		keys := slices.Collect(d.At(january(), nil).Keys())
		for i, key := range keys {
			if i%7 == 0 || i < 9 {
				add(t, s, storage.Run{}, made(name, key))
			}
			if i%11 == 0 {
				add(t, s, storage.Run{}, failedKey(name, key))
			}
		}
		add(t, s, storage.Run{}, made(name, "nowhere|2026-01-01"), made(name, "eu"))
		st := status(t, s, name)
		for i, key := range keys {
			require.Equal(t, i%7 == 0 || i < 9, st.Materialized.Has(key), "%s: %s", name, key)
			require.Equal(t, i%11 == 0, st.Failed.Has(key), "%s: %s", name, key)
		}
		assert.Equal(t, 2, st.Unknown)
	}
	testDynamicDimension(t, s)
}

func testDynamicDimension(t *testing.T, s storage.Storage) {
	d := multi(t, map[string]partition.Definition{"day": days(t), "customer": dynamic(t, "customers")})
	divide(t, s, "a", d)
	add(t, s, storage.Run{}, made("a", "ann|2026-01-01"), made("a", "bob|2026-01-01"), made("a", "bob|2026-01-02"), made("a", "bob|2025-01-02"))
	assert.Equal(t, known{Unknown: 4}, knownOf(t, s, "a"))
	require.NoError(t, s.ChangeDynamic(t.Context(), storage.DynamicChange{Name: "customers", Add: []string{"bob", "x|y"}}))
	assert.Equal(t, known{Made: "bob|2026-01-01 bob|2026-01-02", Unknown: 2}, knownOf(t, s, "a"))
	require.NoError(t, s.ChangeDynamic(t.Context(), storage.DynamicChange{Name: "customers", Remove: []string{"bob"}, Add: []string{"ann"}}))
	assert.Equal(t, known{Made: "ann|2026-01-01", Unknown: 3}, knownOf(t, s, "a"))
	assert.Equal(t, []string{"x|y", "ann"}, status(t, s, "a").Keys.Keys("customers"))

	divide(t, s, "b", dynamic(t, "customers"))
	add(t, s, storage.Run{}, made("b", "ann"), failedKey("b", "x|y"), made("b", "bob"))
	assert.Equal(t, known{Made: "ann", Failed: "x|y", Unknown: 1}, knownOf(t, s, "b"))
	require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "b", Keys: []string{"x|y", "bob"}}))
	assert.Equal(t, known{Made: "ann"}, knownOf(t, s, "b"))
}

func testWipe(t *testing.T, s storage.Storage) {
	divide(t, s, "a", static(t, "w", "x", "y", "z"))
	r := started(t, s, 1)
	e := add(t, s, r, made("a", "w"), made("a", "x"), failedKey("a", "y"), made("a", "old"), failedKey("a", "older"), planned("a", "x"), planned("a", "y"),
		made("a", ""), made("b", "w"))
	wipe := func(keys ...string) {
		t.Helper()
		require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "a", Keys: keys}))
	}
	wipe()
	assert.Equal(t, known{"w x", "y", "x y", 2}, knownOf(t, s, "a"))
	wipe("w", "nothing", "x", "w", "old")
	assert.Equal(t, known{"", "y", "x y", 1}, knownOf(t, s, "a"))
	assert.Nil(t, latest(t, s, "a", "w"))
	assert.Nil(t, latest(t, s, "a", "old"))
	assert.Equal(t, e[7], *latest(t, s, "a", ""))
	assert.Equal(t, e[8], *latest(t, s, "b", "w"))
	assert.Len(t, events(t, s, storage.EventFilter{Asset: "a"}), 8)
	again := add(t, s, r, made("a", "x"))
	assert.Equal(t, known{"x", "y", "y", 1}, knownOf(t, s, "a"))
	assert.Equal(t, again[0], *latest(t, s, "a", "x"))

	require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "a", All: true}))
	require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "none", All: true}))
	assert.Equal(t, known{"", "", "y", 0}, knownOf(t, s, "a"))
	assert.Nil(t, latest(t, s, "a", "x"))
	assert.Nil(t, latest(t, s, "a", ""))
	assert.Equal(t, int64(5), asset(t, s, "a").Materializations, "what there ever was")
	assert.Equal(t, again[0], asset(t, s, "a").Latest)
	move(t, s, r, storage.RunSucceeded)
	require.NoError(t, s.DeleteRun(t.Context(), r.ID))
	assert.Nil(t, latest(t, s, "a", "x"), "a deletion brings nothing back")
	assert.Equal(t, known{}, knownOf(t, s, "a"))
}

func testAnyKey(t *testing.T, s storage.Storage) {
	keys := append(texts(), "a...b", "a|b", "[a,b]", `"`, strings.Repeat("ä", 512))
	require.NoError(t, s.ChangeDynamic(t.Context(), storage.DynamicChange{Name: `n"|`, Add: keys}))
	page, err := s.DynamicKeys(t.Context(), storage.DynamicFilter{Name: `n"|`})
	require.NoError(t, err)
	assert.Equal(t, keys, page)
	divide(t, s, "a|b", dynamic(t, `n"|`))
	for _, key := range keys {
		add(t, s, storage.Run{}, made("a|b", key))
	}
	st := status(t, s, "a|b")
	assert.Equal(t, len(keys), st.Materialized.Count())
	for _, key := range keys {
		assert.Equal(t, storage.PartitionMaterialized, st.Of(key))
		require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "a|b", Keys: []string{key}}))
	}
	assert.Equal(t, known{}, knownOf(t, s, "a|b"))
}

func testManyPartitions(t *testing.T, s storage.Storage) {
	hours, err := partition.Windows(partition.WindowConfig{Every: partition.Hourly, Start: "2020-01-01-00:00", Zone: "Europe/Berlin"})
	require.NoError(t, err)
	divide(t, s, "a", hours)
	set := hours.At(january(), nil)
	all := set.All()
	n := all.Count()
	batch := make([]storage.Event, 0, n)
	for key := range all.Keys() {
		batch = append(batch, made("a", key))
	}
	add(t, s, storage.Run{}, slices.Delete(batch, 20000, 20010)...)
	st := status(t, s, "a")
	assert.Equal(t, n-10, st.Materialized.Count())
	gap, ok := set.Nth(20005)
	require.True(t, ok)
	assert.False(t, st.Materialized.Has(gap))
	add(t, s, storage.Run{}, made("a", gap), failedKey("a", gap))
	assert.Equal(t, storage.PartitionCounts{Missing: 9, Materialized: n - 10, Failed: 1}, status(t, s, "a").Counts(january()))
	require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "a", All: true}))
	assert.Equal(t, storage.PartitionCounts{Missing: n}, status(t, s, "a").Counts(january()))
}

func testStates(t *testing.T, s storage.Storage) {
	divide(t, s, "a", days(t))
	r := started(t, s, 1)
	add(t, s, r, made("a", "2026-01-01"), made("a", "2026-01-02"), failedKey("a", "2026-01-02"), failedKey("a", "2026-01-03"), planned("a", "2026-01-03"),
		made("a", "2026-01-04"), planned("a", "2026-01-04"), planned("a", "2026-01-05"), made("a", "2026-02-05"))
	st := status(t, s, "a")
	for key, want := range map[string]storage.PartitionState{
		"2026-01-01": storage.PartitionMaterialized, "2026-01-02": storage.PartitionFailed, "2026-01-03": storage.PartitionInProgress,
		"2026-01-04": storage.PartitionInProgress, "2026-01-05": storage.PartitionInProgress, "2026-01-06": storage.PartitionMissing,
		"2026-02-05": storage.PartitionMaterialized, "no key": storage.PartitionMissing,
	} {
		assert.Equal(t, want, st.Of(key), key)
		assert.Equal(t, key < "2026-02", st.In(want, january()).Has(key), key)
	}
	assert.Equal(t, storage.PartitionCounts{Missing: 26, Materialized: 1, Failed: 1, InProgress: 3}, st.Counts(january()))
}
