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
	"github.com/dagster-go/dagster/storage"
)

// in2024 is an instance whose clock stands in the middle of March 2024.
func in2024() *dagster.Instance {
	now := func() time.Time { return time.Date(2024, 3, 15, 12, 0, 0, 0, time.UTC) }
	return dagster.NewInstance(dagster.InstanceConfig{Now: now})
}

func at2024() dagster.RunOption { return dagster.OnInstance(in2024()) }

var (
	testDays   = dagster.DailyPartitions("2024-01-01")
	testMonths = dagster.MonthlyPartitions("2024-01-01")
)

// theKey is a body that returns the partition it makes.
func theKey(ctx context.Context) (string, error) { return dagster.Partition(ctx).Key, nil }

func TestPartition_oneKey(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	next := dagster.NewAsset("next", dagster.From1(day, func(_ context.Context, s string) (string, error) { return s + "!", nil }), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", day, next)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-02-03"), at2024())
	require.NoError(t, err)
	got, err := next.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "2024-02-03!", got)
	assert.Equal(t, []string{"2024-02-03"}, r.Partitions())
	assert.Equal(t, map[string]string{"dagster/partition": "2024-02-03"}, r.Run().Tags)
	var made []string
	for e := range r.Events() {
		if e.Kind == storage.AssetMaterialization || e.Kind == storage.AssetMaterializationPlanned {
			made = append(made, e.Asset+" "+e.Partition)
		}
	}
	assert.Equal(t, []string{"day 2024-02-03", "next 2024-02-03", "day 2024-02-03", "next 2024-02-03"}, made)
}

func TestPartition_info(t *testing.T) {
	t.Parallel()
	cells := dagster.MultiPartitions(dagster.Dimensions{
		"day": dagster.DailyPartitions("2024-01-01", dagster.TimeZone("America/New_York")), "region": dagster.StaticPartitions("eu", "us"),
	})
	var got dagster.PartitionInfo
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) { got = dagster.Partition(ctx); return 0, nil }), dagster.Partitioned(cells))
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*", dagster.PartitionKey("2024-03-10|us"), at2024())
	require.NoError(t, err)
	assert.Equal(t, "2024-03-10|us", got.Key)
	assert.Equal(t, []string{"2024-03-10|us"}, got.Keys)
	assert.Equal(t, map[string]string{"day": "2024-03-10", "region": "us"}, got.Dimensions)
	assert.Equal(t, 23*time.Hour, got.End.Sub(got.Start), "clocks are set forward")
	assert.Equal(t, "2024-03-10T00:00:00-05:00", got.Start.Format(time.RFC3339))
	assert.Equal(t, map[string]string{"dagster/partition": "2024-03-10|us", "dagster/partition/day": "2024-03-10", "dagster/partition/region": "us"}, r.Run().Tags)
}

func TestWithPartition(t *testing.T) {
	t.Parallel()
	assert.Equal(t, dagster.PartitionInfo{}, dagster.Partition(t.Context()))
	ctx := dagster.WithPartition(t.Context(), dagster.PartitionInfo{Key: "a"})
	assert.Equal(t, []string{"a"}, dagster.Partition(ctx).Keys)
}

// A month reads its days, of which some belong to a run of their own.
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

func TestPartitions_ofARange(t *testing.T) {
	t.Parallel()
	var calls []string
	day := dagster.NewAsset("day", dagster.From(func(ctx context.Context) (string, error) {
		calls = append(calls, dagster.Partition(ctx).Key)
		return theKey(ctx)
	}), dagster.Partitioned(testDays))
	next := dagster.NewAsset("next", dagster.From1(day, func(_ context.Context, s string) (string, error) { return s + "!", nil }), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", day, next)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-02-01", "2024-02-03"), at2024())
	require.NoError(t, err)
	assert.Equal(t, []string{"2024-02-01", "2024-02-02", "2024-02-03"}, calls)
	got, err := next.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"2024-02-01": "2024-02-01!", "2024-02-02": "2024-02-02!", "2024-02-03": "2024-02-03!"}, got)
	_, err = next.Value(r)
	require.ErrorContains(t, err, "made 3 partitions of it: use Values")
	assert.Equal(t, map[string]string{"dagster/asset_partition_range_start": "2024-02-01", "dagster/asset_partition_range_end": "2024-02-03"}, r.Run().Tags)
	var outputs, made int
	for e := range r.Events() {
		switch e.Kind {
		case storage.StepOutput:
			outputs++
		case storage.AssetMaterialization:
			made++
		default:
		}
	}
	assert.Equal(t, []int{2, 6}, []int{outputs, made})
}

