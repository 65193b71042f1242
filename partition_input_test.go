package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/partition"
)

func TestPartitions_monthOfDays(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	month := dagster.NewAsset("month", dagster.From1(day.Partitions(), func(_ context.Context, days map[string]string) (int, error) {
		for key, v := range days {
			if key != v {
				return 0, fmt.Errorf("%s has %s", key, v)
			}
		}
		return len(days), nil
	}), dagster.Partitioned(testMonths))
	repo := dagster.NewRepository("r", day, month)
	on := at2024()
	_, err := repo.Materialize(t.Context(), "day", dagster.PartitionRange("2024-02-01", "2024-02-28"), on)
	require.NoError(t, err)

	_, err = repo.Materialize(t.Context(), "month", dagster.PartitionKey("2024-02-01"), on)
	require.ErrorContains(t, err, `partition "2024-02-29": load asset "day": never stored; materialize it first`)

	_, err = repo.Materialize(t.Context(), "day", dagster.PartitionKey("2024-02-29"), on)
	require.NoError(t, err)
	r, err := repo.Materialize(t.Context(), "month", dagster.PartitionKey("2024-02-01"), on)
	require.NoError(t, err)
	n, err := month.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 29, n)
}

func TestPrevious(t *testing.T) {
	t.Parallel()
	sum := dagster.NewAsset("sum", dagster.From1(dagster.Previous[int](), func(_ context.Context, before dagster.Maybe[int]) (int, error) {
		return before.Value + 1, nil
	}), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", sum)
	on := at2024()
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-10"), on)
	require.NoError(t, err)
	got, err := sum.Values(r)
	require.NoError(t, err)
	assert.Equal(t, 10, got["2024-01-10"])
	r, err = repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-11"), on)
	require.NoError(t, err)
	n, err := sum.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 11, n)
	r, err = repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-03-01"), on)
	require.NoError(t, err)
	n, err = sum.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 1, n, "the partition before was never made")
}

func TestPartitions_inputs(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	regions := dagster.NewAsset("regions", dagster.From(theKey), dagster.Partitioned(dagster.StaticPartitions("eu", "us")))
	join := func(_ context.Context, in map[string]string) (string, error) {
		return strings.Join(slices.Sorted(maps.Values(in)), " "), nil
	}
	same := func(_ context.Context, s string) (string, error) { return s, nil }
	byDay := dagster.Partitioned(testDays)
	for name, c := range map[string]struct {
		asset *dagster.Asset[string]
		want  string
	}{
		"window":     {dagster.NewAsset("x", dagster.From1(day.Window(-2, 0), join), byDay), "2024-01-08 2024-01-09 2024-01-10"},
		"offset":     {dagster.NewAsset("x", dagster.From1(day.Offset(-1), same), byDay), "2024-01-09"},
		"last":       {dagster.NewAsset("x", dagster.From1(regions.LastPartition(), same), byDay), "us"},
		"at":         {dagster.NewAsset("x", dagster.From1(regions.PartitionAt("eu"), same), byDay), "eu"},
		"all":        {dagster.NewAsset("x", dagster.From1(regions.AllPartitions(), join), byDay), "eu us"},
		"default":    {dagster.NewAsset("x", dagster.From1(regions.Mapped(partition.All()), join), byDay), "eu us"},
		"mapped":     {dagster.NewAsset("x", dagster.From1(day.Mapped(partition.Specific("2024-01-02")).One(), same), byDay), "2024-01-02"},
		"optional":   {dagster.NewAsset("x", dagster.From1(dagster.Optional(day.Offset(-30)), orNone), byDay), "none"},
		"own":        {dagster.NewAsset("x", dagster.From1(day.Mapped(partition.Func(two, two)), join), byDay), "2024-01-08 2024-01-10"},
		"left out":   {dagster.NewAsset("x", dagster.From1(day.Window(0, 30, dagster.AllowMissing()), join), byDay), "2024-01-10"},
		"both":       {dagster.NewAsset("x", dagster.From2(day, day.Offset(-1), two2), byDay), "2024-01-10 2024-01-09"},
		"lazily":     {dagster.NewAsset("x", dagster.From1(day.Window(-1, 0).Lazy(), lazily), byDay), "2024-01-09=2024-01-09;2024-01-10=2024-01-10;"},
		"fan-in":     {dagster.NewAsset("x", dagster.From1(dagster.FanIn[dagster.Input[string]](day, day.Offset(-1)), list), byDay), "2024-01-10,2024-01-09"},
		"field":      {dagster.NewAsset("x", dagster.From1(dagster.Field(day.Window(-1, 0), func(m *map[string]string) *map[string]string { return m }), join), byDay), "2024-01-09 2024-01-10"},
		"by another": {dagster.NewAsset("x", dagster.From1(day, same), dagster.Partitioned(dagster.DailyPartitions("2024-01-09"))), "2024-01-10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := dagster.NewRepository("r", day, regions, c.asset)
			on := at2024()
			_, err := repo.Materialize(t.Context(), "regions", dagster.EveryPartition(), on)
			require.NoError(t, err)
			_, err = repo.Materialize(t.Context(), "day", dagster.PartitionRange("2024-01-01", "2024-01-10"), on)
			require.NoError(t, err)
			r, err := repo.Materialize(t.Context(), "x", dagster.PartitionKey("2024-01-10"), on)
			require.NoError(t, err)
			got, err := c.asset.Value(r)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func orNone(_ context.Context, in dagster.Maybe[string]) (string, error) {
	if !in.OK {
		return "none", nil
	}
	return in.Value, nil
}

func two(key string) []string {
	t, err := time.Parse(time.DateOnly, key)
	if err != nil {
		return nil
	}
	return []string{key, t.AddDate(0, 0, -2).Format(time.DateOnly)}
}

func two2(_ context.Context, a, b string) (string, error) { return a + " " + b, nil }

func list(_ context.Context, in []string) (string, error) { return strings.Join(in, ","), nil }

func lazily(_ context.Context, in dagster.PartitionValues[string]) (string, error) {
	out := ""
	err := in.Each(func(key, v string) error { out += key + "=" + v + ";"; return nil })
	if _, wrong := in.Load("2024-01-01"); wrong == nil {
		return "", errors.New("a partition that is not read")
	}
	return out, err
}

func TestPartitions_notPartitionedReadsAll(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	count := dagster.NewAsset("count", dagster.From1(day.Partitions(dagster.AllowMissing()), func(_ context.Context, in map[string]string) (int, error) { return len(in), nil }))
	repo := dagster.NewRepository("r", day, count)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-03", "2024-01-06"), at2024())
	require.NoError(t, err)
	n, err := count.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 4, n)
}
