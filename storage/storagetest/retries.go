package storagetest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// again is the retry of a run, the n-th one.
func again(of storage.Run, n int) *storage.NewRun {
	return &storage.NewRun{
		Run:    storage.Run{ID: runID(n), Job: of.Job, Status: storage.RunQueued, Parent: of.ID, Root: of.ID, Created: at(n)},
		Events: []storage.Event{{ID: 9, Kind: storage.RunEnqueued, At: at(n)}},
	}
}

func retryCases() []testCase {
	return []testCase{
		{"retries/one comes with the failure", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			retry := again(r, 2)
			retry.Key = "unused"
			failed, err := s.Transition(t.Context(), r.ID, storage.Transition{
				From: r.Status, To: storage.RunFailed, Events: []storage.Event{{Kind: storage.RunFailure, At: at(2)}}, Retry: retry,
			})
			require.NoError(t, err)
			assert.Equal(t, storage.RunFailed, failed.Status)
			want, err := storage.Prepare(retry.Run, at(2))
			require.NoError(t, err)
			assert.Equal(t, want, get(t, s, runID(2)))
			log := events(t, s, storage.EventFilter{})
			inOrder(t, log)
			require.Len(t, log, 2)
			assert.Equal(t, []storage.RunID{runID(1), runID(2)}, []storage.RunID{log[0].Run, log[1].Run})
			assert.Equal(t, int64(9), retry.Events[0].ID, "the caller's own")
			assert.Equal(t, int64(2), add(t, s, get(t, s, runID(2)), step(1))[0].Seq)
		}},
		{"retries/or nothing happens", testRetryRefused},
	}
}

func testRetryRefused(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	create(t, s, 2)
	bad := again(r, 3)
	bad.Events[0].Data = &storage.RawData{JSON: json.RawMessage("{")}
	for name, tt := range map[string]struct {
		tr  storage.Transition
		err error
	}{
		"taken":       {storage.Transition{From: r.Status, To: storage.RunFailed, Retry: again(r, 2)}, storage.ErrRunExists},
		"itself":      {storage.Transition{From: r.Status, To: storage.RunFailed, Retry: again(r, 1)}, storage.ErrRunExists},
		"conflict":    {storage.Transition{From: r.Status, To: storage.RunFailed, Epoch: 5, Retry: again(r, 3)}, storage.ErrConflict},
		"illegal":     {storage.Transition{From: r.Status, To: storage.RunQueued, Retry: again(r, 3)}, storage.ErrIllegalTransition},
		"lost lease":  {storage.Transition{From: r.Status, To: storage.RunFailed, Retry: again(r, 3), Lead: lost(t, s)}, storage.ErrFenced},
		"no ID":       {storage.Transition{From: r.Status, To: storage.RunFailed, Retry: &storage.NewRun{}}, nil},
		"bad payload": {storage.Transition{From: r.Status, To: storage.RunFailed, Retry: bad}, nil},
	} {
		tt.tr.Events = steps(1)
		_, err := s.Transition(t.Context(), r.ID, tt.tr)
		require.Error(t, err, name)
		if tt.err != nil {
			require.ErrorIs(t, err, tt.err, name)
		}
		assert.Equal(t, r, get(t, s, r.ID), name)
	}
	assert.Equal(t, []int{2, 1}, runs(t, s, storage.RunFilter{}))
	assert.Empty(t, events(t, s, storage.EventFilter{}))
}
