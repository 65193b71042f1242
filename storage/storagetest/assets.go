package storagetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// latest returns the newest materialization, nil for none.
func latest(t *testing.T, s storage.Storage, asset, partition string) *storage.Event {
	t.Helper()
	e, err := s.LatestMaterialization(t.Context(), asset, partition)
	if err != nil {
		require.ErrorIs(t, err, storage.ErrNotMaterialized)
		return nil
	}
	return &e
}

func asset(t *testing.T, s storage.Storage, key string) storage.AssetRecord {
	t.Helper()
	page, err := s.Assets(t.Context(), storage.AssetFilter{Prefix: key, Limit: 1})
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, key, page[0].Key)
	return page[0]
}

func assetKeys(t *testing.T, s storage.Storage, f storage.AssetFilter) []string {
	t.Helper()
	page, err := s.Assets(t.Context(), f)
	require.NoError(t, err)
	keys := make([]string, len(page))
	for i, a := range page {
		keys[i] = a.Key
	}
	return keys
}

func failedTo(kind storage.EventKind, asset string) storage.Event {
	return storage.Event{Kind: kind, Step: "s", Asset: asset, At: at(1), Data: &storage.FailureData{Error: storage.Error{Message: "no"}}}
}

func assetCases() []testCase {
	return []testCase{
		{"assets/the latest materialization of each partition", testLatest},
		{"assets/never materialized", func(t *testing.T, s storage.Storage) {
			add(t, s, storage.Run{},
				storage.Event{Kind: storage.AssetObservation, Asset: "a", At: at(1)},
				storage.Event{Kind: storage.AssetMaterializationPlanned, Asset: "a", At: at(1)}, made("b", "p"))
			assert.Nil(t, latest(t, s, "a", ""))
			assert.Nil(t, latest(t, s, "b", ""))
			assert.Nil(t, latest(t, s, "b", "q"))
			assert.Nil(t, latest(t, s, "none", ""))
			assert.Equal(t, storage.AssetRecord{Key: "a"}, asset(t, s, "a"))
		}},
		{"assets/several at once", func(t *testing.T, s storage.Storage) {
			e := add(t, s, storage.Run{}, made("a", ""), made("b", "p"), made("c", ""), made("a", ""))
			got, err := s.LatestMaterializations(t.Context(), []string{"a", "b", "c", "none", "a"})
			require.NoError(t, err)
			assert.Equal(t, map[string]storage.Event{"a": e[3], "c": e[2]}, got)
			got, err = s.LatestMaterializations(t.Context(), nil)
			require.NoError(t, err)
			assert.Empty(t, got)
			many := make([]string, 3000)
			for i := range many {
				many[i] = fmt.Sprint("x", i)
			}
			many[2999] = "c"
			got, err = s.LatestMaterializations(t.Context(), many)
			require.NoError(t, err)
			assert.Equal(t, map[string]storage.Event{"c": e[2]}, got)
		}},
		{"assets/listed by key", testAssetList},
		{"assets/the newest failure, until it is made", testFailed},
		{"assets/counted", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			e := add(t, s, r, made("a", ""), made("a", "p"), made("b", ""), made("a", "p"))
			assert.Equal(t, storage.AssetRecord{Key: "a", Latest: e[3], Materializations: 3}, asset(t, s, "a"))
			assert.Equal(t, storage.AssetRecord{Key: "b", Latest: e[2], Materializations: 1}, asset(t, s, "b"))
		}},
		{"assets/noted with runs and transitions too", func(t *testing.T, s storage.Storage) {
			r := storage.Run{ID: runID(1), Status: storage.RunStarting, Created: at(1)}
			require.NoError(t, s.CreateRun(t.Context(), r, made("a", "")))
			assert.NotNil(t, latest(t, s, "a", ""))
			_, err := s.Transition(t.Context(), r.ID, storage.Transition{
				From: r.Status, To: storage.RunFailed, Events: []storage.Event{made("b", "p"), failedTo(storage.StepFailure, "a")},
			})
			require.NoError(t, err)
			assert.NotNil(t, latest(t, s, "b", "p"))
			assert.Equal(t, int64(3), asset(t, s, "a").Failed.Seq)
		}},
		{"assets/a refused batch says nothing of them", func(t *testing.T, s storage.Storage) {
			r := ended(t, s, 1)
			_, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Events: []storage.Event{made("a", ""), failedTo(storage.StepFailure, "b")}})
			require.ErrorIs(t, err, storage.ErrFenced)
			assert.Empty(t, assetKeys(t, s, storage.AssetFilter{}))
			assert.Nil(t, latest(t, s, "a", ""))
		}},
		{"assets/outlive their runs", testAssetsOutliveRuns},
	}
}

func testLatest(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	e := add(t, s, r, made("a", ""), made("a", "p"), made("a", "q"), made("b", "p"))
	e = append(e, add(t, s, storage.Run{}, made("a", "p"))...)
	for i, want := range map[int][2]string{0: {"a", ""}, 4: {"a", "p"}, 2: {"a", "q"}, 3: {"b", "p"}} {
		got := latest(t, s, want[0], want[1])
		require.NotNil(t, got)
		assert.Equal(t, e[i], *got)
	}
	old := made("a", "p") // newest is what was stored last, whatever its clock says
	old.At = at(-1000)
	e = add(t, s, r, old, made("a", "r"))
	assert.Equal(t, e[0], *latest(t, s, "a", "p"))
	assert.Equal(t, e[1], asset(t, s, "a").Latest)
}

