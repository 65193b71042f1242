package dagster_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// madeBy are the assets that a run made, in order.
func madeBy(r *dagster.Result) []string {
	var out []string
	for e := range r.Events() {
		if e.Kind == storage.AssetMaterialization {
			out = append(out, e.Asset)
		}
	}
	return out
}

// versioned is an asset of that code version, and of that data version if there is one.
func versioned(key, code, data string, up ...*dagster.Asset[int]) *dagster.Asset[int] {
	body := dagster.From1(dagster.FanIn(up...), func(ctx context.Context, in []int) (int, error) {
		if data != "" {
			dagster.SetDataVersion(ctx, data)
		}
		n := 1
		for _, v := range in {
			n += v
		}
		return n, nil
	})
	if code == "" {
		return dagster.NewAsset(key, body)
	}
	return dagster.NewAsset(key, body, dagster.CodeVersion(code))
}

func TestSkipUnchanged(t *testing.T) {
	t.Parallel()
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	run := func(code, data string, opts ...dagster.RunOption) []string {
		a := versioned("a", code, data)
		b := versioned("b", "1", "", a)
		c := versioned("c", "1", "", b)
		other := versioned("other", "", "")
		r, err := dagster.NewRepository("r", a, b, c, other).Materialize(t.Context(), "*", append(opts, on)...)
		require.NoError(t, err)
		n, err := c.Value(r)
		require.NoError(t, err, "what was not made anew has its old value")
		assert.Equal(t, 3, n)
		return madeBy(r)
	}
	skip := dagster.SkipUnchanged()
	assert.ElementsMatch(t, []string{"a", "b", "c", "other"}, run("1", "", skip), "nothing was made before")
	assert.Empty(t, run("1", "", skip))
	assert.Equal(t, []string{"a", "b", "c"}, run("2", "", skip))
	assert.Equal(t, []string{"a", "b", "c"}, run("3", "same", skip))
	assert.Equal(t, []string{"a"}, run("4", "same", skip), "it came out as it was")
	assert.Len(t, run("4", "same"), 4, "without the option all is made")
}

func TestStaleOnly(t *testing.T) {
	t.Parallel()
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	run := func(code string) ([]string, []string, error) {
		a := versioned("a", "1", "")
		b := versioned("b", code, "", a)
		c := versioned("c", "1", "", b)
		r, err := dagster.NewRepository("r", a, b, c).Materialize(t.Context(), "*", dagster.StaleOnly(), on)
		return r.Run().Assets, madeBy(r), err
	}
	asked, made, err := run("1")
	require.NoError(t, err)
	assert.Equal(t, asked, made)
	assert.Len(t, made, 3)
	_, _, err = run("1")
	require.ErrorIs(t, err, dagster.ErrFresh)
	asked, made, err = run("2")
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "c"}, asked)
	assert.Equal(t, []string{"b", "c"}, made)
}

func TestSkipUnchanged_partitions(t *testing.T) {
	t.Parallel()
	on := at2024()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays), dagster.CodeVersion("1"))
	next := dagster.NewAsset("next", dagster.From1(day, func(_ context.Context, s string) (string, error) { return s, nil }), dagster.Partitioned(testDays), dagster.CodeVersion("1"))
	repo := dagster.NewRepository("r", day, next)
	_, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-02"), on)
	require.NoError(t, err)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-02", "2024-01-03"), dagster.SkipUnchanged(), on)
	require.NoError(t, err)
	assert.Equal(t, []string{"day", "next"}, madeBy(r), "only the third")
	got, err := next.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"2024-01-02": "2024-01-02", "2024-01-03": "2024-01-03"}, got)
}

