package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

func TestCheck_status(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	a := dagster.NewAsset("a", plainNumber(-1), dagster.Checks("own"))
	own := dagster.NewAsset("own", dagster.From(func(ctx context.Context) (int, error) {
		dagster.ReportCheck(ctx, "mine", dagster.CheckResult{Passed: true})
		return 1, nil
	}), dagster.Checks("mine"))
	check := dagster.NewCheck("positive", own, dagster.From1(own, positive))
	repo := dagster.NewRepository("r", own, check)
	never, err := check.Status(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Equal(t, storage.CheckStatus{CheckKey: storage.CheckKey{Asset: "own", Check: "positive"}}, never)

	r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.NoError(t, err)
	st, err := check.Status(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Equal(t, storage.CheckSucceeded, st.State)
	assert.Equal(t, r.RunID(), string(st.Run))
	assert.True(t, st.LookedAtLatest())
	all, err := repo.CheckStatuses(t.Context(), inst, "*")
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, "mine", all[0].Check)
	assert.True(t, all[0].LookedAtLatest())
	assert.Equal(t, st, all[1])

	require.NoError(t, own.Store(t.Context(), inst, "", -4))
	st, err = check.Status(t.Context(), inst, "")
	require.NoError(t, err)
	assert.False(t, st.LookedAtLatest())
	_, err = repo.Check(t.Context(), "own", dagster.OnInstance(inst))
	require.NoError(t, err)
	st, err = check.Status(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Equal(t, storage.CheckFailed, st.State)
	assert.True(t, st.LookedAtLatest())

	other, err := dagster.NewRepository("r", a).CheckStatuses(t.Context(), inst, "*")
	require.NoError(t, err)
	assert.Empty(t, other, "never made")
}

func TestCheck_statusOfOneThatCouldNotBeMade(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	a := dagster.NewAsset("a", plainNumber(1))
	broken := dagster.NewCheck("broken", a, dagster.From(func(context.Context) (dagster.CheckResult, error) { panic("no") }))
	failing := dagster.NewAsset("b", dagster.From(func(context.Context) (int, error) { return 0, errors.New("no") }))
	never := dagster.NewCheck("never", failing, dagster.From1(failing, positive))
	_, err := dagster.NewRepository("r", a, broken, failing, never).Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.Error(t, err)
	for _, c := range []*dagster.Check{broken, never} {
		st, err := c.Status(t.Context(), inst, "")
		require.NoError(t, err)
		assert.Equal(t, storage.CheckExecutionFailed, st.State, c.Name())
		assert.Zero(t, st.Evaluation)
	}
}

func TestCheck_statusOfPartitions(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	keys := dagster.StaticPartitions("x", "y")
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		return map[string]int{"x": 1, "y": -1}[dagster.Partition(ctx).Key], nil
	}), dagster.Partitioned(keys))
	check := dagster.NewCheck("positive", a, dagster.From1(a, positive))
	repo := dagster.NewRepository("r", a, check)
	for _, key := range []string{"x", "y"} {
		_, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst), dagster.PartitionKey(key))
		require.NoError(t, err)
	}
	for key, want := range map[string]storage.CheckState{"x": storage.CheckSucceeded, "y": storage.CheckFailed, "": ""} {
		st, err := check.Status(t.Context(), inst, key)
		require.NoError(t, err)
		assert.Equal(t, want, st.State, key)
		assert.Equal(t, key != "", st.LookedAtLatest())
	}
}

func TestLatestMaterializations(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	a := dagster.NewAsset("a", plainNumber(1))
	var seen []storage.Event
	check := dagster.NewCheck("seen", a, dagster.From(func(ctx context.Context) (_ dagster.CheckResult, err error) {
		seen, err = dagster.LatestMaterializations(ctx, "a", "", 2)
		return dagster.CheckResult{Passed: true}, err
	}))
	repo := dagster.NewRepository("r", a, check)
	var runs []string
	for i := range 3 {
		r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
		require.NoError(t, err)
		runs = append(runs, r.RunID())
		require.Len(t, seen, min(i+1, 2))
		assert.Equal(t, r.RunID(), string(seen[0].Run), "also what this run has made")
	}
	assert.Equal(t, runs[1], string(seen[1].Run))
	none, err := dagster.LatestMaterializations(t.Context(), "a", "", 2)
	require.NoError(t, err)
	assert.Empty(t, none, "outside of a run")
}

func TestCheck_warningAndMistake(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(-1))
	check := dagster.NewCheck("positive", a, dagster.From1(a, positive), dagster.Warning(), dagster.Blocking())
	r, err := dagster.NewRepository("r", a, check).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := check.Value(r)
	require.NoError(t, err)
	assert.True(t, got.Warn)
	wrong := dagster.NewCheck("positive", a, dagster.From1(a, positive), dagster.Mistake(errors.New("too many")), dagster.Mistake(nil))
	require.ErrorContains(t, dagster.NewRepository("r", a, wrong).Validate(), "too many")
}
