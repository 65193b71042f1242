package dagster_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

func TestPartitionStatus(t *testing.T) {
	t.Parallel()
	bad := ""
	day := dagster.NewAsset("day", dagster.From(func(ctx context.Context) (string, error) {
		if key := dagster.Partition(ctx).Key; key == bad {
			return "", errors.New("boom")
		}
		return theKey(ctx)
	}), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", day)
	inst := in2024()
	on := dagster.OnInstance(inst)
	_, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-31"), on)
	require.NoError(t, err)
	bad = "2024-01-20"
	_, err = repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-19", "2024-02-02"), on)
	require.ErrorContains(t, err, "boom")

	status, err := day.PartitionStatus(t.Context(), inst)
	require.NoError(t, err)
	assert.Equal(t, "[2024-01-01...2024-01-31]", status.Materialized.String())
	assert.Equal(t, "[2024-01-20...2024-02-02]", status.Failed.String())
	assert.True(t, status.InProgress.Empty())
	assert.Equal(t, storage.PartitionFailed, status.Of("2024-01-20"))
	assert.Equal(t, storage.PartitionCounts{Missing: 41, Materialized: 19, Failed: 14}, status.Counts(inst.Now()))

	bad = ""
	r, err := repo.Materialize(t.Context(), "*", dagster.FailedPartitions(), on)
	require.NoError(t, err)
	assert.Len(t, r.Partitions(), 14)
	_, err = repo.Materialize(t.Context(), "*", dagster.FailedPartitions(), on)
	require.ErrorContains(t, err, "nothing to run")
	r, err = repo.Materialize(t.Context(), "*", dagster.MissingPartitions(), on)
	require.NoError(t, err)
	assert.Equal(t, "2024-02-03", r.Partitions()[0])
	assert.Len(t, r.Partitions(), 41)

	require.NoError(t, repo.WipePartitions(t.Context(), inst, "day", dagster.PartitionsIn("2024-01-05, [2024-02-01...2024-02-03]")))
	again, err := repo.PartitionStatus(t.Context(), inst, "day")
	require.NoError(t, err)
	assert.Equal(t, "2024-01-05, [2024-02-01...2024-02-03]", again.In(storage.PartitionMissing, inst.Now()).String())

	for _, wrong := range []string{"none", "day"} {
		_, err = dagster.NewRepository("other", dagster.NewAsset("day", dagster.From(theKey))).PartitionStatus(t.Context(), inst, wrong)
		require.ErrorContains(t, err, "partition status of asset \""+wrong+`"`)
	}
}

// What was made under another division counts as far as its keys exist.
func TestPartitionStatus_redefined(t *testing.T) {
	t.Parallel()
	inst := in2024()
	made := func(p *dagster.Partitions, keys ...string) {
		_, err := dagster.NewRepository("r", dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(p))).
			Materialize(t.Context(), "*", dagster.PartitionKeys(keys...), dagster.OnInstance(inst))
		require.NoError(t, err)
	}
	made(dagster.DailyPartitions("2024-01-01"), "2024-01-01", "2024-01-02", "2024-02-01")
	later := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(dagster.DailyPartitions("2024-01-02")))
	status, err := later.PartitionStatus(t.Context(), inst)
	require.NoError(t, err)
	assert.Equal(t, "2024-01-02, 2024-02-01", status.Materialized.String())
	assert.Equal(t, 1, status.Unknown)
	made(dagster.MonthlyPartitions("2024-01", dagster.KeyFormat("%Y-%m")), "2024-02")
	status, err = later.PartitionStatus(t.Context(), inst)
	require.NoError(t, err)
	assert.Equal(t, "2024-01-02, 2024-02-01", status.Materialized.String())
	assert.Equal(t, 2, status.Unknown)
}

func TestBackfill(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(func(ctx context.Context) (string, error) {
		if key := dagster.Partition(ctx).Key; key == "2024-01-02" {
			return "", errors.New("boom")
		}
		return theKey(ctx)
	}), dagster.Partitioned(testDays))
	inst := in2024()
	repo := dagster.NewRepository("r", day)
	b, err := repo.Backfill(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-03"), dagster.OnInstance(inst))
	require.ErrorContains(t, err, "boom")
	require.Len(t, b.Runs, 3)
	assert.Equal(t, storage.RunFailed, b.Runs[1].Status())
	assert.Equal(t, []string{"2024-01-03"}, b.Runs[2].Partitions())

	_, err = repo.Backfill(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2025-01-03"), dagster.OnInstance(inst))
	require.ErrorContains(t, err, "backfill: partitions of asset \"day\"")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b, err = repo.Backfill(ctx, "*", dagster.PartitionRange("2024-01-01", "2024-01-03"), dagster.OnInstance(inst))
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, b.Runs)

	all := dagster.NewAsset("all", dagster.ByPartition(dagster.From(func(ctx context.Context) (map[string]int, error) {
		out := make(map[string]int)
		for _, key := range dagster.Partition(ctx).Keys {
			out[key] = 1
		}
		return out, nil
	})), dagster.Partitioned(testDays))
	b, err = dagster.NewRepository("r", all).Backfill(t.Context(), "*", dagster.PartitionsIn("2024-01-01, 2024-01-03"), dagster.OnInstance(inst))
	require.NoError(t, err)
	require.Len(t, b.Runs, 1)
	assert.Equal(t, []string{"2024-01-01", "2024-01-03"}, b.Runs[0].Partitions())
}

