package shop

import (
	"context"
	"time"

	"github.com/dagster-go/dagster"
)

// EndOfMonth bills everybody on the evening of each month's last day.
var EndOfMonth = dagster.NewSchedule("end_of_month", "0 18 L * *", Monthly, dagster.TimeZone("Europe/Berlin"), dagster.Running())

// Large bills on other evenings, if there is something that should not wait.
var Large = dagster.NewSchedule(
	"large", "0 18 * * mon-fri", Monthly, dagster.TimeZone("Europe/Berlin"), dagster.Requests(dagster.From1(Service, BillLarge)),
)

// BillLarge requests a run if a large order has come. Fridays are busy: only very large ones count.
func BillLarge(ctx context.Context, from Shop) ([]dagster.RunRequest, error) {
	orders, err := from.Orders(ctx)
	if err != nil {
		return nil, err
	}
	limit := 100_00
	if dagster.Tick(ctx).At.Weekday() == time.Friday {
		limit = 1000_00
	}
	for _, o := range orders {
		if o.Cents >= limit {
			return []dagster.RunRequest{{Config: []dagster.ConfigValue{terms.Set(Terms{Large: limit})}}}, nil
		}
	}
	return nil, dagster.SkipTick("no order is large")
}

// Scheduled are the jobs that run by the clock.
var Scheduled = dagster.Defs{Accounts, EndOfMonth, Large}
