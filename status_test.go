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

func statusOf(t *testing.T, repo *dagster.Repository, inst *dagster.Instance) map[string]dagster.AssetStatus {
	t.Helper()
	all, err := repo.Status(t.Context(), inst, "*")
	require.NoError(t, err)
	out := make(map[string]dagster.AssetStatus)
	for _, s := range all {
		out[s.Asset] = s
	}
	return out
}

func TestStatus(t *testing.T) {
	t.Parallel()
	fails, passed := false, false
	theirs := dagster.NewSource[int]("theirs")
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		if fails {
			return 0, errors.New("no")
		}
		dagster.ReportCheck(ctx, "own", dagster.CheckResult{Passed: true})
		return 1, nil
	}), dagster.Checks("own"))
	b := dagster.NewAsset("b", dagster.From1(a, inc))
	days := dagster.NewAsset("days", plainNumber(1), dagster.Partitioned(dagster.StaticPartitions("mon", "tue")))
	check := dagster.NewCheck("sound", b, dagster.From(func(context.Context) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: passed, Description: "d"}, nil
	}))
	repo := dagster.NewRepository("r", theirs, a, b, days, check)
	inst := dagster.NewInstance(dagster.InstanceConfig{})

	got := statusOf(t, repo, inst)
	assert.True(t, got["theirs"].External)
	assert.Equal(t, dagster.Missing, got["a"].Status)
	assert.Equal(t, "own", got["a"].Checks[0].Name)
	assert.Empty(t, got["a"].Checks[0].Step, "its body reports it")
	assert.Nil(t, got["a"].Checks[0].Last)
	assert.Equal(t, &dagster.PartitionTally{Missing: 2}, got["days"].Partitions)

	_, err := repo.Materialize(t.Context(), "a or b", dagster.OnInstance(inst))
	require.NoError(t, err)
	_, err = repo.Materialize(t.Context(), "days", dagster.OnInstance(inst), dagster.PartitionKey("mon"))
	require.NoError(t, err)
	got = statusOf(t, repo, inst)
	assert.Equal(t, dagster.Fresh, got["b"].Status)
	assert.Equal(t, &dagster.PartitionTally{Missing: 1, Materialized: 1}, got["days"].Partitions)
	assert.Equal(t, "mon", got["days"].Latest.Partition)
	require.NotNil(t, got["a"].Checks[0].Last)
	assert.True(t, got["a"].Checks[0].Last.Passed)
	last := got["b"].Checks[0].Last
	assert.Equal(t, "d", last.Description)
	assert.False(t, last.Passed || last.Old)

	require.NoError(t, b.Report(t.Context(), inst, ""))
	assert.True(t, statusOf(t, repo, inst)["b"].Checks[0].Last.Old, "b was made anew since")
	passed = true
	_, err = repo.Check(t.Context(), "b", dagster.OnInstance(inst))
	require.NoError(t, err)
	last = statusOf(t, repo, inst)["b"].Checks[0].Last
	assert.True(t, last.Passed && !last.Old)

	fails = true
	_, err = repo.Materialize(t.Context(), "a", dagster.OnInstance(inst))
	require.Error(t, err)
	got = statusOf(t, repo, inst)
	assert.Equal(t, dagster.Fresh, got["a"].Status, "what is stored is as it was")
	assert.Equal(t, "no", got["a"].Failed.Error)
	_, err = repo.Status(t.Context(), inst, "nope")
	require.ErrorContains(t, err, "nope")
}

// What a check came to is known however many others there were since, and when its run is deleted.
func TestStatus_checksOutliveTheirRuns(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	a := dagster.NewAsset("a", plainNumber(-1))
	check := dagster.NewCheck("positive", a, dagster.From1(a, positive))
	repo := dagster.NewRepository("r", a, check)
	r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.NoError(t, err)
	last := statusOf(t, repo, inst)["a"].Checks[0].Last
	require.NotNil(t, last)
	assert.Equal(t, "it is -1", last.Description)
	assert.Equal(t, r.RunID(), last.Run)
	require.NoError(t, inst.Storage().DeleteRun(t.Context(), storage.RunID(r.RunID())))
	again := statusOf(t, repo, inst)["a"].Checks[0].Last
	assert.Equal(t, &dagster.CheckRecord{Event: last.Event, Run: last.Run}, again)
}