func TestDynamicPartitions(t *testing.T) {
	t.Parallel()
	customers := dagster.DynamicPartitions("customers")
	orders := dagster.NewAsset("orders", dagster.From(theKey), dagster.Partitioned(customers))
	total := dagster.NewAsset("total", dagster.From1(orders.Partitions(dagster.AllowMissing()), func(_ context.Context, in map[string]string) (int, error) { return len(in), nil }))
	cell := dagster.NewAsset("cell", dagster.From1(orders, func(_ context.Context, s string) (string, error) { return s, nil }),
		dagster.Partitioned(dagster.MultiPartitions(dagster.Dimensions{"customer": customers, "day": testDays})))
	repo := dagster.NewRepository("r", orders, total, cell)
	inst := in2024()
	on := dagster.OnInstance(inst)
	_, err := repo.Materialize(t.Context(), "orders", dagster.PartitionKey("acme"), on)
	require.ErrorContains(t, err, `"acme"`)
	odd := `a/b, "c"... ü`
	require.NoError(t, inst.Change(t.Context(), customers.Add("acme", odd), customers.Add("zoo"), customers.Remove("zoo")))
	r, err := repo.Materialize(t.Context(), "orders", dagster.EveryPartition(), on)
	require.NoError(t, err)
	assert.Equal(t, []string{"acme", odd}, r.Partitions())
	r, err = repo.Materialize(t.Context(), "total", on)
	require.NoError(t, err)
	n, err := total.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	r, err = repo.Materialize(t.Context(), "cell", dagster.PartitionKey("acme|2024-01-02"), on)
	require.NoError(t, err)
	got, err := cell.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "acme", got)

	set, err := repo.PartitionSet(t.Context(), inst, "orders")
	require.NoError(t, err)
	assert.Equal(t, []string{"acme", odd}, slices.Collect(set.Keys()))
	for want, change := range map[string]dagster.PartitionChange{
		"only dynamic partitions change": testDays.Add("2024-01-01"), "a key: empty": customers.Add(""), "nil": {},
	} {
		require.ErrorContains(t, inst.Change(t.Context(), customers.Add("not added"), change), want)
	}
	set, err = repo.PartitionSet(t.Context(), inst, "orders")
	require.NoError(t, err)
	assert.Equal(t, 2, set.Count())
}

func TestStore_partition(t *testing.T) {
	t.Parallel()
	rates := dagster.NewSource[int]("rates", dagster.Partitioned(testDays))
	double := dagster.NewAsset("double", dagster.From1(rates, func(_ context.Context, n int) (int, error) { return 2 * n, nil }), dagster.Partitioned(testDays))
	inst := in2024()
	require.NoError(t, rates.Store(t.Context(), inst, "2024-01-02", 21))
	require.ErrorContains(t, rates.Store(t.Context(), inst, "", 21), "say which partition")
	require.ErrorContains(t, rates.Store(t.Context(), inst, "2034-01-02", 21), "does not exist")
	require.ErrorContains(t, rates.Report(t.Context(), inst, "today"), "no such key")
	require.ErrorContains(t, dagster.NewSource[int]("plain").Store(t.Context(), inst, "2024-01-02", 21), "not partitioned")
	r, err := dagster.NewRepository("r", rates, double).Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-02"), dagster.OnInstance(inst))
	require.NoError(t, err)
	n, err := double.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 42, n)
	n, err = double.Load(t.Context(), inst, "2024-01-02")
	require.NoError(t, err)
	assert.Equal(t, 42, n)
	status, err := rates.PartitionStatus(t.Context(), inst)
	require.NoError(t, err)
	assert.Equal(t, "2024-01-02", status.Materialized.String())
}

func TestPartitions_keys(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 3, 12, 0, 0, 0, time.UTC)
	for want, p := range map[string]*dagster.Partitions{
		"2024-01-01, 2024-01-02":             dagster.DailyPartitions("2024-01-01"),
		"2024-01-01, 2024-01-02, 2024-01-03": dagster.DailyPartitions("2024-01-01", dagster.EndOffset(1)),
		"2024-01-02-22:30, 2024-01-02-23:30": dagster.HourlyPartitions("2024-01-02-22:00", dagster.AtMinute(30), dagster.Until("2024-01-03-00:30")),
		"2023-12-18, 2023-12-25":             dagster.WeeklyPartitions("2023-12-14", dagster.OnWeekday(time.Monday)),
		"2023-11, 2023-12":                   dagster.MonthlyPartitions("2023-11", dagster.KeyFormat("%Y-%m")),
		"2023-12-05":                         dagster.MonthlyPartitions("2023-12-01", dagster.OnDay(5), dagster.AtHour(3), dagster.EndOffset(1)),
		"2024-01-01-00, 2024-01-01-12":       dagster.CronPartitions("0 */12 * * *", "2024-01-01-00", dagster.KeyFormat("%Y-%m-%d-%H"), dagster.Until("2024-01-02-00")),
		"2024-01-01":                         dagster.DailyPartitions("2024-01-01", dagster.ExceptAt("2024-01-02")),
		"2024-01-02":                         dagster.DailyPartitions("2024-01-01", dagster.Except("0 0 * * 1")),
		"a, b":                               dagster.StaticPartitions("a", "b"),
		"":                                   dagster.DynamicPartitions("x"),
	} {
		assert.Equal(t, want, strings.Join(slices.Collect(p.Keys(at)), ", "))
	}
	assert.Equal(t, partition.KindMulti, dagster.MultiPartitions(dagster.Dimensions{"a": testDays, "b": testDays}).Definition().Kind())
	var none *dagster.Partitions
	assert.Empty(t, slices.Collect(none.Keys(at)))
}
