// Package shop is a small shop as assets. Its code is what README.md and docs/from-dagster.md show.
package shop

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/io/csv"
	"github.com/dagster-go/dagster/metadata"
)

// Order is what somebody bought.
type Order struct {
	Customer string `csv:"customer" json:"customer"`
	Currency string `csv:"currency" json:"currency"`
	Cents    int    `csv:"cents" json:"cents"`
}

// ExchangeRates say how many euros one unit of a currency is.
type ExchangeRates map[string]float64

// Sum is money that came in.
type Sum struct {
	Orders int     `json:"orders"`
	Euros  float64 `json:"euros"`
}

// Sales bundles what several assets have in common.
var Sales = dagster.AssetOptions{dagster.Group("sales"), dagster.Owners("team:finance")}

// Rates are made elsewhere: they can be an input, and are never run.
var Rates = dagster.NewSource[ExchangeRates]("rates")

// Orders come from the shop's own service, and are kept as CSV.
var Orders = dagster.NewAsset(
	"orders", dagster.From1(Service, ReadOrders),
	dagster.StoredAs(".csv", csv.Encode[Order], csv.Decode[Order]),
	dagster.Retry(dagster.RetryPolicy{Max: 3, Delay: time.Second, Backoff: dagster.Exponential}),
	dagster.Timeout(time.Minute),
)

// Revenue is made from the orders and the rates: the number in From2 is the number of inputs.
var Revenue = dagster.NewAsset("revenue", dagster.From2(Orders, Rates, SumRevenue), Sales, dagster.CodeVersion("1"))

// Announced has no value to keep: Do adapts a function that returns an error alone.
var Announced = dagster.NewAsset("announced", dagster.From2(Service, Revenue, dagster.Do2(Announce)), dagster.After(Orders))

// ReadOrders asks the service for the orders.
func ReadOrders(ctx context.Context, from Shop) ([]Order, error) {
	orders, err := from.Orders(ctx)
	if err != nil {
		return nil, err
	}
	dagster.AddMetadata(ctx, metadata.Rows(len(orders)))
	return orders, nil
}

// SumRevenue adds up the orders in euros.
func SumRevenue(_ context.Context, orders []Order, rates ExchangeRates) (Sum, error) {
	sum := Sum{Orders: len(orders)}
	for _, o := range orders {
		rate, ok := rates[o.Currency]
		if !ok {
			return Sum{}, dagster.NoRetry(fmt.Errorf("no rate for %q", o.Currency))
		}
		sum.Euros += float64(o.Cents) / 100 * rate
	}
	return sum, nil
}

// Announce tells the service what came in.
func Announce(ctx context.Context, to Shop, sum Sum) error {
	return to.Post(ctx, fmt.Sprintf("%d orders, %.2f euros", sum.Orders, sum.Euros))
}

// Definitions are what a repository lists.
var Definitions = dagster.Defs{Rates, Orders, Revenue, Announced}