// A graph whose code and data versions change at random: what a run with SkipUnchanged makes anew is what the rule says.
func TestSkipUnchanged_random(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "assets")
		names := []string{"a", "b", "c", "d", "e", "f"}
		up := make([][]int, n)
		for i := range up {
			for k := range i {
				if rapid.Bool().Draw(t, "edge") {
					up[i] = append(up[i], k)
				}
			}
		}
		on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
		code, data, was := make([]string, n), make([]string, n), make([][2]string, n)
		first := true
		for range rapid.IntRange(1, 5).Draw(t, "runs") {
			assets, defs := make([]*dagster.Asset[int], n), make([]dagster.Definition, n)
			for i := range n {
				code[i] = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "code")
				data[i] = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "data")
				ups := make([]*dagster.Asset[int], len(up[i]))
				for k, at := range up[i] {
					ups[k] = assets[at]
				}
				assets[i] = versioned(names[i], code[i], data[i], ups...)
				defs[i] = assets[i]
			}
			want := map[string]bool{}
			changed := make([]bool, n)
			for i := range n {
				again := first || code[i] != was[i][0]
				for _, k := range up[i] {
					again = again || changed[k]
				}
				if again {
					want[names[i]] = true
					changed[i] = first || data[i] != was[i][1]
					was[i] = [2]string{code[i], data[i]}
				}
			}
			first = false
			r, err := dagster.NewRepository("r", defs...).Materialize(ctx, "*", dagster.SkipUnchanged(), on)
			require.NoError(t, err)
			got := map[string]bool{}
			for _, key := range madeBy(r) { //nolint:contextcheck // events are read after the run
				got[key] = true
			}
			assert.Equal(t, want, got)
		}
	})
}

// Of what is made at once, the body is called for what has changed.
func TestSkipUnchanged_atOnce(t *testing.T) {
	t.Parallel()
	on := at2024()
	var asked []string
	raw := versioned("raw", "1", "")
	day := dagster.NewAsset("day", dagster.ByPartition(dagster.From1(raw, func(ctx context.Context, _ int) (map[string]string, error) {
		asked = dagster.Partition(ctx).Keys
		out := make(map[string]string)
		for _, key := range asked {
			out[key] = key
		}
		return out, nil
	})), dagster.Partitioned(testDays), dagster.CodeVersion("1"))
	repo := dagster.NewRepository("r", raw, day)
	_, err := repo.Materialize(t.Context(), "*", dagster.PartitionKeys("2024-01-01", "2024-01-03"), on)
	require.NoError(t, err)
	r, err := repo.Materialize(t.Context(), "day", dagster.PartitionRange("2024-01-01", "2024-01-04"), dagster.StaleOnly(), on)
	require.NoError(t, err)
	assert.Equal(t, []string{"2024-01-02", "2024-01-04"}, asked)
	got, err := day.Values(r)
	require.NoError(t, err)
	assert.Len(t, got, 4)
	asked = nil
	_, err = repo.Materialize(t.Context(), "day", dagster.PartitionRange("2024-01-01", "2024-01-04"), dagster.StaleOnly(), on)
	require.NoError(t, err)
	assert.Empty(t, asked)
}

// Of many partitions one version is recorded, which does not change when partitions come that nobody has made.
func TestStaleness_manyPartitions(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	inst := dagster.NewInstance(dagster.InstanceConfig{Now: func() time.Time { return day }})
	on := dagster.OnInstance(inst)
	days := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	all := dagster.NewAsset("all", dagster.From1(days.AllPartitions(dagster.AllowMissing()), func(_ context.Context, in map[string]string) (int, error) { return len(in), nil }))
	repo := dagster.NewRepository("r", days, all)
	status := func() dagster.StaleStatus {
		got, err := repo.Staleness(t.Context(), inst, "all")
		require.NoError(t, err)
		return got[0].Status
	}
	_, err := repo.Materialize(t.Context(), "day", dagster.PartitionRange("2024-01-01", "2024-05-01"), on)
	require.NoError(t, err)
	_, err = repo.Materialize(t.Context(), "all", on)
	require.NoError(t, err)
	assert.Equal(t, dagster.Fresh, status())
	day = day.AddDate(0, 0, 3)
	assert.Equal(t, dagster.Fresh, status(), "the new days were never made")
	_, err = repo.Materialize(t.Context(), "day", dagster.PartitionKey("2024-03-01"), on)
	require.NoError(t, err)
	assert.Equal(t, dagster.Stale, status())
	_, err = repo.Materialize(t.Context(), "all", dagster.StaleOnly(), on)
	require.NoError(t, err)
	assert.Equal(t, dagster.Fresh, status())
	_, err = repo.Materialize(t.Context(), "all", dagster.StaleOnly(), on)
	require.ErrorIs(t, err, dagster.ErrFresh)
}
