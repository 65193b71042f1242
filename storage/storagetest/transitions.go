package storagetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

func statuses() []storage.RunStatus {
	return []storage.RunStatus{
		storage.RunNotStarted, storage.RunQueued, storage.RunStarting, storage.RunStarted,
		storage.RunCanceling, storage.RunSucceeded, storage.RunFailed, storage.RunCanceled,
	}
}

// reach stores the n-th run and takes it to a status.
func reach(t *testing.T, s storage.Storage, n int, status storage.RunStatus) storage.Run {
	t.Helper()
	switch status {
	case storage.RunNotStarted, storage.RunQueued, storage.RunStarting:
		return created(t, s, n, status)
	case storage.RunStarted:
		return started(t, s, n)
	case storage.RunCanceled:
		return move(t, s, create(t, s, n), status)
	default:
		return move(t, s, started(t, s, n), status)
	}
}

func transitionCases() []testCase {
	return []testCase{
		{"transitions/every pair of statuses", testEveryPair},
		{"transitions/a conflict changes nothing", testConflict},
		{"transitions/an illegal one changes nothing", func(t *testing.T, s storage.Storage) {
			r := created(t, s, 1, storage.RunStarting)
			got, err := s.Transition(t.Context(), r.ID, storage.Transition{
				From: r.Status, To: storage.RunSucceeded, Worker: "w", Fence: true, Events: steps(2),
			})
			require.ErrorIs(t, err, storage.ErrIllegalTransition)
			assert.Equal(t, r, got)
			assert.Equal(t, r, get(t, s, r.ID))
			assert.Empty(t, events(t, s, storage.EventFilter{}))
		}},
		{"transitions/a whole life", testLife},
		{"transitions/events come with it", testTransitionEvents},
		{"transitions/a fence shuts out the old epoch", testFence},
		{"transitions/taking a run from its worker is a fence", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			resumed := move(t, s, r, storage.RunStarted)
			assert.Equal(t, r.Epoch+1, resumed.Epoch)
			_, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(1)})
			require.ErrorIs(t, err, storage.ErrFenced)
			add(t, s, resumed, step(1))
		}},
		{"transitions/canceling ends as it was meant to", testCanceling},
		{"transitions/times never go back", func(t *testing.T, s storage.Storage) {
			r := created(t, s, 1, storage.RunStarting)
			r, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunStarted, At: r.Created.Add(-time.Hour)})
			require.NoError(t, err)
			assert.Equal(t, r.Created, r.Started)
			r, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunFailed, At: time.Unix(0, 0)})
			require.NoError(t, err)
			assert.Equal(t, r.Started, r.Ended)
			assert.Equal(t, r, get(t, s, r.ID))
		}},
		{"transitions/now is when it happens", func(t *testing.T, s storage.Storage) {
			before := time.Now().Add(-time.Millisecond)
			create(t, s, 1, func(r *storage.Run) { r.Created = before.AddDate(-1, 0, 0).Truncate(time.Second) })
			r, err := s.Transition(t.Context(), runID(1), storage.Transition{From: storage.RunNotStarted, To: storage.RunCanceled})
			require.NoError(t, err)
			assert.WithinRange(t, r.Ended, before, time.Now())
			assert.True(t, r.Started.IsZero())
			assert.Equal(t, r, get(t, s, r.ID))
		}},
		{"transitions/a long error is cut", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			r, err := s.Transition(t.Context(), r.ID, storage.Transition{
				From: r.Status, To: storage.RunFailed, Error: strings.Repeat("é\xff", 1<<17),
			})
			require.NoError(t, err)
			assert.LessOrEqual(t, len(r.Error), 64<<10)
			assert.Equal(t, r, get(t, s, r.ID))
		}},
		{"transitions/arguments stay the caller's", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			given := steps(2)
			_, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunSucceeded, Events: given})
			require.NoError(t, err)
			assert.Equal(t, steps(2), given)
			given[0].Message = "x"
			assert.Empty(t, events(t, s, storage.EventFilter{})[0].Message)
		}},
	}
}

func testEveryPair(t *testing.T, s storage.Storage) {
	n := 0
	for _, from := range statuses() {
		for _, to := range statuses() {
			n++
			r := reach(t, s, n, from)
			tr := storage.Transition{From: from, To: to, Epoch: r.Epoch, At: at(n + 9), Error: "why", Worker: "w", Target: target(to)}
			want, wantErr := storage.Apply(r, tr)
			got, err := s.Transition(t.Context(), r.ID, tr)
			if wantErr == nil {
				require.NoError(t, err, "%s to %s", from, to)
			} else {
				require.ErrorIs(t, err, storage.ErrIllegalTransition, "%s to %s", from, to)
			}
			require.Equal(t, want, got, "%s to %s", from, to)
			require.Equal(t, want, get(t, s, r.ID), "%s to %s", from, to)
		}
	}
}

