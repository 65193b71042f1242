package storagetest

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// asked is a request for the n-th run.
func asked(n int, key string) storage.NewRun {
	return storage.NewRun{
		Run: storage.Run{ID: runID(n), Job: "job", Status: storage.RunQueued, Created: at(n)},
		Key: key, Events: []storage.Event{{Kind: storage.RunEnqueued, At: at(n)}},
	}
}

// commit stores a successful tick of i, and returns it and i as it is then.
func commit(t *testing.T, s storage.Storage, i storage.Instigator, requests ...storage.NewRun) (storage.Tick, storage.Instigator) {
	t.Helper()
	status := storage.TickSuccess
	if len(requests) == 0 {
		status = storage.TickSkipped
	}
	tick, err := s.CommitTick(t.Context(), storage.TickCommit{
		Instigator: i, Tick: storage.Tick{At: at(1), Status: status, Started: at(1), Ended: at(2)}, Runs: requests,
	})
	require.NoError(t, err)
	i.Version++
	return tick, i
}

func ticks(t *testing.T, s storage.Storage, f storage.TickFilter) []storage.Tick {
	t.Helper()
	list, err := s.Ticks(t.Context(), f)
	require.NoError(t, err)
	return list
}

func tickIDs(list []storage.Tick) []int64 {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

func tickCases() []testCase {
	return []testCase{
		{"ticks/every field is kept", testTickFields},
		{"ticks/all that follows is stored with it", testTickCommit},
		{"ticks/or nothing of it", testTickRefused},
		{"ticks/one that takes long is stored twice", testStartedTick},
		{"ticks/an instigator is evaluated by one of many", func(t *testing.T, s storage.Storage) { testTickRace(t, s, s) }},
		{"ticks/a long reason is cut", func(t *testing.T, s storage.Storage) {
			got, err := s.CommitTick(t.Context(), storage.TickCommit{Instigator: sensor(1), Tick: storage.Tick{
				Status: storage.TickFailure, Error: strings.Repeat("é\xff", 1<<17),
			}})
			require.NoError(t, err)
			assert.LessOrEqual(t, len(got.Error), 64<<10)
			assert.Equal(t, []storage.Tick{got}, ticks(t, s, storage.TickFilter{}))
		}},
		{"ticks/pages, newest first", testTickPages},
		{"ticks/every filter", testTickFilters},
		{"ticks/old ones are purged, the oldest first", testPurge},
		{"ticks/purging deletes nothing else", func(t *testing.T, s storage.Storage) {
			_, i := commit(t, s, sensor(1), asked(1, "k"))
			n, err := s.PurgeTicks(t.Context(), []storage.TickStatus{storage.TickSuccess}, at(9), 0)
			require.NoError(t, err)
			assert.Equal(t, 1, n)
			assert.Empty(t, ticks(t, s, storage.TickFilter{Run: runID(1)}))
			assert.Equal(t, []storage.Instigator{i}, instigators(t, s, storage.InstigatorFilter{}))
			assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{}))
			again, _ := commit(t, s, i, asked(2, "k"))
			assert.Equal(t, []storage.KnownKey{{Key: "k", Run: runID(1)}}, again.Known)
			assert.Equal(t, int64(2), again.ID, "no ID is given out twice")
		}},
	}
}

func testTickFields(t *testing.T, s storage.Storage) {
	given := storage.Tick{
		At: at(1), Attempt: 2, Status: storage.TickSuccess, Started: at(3).In(time.FixedZone("x", 3600)), Ended: at(4), Reason: "r\x00", Error: "e",
		Cursor: "c", Events: 5, Missed: 6, Runs: []storage.RunID{"not mine"}, Known: []storage.KnownKey{{Key: "not mine"}},
	}
	got, err := s.CommitTick(t.Context(), storage.TickCommit{Instigator: sensor(1), Tick: given, Runs: []storage.NewRun{asked(2, "k"), asked(3, ""), asked(4, "k")}})
	require.NoError(t, err)
	want := given
	want.InstigatorID, want.ID, want.Started = sensor(1).InstigatorID, got.ID, at(3)
	want.Runs, want.Known = []storage.RunID{runID(2), runID(3)}, []storage.KnownKey{{Key: "k", Run: runID(2)}}
	assert.NotZero(t, got.ID)
	assert.Equal(t, want, got)
	got.Runs[0] = "x"
	assert.Equal(t, []storage.Tick{want}, ticks(t, s, storage.TickFilter{}))
}

