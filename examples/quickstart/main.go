// Quickstart is a shop of two assets: its orders, and what each customer spent.
package main

import (
	"context"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/metadata"
)

type order struct {
	Customer string
	Cents    int
}

var (
	orders = dagster.NewAsset("orders", dagster.From(readOrders))
	spent  = dagster.NewAsset("spent", dagster.From1(orders, sumByCustomer), dagster.Kinds("json"))
)

func readOrders(context.Context) ([]order, error) {
	return []order{{"Ada", 1200}, {"Alan", 450}, {"Ada", 850}}, nil
}

func sumByCustomer(ctx context.Context, orders []order) (map[string]int, error) {
	cents := make(map[string]int)
	for _, o := range orders {
		cents[o.Customer] += o.Cents
	}
	dagster.AddMetadata(ctx, metadata.Int("customers", len(cents)))
	return cents, nil
}

func main() { cli.Main(dagster.NewRepository("shop", orders, spent)) }