func TestByPartition(t *testing.T) {
	t.Parallel()
	calls := 0
	make1 := func(ctx context.Context) (map[string]int, error) {
		calls++
		out := make(map[string]int)
		for i, key := range dagster.Partition(ctx).Keys {
			out[key] = i
		}
		return out, nil
	}
	a := dagster.NewAsset("a", dagster.ByPartition(dagster.From(make1)), dagster.Partitioned(testDays))
	b := dagster.NewAsset("b", dagster.ByPartition(dagster.From1(a.Partitions(), func(_ context.Context, in map[string]int) (map[string]int, error) {
		return in, nil
	})), dagster.Partitioned(testDays))
	r, err := dagster.NewRepository("r", a, b).Materialize(t.Context(), "*", dagster.PartitionsIn("[2024-01-02...2024-01-03], 2024-01-05"), at2024())
	require.NoError(t, err)
	assert.Equal(t, 1, calls)
	got, err := b.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"2024-01-02": 0, "2024-01-03": 1, "2024-01-05": 2}, got)
	assert.Equal(t, "[2024-01-02...2024-01-03], 2024-01-05", r.Run().Tags["dagster/partition_keys"])

	for name, key := range map[string]string{"another": "2024-01-09", "none": ""} {
		bad := dagster.NewAsset("bad", dagster.ByPartition(dagster.From(func(context.Context) (map[string]int, error) {
			if key == "" {
				return nil, nil
			}
			return map[string]int{key: 1}, nil
		})), dagster.Partitioned(testDays))
		_, err = dagster.NewRepository("r", bad).Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-01"), at2024())
		require.ErrorContains(t, err, "value for partition", name)
	}
}

func TestSingleRun(t *testing.T) {
	t.Parallel()
	var seen []string
	load := func(ctx context.Context) error { seen = dagster.Partition(ctx).Keys; return nil }
	table := dagster.NewAsset("table", dagster.From(dagster.Do(load)), dagster.Partitioned(testDays), dagster.SingleRun())
	r, err := dagster.NewRepository("r", table).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-30", "2024-02-01"), at2024())
	require.NoError(t, err)
	assert.Equal(t, []string{"2024-01-30", "2024-01-31", "2024-02-01"}, seen)
	values, err := table.Values(r)
	require.NoError(t, err)
	assert.Len(t, values, 3)

	whole := dagster.NewAsset("whole", dagster.From(func(context.Context) (int, error) { return 1, nil }), dagster.Partitioned(testDays), dagster.SingleRun())
	_, err = dagster.NewRepository("r", whole).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-30", "2024-02-01"), at2024())
	require.ErrorContains(t, err, "make a value for each by ByPartition")

	var stored dagster.Address
	manager := dagster.NewResource("all", dagster.From(func(context.Context) (dagster.IOManager, error) {
		return dagster.IOFuncs(func(_ context.Context, at dagster.Address, _ int) error { stored = at; return nil },
			func(context.Context, dagster.Address) (int, error) { return 0, dagster.ErrNotStored }), nil
	}), nil)
	kept := dagster.NewAsset("kept", dagster.From(func(context.Context) (int, error) { return 1, nil }), dagster.Partitioned(testDays), dagster.SingleRun(), dagster.StoredIn(manager))
	_, err = dagster.NewRepository("r", kept).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-30", "2024-02-01"), at2024())
	require.NoError(t, err)
	assert.Equal(t, []string{"2024-01-30", "2024-01-31", "2024-02-01"}, stored.Partitions)
	assert.Empty(t, stored.Partition)
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

// two is a mapping of its own: the day itself and the one two days before.
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

func TestPartition_refused(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	month := dagster.NewAsset("month", dagster.From1(day.Partitions(), func(context.Context, map[string]string) (int, error) { return 0, nil }), dagster.Partitioned(testMonths))
	later := dagster.NewAsset("later", dagster.From1(dagster.NewSource[int]("s"), func(context.Context, int) (int, error) { return 0, nil }))
	repo := dagster.NewRepository("r", day, month, dagster.NewAsset("plain", dagster.From(func(context.Context) (int, error) { return 0, nil })))
	_ = later
	for name, c := range map[string]struct {
		selection dagster.Selection
		options   []dagster.RunOption
		want      string
	}{
		"no key":         {"day", nil, `asset "day" is partitioned: say for which partition to run`},
		"not yet":        {"day", ofKey("2024-03-15"), `partition "2024-03-15" does not exist: there are 74, from "2024-01-01" to "2024-03-14"`},
		"before":         {"day", ofKey("2023-12-31"), `partitions of asset "day": partition "2023-12-31" does not exist`},
		"no day":         {"day", ofKey("2024-02-30"), `key "2024-02-30": partition: no such key`},
		"reversed":       {"day", []dagster.RunOption{dagster.PartitionRange("2024-02-02", "2024-02-01")}, "the first comes after the last"},
		"beyond":         {"day", []dagster.RunOption{dagster.PartitionRange("2024-03-13", "2024-03-16")}, `partition "2024-03-15", "2024-03-16" does not exist`},
		"empty":          {"day", []dagster.RunOption{dagster.PartitionKeys()}, "nothing to run"},
		"nonsense":       {"day", []dagster.RunOption{dagster.PartitionsIn("[2024-01-01...")}, "parse"},
		"not divided":    {"plain", ofKey("2024-01-01"), "nothing that is to be run is partitioned"},
		"two kinds":      {"*", ofKey("2024-01-01"), `asset "day" and asset "month" are partitioned in different ways`},
		"twice":          {"day", slices.Concat(ofKey("2024-01-01"), ofKey("2024-01-02")), "partitions: given twice"},
		"zero":           {"day", []dagster.RunOption{dagster.PartitionSet{}}, "partitions: empty"},
		"not there yet":  {"month", ofKey("2024-03-01"), `partition "2024-03-01" does not exist`},
		"days to come":   {"month", ofKey("2024-04-01"), `does not exist`},
		"long list gone": {"day", []dagster.RunOption{dagster.PartitionRange("2024-03-14", "2024-12-31")}, "and 289 more does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := repo.Materialize(t.Context(), c.selection, append(c.options, at2024())...)
			require.ErrorContains(t, err, c.want)
			assert.Empty(t, r.RunID(), "nothing runs")
		})
	}
}