func testTickCommit(t *testing.T, s storage.Storage) {
	i := setInstigators(t, s, sensor(1))[0]
	i.Cursor, i.Next, i.Position = "later", at(60), 7
	report := []storage.Event{{ID: 9, Seq: 9, Run: "other", Kind: storage.AssetMaterialization, Asset: "a", At: at(1)}}
	requests := []storage.NewRun{asked(1, "a"), asked(2, "b")}
	leader := lead(t, s, "daemon", "me")
	got, err := s.CommitTick(t.Context(), storage.TickCommit{
		Lead: leader.Guard(), Instigator: i, Tick: storage.Tick{Status: storage.TickSuccess}, Runs: requests,
		Dynamic: []storage.DynamicChange{{Name: "n", Add: []string{"x", "y"}}}, Events: report,
	})
	require.NoError(t, err)
	i.Version++
	assert.Equal(t, []storage.Instigator{i}, instigators(t, s, storage.InstigatorFilter{}))
	assert.Equal(t, []storage.Tick{got}, ticks(t, s, storage.TickFilter{}))
	assert.Equal(t, []int{2, 1}, runs(t, s, storage.RunFilter{Statuses: []storage.RunStatus{storage.RunQueued}}))
	assert.Equal(t, at(2), get(t, s, runID(2)).Enqueued)
	assert.Equal(t, []string{"x", "y"}, dynamicKeys(t, s, storage.DynamicFilter{Name: "n"}))
	log := events(t, s, storage.EventFilter{})
	inOrder(t, log)
	require.Len(t, log, 3)
	assert.Equal(t, []storage.RunID{runID(1), runID(2), ""}, []storage.RunID{log[0].Run, log[1].Run, log[2].Run})
	assert.Equal(t, log[2], *latest(t, s, "a", ""))
	assert.Equal(t, int64(9), report[0].ID, "the caller's own")
	assert.Zero(t, requests[0].Events[0].ID, "the caller's own")
	assert.Equal(t, int64(2), add(t, s, get(t, s, runID(1)), step(1))[0].Seq)
}

// testTickRefused holds that a commit of which one part is wrong stores none of its parts.
func testTickRefused(t *testing.T, s storage.Storage) {
	create(t, s, 9)
	i := setInstigators(t, s, sensor(1))[0]
	g := lost(t, s)
	done, other := commit(t, s, sensor(2))
	i.Cursor = "lost"
	for name, tt := range map[string]struct {
		change func(*storage.TickCommit)
		err    error
	}{
		"older version":  {func(c *storage.TickCommit) { c.Instigator.Version-- }, storage.ErrConflict},
		"newer version":  {func(c *storage.TickCommit) { c.Instigator.Version++ }, storage.ErrConflict},
		"not stored":     {func(c *storage.TickCommit) { c.Instigator = sensor(3); c.Instigator.Version = 1 }, storage.ErrConflict},
		"lost lease":     {func(c *storage.TickCommit) { c.Lead = g }, storage.ErrFenced},
		"taken run":      {func(c *storage.TickCommit) { c.Runs = append(c.Runs, asked(9, "b")) }, storage.ErrRunExists},
		"one run twice":  {func(c *storage.TickCommit) { c.Runs = append(c.Runs, asked(1, "b")) }, storage.ErrRunExists},
		"no tick":        {func(c *storage.TickCommit) { c.Tick.ID = 99 }, storage.ErrConflict},
		"ended tick":     {func(c *storage.TickCommit) { c.Tick.ID = done.ID; c.Instigator = other }, storage.ErrConflict},
		"another's tick": {func(c *storage.TickCommit) { c.Tick.ID = done.ID }, storage.ErrConflict},
		"no name":        {func(c *storage.TickCommit) { c.Dynamic = append(c.Dynamic, storage.DynamicChange{}) }, partition.ErrDefinition},
		"no run ID":      {func(c *storage.TickCommit) { c.Runs[0].Run.ID = "" }, nil},
		"bad payload": {func(c *storage.TickCommit) {
			c.Events[0].Data = &storage.RawData{JSON: json.RawMessage("{")}
		}, nil},
		"bad payload of a run": {func(c *storage.TickCommit) {
			c.Runs[0].Events[0].Data = &storage.RawData{JSON: json.RawMessage("{")}
		}, nil},
	} {
		c := storage.TickCommit{
			Instigator: i, Tick: storage.Tick{Status: storage.TickSuccess}, Runs: []storage.NewRun{asked(1, "a")},
			Dynamic: []storage.DynamicChange{{Name: "n", Add: []string{"x"}}}, Events: []storage.Event{made("a", "")},
		}
		tt.change(&c)
		_, err := s.CommitTick(t.Context(), c)
		require.Error(t, err, name)
		if tt.err != nil {
			require.ErrorIs(t, err, tt.err, name)
		}
		require.Equal(t, []int{9}, runs(t, s, storage.RunFilter{}), name)
		require.Empty(t, events(t, s, storage.EventFilter{}), name)
		require.Len(t, ticks(t, s, storage.TickFilter{}), 1, name)
		require.Empty(t, dynamicKeys(t, s, storage.DynamicFilter{Name: "n"}), name)
		require.Empty(t, instigators(t, s, storage.InstigatorFilter{Name: "sensor1"})[0].Cursor, name)
	}
	got, _ := commit(t, s, i, asked(1, "a"))
	assert.Equal(t, []storage.RunID{runID(1)}, got.Runs, "no key was kept either")
}

