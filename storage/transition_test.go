package storage_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// legal is the table of transitions once more, as it is written in words.
const legal = `
NOT_STARTED: QUEUED STARTING FAILURE CANCELED
QUEUED:      STARTING FAILURE CANCELED
STARTING:    QUEUED STARTING STARTED CANCELING FAILURE
STARTED:     STARTED CANCELING SUCCESS FAILURE
CANCELING:   FAILURE CANCELED`

func TestEveryPairOfStatuses(t *testing.T) {
	t.Parallel()

	want := map[[2]storage.RunStatus]bool{}
	for line := range strings.Lines(strings.TrimSpace(legal)) {
		from, to, _ := strings.Cut(line, ":")
		for s := range strings.FieldsSeq(to) {
			want[[2]storage.RunStatus{storage.RunStatus(from), storage.RunStatus(s)}] = true
		}
	}
	require.Len(t, want, 18)
	require.Len(t, statuses(t), 8)
	for _, from := range statuses(t) {
		for _, to := range statuses(t) {
			ok := want[[2]storage.RunStatus{from, to}]
			assert.Equal(t, ok, storage.CanTransition(from, to), "%s to %s", from, to)
			r := storage.Run{ID: "r", Status: from, Epoch: 3, CancelTarget: to}
			got, err := storage.Apply(r, storage.Transition{From: from, To: to, Epoch: 3})
			if !ok {
				require.ErrorIs(t, err, storage.ErrIllegalTransition, "%s to %s", from, to)
				assert.Equal(t, r, got)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, to, got.Status)
			assert.Equal(t, to.Terminal(), len(reachable(t, got.Status)) == 0, to)
		}
	}
	assert.False(t, storage.CanTransition("MANAGED", storage.RunFailed))
	assert.False(t, storage.CanTransition(storage.RunQueued, "MANAGED"))
}

