package storagetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

func fullRun() storage.Run {
	return storage.Run{
		ID: runID(1), Repository: "shop", Job: "nightly", Status: storage.RunQueued, Epoch: 2,
		Tags: map[string]string{"team": "sales", "empty": ""}, Assets: []string{"b", "a"}, Steps: []string{"s[2]", "s[1]"},
		Config: config(`{"a":{"b":[1,"x",null]}}`), Parent: runID(8), Root: runID(9), Worker: "host:1", Created: at(1), Enqueued: at(1),
	}
}

func runCases() []testCase {
	return []testCase{
		{"runs/every field is kept", func(t *testing.T, s storage.Storage) {
			require.NoError(t, s.CreateRun(t.Context(), fullRun()))
			sameRun(t, fullRun(), get(t, s, runID(1)))
		}},
		{"runs/defaults", testRunDefaults},
		{"runs/nothing stays nothing", func(t *testing.T, s storage.Storage) {
			r := storage.Run{ID: runID(1), Created: at(1), Tags: map[string]string{}, Assets: []string{}, Steps: []string{}, Config: config("")}
			require.NoError(t, s.CreateRun(t.Context(), r))
			assert.Equal(t, storage.Run{ID: runID(1), Status: storage.RunNotStarted, Created: at(1)}, get(t, s, runID(1)))
		}},
		{"runs/a taken ID changes nothing", func(t *testing.T, s storage.Storage) {
			want := create(t, s, 1)
			err := s.CreateRun(t.Context(), storage.Run{ID: want.ID, Job: "other"}, step(1))
			require.ErrorIs(t, err, storage.ErrRunExists)
			assert.Equal(t, want, get(t, s, want.ID))
			assert.Empty(t, events(t, s, storage.EventFilter{}))
		}},
		{"runs/what no new run may be", testCreateRefuses},
		{"runs/events are created with it", testCreateWithEvents},
		{"runs/arguments stay the caller's", testCreateCopies},
		{"runs/results are the caller's", func(t *testing.T, s storage.Storage) {
			require.NoError(t, s.CreateRun(t.Context(), fullRun()))
			got := get(t, s, runID(1))
			got.Tags["team"], got.Assets[0], got.Steps[0], got.Config[0] = "x", "x", "x", 'x'
			page, err := s.Runs(t.Context(), storage.RunFilter{})
			require.NoError(t, err)
			page[0].Tags["team"] = "x"
			sameRun(t, fullRun(), get(t, s, runID(1)))
		}},
		{"runs/a run that is not there", testNoRun},
		{"runs/deletion waits for the end", func(t *testing.T, s storage.Storage) {
			r := created(t, s, 1, storage.RunQueued)
			for _, to := range []storage.RunStatus{storage.RunStarting, storage.RunStarted, storage.RunCanceling} {
				require.ErrorIs(t, s.DeleteRun(t.Context(), r.ID), storage.ErrRunNotEnded)
				r = move(t, s, r, to)
			}
			require.ErrorIs(t, s.DeleteRun(t.Context(), r.ID), storage.ErrRunNotEnded)
			move(t, s, r, storage.RunFailed)
			require.NoError(t, s.DeleteRun(t.Context(), r.ID))
		}},
		{"runs/deletion takes its events and no others", testDelete},
		{"runs/an ID can be used again", func(t *testing.T, s storage.Storage) {
			add(t, s, started(t, s, 1), steps(3)...)
			move(t, s, get(t, s, runID(1)), storage.RunSucceeded)
			require.NoError(t, s.DeleteRun(t.Context(), runID(1)))
			again := started(t, s, 1)
			assert.Equal(t, int64(0), again.Epoch)
			e := add(t, s, again, step(1))
			assert.Equal(t, int64(1), e[0].Seq)
			assert.Equal(t, e, events(t, s, storage.EventFilter{Run: runID(1)}))
		}},
	}
}

func testRunDefaults(t *testing.T, s storage.Storage) {
	before := time.Now().Add(-time.Millisecond)
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: runID(1)}))
	got := get(t, s, runID(1))
	assert.Equal(t, storage.RunNotStarted, got.Status)
	assert.WithinRange(t, got.Created, before, time.Now())
	assert.Equal(t, time.UTC, got.Created.Location())
	assert.True(t, got.Started.IsZero() && got.Ended.IsZero())
}

