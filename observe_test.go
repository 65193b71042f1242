package dagster_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// Of files that another program writes, one a day, only those count as new whose size has changed.
func ExampleObservePartitions() {
	sizes := map[string]string{"2024-01-01": "12 kB", "2024-01-02": "15 kB"}
	days := dagster.Partitioned(dagster.DailyPartitions("2024-01-01", dagster.Until("2024-01-03")))
	files := dagster.NewSource[dagster.Nothing]("files", days, dagster.ObservePartitions(dagster.From(func(context.Context) (map[string]string, error) {
		return sizes, nil
	})))
	table := dagster.NewAsset("table", dagster.From(dagster.Do(func(context.Context) error { return nil })), dagster.After(files), days)
	repo := dagster.NewRepository("shop", files, table)

	ctx, inst := context.Background(), dagster.NewInstance(dagster.InstanceConfig{})
	_, _ = repo.Observe(ctx, "files", dagster.OnInstance(inst))
	_, _ = repo.Materialize(ctx, "table", dagster.PartitionKeys("2024-01-01", "2024-01-02"), dagster.OnInstance(inst))
	sizes["2024-01-02"] = "16 kB"
	_, _ = repo.Observe(ctx, "files", dagster.OnInstance(inst))
	all, err := repo.PartitionStaleness(ctx, inst, "table", dagster.PartitionsIn("[2024-01-01...2024-01-02]"))
	for _, one := range all {
		fmt.Println(one.Partition, one.Status)
	}
	fmt.Println(err)
	// Output:
	// 2024-01-01 FRESH
	// 2024-01-02 STALE
	// <nil>
}

func TestObservePartitions(t *testing.T) {
	t.Parallel()
	keys := make([]string, 150)
	versions := make(map[string]string)
	for i := range keys {
		keys[i] = "k" + strconv.Itoa(i)
		versions[keys[i]] = "1"
	}
	by := dagster.Partitioned(dagster.StaticPartitions(keys...))
	source := dagster.NewSource[dagster.Nothing]("source", by, dagster.ObservePartitions(dagster.From(func(ctx context.Context) (map[string]string, error) {
		return versions, nil
	})))
	all := dagster.NewAsset("all", dagster.From(dagster.Do(func(context.Context) error { return nil })), dagster.After(source))
	repo := dagster.NewRepository("r", source, all)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	on := dagster.OnInstance(inst)
	stands := func() dagster.StaleStatus {
		list, err := repo.Staleness(t.Context(), inst, "all")
		require.NoError(t, err)
		return list[0].Status
	}
	_, err := repo.Observe(t.Context(), "*", on)
	require.NoError(t, err)
	_, err = repo.Materialize(t.Context(), "*", on)
	require.NoError(t, err)
	assert.Equal(t, dagster.Fresh, stands())
	_, err = repo.Observe(t.Context(), "*", on)
	require.NoError(t, err)
	assert.Equal(t, dagster.Fresh, stands(), "the same versions are no news")
	versions["k149"] = "2"
	_, err = repo.Observe(t.Context(), "*", on)
	require.NoError(t, err)
	assert.Equal(t, dagster.Stale, stands(), "one of many partitions has changed")
	require.NoError(t, repo.Report(t.Context(), inst, "source", "k149", "1"))
	assert.Equal(t, dagster.Fresh, stands(), "what is reported later counts")

	versions["other"] = "1"
	_, err = repo.Observe(t.Context(), "*", on)
	require.ErrorContains(t, err, `observe asset "source"`)
	events, err := inst.Storage().Events(t.Context(), storage.EventFilter{Asset: "source", Kinds: []storage.EventKind{storage.AssetObservation}})
	require.NoError(t, err)
	assert.Len(t, events, 450, "nothing is recorded if there is a partition that does not exist")
}

func TestObserve_mistakes(t *testing.T) {
	t.Parallel()
	days := dagster.Partitioned(testDays)
	each := dagster.ObservePartitions(dagster.From(func(context.Context) (map[string]string, error) { return nil, nil }))
	for name, c := range map[string]struct {
		def  dagster.Definition
		want string
	}{
		"partitions of what has none":      {dagster.NewSource[int]("s", each), "it is not partitioned: use Observe, or Partitioned"},
		"the whole of what has partitions": {dagster.NewSource[int]("s", days, dagster.Observe(dagster.From(theKey))), "it is partitioned: use ObservePartitions"},
		"both":                             {dagster.NewSource[int]("s", days, each, dagster.Observe(dagster.From(theKey))), "observe: given twice"},
		"made here":                        {dagster.NewAsset("s", dagster.From(theKey), days, each), "observe: it is made here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, dagster.NewRepository("r", c.def).Validate(), c.want)
		})
	}
	require.NoError(t, dagster.NewRepository("r", dagster.Defaults(days), dagster.NewSource[int]("s", each)).Validate(), "partitioned by default")
}