func TestApply(t *testing.T) {
	t.Parallel()

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	base := storage.Run{ID: "r", Status: storage.RunStarting, Epoch: 2, Worker: "w1", Created: at}
	with := func(change func(*storage.Run)) storage.Run { r := base; change(&r); return r }
	started := with(func(r *storage.Run) { r.Status, r.Started = storage.RunStarted, at.Add(time.Minute) })
	canceling := with(func(r *storage.Run) {
		r.Status, r.CancelTarget, r.CancelReason = storage.RunCanceling, storage.RunFailed, "too long"
	})
	const starting, queued = storage.RunStarting, storage.RunQueued

	tests := []struct {
		name string
		run  storage.Run
		t    storage.Transition
		want storage.Run
		err  error
	}{
		{
			"start sets when", base,
			storage.Transition{From: starting, To: storage.RunStarted, Epoch: 2, At: at.Add(time.Second), Worker: "w2"},
			with(func(r *storage.Run) { r.Status, r.Worker, r.Started = storage.RunStarted, "w2", at.Add(time.Second) }), nil,
		},
		{
			"a clock that went back", base,
			storage.Transition{From: starting, To: storage.RunStarted, Epoch: 2, At: at.Add(-time.Hour)},
			with(func(r *storage.Run) { r.Status, r.Started = storage.RunStarted, at }), nil,
		},
		{
			"resume keeps when it started, and fences", started,
			storage.Transition{From: storage.RunStarted, To: storage.RunStarted, Epoch: 2, At: at.Add(time.Hour)},
			with(func(r *storage.Run) { r.Status, r.Started, r.Epoch = storage.RunStarted, at.Add(time.Minute), 3 }), nil,
		},
		{
			"back to the queue: fenced, no worker", base,
			storage.Transition{From: starting, To: queued, Epoch: 2, At: at},
			with(func(r *storage.Run) { r.Status, r.Worker, r.Epoch, r.Enqueued = queued, "", 3, at }), nil,
		},
		{
			"fence", with(func(r *storage.Run) { r.Status = queued }),
			storage.Transition{From: queued, To: starting, Epoch: 2, Fence: true, At: at},
			with(func(r *storage.Run) { r.Epoch, r.Launched = 3, at }), nil,
		},
		{
			"no fence", with(func(r *storage.Run) { r.Status = queued }),
			storage.Transition{From: queued, To: starting, Epoch: 2, At: at},
			with(func(r *storage.Run) { r.Launched = at }), nil,
		},
		{
			"failure keeps why", base,
			storage.Transition{From: starting, To: storage.RunFailed, Epoch: 2, At: at.Add(time.Hour), Error: "no such image"},
			with(func(r *storage.Run) {
				r.Status, r.Ended, r.Error = storage.RunFailed, at.Add(time.Hour), "no such image"
			}), nil,
		},
		{
			"success has no error", started,
			storage.Transition{From: storage.RunStarted, To: storage.RunSucceeded, Epoch: 2, At: at, Error: "x"},
			with(func(r *storage.Run) {
				r.Status, r.Started, r.Ended = storage.RunSucceeded, at.Add(time.Minute), at.Add(time.Minute)
			}), nil,
		},
		{
			"cancel ends as CANCELED unless told", base,
			storage.Transition{From: starting, To: storage.RunCanceling, Epoch: 2, At: at, Reason: "asked", CancelBy: at.Add(time.Hour)},
			with(func(r *storage.Run) {
				r.Status, r.CancelTarget, r.CancelReason = storage.RunCanceling, storage.RunCanceled, "asked"
				r.CancelBy = at.Add(time.Hour)
			}), nil,
		},
		{
			"cancel cannot end in success", base,
			storage.Transition{From: starting, To: storage.RunCanceling, Epoch: 2, Target: storage.RunSucceeded},
			base, storage.ErrIllegalTransition,
		},
		{
			"canceling ends as its target, for its reason", canceling,
			storage.Transition{From: storage.RunCanceling, To: storage.RunFailed, Epoch: 2, At: at},
			with(func(r *storage.Run) {
				r.Status, r.CancelTarget, r.CancelReason = storage.RunFailed, storage.RunFailed, "too long"
				r.Error, r.Ended = "too long", at
			}), nil,
		},
		{
			"canceling ends as nothing else", canceling,
			storage.Transition{From: storage.RunCanceling, To: storage.RunCanceled, Epoch: 2},
			canceling, storage.ErrIllegalTransition,
		},
		{"another epoch", base, storage.Transition{From: starting, To: queued, Epoch: 1}, base, storage.ErrConflict},
		{"another status", base, storage.Transition{From: queued, To: starting, Epoch: 2}, base, storage.ErrConflict},
		{"a conflict comes first", base, storage.Transition{From: queued, To: queued, Epoch: 2}, base, storage.ErrConflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := storage.Apply(tt.run, tt.t)
			require.ErrorIs(t, err, tt.err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))
	got, err := storage.Prepare(storage.Run{ID: "r", Tags: map[string]string{}, Assets: []string{}, Config: json.RawMessage{}}, now)
	require.NoError(t, err)
	assert.Equal(t, storage.Run{ID: "r", Status: storage.RunNotStarted, Created: now.UTC()}, got)

	r := storage.Run{ID: "r", Status: storage.RunQueued, Created: now.UTC(), Epoch: 1, Tags: map[string]string{"k": "v"}, Config: json.RawMessage(`{}`)}
	got, err = storage.Prepare(r, time.Time{})
	require.NoError(t, err)
	r.Enqueued = r.Created
	assert.Equal(t, r, got)

	for name, bad := range map[string]storage.Run{
		"no ID":        {},
		"long ID":      {ID: storage.RunID(strings.Repeat("x", 129))},
		"NUL ID":       {ID: "a\x00b"},
		"broken ID":    {ID: "\xff"},
		"started":      {ID: "r", Status: storage.RunStarted},
		"ended":        {ID: "r", Status: storage.RunFailed},
		"unknown":      {ID: "r", Status: "MANAGED"},
		"epoch":        {ID: "r", Epoch: -1},
		"times":        {ID: "r", Ended: now},
		"cancel by":    {ID: "r", CancelBy: now},
		"error":        {ID: "r", Error: "x"},
		"target":       {ID: "r", CancelTarget: storage.RunFailed},
		"config":       {ID: "r", Config: json.RawMessage(`{`)},
		"tag not UTF8": {ID: "r", Tags: map[string]string{"k": "\xff"}},
	} {
		_, err := storage.Prepare(bad, now)
		require.Error(t, err, name)
	}
}

func reachable(t *testing.T, from storage.RunStatus) []storage.RunStatus {
	t.Helper()
	var to []storage.RunStatus
	for _, s := range statuses(t) {
		if storage.CanTransition(from, s) {
			to = append(to, s)
		}
	}
	return to
}