func testStartedTick(t *testing.T, s storage.Storage) {
	c := storage.TickCommit{Instigator: sensor(1), Tick: storage.Tick{At: at(1), Status: storage.TickStarted, Started: at(1)}}
	begun, err := s.CommitTick(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, []storage.Tick{begun}, ticks(t, s, storage.TickFilter{Statuses: []storage.TickStatus{storage.TickStarted}}))
	c.Instigator.Version, c.Tick = 1, begun
	c.Tick.Status, c.Tick.Ended, c.Runs = storage.TickSuccess, at(9), []storage.NewRun{asked(1, "")}
	over, err := s.CommitTick(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, begun.ID, over.ID)
	assert.Equal(t, []storage.Tick{over}, ticks(t, s, storage.TickFilter{}))
	assert.Equal(t, []storage.Tick{over}, ticks(t, s, storage.TickFilter{Run: runID(1)}))
	c.Instigator.Version, c.Runs = 2, nil
	_, err = s.CommitTick(t.Context(), c)
	require.ErrorIs(t, err, storage.ErrConflict, "it has ended")
}

func testTickRace(t *testing.T, a, b storage.Storage) {
	i := setInstigators(t, a, sensor(1))[0]
	oneWins(t, together(16, func(n int) error {
		_, err := []storage.Storage{a, b}[n%2].CommitTick(t.Context(), storage.TickCommit{
			Instigator: i, Tick: storage.Tick{Status: storage.TickSuccess, Attempt: n}, Runs: []storage.NewRun{asked(n, strconv.Itoa(n))},
		})
		return err
	}), storage.ErrConflict)
	list := ticks(t, b, storage.TickFilter{})
	require.Len(t, list, 1)
	assert.Equal(t, []int{list[0].Attempt}, runs(t, a, storage.RunFilter{}))
}

func testTickPages(t *testing.T, s storage.Storage) {
	i := sensor(1)
	var want []int64
	for range 25 {
		var tick storage.Tick
		tick, i = commit(t, s, i)
		want = append([]int64{tick.ID}, want...)
	}
	var got []int64
	f := storage.TickFilter{Limit: 4, InstigatorID: i.InstigatorID}
	for {
		page := ticks(t, s, f)
		if len(page) == 0 {
			break
		}
		got = append(got, tickIDs(page)...)
		f.Before = page[len(page)-1].ID
		_, i = commit(t, s, i)
	}
	assert.Equal(t, want, got, "what comes meanwhile changes no page")
}

