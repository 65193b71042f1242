package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// A view is never made; what reads it is made after what it shows.
func ExampleVirtual() {
	orders := dagster.NewAsset("orders", dagster.From(dagster.Do(func(context.Context) error { return nil }))) // fills a table
	paid := dagster.NewSource[dagster.Nothing]("orders/paid", dagster.Virtual(orders))                         // a view of it in the database
	report := dagster.NewAsset("report", dagster.From(dagster.Do(func(context.Context) error { return nil })), dagster.After(paid))
	shop := dagster.NewRepository("shop", orders, paid, report)

	inst := dagster.NewInstance(dagster.InstanceConfig{})
	_, err := shop.Materialize(context.Background(), "*", dagster.OnInstance(inst))
	fmt.Println(err)
	_, _ = shop.Materialize(context.Background(), "orders", dagster.OnInstance(inst))
	all, _ := shop.Staleness(context.Background(), inst, "*")
	for _, one := range all {
		fmt.Println(one.Asset, one.Status, one.Causes)
	}
	// Output:
	// <nil>
	// orders FRESH []
	// orders/paid FRESH []
	// report STALE [{DATA report  has a new dependency materialization orders }]
}

// viewed is an asset, a view of a view of it, and one that reads that.
type viewed struct {
	fails, passes bool
	order         []string
	orders        *dagster.Asset[int]
	repo          *dagster.Repository
}

func newViewed() *viewed {
	v := &viewed{passes: true}
	v.orders = dagster.NewAsset("orders", dagster.From(func(context.Context) (int, error) {
		v.order = append(v.order, "orders")
		if v.fails {
			return 0, errors.New("boom")
		}
		return 1, nil
	}))
	paid := dagster.NewSource[int]("paid", dagster.Virtual(v.orders))
	large := dagster.NewSource[int]("large", dagster.Virtual(paid))
	report := dagster.NewAsset("report", dagster.From1(dagster.Optional(large), func(_ context.Context, in dagster.Maybe[int]) (int, error) {
		v.order = append(v.order, "report")
		return in.Value, nil
	}))
	check := dagster.NewCheck("good", v.orders, dagster.From(func(context.Context) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: v.passes}, nil
	}), dagster.Blocking())
	v.repo = dagster.NewRepository("r", report, large, paid, v.orders, check)
	return v
}

func TestVirtual_looksThrough(t *testing.T) {
	t.Parallel()
	v := newViewed()
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	_, err := v.repo.Materialize(t.Context(), "*", on)
	require.NoError(t, err)
	assert.Equal(t, []string{"orders", "report"}, v.order)

	_, err = v.repo.Materialize(t.Context(), "*", on, dagster.StaleOnly())
	require.ErrorIs(t, err, dagster.ErrFresh)

	v.order = nil
	_, err = v.repo.Materialize(t.Context(), "orders", on)
	require.NoError(t, err)
	_, err = v.repo.Materialize(t.Context(), "*", on, dagster.StaleOnly())
	require.NoError(t, err)
	assert.Equal(t, []string{"orders", "report"}, v.order, "what has changed behind the views is seen")

	v.order, v.passes = nil, false
	_, err = v.repo.Materialize(t.Context(), "*", on)
	require.ErrorContains(t, err, "good")
	assert.Equal(t, []string{"orders"}, v.order, "a check of what is behind the views blocks")

	v.order, v.passes, v.fails = nil, true, true
	_, err = v.repo.Materialize(t.Context(), "*", on)
	require.ErrorContains(t, err, "boom")
	assert.Equal(t, []string{"orders"}, v.order, "what failed behind the views stops what reads them")
}

func TestVirtual_shown(t *testing.T) {
	t.Parallel()
	v := newViewed()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	all, err := v.repo.Status(t.Context(), inst, "*")
	require.NoError(t, err)
	for _, one := range all {
		view := one.Asset == "paid" || one.Asset == "large"
		assert.Equal(t, view, one.Virtual, one.Asset)
		assert.Equal(t, view, one.Status == dagster.Fresh, one.Asset)
	}
	l, err := v.repo.Lineage("report", -1, 0)
	require.NoError(t, err)
	assert.Equal(t, []dagster.LineageEdge{{From: "orders", To: "paid"}, {From: "paid", To: "large"}, {From: "large", To: "report"}}, l.Edges)
	assert.Contains(t, l.Mermaid(), `(["paid"])`)
	assert.Contains(t, l.DOT(), `"large" [style=dashed]`)
	keys, err := v.repo.Selected("*report")
	require.NoError(t, err)
	assert.Equal(t, []string{"orders", "report"}, keys)

	require.ErrorContains(t, v.repo.Report(t.Context(), inst, "paid", "", ""), "it is a view")
}

