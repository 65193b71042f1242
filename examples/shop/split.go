package shop

import (
	"context"

	"github.com/dagster-go/dagster"
)

// Split is what one step makes. Its fields become assets.
type Split struct {
	Sold    []Order
	Refunds dagster.Maybe[[]Order]
}

// SplitOrders is one step that makes several assets.
var SplitOrders = dagster.NewMultiAsset("split_orders", dagster.From1(Orders, SplitBySign))

// Sold is a part that is always made, Refunds one that a run may leave out: what needs it is skipped then.
var (
	Sold    = dagster.Part(SplitOrders, "orders/sold", func(s *Split) *[]Order { return &s.Sold }, Sales)
	Refunds = dagster.SkippablePart(SplitOrders, "orders/refunds", func(s *Split) *dagster.Maybe[[]Order] { return &s.Refunds }, Sales)
)

// SplitBySign tells what was sold from what was paid back.
func SplitBySign(_ context.Context, orders []Order) (s Split, err error) {
	var back []Order
	for _, o := range orders {
		if o.Cents < 0 {
			back = append(back, o)
		} else {
			s.Sold = append(s.Sold, o)
		}
	}
	if len(back) > 0 {
		s.Refunds = dagster.Some(back)
	}
	return s, nil
}

// Owed is an asset that a graph computes, with one step for each customer. Its ops are those of the job.
var Owed = dagster.NewAsset("owed", dagster.NewGraph("owed", func(s *dagster.Scope) dagster.Output[int] {
	return Total.In(s, dagster.Map(s, Customers.In(s, Sold), Charge.In))
}), Sales)