func testAssetList(t *testing.T, s storage.Storage) {
	for _, key := range []string{"raw/b", "raw", "raw/a", "Raw/a", "raw_a", "ra%", "z", "é"} {
		add(t, s, storage.Run{}, made(key, ""))
	}
	all := []string{"Raw/a", "ra%", "raw", "raw/a", "raw/b", "raw_a", "z", "é"}
	assert.Equal(t, all, assetKeys(t, s, storage.AssetFilter{}))
	for name, tt := range map[string]struct {
		f    storage.AssetFilter
		want []string
	}{
		"prefix":           {storage.AssetFilter{Prefix: "raw"}, []string{"raw", "raw/a", "raw/b", "raw_a"}},
		"wildcard":         {storage.AssetFilter{Prefix: "raw_"}, []string{"raw_a"}},
		"percent":          {storage.AssetFilter{Prefix: "ra%"}, []string{"ra%"}},
		"no match":         {storage.AssetFilter{Prefix: "x"}, []string{}},
		"after":            {storage.AssetFilter{After: "raw/b"}, []string{"raw_a", "z", "é"}},
		"after none":       {storage.AssetFilter{After: "raw/aa"}, []string{"raw/b", "raw_a", "z", "é"}},
		"prefix and after": {storage.AssetFilter{Prefix: "raw/", After: "raw/a"}, []string{"raw/b"}},
		"after the prefix": {storage.AssetFilter{Prefix: "raw", After: "s"}, []string{}},
		"before it":        {storage.AssetFilter{Prefix: "raw/", After: "a"}, []string{"raw/a", "raw/b"}},
		"limit":            {storage.AssetFilter{Prefix: "raw", Limit: 2}, []string{"raw", "raw/a"}},
	} {
		assert.Equal(t, tt.want, assetKeys(t, s, tt.f), name)
	}
	many := make([]storage.Event, 1200)
	for i := range many {
		many[i] = made(fmt.Sprintf("many/%04d", i), "")
	}
	add(t, s, storage.Run{}, many...)
	assert.Len(t, assetKeys(t, s, storage.AssetFilter{}), 100)
	assert.Len(t, assetKeys(t, s, storage.AssetFilter{Limit: 9999}), 1000)
}

func testFailed(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	first := add(t, s, r, made("a", ""))[0]
	f := add(t, s, r, failedTo(storage.StepFailure, "a"))[0]
	assert.Equal(t, storage.AssetRecord{Key: "a", Latest: first, Failed: f, Materializations: 1}, asset(t, s, "a"))
	f = add(t, s, r, storage.Event{
		Kind: storage.AssetFailedToMaterialize, Asset: "a", Partition: "p", At: at(2), Data: &storage.MaterializationData{Error: &storage.Error{Message: "m"}},
	})[0]
	add(t, s, r, failedTo(storage.StepFailure, ""), failedTo(storage.StepFailure, "b"), failedTo(storage.StepUpForRetry, "a"))
	assert.Equal(t, f, asset(t, s, "a").Failed)
	assert.Zero(t, asset(t, s, "b").Latest.ID)
	again := add(t, s, r, made("a", "q"))[0]
	assert.Equal(t, storage.AssetRecord{Key: "a", Latest: again, Materializations: 2}, asset(t, s, "a"))
	both := add(t, s, r, failedTo(storage.StepFailure, "a"), made("a", ""), failedTo(storage.StepFailure, "c"), made("c", ""), failedTo(storage.StepFailure, "c"))
	assert.Zero(t, asset(t, s, "a").Failed.ID, "within one batch")
	assert.Equal(t, both[4], asset(t, s, "c").Failed)
}

func testAssetsOutliveRuns(t *testing.T, s storage.Storage) {
	data := &storage.MaterializationData{DataVersion: "d", Metadata: []metadata.Entry{metadata.Rows(3)}}
	r := started(t, s, 1)
	e := made("a", "p")
	e.Data, e.Message, e.Step, e.Attempt = data, "m", "s", 2
	want := add(t, s, r, made("a", "p"), made("a", ""), e, failedTo(storage.StepFailure, "a"), failedTo(storage.StepFailure, "b"), step(1))
	move(t, s, r, storage.RunSucceeded)
	require.NoError(t, s.DeleteRun(t.Context(), r.ID))

	assert.Equal(t, want[2], *latest(t, s, "a", "p"))
	assert.Equal(t, want[1], *latest(t, s, "a", ""))
	several, err := s.LatestMaterializations(t.Context(), []string{"a"})
	require.NoError(t, err)
	assert.Equal(t, map[string]storage.Event{"a": want[1]}, several)
	assert.Equal(t, storage.AssetRecord{Key: "a", Latest: want[2], Failed: want[3], Materializations: 3}, asset(t, s, "a"))
	assert.Equal(t, storage.AssetRecord{Key: "b", Failed: want[4]}, asset(t, s, "b"))
	assert.Empty(t, events(t, s, storage.EventFilter{Asset: "a"}))

	newer := add(t, s, started(t, s, 2), made("a", "p"))[0]
	assert.Equal(t, newer, *latest(t, s, "a", "p"))
	assert.Equal(t, want[1], *latest(t, s, "a", ""))
	assert.Equal(t, storage.AssetRecord{Key: "a", Latest: newer, Materializations: 4}, asset(t, s, "a"))
}