func testTickFilters(t *testing.T, s storage.Storage) {
	schedule := storage.Instigator{InstigatorID: storage.InstigatorID{Repository: "other", Kind: storage.ScheduleInstigator, Name: "sensor1"}}
	one, i := commit(t, s, sensor(1), asked(1, ""), asked(2, ""))
	two, _ := commit(t, s, sensor(2))
	three, _ := commit(t, s, schedule, asked(3, ""))
	four, err := s.CommitTick(t.Context(), storage.TickCommit{Instigator: i, Tick: storage.Tick{Status: storage.TickFailure}})
	require.NoError(t, err)
	const success, skipped, failure = storage.TickSuccess, storage.TickSkipped, storage.TickFailure
	for name, tt := range map[string]struct {
		f    storage.TickFilter
		want []storage.Tick
	}{
		"all":              {storage.TickFilter{}, []storage.Tick{four, three, two, one}},
		"repository":       {storage.TickFilter{InstigatorID: storage.InstigatorID{Repository: "shop"}}, []storage.Tick{four, two, one}},
		"kind":             {storage.TickFilter{InstigatorID: storage.InstigatorID{Kind: storage.ScheduleInstigator}}, []storage.Tick{three}},
		"name":             {storage.TickFilter{InstigatorID: storage.InstigatorID{Name: "sensor1"}}, []storage.Tick{four, three, one}},
		"instigator":       {storage.TickFilter{InstigatorID: i.InstigatorID}, []storage.Tick{four, one}},
		"nobody":           {storage.TickFilter{InstigatorID: sensor(9).InstigatorID}, nil},
		"status":           {storage.TickFilter{Statuses: []storage.TickStatus{success}}, []storage.Tick{three, one}},
		"statuses":         {storage.TickFilter{Statuses: []storage.TickStatus{failure, skipped, failure}}, []storage.Tick{four, two}},
		"statuses of one":  {storage.TickFilter{InstigatorID: i.InstigatorID, Statuses: []storage.TickStatus{success, skipped}}, []storage.Tick{one}},
		"statuses of some": {storage.TickFilter{InstigatorID: storage.InstigatorID{Repository: "shop"}, Statuses: []storage.TickStatus{success, skipped}}, []storage.Tick{two, one}},
		"run":              {storage.TickFilter{Run: runID(2)}, []storage.Tick{one}},
		"run and status":   {storage.TickFilter{Run: runID(2), Statuses: []storage.TickStatus{skipped}}, nil},
		"run and name":     {storage.TickFilter{Run: runID(2), InstigatorID: i.InstigatorID}, []storage.Tick{one}},
		"no run":           {storage.TickFilter{Run: runID(9)}, nil},
		"before":           {storage.TickFilter{Before: three.ID}, []storage.Tick{two, one}},
		"limit":            {storage.TickFilter{Statuses: []storage.TickStatus{success, skipped}, Limit: 2}, []storage.Tick{three, two}},
	} {
		assert.Equal(t, tt.want, ticks(t, s, tt.f), name)
	}
}

func testPurge(t *testing.T, s storage.Storage) {
	i := sensor(1)
	statuses := []storage.TickStatus{storage.TickSkipped, storage.TickFailure, storage.TickStarted}
	for _, start := range []int{5, 1, 3, 2, 4, 9} {
		for _, status := range statuses {
			_, err := s.CommitTick(t.Context(), storage.TickCommit{Instigator: i, Tick: storage.Tick{Status: status, Started: at(start)}})
			require.NoError(t, err)
			i.Version++
		}
	}
	purge := func(want int, before time.Time, limit int, statuses ...storage.TickStatus) {
		t.Helper()
		n, err := s.PurgeTicks(t.Context(), statuses, before, limit)
		require.NoError(t, err)
		assert.Equal(t, want, n)
	}
	left := func() (starts []int) {
		for _, k := range ticks(t, s, storage.TickFilter{Statuses: []storage.TickStatus{storage.TickSkipped}}) {
			starts = append(starts, int(k.Started.Sub(at(0))/time.Second))
		}
		return starts
	}
	purge(0, at(9), 0)
	purge(0, at(9), 0, storage.TickStarted)
	purge(0, at(1), 0, storage.TickSkipped)
	purge(2, at(9), 2, storage.TickSkipped)
	assert.Equal(t, []int{9, 4, 3, 5}, left())
	purge(2, at(5), 0, storage.TickSkipped, storage.TickSkipped)
	assert.Equal(t, []int{9, 5}, left())
	purge(3, at(99), 3, storage.TickSkipped, storage.TickFailure)
	assert.Equal(t, []int{9, 5}, left(), "whatever their status, the oldest go first")
	purge(5, at(99), 0, storage.TickSkipped, storage.TickFailure)
	assert.Len(t, ticks(t, s, storage.TickFilter{}), 6, "what has not ended stays")
}
