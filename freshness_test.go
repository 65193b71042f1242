package dagster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// An asset that may be a day old, and one that must be there each working day at 9 in Berlin.
func ExampleFreshWithin() {
	orders := dagster.NewSource[int]("orders", dagster.FreshWithin(24*time.Hour, 12*time.Hour))
	report := dagster.NewAsset("report", dagster.From(number(1)),
		dagster.FreshBy("0 9 * * 1-5", 3*time.Hour, dagster.TimeZone("Europe/Berlin")))
	repo := dagster.NewRepository("shop", orders, report)
	now := time.Date(2025, 1, 6, 6, 30, 0, 0, time.UTC) // a Monday, half past seven in Berlin
	inst := dagster.NewInstance(dagster.InstanceConfig{Now: func() time.Time { return now }})
	ctx := context.Background()
	fmt.Println(orders.Report(ctx, inst, ""), report.Report(ctx, inst, ""))
	for range 3 {
		states, err := repo.Freshness(ctx, inst, "*")
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, s := range states {
			fmt.Println(now.Format("Mon 15:04"), s.Asset, s.State)
		}
		now = now.Add(13 * time.Hour)
	}
	// Output:
	// <nil> <nil>
	// Mon 06:30 orders PASS
	// Mon 06:30 report PASS
	// Mon 19:30 orders WARN
	// Mon 19:30 report PASS
	// Tue 08:30 orders FAIL
	// Tue 08:30 report FAIL
}

func TestFreshnessOfPartitionsAndOfOthers(t *testing.T) {
	t.Parallel()

	now := time.Date(2025, 1, 6, 12, 0, 0, 0, time.UTC)
	inst := dagster.NewInstance(dagster.InstanceConfig{Now: func() time.Time { return now }})
	hour := dagster.FreshWithin(time.Hour)
	days := dagster.NewAsset("d", dagster.From(number(1)), dagster.Partitioned(dagster.StaticPartitions("mon", "tue")))
	longer := dagster.NewAsset("d/longer", dagster.From(number(1)))
	plain := dagster.NewAsset("plain", dagster.From(number(1)), dagster.FreshWithin(2*time.Hour))
	repo := dagster.NewRepository("r", days, longer, plain, dagster.NewSource[int]("src"), dagster.Defaults(hour))
	states := func(sel dagster.Selection) map[string]dagster.FreshnessState {
		all, err := repo.Freshness(t.Context(), inst, sel)
		require.NoError(t, err)
		out := make(map[string]dagster.FreshnessState)
		for _, one := range all {
			out[one.Asset] = one.State
		}
		return out
	}
	const pass, fail, unknown = dagster.FreshnessPass, dagster.FreshnessFail, dagster.FreshnessUnknown
	require.NoError(t, longer.Report(t.Context(), inst, ""))
	assert.Equal(t, map[string]dagster.FreshnessState{"d": unknown, "d/longer": pass, "plain": unknown, "src": unknown}, states("*"))
	require.NoError(t, days.Report(t.Context(), inst, "mon"))
	require.NoError(t, plain.Report(t.Context(), inst, ""))
	now = now.Add(time.Hour)
	require.NoError(t, days.Report(t.Context(), inst, "tue"))
	assert.Equal(t, map[string]dagster.FreshnessState{"d": pass, "d/longer": fail, "plain": pass, "src": unknown}, states("*"))
	assert.Equal(t, map[string]dagster.FreshnessState{"d": pass}, states("d"))

	all, err := repo.Freshness(t.Context(), inst, "plain")
	require.NoError(t, err)
	last := now.Add(-time.Hour)
	assert.Equal(t, []dagster.AssetFreshness{{Asset: "plain", State: pass, Last: last, Until: last.Add(2 * time.Hour)}}, all)
	_, err = repo.Freshness(t.Context(), inst, "nope")
	require.ErrorContains(t, err, "nope")
	none, err := dagster.NewRepository("r", longer).Freshness(t.Context(), inst, "*")
	require.NoError(t, err)
	assert.Equal(t, []dagster.AssetFreshness{{Asset: "d/longer", State: dagster.FreshnessNotApplicable}}, none)
	infos, err := repo.Assets()
	require.NoError(t, err)
	for _, info := range infos {
		require.NotNil(t, info.Freshness, "defaults hold for sources too")
	}
}

func TestFreshnessMistakes(t *testing.T) {
	t.Parallel()

	shared := dagster.FreshWithin(time.Second)
	err := dagster.NewRepository("r",
		dagster.NewAsset("a", dagster.From(number(1)), shared),
		dagster.NewAsset("b", dagster.From(number(1)), shared),
		dagster.NewAsset("c", dagster.From(number(1)), dagster.FreshWithin(time.Hour), dagster.FreshBy("@daily", time.Hour)),
		dagster.NewAsset("d", dagster.From(number(1)), dagster.FreshBy("0 0 * *", time.Hour, dagster.TimeZone("Mars/Olympus"))),
		dagster.NewAsset("e", dagster.From(number(1)), dagster.FreshBy("@daily", time.Hour, nil)),
		dagster.NewAsset("f", dagster.From(number(1)), dagster.FreshWithin(time.Hour, time.Minute, time.Minute)),
	).Validate()
	for _, want := range []string{
		`asset "a": freshness: fails after 1s: want 1m0s or longer`, `asset "b": freshness: fails after 1s`, `asset "c": freshness: given twice`,
		`asset "d": freshness: `, "Mars/Olympus", `asset "e": freshness: nil option`, `asset "f": freshness: several ages to warn at`, "freshness_test.go:",
	} {
		require.ErrorContains(t, err, want)
	}
}
