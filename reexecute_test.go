package dagster_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

func TestReexecution(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	first := dagster.NewAsset("first", dagster.From(number(1)))
	flaky := dagster.NewAsset("flaky", dagster.From1(first, func(_ context.Context, n int) (int, error) {
		if broken.Load() {
			return 0, errors.New("broken")
		}
		return n + 1, nil
	}))
	last := dagster.NewAsset("last", dagster.From1(flaky, addOne))
	other := dagster.NewAsset("other", dagster.From(number(1)))
	repo := dagster.NewRepository("r", first, flaky, last, other)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	on := dagster.OnInstance(inst)
	r1, err := repo.Materialize(t.Context(), "*", on, dagster.RunTags(map[string]string{"team": "a", "x": "1"}))
	require.Error(t, err)

	r2, err := repo.Reexecute(t.Context(), r1.RunID(), dagster.FailedSteps(), on)
	require.Error(t, err, "still broken")
	assert.Equal(t, []string{"flaky", "last"}, r2.Run().Assets)
	assert.Equal(t, storage.RunID(r1.RunID()), r2.Run().Parent)

	broken.Store(false)
	r3, err := repo.Reexecute(t.Context(), r2.RunID(), dagster.FailedSteps(), on, dagster.RunTags(map[string]string{"x": "2"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"flaky", "last"}, r3.Run().Assets)
	assert.Equal(t, storage.RunID(r2.RunID()), r3.Run().Parent)
	assert.Equal(t, storage.RunID(r1.RunID()), r3.Run().Root)
	assert.Equal(t, map[string]string{"team": "a", "x": "2"}, r3.Run().Tags)
	got, err := last.Value(r3)
	require.NoError(t, err)
	assert.Equal(t, 3, got)

	r4, err := repo.Reexecute(t.Context(), r1.RunID(), dagster.AllSteps(), on)
	require.NoError(t, err)
	assert.Len(t, r4.Run().Assets, 4)
	r5, err := repo.Reexecute(t.Context(), r1.RunID(), dagster.OnlySteps("flaky+"), on)
	require.NoError(t, err)
	assert.Equal(t, []string{"flaky", "last"}, r5.Run().Assets)

	_, err = repo.Reexecute(t.Context(), r4.RunID(), dagster.FailedSteps(), on)
	require.ErrorContains(t, err, "nothing to run")
	_, err = repo.Reexecute(t.Context(), "no-such-run", dagster.AllSteps(), on)
	require.ErrorIs(t, err, storage.ErrRunNotFound)
	_, err = dagster.NewRepository("less", first).Reexecute(t.Context(), r1.RunID(), dagster.AllSteps(), on)
	require.ErrorContains(t, err, `asset "flaky": the repository no longer makes it`)
	_, err = last.Value(r3)
	require.ErrorContains(t, err, "has made it anew")
}

func TestRunsWhoseProcessIsGoneAreEnded(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	store := inst.Storage()
	for id, status := range map[storage.RunID]storage.RunStatus{"r1": storage.RunStarting, "r2": storage.RunQueued, "r3": storage.RunStarting} {
		worker := "gone"
		if id == "r3" {
			worker = "alive"
		}
		require.NoError(t, store.CreateRun(t.Context(), storage.Run{ID: id, Job: "j", Status: status, Worker: worker}))
	}
	ended, err := inst.EndLost(t.Context(), func(w string) bool { return w == "alive" })
	require.NoError(t, err)
	require.Len(t, ended, 1)
	assert.Equal(t, storage.RunID("r1"), ended[0].ID)
	assert.Equal(t, storage.RunFailed, ended[0].Status)
	assert.Equal(t, "the process that executed the run is gone", ended[0].Error)
	_, err = store.Append(t.Context(), storage.Batch{Run: "r1", Epoch: 0, Events: []storage.Event{{Kind: storage.StepStart}}})
	require.ErrorIs(t, err, storage.ErrFenced)
	ended, err = inst.EndLost(t.Context(), func(string) bool { return false })
	require.NoError(t, err)
	assert.Len(t, ended, 1, "the queued run has no process yet")
}