func ofKey(k string) []dagster.RunOption { return []dagster.RunOption{dagster.PartitionKey(k)} }

func TestPartitions_mistakes(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	plain := dagster.NewAsset("plain", dagster.From(theKey))
	same := func(_ context.Context, s string) (string, error) { return s, nil }
	join := func(context.Context, map[string]string) (string, error) { return "", nil }
	prev := func(context.Context, dagster.Maybe[string]) (string, error) { return "", nil }
	byDay := dagster.Partitioned(testDays)
	for name, c := range map[string]struct {
		def  dagster.Definition
		want string
	}{
		"month of one day":   {dagster.NewAsset("x", dagster.From1(day, same), dagster.Partitioned(testMonths)), `it reads asset "day": one value is asked for, and there are several partitions: use Partitions()`},
		"all as one":         {dagster.NewAsset("x", dagster.From1(day, same)), "use Partitions()"},
		"no partitions":      {dagster.NewAsset("x", dagster.From1(plain.Partitions(), join), byDay), `it reads asset "plain": it has no partitions: use the asset itself`},
		"at once":            {dagster.NewAsset("x", dagster.From1(day, same), byDay, dagster.SingleRun()), "a run may be for several partitions: use Partitions()"},
		"previous of none":   {dagster.NewAsset("x", dagster.From1(dagster.Previous[string](), prev)), "only a partitioned asset"},
		"previous of others": {dagster.NewAsset("x", dagster.From1(dagster.Previous[int](), func(context.Context, dagster.Maybe[int]) (string, error) { return "", nil }), byDay), "previous: it is a int, and the asset a string"},
		"previous region":    {dagster.NewAsset("x", dagster.From1(dagster.Previous[string](), prev), dagster.Partitioned(dagster.StaticPartitions("a", "b"))), "does not fit"},
		"nil":                {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(nil)), "partitioned: nil"},
		"twice":              {dagster.NewAsset("x", dagster.From(theKey), byDay, byDay), "given twice"},
		"start":              {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.DailyPartitions("yesterday"))), `daily partitions "from yesterday": start "yesterday" is not in format`},
		"cron":               {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.CronPartitions("0 0 31 4 *", "2024-01-01"))), "no year has such a day"},
		"zone":               {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.DailyPartitions("2024-01-01", dagster.TimeZone("Mars/Olympus")))), "Mars/Olympus"},
		"keys":               {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.StaticPartitions("a", "a"))), "duplicate key"},
		"empty key":          {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.StaticPartitions("a", ""))), "a key: empty"},
		"one dimension":      {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.MultiPartitions(dagster.Dimensions{"a": testDays}))), "want two or more"},
		"nil dimension":      {dagster.NewAsset("x", dagster.From(theKey), dagster.Partitioned(dagster.MultiPartitions(dagster.Dimensions{"a": testDays, "b": nil}))), `dimension "b": nil`},
		"zones":              {dagster.NewAsset("x", dagster.From1(day.Partitions(), join), dagster.Partitioned(dagster.MonthlyPartitions("2024-01-01", dagster.TimeZone("Asia/Tokyo")))), "zone"},
		"all of nothing":     {dagster.NewAsset("x", dagster.From(theKey), dagster.SingleRun()), "is not partitioned: use Partitioned"},
		"job of two":         {dagster.NewAssetJob("x", "*", dagster.Partitioned(testMonths)), "the job and asset \"day\" are partitioned in different ways"},
		"job of none":        {dagster.NewAssetJob("x", "plain", byDay), "none of its assets is partitioned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := dagster.NewRepository("r", day, plain, c.def).Validate()
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestPartition_skippable(t *testing.T) {
	t.Parallel()
	odd := dagster.NewAsset("odd", dagster.Skippable(dagster.From(func(ctx context.Context) (dagster.Maybe[string], error) {
		if key := dagster.Partition(ctx).Key; strings.HasSuffix(key, "2") {
			return dagster.Maybe[string]{}, nil
		}
		return dagster.Some("made"), nil
	})), dagster.Partitioned(testDays))
	r, err := dagster.NewRepository("r", odd).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-03"), at2024())
	require.NoError(t, err)
	got, err := odd.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"2024-01-01": "made", "2024-01-03": "made"}, got)
}

