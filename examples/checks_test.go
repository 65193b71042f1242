package examples_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/checks"
	"github.com/dagster-go/dagster/metadata"
)

// Order is a row of the asset that is checked here.
type Order struct {
	ID       string
	Customer string
	Total    float64
}

func loadOrders(ctx context.Context) ([]Order, error) {
	orders := []Order{{"1", "ada", 20}, {"2", "bob", 35}, {"3", "", 1e6}}
	dagster.AddMetadata(ctx, metadata.Rows(len(orders)), metadata.ColumnSchemaOf[Order]())
	return orders, nil
}

var Orders = dagster.NewAsset("orders", dagster.From(loadOrders))

// One check, with a body like that of an asset.
var AllPaid = dagster.NewCheck("all_paid", Orders, dagster.From1(Orders, allPaid), dagster.Blocking())

func allPaid(_ context.Context, orders []Order) (dagster.CheckResult, error) {
	unpaid := 0
	for _, o := range orders {
		if o.Total <= 0 {
			unpaid++
		}
	}
	return dagster.CheckResult{
		Passed:      unpaid == 0,
		Description: fmt.Sprintf("%d of %d orders are not paid", unpaid, len(orders)),
		Metadata:    []metadata.Entry{metadata.Int("unpaid", unpaid)},
	}, nil
}

// Several checks that one function makes, in one step: here one pass over the rows is enough for both.
var Totals = dagster.NewChecks("totals", Orders, []string{"small", "whole"}, dagster.From1(Orders, totals), dagster.BlockingOnly("whole"))

func totals(_ context.Context, orders []Order) (map[string]dagster.CheckResult, error) {
	small, whole := true, true
	for _, o := range orders {
		small, whole = small && o.Total < 1000, whole && o.Total == float64(int(o.Total))
	}
	return map[string]dagster.CheckResult{"small": {Passed: small, Warn: true}, "whole": {Passed: whole}}, nil
}

// Checks that many need are made by package checks.
var Usual = []dagster.Definition{
	checks.RowCount(Orders, checks.AtLeast(1), dagster.Blocking()),
	checks.Unique(Orders, "id", func(o Order) string { return o.ID }),
	checks.NullShare(Orders, "customer", 0.1, func(o Order) bool { return o.Customer == "" }, dagster.Warning()),
	checks.Values(Orders, "total", checks.Between(0, 5000), func(o Order) float64 { return o.Total }),
	checks.Columns(Orders, checks.Removed|checks.Retyped),
	checks.FreshBy(Orders, "0 9 * * 1-5", 2*time.Hour, "Europe/Berlin"),
}

func Example_checks() {
	repo := dagster.NewRepository("shop", append(Usual, Orders, AllPaid, Totals)...)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	if _, err := repo.Materialize(context.Background(), "*", dagster.OnInstance(inst)); err != nil {
		fmt.Println(err)
	}
	statuses, err := repo.CheckStatuses(context.Background(), inst, "orders")
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range statuses {
		fmt.Println(s.Check, s.State, s.Severity, s.LookedAtLatest())
	}
	// Output:
	// all_paid SUCCEEDED ERROR true
	// columns SUCCEEDED ERROR true
	// fresh SUCCEEDED ERROR true
	// null_share_customer FAILED WARN true
	// row_count SUCCEEDED ERROR true
	// small FAILED WARN true
	// unique_id SUCCEEDED ERROR true
	// values_total FAILED ERROR true
	// whole SUCCEEDED ERROR true
}
