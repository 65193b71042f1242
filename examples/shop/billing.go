package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
)

// Bill is what one customer owes.
type Bill struct {
	Customer string `json:"customer"`
	Cents    int    `json:"cents"`
}

// Terms say which bills are large.
type Terms struct {
	Large int `json:"large"` // in cents
}

var terms = dagster.NewConfig("terms", Terms{Large: 100_00})

// Ops are functions with a name; a graph wires them.
var (
	Fetch     = dagster.NewOp1("fetch", ReadOrders, dagster.Retry(dagster.RetryPolicy{Max: 3, Delay: time.Second}))
	Customers = dagster.NewOp1("customers", ByCustomer)
	Charge    = dagster.NewOp1("charge", AddUp)
	Sort      = dagster.NewOp2("sort", SortBill)
	Check     = dagster.NewOp1("check", CheckBill)
	Send      = dagster.NewOp2("send", SendBill)
	Total     = dagster.NewOp1("total", SumBills)
	Tell      = dagster.NewOp2("tell", dagster.Do2(SayHowMuch))
)

// Billing bills every customer in steps of their own. What it is made of is wired once, here, and checked by the compiler.
var Billing = dagster.NewGraph("billing", func(s *dagster.Scope) dagster.Output[int] {
	orders := Fetch.In(s, Service)
	bills := dagster.Map(s, Customers.In(s, orders), billOne) // one step for each customer: how many is known when it runs
	total := Total.In(s, bills)                               // takes the list of them all
	Tell.In(s, Service, total)
	return total
})

// Ways are where a bill can go: the field that is there is the way that is taken.
type Ways struct{ Large, Small dagster.Maybe[Bill] }

// billOne places the steps for one customer. Large bills are checked before they are sent.
func billOne(s *dagster.Scope, orders dagster.Input[[]Order]) dagster.Output[Bill] {
	ways := Sort.In(s, Charge.In(s, orders), terms)
	large := dagster.When(dagster.Field(ways, func(w *Ways) *dagster.Maybe[Bill] { return &w.Large }))
	small := dagster.When(dagster.Field(ways, func(w *Ways) *dagster.Maybe[Bill] { return &w.Small }))
	ready := dagster.FanIn[dagster.Input[Bill]](Check.In(s, large), small) // of the way that was taken; the other is skipped
	return Send.In(s, Service, ready)
}

// Monthly runs the graph, with settings of its own. A failed step is told to everybody.
var Monthly = dagster.NewJob(
	"monthly", Billing, terms.Set(Terms{Large: 500_00}), dagster.MaxRuntime(time.Hour),
	dagster.OnFailure(dagster.From1(Service, dagster.Do1(TellFailure))),
)

// Accounts are what a repository lists to bill customers.
var Accounts = dagster.Defs{Monthly, Orders, Sold, Refunds, Owed}

// ByCustomer sorts orders by who bought: each key becomes a step.
func ByCustomer(_ context.Context, orders []Order) (dagster.Dynamic[[]Order], error) {
	by := make(dagster.Dynamic[[]Order])
	for _, o := range orders {
		by[o.Customer] = append(by[o.Customer], o)
	}
	return by, nil
}

// AddUp makes the bill of one customer.
func AddUp(_ context.Context, orders []Order) (Bill, error) {
	bill := Bill{Customer: orders[0].Customer}
	for _, o := range orders {
		bill.Cents += o.Cents
	}
	return bill, nil
}

// SortBill says where a bill goes.
func SortBill(_ context.Context, b Bill, t Terms) (Ways, error) {
	if b.Cents >= t.Large {
		return Ways{Large: dagster.Some(b)}, nil
	}
	return Ways{Small: dagster.Some(b)}, nil
}

// CheckBill refuses what is too good to be true.
func CheckBill(_ context.Context, b Bill) (Bill, error) {
	if b.Cents > 1_000_000_00 {
		return Bill{}, errors.New("a million: ask them first")
	}
	return b, nil
}

// SendBill sends the one bill that is ready.
func SendBill(ctx context.Context, to Shop, ready []Bill) (Bill, error) {
	return ready[0], to.Post(ctx, fmt.Sprintf("%s owes %d cents", ready[0].Customer, ready[0].Cents))
}

// SumBills is the sum of all bills, in cents.
func SumBills(_ context.Context, bills []Bill) (sum int, err error) {
	for _, b := range bills {
		sum += b.Cents
	}
	return sum, nil
}

// SayHowMuch tells the sum.
func SayHowMuch(ctx context.Context, to Shop, sum int) error {
	return to.Post(ctx, fmt.Sprintf("billed %d cents", sum))
}

// TellFailure says which step failed, and why.
func TellFailure(ctx context.Context, to Shop) error {
	step := dagster.Step(ctx)
	return to.Post(ctx, fmt.Sprintf("%s: %v", step.Key, step.Err))
}