func testCreateRefuses(t *testing.T, s storage.Storage) {
	for name, r := range map[string]storage.Run{
		"no ID":     {},
		"started":   {ID: runID(1), Status: storage.RunStarted},
		"canceling": {ID: runID(1), Status: storage.RunCanceling},
		"ended":     {ID: runID(1), Status: storage.RunSucceeded},
		"unknown":   {ID: runID(1), Status: "MANAGED"},
		"config":    {ID: runID(1), Config: config(`{`)},
	} {
		require.Error(t, s.CreateRun(t.Context(), r, step(1)), name)
	}
	assert.Empty(t, runs(t, s, storage.RunFilter{}))
	assert.Empty(t, events(t, s, storage.EventFilter{}))
}

func testCreateWithEvents(t *testing.T, s storage.Storage) {
	r := storage.Run{ID: runID(1), Status: storage.RunQueued, Created: at(1)}
	given := []storage.Event{{ID: 77, Seq: 77, Run: "other", Kind: storage.RunEnqueued, At: at(1), Message: "m"}, step(2)}
	require.NoError(t, s.CreateRun(t.Context(), r, given...))
	got := events(t, s, storage.EventFilter{Run: r.ID})
	require.Len(t, got, 2)
	inOrder(t, got)
	assert.Equal(t, storage.Event{ID: got[0].ID, Seq: 1, Run: r.ID, Kind: storage.RunEnqueued, At: at(1), Message: "m"}, got[0])
	assert.Equal(t, int64(77), given[0].ID, "the caller's own")
	assert.Equal(t, int64(3), add(t, s, r, step(3))[0].Seq)
}

func testCreateCopies(t *testing.T, s storage.Storage) {
	r := fullRun()
	given := []storage.Event{step(1)}
	require.NoError(t, s.CreateRun(t.Context(), r, given...))
	r.Tags["team"], r.Assets[0], r.Steps[0], r.Config[0] = "x", "x", "x", 'x'
	given[0].Message = "x"
	sameRun(t, fullRun(), get(t, s, runID(1)))
	assert.Empty(t, events(t, s, storage.EventFilter{})[0].Message)
	page, err := s.Runs(t.Context(), storage.RunFilter{Asset: "b"})
	require.NoError(t, err)
	assert.Len(t, page, 1)
}

func testNoRun(t *testing.T, s storage.Storage) {
	create(t, s, 1)
	_, err := s.Run(t.Context(), runID(2))
	require.ErrorIs(t, err, storage.ErrRunNotFound)
	_, err = s.Run(t.Context(), "")
	require.ErrorIs(t, err, storage.ErrRunNotFound)
	require.ErrorIs(t, s.DeleteRun(t.Context(), runID(2)), storage.ErrRunNotFound)
	_, err = s.Transition(t.Context(), runID(2), storage.Transition{From: storage.RunNotStarted, To: storage.RunQueued})
	require.ErrorIs(t, err, storage.ErrRunNotFound)
	_, err = s.Append(t.Context(), storage.Batch{Run: runID(2), Events: steps(1)})
	require.ErrorIs(t, err, storage.ErrRunNotFound)
	assert.Empty(t, events(t, s, storage.EventFilter{Run: runID(2)}))
	assert.Empty(t, events(t, s, storage.EventFilter{}))
}

func testDelete(t *testing.T, s storage.Storage) {
	kept, gone := started(t, s, 1), started(t, s, 2)
	want := make([]storage.Event, 0, 7)
	for i := range 3 {
		want = append(want, add(t, s, kept, step(i), made("a", ""))...)
		add(t, s, gone, step(i), made("a", ""), made("b", ""))
	}
	want = append(want, add(t, s, storage.Run{}, made("b", ""))...)
	move(t, s, gone, storage.RunSucceeded)
	require.NoError(t, s.DeleteRun(t.Context(), gone.ID))

	assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{}))
	assert.Equal(t, want, events(t, s, storage.EventFilter{}))
	assert.Empty(t, events(t, s, storage.EventFilter{Run: gone.ID}))
	assert.Len(t, events(t, s, storage.EventFilter{Asset: "a"}), 3)
	assert.Equal(t, want[len(want)-1:], events(t, s, storage.EventFilter{Asset: "b"}))
	require.ErrorIs(t, s.DeleteRun(t.Context(), gone.ID), storage.ErrRunNotFound)
	assert.Equal(t, int64(7), add(t, s, kept, step(9))[0].Seq)
}
