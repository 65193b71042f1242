package storagetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

func beat(t *testing.T, s storage.Storage, r storage.Run) storage.Run {
	t.Helper()
	got, err := s.Beat(t.Context(), storage.Beat{Run: r.ID, Epoch: r.Epoch, Worker: "w"})
	require.NoError(t, err)
	return got
}

func beats(t *testing.T, s storage.Storage) []storage.Beat {
	t.Helper()
	list, err := s.Beats(t.Context())
	require.NoError(t, err)
	return list
}

func beatCases() []testCase {
	return []testCase{
		{"beats/every field is kept, and beats are counted", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			b := storage.Beat{Run: r.ID, Epoch: r.Epoch, Worker: "w", Host: "h", PID: 77, Boot: "b", Count: 99}
			for n := range 3 {
				_, err := s.Beat(t.Context(), b)
				require.NoError(t, err)
				want := b
				want.Count = int64(n) + 1
				assert.Equal(t, []storage.Beat{want}, beats(t, s))
			}
		}},
		{"beats/the run is told", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			assert.Equal(t, r, beat(t, s, r))
			canceling := move(t, s, r, storage.RunCanceling)
			assert.Equal(t, canceling, beat(t, s, r))
		}},
		{"beats/whoever holds its run no longer is refused", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			beat(t, s, r)
			resumed := move(t, s, r, storage.RunStarted)
			_, err := s.Beat(t.Context(), storage.Beat{Run: r.ID, Epoch: r.Epoch})
			require.ErrorIs(t, err, storage.ErrFenced)
			assert.Len(t, beats(t, s), 1, "the last one before stays until the next")
			beat(t, s, resumed)
			assert.Equal(t, []int64{resumed.Epoch, 2}, []int64{beats(t, s)[0].Epoch, beats(t, s)[0].Count})
			move(t, s, resumed, storage.RunSucceeded)
			_, err = s.Beat(t.Context(), storage.Beat{Run: r.ID, Epoch: resumed.Epoch})
			require.ErrorIs(t, err, storage.ErrFenced)
			assert.Empty(t, beats(t, s))
			_, err = s.Beat(t.Context(), storage.Beat{Run: runID(9)})
			require.ErrorIs(t, err, storage.ErrRunNotFound)
		}},
		{"beats/of all that go on, by run", func(t *testing.T, s storage.Storage) {
			ids := make([]storage.RunID, 0, 3)
			for _, n := range []int{3, 1, 2, 4} {
				beat(t, s, started(t, s, n))
			}
			started(t, s, 5)
			move(t, s, get(t, s, runID(4)), storage.RunFailed)
			for _, b := range beats(t, s) {
				ids = append(ids, b.Run)
			}
			assert.Equal(t, []storage.RunID{runID(1), runID(2), runID(3)}, ids)
		}},
		{"rejected/every field is kept but the place", testRejected},
		{"rejected/a bounded number", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			require.NoError(t, s.Reject(t.Context(), r.ID, 0, steps(storage.MaxRejected-1)))
			require.NoError(t, s.Reject(t.Context(), r.ID, 0, steps(2)))
			require.NoError(t, s.Reject(t.Context(), r.ID, 0, steps(2)))
			list, err := s.Rejected(t.Context(), r.ID)
			require.NoError(t, err)
			require.Len(t, list, storage.MaxRejected)
			assert.Equal(t, "step0", list[len(list)-1].Step)
		}},
		{"rejected/gone with the run", func(t *testing.T, s storage.Storage) {
			r := ended(t, s, 1)
			require.NoError(t, s.Reject(t.Context(), r.ID, 0, steps(2)))
			require.NoError(t, s.DeleteRun(t.Context(), r.ID))
			ended(t, s, 1)
			list, err := s.Rejected(t.Context(), r.ID)
			require.NoError(t, err)
			assert.Empty(t, list)
			require.ErrorIs(t, s.Reject(t.Context(), runID(9), 0, steps(1)), storage.ErrRunNotFound)
		}},
		{"rejected/a payload that is not JSON", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			bad := step(1)
			bad.Data = &storage.RawData{JSON: json.RawMessage("{")}
			require.Error(t, s.Reject(t.Context(), r.ID, 0, []storage.Event{step(1), bad}))
			list, err := s.Rejected(t.Context(), r.ID)
			require.NoError(t, err)
			assert.Empty(t, list)
		}},
	}
}

func testRejected(t *testing.T, s storage.Storage) {
	r := ended(t, s, 1)
	add(t, s, started(t, s, 2), step(1))
	given := []storage.Event{
		{
			ID: 7, Seq: 8, Run: "other", Kind: storage.AssetMaterialization, Step: "s\x00", Attempt: 3, Asset: "a", Partition: "p",
			At: at(1).In(time.FixedZone("x", 3600)), Message: "m", Data: &storage.MaterializationData{DataVersion: "v"},
		},
		{Kind: "NEW"},
	}
	before := time.Now().Add(-time.Millisecond)
	require.NoError(t, s.Reject(t.Context(), r.ID, 5, given))
	require.NoError(t, s.Reject(t.Context(), r.ID, 6, steps(1)))
	got, err := s.Rejected(t.Context(), r.ID)
	require.NoError(t, err)
	require.Len(t, got, 3)
	for i, want := range append(given, step(0)) {
		want.ID, want.Seq, want.Run, want.At = 0, 0, r.ID, want.At.UTC()
		assert.Equal(t, want, got[i].Event, i)
		assert.WithinRange(t, got[i].Since, before, time.Now())
		assert.Equal(t, time.UTC, got[i].Since.Location())
	}
	assert.Equal(t, "[5 5 6]", fmt.Sprint([]int64{got[0].Epoch, got[1].Epoch, got[2].Epoch}))
	assert.Len(t, events(t, s, storage.EventFilter{}), 1, "the log has none of it")
	_, err = s.LatestMaterialization(t.Context(), "a", "p")
	require.ErrorIs(t, err, storage.ErrNotMaterialized)
	none, err := s.Rejected(t.Context(), runID(9))
	require.NoError(t, err)
	assert.Empty(t, none)
}
