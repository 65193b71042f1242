package dagster_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

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