func TestPartition_failure(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	var calls []string
	day := dagster.NewAsset("day", dagster.From(func(ctx context.Context) (string, error) {
		key := dagster.Partition(ctx).Key
		calls = append(calls, key)
		if key == "2024-01-02" {
			return "", boom
		}
		return key, nil
	}), dagster.Partitioned(testDays))
	r, err := dagster.NewRepository("r", day).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-03"), at2024())
	require.ErrorIs(t, err, boom)
	require.ErrorContains(t, err, `partition "2024-01-02": boom`)
	assert.Equal(t, []string{"2024-01-01", "2024-01-02"}, calls)
	var made, failed []string
	for e := range r.Events() {
		switch e.Kind {
		case storage.AssetMaterialization:
			made = append(made, e.Partition)
		case storage.AssetFailedToMaterialize:
			failed = append(failed, e.Partition)
		default:
		}
	}
	assert.Equal(t, []string{"2024-01-01"}, made)
	assert.Equal(t, []string{"2024-01-02", "2024-01-03"}, failed)
}

func TestPartition_given(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	week := dagster.NewAsset("week", dagster.From1(day.Window(-1, 0, dagster.AllowMissing()), func(_ context.Context, in map[string]string) (int, error) { return len(in), nil }), dagster.Partitioned(testDays))
	next := dagster.NewAsset("next", dagster.From1(day, func(_ context.Context, s string) (string, error) { return s, nil }), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", day, week, next)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-02"), day.GivenPartitions(map[string]string{"2024-01-02": "b"}), at2024())
	require.NoError(t, err)
	n, err := week.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	got, err := next.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "b", got)
	r, err = repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-02"), day.Given("all"), at2024())
	require.NoError(t, err)
	n, err = week.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	_, err = repo.Materialize(t.Context(), "next", dagster.PartitionKey("2024-01-02"), day.GivenPartitions(nil), at2024())
	require.ErrorIs(t, err, dagster.ErrNotStored)
}

func TestPartition_multiAsset(t *testing.T) {
	t.Parallel()
	type both struct {
		A, B string
	}
	split := dagster.NewMultiAsset("split", dagster.From(func(ctx context.Context) (both, error) {
		key := dagster.Partition(ctx).Key
		return both{"a" + key, "b" + key}, nil
	}), dagster.Partitioned(testDays))
	a := dagster.Part(split, "a", func(b *both) *string { return &b.A })
	b := dagster.Part(split, "b", func(b *both) *string { return &b.B })
	r, err := dagster.NewRepository("r", a, b).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-02"), at2024())
	require.NoError(t, err)
	got, err := b.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"2024-01-01": "b2024-01-01", "2024-01-02": "b2024-01-02"}, got)

	c := dagster.Part(split, "c", func(b *both) *string { return &b.B }, dagster.Partitioned(testDays))
	require.ErrorContains(t, dagster.NewRepository("r", c).Validate(), "belong to its multi-asset")
}

func TestPartition_graphAsset(t *testing.T) {
	t.Parallel()
	key := dagster.NewOp("key", theKey)
	day := dagster.NewAsset("day", dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] { return key.In(s) }), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", day)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-02"), at2024())
	require.NoError(t, err)
	got, err := day.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "2024-01-02", got)
	_, err = repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-02"), at2024())
	require.ErrorContains(t, err, "computed by a graph, which makes one partition a run")
}