func testConflict(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	for name, tr := range map[string]storage.Transition{
		"status":           {From: storage.RunStarting, To: storage.RunStarted},
		"older epoch":      {From: storage.RunStarted, To: storage.RunSucceeded, Epoch: -1},
		"newer epoch":      {From: storage.RunStarted, To: storage.RunSucceeded, Epoch: 1},
		"illegal as well":  {From: storage.RunStarting, To: storage.RunSucceeded},
		"no status at all": {To: storage.RunSucceeded},
	} {
		tr.Events, tr.Worker, tr.Fence = steps(2), "w", true
		got, err := s.Transition(t.Context(), r.ID, tr)
		require.ErrorIs(t, err, storage.ErrConflict, name)
		assert.Equal(t, r, got, name)
	}
	assert.Equal(t, r, get(t, s, r.ID))
	assert.Empty(t, events(t, s, storage.EventFilter{}))
	assert.Equal(t, int64(1), add(t, s, r, step(1))[0].Seq)
}

func testLife(t *testing.T, s storage.Storage) {
	r := create(t, s, 1, func(r *storage.Run) { *r = fullRun(); r.Worker = "" })
	want := r
	for i, tr := range []storage.Transition{
		{To: storage.RunStarting, Fence: true, Worker: "w1"},
		{To: storage.RunQueued},
		{To: storage.RunStarting, Fence: true, Worker: "w2"},
		{To: storage.RunStarted},
		{To: storage.RunStarted, Worker: "w3"},
		{To: storage.RunCanceling, Target: storage.RunFailed, Reason: "too long", CancelBy: at(99)},
		{To: storage.RunFailed},
	} {
		tr.From, tr.Epoch, tr.At = r.Status, r.Epoch, at(10+i)
		var err error
		r, err = s.Transition(t.Context(), r.ID, tr)
		require.NoError(t, err)
		sameRun(t, r, get(t, s, r.ID))
	}
	want.Status, want.Epoch, want.Worker = storage.RunFailed, 6, "w3"
	want.CancelTarget, want.CancelReason, want.Error = storage.RunFailed, "too long", "too long"
	want.Enqueued, want.Launched, want.Started, want.Ended = at(11), at(12), at(13), at(16)
	want.CancelBy = at(99)
	sameRun(t, want, r)
}

func testTransitionEvents(t *testing.T, s storage.Storage) {
	r := created(t, s, 1, storage.RunStarting)
	r, err := s.Transition(t.Context(), r.ID, storage.Transition{
		From: r.Status, To: storage.RunStarted, Fence: true,
		Events: []storage.Event{{ID: 5, Seq: 5, Run: "other", Kind: storage.RunStart, At: at(1)}},
	})
	require.NoError(t, err)
	add(t, s, r, step(2))
	_, err = s.Transition(t.Context(), r.ID, storage.Transition{
		From: r.Status, To: storage.RunSucceeded, Epoch: r.Epoch, Events: []storage.Event{step(3), {Kind: storage.RunSuccess, At: at(4)}},
	})
	require.NoError(t, err)
	got := events(t, s, storage.EventFilter{Run: r.ID})
	inOrder(t, got)
	require.Len(t, got, 4)
	assert.Equal(t, storage.RunStart, got[0].Kind)
	assert.Equal(t, storage.RunSuccess, got[3].Kind)
}

func testFence(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	add(t, s, r, step(1))
	fenced, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: r.Status, Epoch: r.Epoch, Fence: true})
	require.NoError(t, err)
	assert.Equal(t, r.Epoch+1, fenced.Epoch)

	late := storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: []storage.Event{made("a", "")}}
	_, err = s.Append(t.Context(), late)
	require.ErrorIs(t, err, storage.ErrFenced)
	_, err = s.LatestMaterialization(t.Context(), "a", "")
	require.ErrorIs(t, err, storage.ErrNotMaterialized)
	_, err = s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: fenced.Epoch + 1, Events: steps(1)})
	require.ErrorIs(t, err, storage.ErrFenced, "an epoch that was never given out")
	_, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunSucceeded, Epoch: r.Epoch})
	require.ErrorIs(t, err, storage.ErrConflict)

	late.Epoch = fenced.Epoch
	_, err = s.Append(t.Context(), late)
	require.NoError(t, err, "a refused batch may be given again")
	move(t, s, fenced, storage.RunSucceeded)
	_, err = s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: fenced.Epoch, Events: steps(1)})
	require.ErrorIs(t, err, storage.ErrFenced, "the run has ended")
	got := events(t, s, storage.EventFilter{})
	inOrder(t, got)
	assert.Len(t, got, 2)
}

func testCanceling(t *testing.T, s storage.Storage) {
	for n, end := range []storage.RunStatus{storage.RunFailed, storage.RunCanceled, ""} {
		r := started(t, s, n)
		r, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunCanceling, Target: end, Reason: "asked"})
		require.NoError(t, err)
		if end == "" {
			end = storage.RunCanceled
		}
		assert.Equal(t, end, r.CancelTarget)
		add(t, s, r, step(1)) // it may still say how its steps end
		for _, to := range []storage.RunStatus{storage.RunSucceeded, storage.RunFailed, storage.RunCanceled} {
			if to != end {
				_, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: to, Epoch: r.Epoch})
				require.ErrorIs(t, err, storage.ErrIllegalTransition)
			}
		}
		r = move(t, s, r, end)
		assert.Equal(t, "asked", r.CancelReason)
		assert.Equal(t, r, get(t, s, r.ID))
	}
	r := started(t, s, 9)
	_, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunCanceling, Target: storage.RunSucceeded})
	require.ErrorIs(t, err, storage.ErrIllegalTransition)
}
