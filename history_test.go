package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

func TestHistoryAndSeries(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		dagster.AddMetadata(ctx, metadata.Rows(1), metadata.Text("note", "x"))
		dagster.ReportCheck(ctx, "own", dagster.CheckResult{Passed: true, Metadata: []metadata.Entry{metadata.Int("rows", 7)}})
		return 1, nil
	}), dagster.Checks("own"))
	days := dagster.NewAsset("days", plainNumber(1), dagster.Partitioned(dagster.StaticPartitions("mon", "tue")))
	repo, inst := dagster.NewRepository("r", a, days), dagster.NewInstance(dagster.InstanceConfig{})
	_, err := repo.Materialize(t.Context(), "a", dagster.OnInstance(inst))
	require.NoError(t, err)
	require.NoError(t, repo.Report(t.Context(), inst, "a", "", "v2", metadata.Float("dagster/row_count", 2.5)))
	require.NoError(t, repo.Report(t.Context(), inst, "a", "", "v3", metadata.Text("dagster/row_count", "three")))
	require.NoError(t, repo.Report(t.Context(), inst, "a", "", "v4", metadata.Int("dagster/row_count", 4)))

	page, err := inst.History(t.Context(), "a", dagster.HistoryFilter{Limit: 2})
	require.NoError(t, err)
	require.Len(t, page, 2)
	assert.Greater(t, page[0].ID, page[1].ID, "newest first")
	rest, err := inst.History(t.Context(), "a", dagster.HistoryFilter{Before: page[1].ID})
	require.NoError(t, err)
	kinds := map[storage.EventKind]int{}
	for _, e := range rest {
		kinds[e.Kind]++
	}
	assert.Equal(t, map[storage.EventKind]int{storage.AssetMaterialization: 2, storage.AssetCheckEvaluation: 1}, kinds)

	points, err := inst.Series(t.Context(), "a", "dagster/row_count", dagster.HistoryFilter{})
	require.NoError(t, err)
	var values []float64
	for _, p := range points {
		values = append(values, p.Value)
	}
	assert.Equal(t, []float64{1, 2.5, 4}, values, "oldest first, numbers alone")
	points, err = inst.Series(t.Context(), "a", "rows", dagster.HistoryFilter{Kinds: []storage.EventKind{storage.AssetCheckEvaluation}})
	require.NoError(t, err)
	require.Len(t, points, 1)
	assert.InDelta(t, 7, points[0].Value, 0)

	require.NoError(t, repo.Report(t.Context(), inst, "days", "tue", ""))
	page, err = inst.History(t.Context(), "days", dagster.HistoryFilter{Partition: "tue"})
	require.NoError(t, err)
	require.Len(t, page, 1)
	page, err = inst.History(t.Context(), "days", dagster.HistoryFilter{Partition: "mon"})
	require.NoError(t, err)
	assert.Empty(t, page)
}

func TestReportAndWipeByKey(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	days := dagster.NewAsset("days", plainNumber(1), dagster.Partitioned(dagster.StaticPartitions("mon", "tue")))
	repo, inst := dagster.NewRepository("r", a, days), dagster.NewInstance(dagster.InstanceConfig{})
	require.EqualError(t, repo.Report(t.Context(), inst, "dayz", "", ""), `unknown asset "dayz"; is it "days"?`)
	require.ErrorContains(t, repo.Report(t.Context(), inst, "days", "", ""), "it is partitioned: say which partition")
	require.ErrorContains(t, repo.Report(t.Context(), inst, "days", "sun", ""), "sun")
	require.ErrorContains(t, repo.Report(t.Context(), inst, "a", "mon", ""), "it is not partitioned")
	require.NoError(t, repo.Report(t.Context(), inst, "a", "", "v1"))
	require.NoError(t, repo.Report(t.Context(), inst, "days", "mon", "v1"))
	require.NoError(t, repo.Report(t.Context(), inst, "days", "tue", "v1"))

	got := statusOf(t, repo, inst)
	assert.Equal(t, dagster.Fresh, got["a"].Status)
	assert.Equal(t, &dagster.PartitionTally{Materialized: 2}, got["days"].Partitions)
	require.NoError(t, repo.Wipe(t.Context(), inst, "a"))
	require.NoError(t, repo.Wipe(t.Context(), inst, "days"))
	require.ErrorContains(t, repo.Wipe(t.Context(), inst, "nope"), "unknown asset")
	got = statusOf(t, repo, inst)
	assert.Equal(t, dagster.Missing, got["a"].Status)
	assert.Equal(t, &dagster.PartitionTally{Missing: 2}, got["days"].Partitions)
}