func TestPartition_job(t *testing.T) {
	t.Parallel()
	cfg := dagster.NewConfig("where", struct {
		File string `json:"file"`
	}{})
	read := dagster.NewOp1("read", func(ctx context.Context, c struct {
		File string `json:"file"`
	},
	) (string, error) {
		return c.File + " " + dagster.Partition(ctx).Key, nil
	})
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] { return read.In(s, cfg) })
	job := dagster.NewJob("job", g, dagster.Partitioned(testDays), dagster.PartitionConfig(func(p dagster.PartitionInfo) ([]dagster.ConfigValue, error) {
		if p.Key == "2024-01-03" {
			return nil, errors.New("no file that day")
		}
		return []dagster.ConfigValue{cfg.Set(struct {
			File string `json:"file"`
		}{p.Key + ".csv"})}, nil
	}))
	repo := dagster.NewRepository("r", job)
	r, err := repo.Execute(t.Context(), job, dagster.PartitionKey("2024-01-02"), at2024())
	require.NoError(t, err)
	got, err := read.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "2024-01-02.csv 2024-01-02", got)
	r, err = repo.Execute(t.Context(), job, dagster.PartitionKey("2024-01-02"), at2024(), dagster.RunConfig([]byte(`{"config":{"where":{"file":"x"}}}`)))
	require.NoError(t, err)
	got, err = read.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "x 2024-01-02", got)
	_, err = repo.Execute(t.Context(), job, dagster.PartitionKey("2024-01-03"), at2024())
	require.ErrorContains(t, err, `partition config of job "job": no file that day`)
	_, err = repo.Execute(t.Context(), job, at2024())
	require.ErrorContains(t, err, `job "job" is partitioned`)
}

func TestPartition_reexecute(t *testing.T) {
	t.Parallel()
	fail := true
	day := dagster.NewAsset("day", dagster.From(func(ctx context.Context) (string, error) {
		if fail {
			return "", errors.New("boom")
		}
		return theKey(ctx)
	}), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", day)
	on := at2024()
	for _, set := range []dagster.PartitionSet{
		dagster.PartitionKey("2024-01-02"), dagster.PartitionRange("2024-01-02", "2024-01-04"), dagster.PartitionKeys("2024-01-02", "2024-01-04"),
	} {
		fail = true
		r, err := repo.Materialize(t.Context(), "*", set, on)
		require.Error(t, err)
		want := r.Partitions()
		fail = false
		r, err = repo.Reexecute(t.Context(), r.RunID(), dagster.FailedSteps(), on)
		require.NoError(t, err)
		assert.Equal(t, want, r.Partitions())
		again, err := repo.Reexecute(t.Context(), r.RunID(), dagster.AllSteps(), on, dagster.PartitionKey("2024-02-01"))
		require.NoError(t, err)
		assert.Equal(t, []string{"2024-02-01"}, again.Partitions())
		assert.Equal(t, map[string]string{"dagster/partition": "2024-02-01"}, again.Run().Tags)
	}
}

func TestPartition_provenance(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays), dagster.CodeVersion("1"))
	month := dagster.NewAsset("month", dagster.From1(day.Partitions(dagster.AllowMissing()), func(context.Context, map[string]string) (int, error) { return 0, nil }),
		dagster.Partitioned(testMonths), dagster.CodeVersion("1"))
	repo := dagster.NewRepository("r", day, month)
	on := at2024()
	inputs := func() []storage.InputVersion {
		r, err := repo.Materialize(t.Context(), "month", dagster.PartitionKey("2024-01-01"), on)
		require.NoError(t, err)
		for e := range r.Events() {
			if m, ok := e.Data.(*storage.MaterializationData); ok && e.Kind == storage.AssetMaterialization {
				return m.Provenance.Inputs
			}
		}
		return nil
	}
	_, err := repo.Materialize(t.Context(), "day", dagster.PartitionRange("2024-01-01", "2024-01-03"), on)
	require.NoError(t, err)
	first := inputs()
	require.Len(t, first, 31)
	assert.Equal(t, "day", first[2].Asset)
	assert.Equal(t, "2024-01-03", first[2].Partition)
	assert.NotEmpty(t, first[2].DataVersion)
	assert.NotZero(t, first[2].Event)
	assert.Equal(t, storage.InputVersion{Asset: "day", Partition: "2024-01-09"}, first[8], "never made")
	assert.Equal(t, first, inputs())
	_, err = repo.Materialize(t.Context(), "day", dagster.PartitionKey("2024-01-09"), on)
	require.NoError(t, err)
	assert.NotEqual(t, first, inputs())
}
