package dagster_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
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

// two is a mapping of its own: the day itself and the one two days before.

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