func TestVirtual_partitions(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	view := dagster.NewSource[string]("view", dagster.Virtual(day), dagster.Partitioned(testDays))
	whole := dagster.NewSource[dagster.Nothing]("whole", dagster.Virtual(day))
	next := dagster.NewAsset("next", dagster.From1(dagster.Optional(view), func(context.Context, dagster.Maybe[string]) (int, error) { return 1, nil }), dagster.Partitioned(testDays))
	sum := dagster.NewAsset("sum", dagster.From(dagster.Do(func(context.Context) error { return nil })), dagster.After(whole))
	repo := dagster.NewRepository("r", day, view, whole, next, sum)
	inst := in2024()
	on := dagster.OnInstance(inst)
	for _, run := range []struct {
		sel  dagster.Selection
		opts []dagster.RunOption
	}{
		{"day or next", []dagster.RunOption{dagster.PartitionRange("2024-01-01", "2024-01-03")}},
		{"sum", nil},
		{"day", []dagster.RunOption{dagster.PartitionKeys("2024-01-02")}},
	} {
		_, err := repo.Materialize(t.Context(), run.sel, append(run.opts, on)...)
		require.NoError(t, err)
	}
	all, err := repo.PartitionStaleness(t.Context(), inst, "next", dagster.PartitionsIn("[2024-01-01...2024-01-03]"))
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, dagster.Fresh, all[0].Status)
	assert.Equal(t, dagster.Stale, all[1].Status)
	assert.Equal(t, "day", all[1].Causes[0].Dependency)
	sums, err := repo.Staleness(t.Context(), inst, "sum or view")
	require.NoError(t, err)
	assert.Equal(t, dagster.Fresh, sums[0].Status)
	assert.Equal(t, dagster.Stale, sums[1].Status)
}

func TestVirtual_mistakes(t *testing.T) {
	t.Parallel()
	orders := dagster.NewAsset("orders", dagster.From(theKey), dagster.Partitioned(testDays))
	for name, c := range map[string]struct {
		def  dagster.Definition
		want string
	}{
		"made here":              {dagster.NewAsset("v", dagster.From(theKey), dagster.Virtual(orders)), `asset "v": virtual: it is made here`},
		"of nothing":             {dagster.NewSource[int]("v", dagster.Virtual()), `source "v": virtual: say what it is a view of`},
		"of nil":                 {dagster.NewSource[int]("v", dagster.Virtual(nil)), `source "v": virtual: asset 1: nil`},
		"twice of one":           {dagster.NewSource[int]("v", dagster.Virtual(orders, orders)), `virtual: asset "orders": given twice`},
		"observed":               {dagster.NewSource[int]("v", dagster.Virtual(orders), dagster.Observe(dagster.From(theKey))), "no version of its own"},
		"partitioned otherwise":  {dagster.NewSource[int]("v", dagster.Virtual(orders), dagster.Partitioned(dagster.StaticPartitions("a"))), "partitioned in another way"},
		"of what is not listed":  {dagster.NewSource[int]("v", dagster.Virtual(dagster.NewSource[int]("away"))), `it needs source "away"`},
		"with its own freshness": {dagster.NewSource[int]("v", dagster.Virtual(orders), dagster.FreshWithin(3600e9, 0)), "a view is as fresh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, dagster.NewRepository("r", orders, c.def).Validate(), c.want)
		})
	}
	view := dagster.NewSource[string]("v", dagster.Virtual(orders))
	same := dagster.NewAsset("same", dagster.From1(dagster.Optional(view), func(context.Context, dagster.Maybe[string]) (int, error) { return 1, nil }))
	require.NoError(t, dagster.NewRepository("r", dagster.External(view), same).Validate(), "another repository's view brings nothing along")
}
