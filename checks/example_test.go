package checks_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/checks"
	"github.com/dagster-go/dagster/metadata"
)

type order struct {
	ID       string
	Customer string
	Total    float64
}

func orders() *dagster.Asset[[]order] {
	return dagster.NewAsset("orders", dagster.From(func(ctx context.Context) ([]order, error) {
		rows := []order{{"1", "ada", 20}, {"2", "", 35}, {"2", "bob", -1}}
		dagster.AddMetadata(ctx, metadata.Rows(len(rows)), metadata.ColumnSchemaOf[order]())
		return rows, nil
	}))
}

// show makes an asset and a check of it, and prints what the check came to.
func show(of dagster.AnyAsset, check *dagster.Check) {
	repo := dagster.NewRepository("shop", of, check)
	r, err := repo.Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := check.Value(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %t, %s\n", check.Name(), result.Passed, result.Description)
}

func ExampleRowCount() {
	a := orders()
	show(a, checks.RowCount(a, checks.AtLeast(1)))
	// Output: row_count: true, 3 rows, want 1 or more
}

func ExampleRecordedRowCount() {
	a := orders()
	show(a, checks.RecordedRowCount(a, checks.Between(10, 1e6)))
	// Output: recorded_row_count: false, 3 rows, want 10 to 1000000
}

func ExampleMetadataValue() {
	a := dagster.NewAsset("model", dagster.From(func(ctx context.Context) (string, error) {
		dagster.AddMetadata(ctx, metadata.Float("accuracy", 0.93))
		return "weights", nil
	}))
	show(a, checks.MetadataValue(a, "accuracy", checks.AtLeast(0.9)))
	// Output: metadata_value_accuracy: true, accuracy is 0.93, want 0.9 or more
}

func ExampleUnique() {
	a := orders()
	show(a, checks.Unique(a, "id", func(o order) string { return o.ID }))
	// Output: unique_id: false, 1 of 3 rows have a id that another one has
}

func ExampleNullShare() {
	a := orders()
	show(a, checks.NullShare(a, "customer", 0.5, func(o order) bool { return o.Customer == "" }))
	// Output: null_share_customer: true, 1 of 3 rows have no customer, want a share of 0.5 or less
}

func ExampleValues() {
	a := orders()
	show(a, checks.Values(a, "total", checks.AtLeast(0), func(o order) float64 { return o.Total }))
	// Output: values_total: false, 1 of 3 rows have a total that is not 0 or more, the first is -1 in row 3
}

func ExampleColumns() {
	columns := []metadata.Column{{Name: "id"}, {Name: "total", Type: "int"}}
	a := dagster.NewAsset("orders", dagster.From(func(ctx context.Context) (int, error) {
		dagster.AddMetadata(ctx, metadata.ColumnSchema(columns...))
		return 0, nil
	}))
	check := checks.Columns(a, checks.Removed|checks.Retyped)
	repo := dagster.NewRepository("shop", a, check)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	for _, next := range [][]metadata.Column{columns, {{Name: "id"}, {Name: "total", Type: "int"}, {Name: "state"}}, {{Name: "id"}, {Name: "total", Type: "float"}}} {
		columns = next
		r, err := repo.Materialize(context.Background(), "*", dagster.OnInstance(inst))
		if err != nil {
			fmt.Println(err)
			return
		}
		result, _ := check.Value(r)
		fmt.Println(result.Passed, result.Description)
	}
	// Output:
	// true there is nothing to compare with
	// true state is added
	// false total was int and is float, state is removed
}

func ExampleFreshBy() {
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	inst := dagster.NewInstance(dagster.InstanceConfig{Now: func() time.Time { return now }})
	a := orders()
	check := checks.FreshBy(a, "0 9 * * *", 2*time.Hour, "UTC")
	repo := dagster.NewRepository("shop", a, check)
	if err := a.Report(context.Background(), inst, ""); err != nil {
		fmt.Println(err)
	}
	for range 2 {
		now = now.Add(13 * time.Hour)
		r, err := repo.Check(context.Background(), "*", dagster.OnInstance(inst))
		if err != nil {
			fmt.Println(err)
			return
		}
		result, _ := check.Value(r)
		fmt.Println(result.Passed, result.Description)
	}
	// Output:
	// true last materialized 13h0m0s ago, want at most 2h0m0s before the last tick of "0 9 * * *"
	// false last materialized 26h0m0s ago, want at most 2h0m0s before the last tick of "0 9 * * *"
}

func ExampleFreshWithin() {
	a := orders()
	show(a, checks.FreshWithin(a, 24*time.Hour))
	// Output: fresh: true, last materialized 0s ago, want less than 24h0m0s ago
}
