package dagster_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// A check that blocks stops what needs the asset.
func ExampleCheck() {
	orders := dagster.NewAsset("orders", dagster.From(number(0)))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, inc))
	some := dagster.NewCheck("some", orders, dagster.From1(orders, func(_ context.Context, n int) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: n > 0, Description: fmt.Sprintf("%d orders", n), Metadata: []metadata.Entry{metadata.Int("orders", n)}}, nil
	}), dagster.Blocking())
	repo := dagster.NewRepository("shop", orders, revenue, some)

	r, err := repo.Materialize(context.Background(), "*")
	fmt.Println(err != nil)
	result, err := some.Value(r)
	fmt.Println(result.Passed, result.Description, err)
	for _, s := range r.Steps() {
		fmt.Println(s.Key, s.Status)
	}
	// Output:
	// true
	// false 0 orders <nil>
	// orders SUCCESS
	// orders_some FAILURE
	// revenue NOT_RUN
}

// exampleShop is a program whose report has a version.
func exampleShop(version string) *dagster.Repository {
	orders := dagster.NewAsset("orders", dagster.From(number(3)), dagster.CodeVersion("1"))
	report := dagster.NewAsset("report", dagster.From1(orders, inc), dagster.CodeVersion(version))
	return dagster.NewRepository("shop", orders, report)
}

// A new version of a program makes stale what it makes otherwise.
func ExampleRepository_Staleness() {
	ctx, inst := context.Background(), dagster.NewInstance(dagster.InstanceConfig{})
	if _, err := exampleShop("1").Materialize(ctx, "*", dagster.OnInstance(inst)); err != nil {
		fmt.Println(err)
		return
	}
	all, err := exampleShop("2").Staleness(ctx, inst, "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range all {
		fmt.Println(s.Asset, s.Status)
		for _, c := range s.Causes {
			fmt.Println(" ", c.Category, c.Reason)
		}
	}
	// Output:
	// orders FRESH
	// report STALE
	//   CODE has a new code version
}

// Each step is left out if its code and what it reads are as they were.
func ExampleSkipUnchanged() {
	ctx, inst := context.Background(), dagster.NewInstance(dagster.InstanceConfig{})
	for _, version := range []string{"1", "1", "2"} {
		r, err := exampleShop(version).Materialize(ctx, "*", dagster.OnInstance(inst), dagster.SkipUnchanged())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(madeBy(r))
	}
	// Output:
	// [orders report]
	// []
	// [report]
}

// Only what is stale is run; if nothing is, nothing is.
func ExampleStaleOnly() {
	ctx, inst := context.Background(), dagster.NewInstance(dagster.InstanceConfig{})
	for _, version := range []string{"1", "2", "2"} {
		r, err := exampleShop(version).Materialize(ctx, "*", dagster.OnInstance(inst), dagster.StaleOnly())
		if errors.Is(err, dagster.ErrFresh) {
			fmt.Println("nothing is stale")
			continue
		}
		fmt.Println(madeBy(r))
	}
	// Output:
	// [orders report]
	// [report]
	// nothing is stale
}

// The lineage of an asset: two steps up, none down.
func ExampleRepository_Lineage() {
	orders := dagster.NewSource[int]("orders")
	clean := dagster.NewAsset("clean", dagster.From1(orders, inc))
	revenue := dagster.NewAsset("revenue", dagster.From1(clean, inc))
	l, err := dagster.NewRepository("shop", orders, clean, revenue).Lineage("revenue", 2, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range l.Edges {
		fmt.Println(e.From, "->", e.To)
	}
	// Output:
	// orders -> clean
	// clean -> revenue
}

// The numbers that were recorded with an asset, oldest first.
func ExampleInstance_Series() {
	ctx, inst := context.Background(), dagster.NewInstance(dagster.InstanceConfig{})
	repo := dagster.NewRepository("shop", dagster.NewSource[int]("orders"))
	for _, n := range []int{3, 5, 4} {
		if err := repo.Report(ctx, inst, "orders", "", "", metadata.Rows(n)); err != nil {
			fmt.Println(err)
			return
		}
	}
	points, err := inst.Series(ctx, "orders", "dagster/row_count", dagster.HistoryFilter{})
	for _, p := range points {
		fmt.Println(p.Value)
	}
	fmt.Println(err)
	// Output:
	// 3
	// 5
	// 4
	// <nil>
}
