// Package wrong does not compile: an input does not fit its parameter.
package wrong

import (
	"context"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/shop"
)

func countRates(_ context.Context, rates shop.ExchangeRates) (int, error) { return len(rates), nil }

var counted = dagster.NewAsset("counted", dagster.From1(shop.Orders, countRates))
