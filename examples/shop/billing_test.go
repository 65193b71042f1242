package shop_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/shop"
	"github.com/dagster-go/dagster/executor"
)

// ledger is a shop whose posts come from several steps at once.
type ledger struct {
	orders []shop.Order
	down   bool // posting fails

	mu     sync.Mutex
	posted []string
}

func (l *ledger) Orders(context.Context) ([]shop.Order, error) { return l.orders, nil }

func (l *ledger) Post(_ context.Context, text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down && text == "Bob owes 5 cents" {
		return errors.New("no answer")
	}
	l.posted = append(l.posted, text)
	return nil
}

func bought() *ledger {
	return &ledger{orders: []shop.Order{{Customer: "Ada", Cents: 40000}, {Customer: "Bob", Cents: 5}, {Customer: "Ada", Cents: 20000}}}
}

func statuses(r *dagster.Result) map[string]executor.StepStatus {
	by := make(map[string]executor.StepStatus)
	for _, s := range r.Steps() {
		by[s.Key] = s.Status
	}
	return by
}

func TestBilling(t *testing.T) {
	t.Parallel()

	service, repo := bought(), dagster.NewRepository("shop", shop.Accounts)
	r, err := repo.Execute(t.Context(), shop.Monthly, shop.Service.Replace(service))
	require.NoError(t, err)
	sum, err := shop.Billing.Value(r) // an int
	require.NoError(t, err)
	assert.Equal(t, 60005, sum)
	bills, err := shop.Charge.Values(r) // a map[string]shop.Bill
	require.NoError(t, err)
	assert.Equal(t, map[string]shop.Bill{"Ada": {Customer: "Ada", Cents: 60000}, "Bob": {Customer: "Bob", Cents: 5}}, bills)

	slices.Sort(service.posted)
	assert.Equal(t, []string{"Ada owes 60000 cents", "Bob owes 5 cents", "billed 60005 cents"}, service.posted)
	assert.Equal(t, executor.StepSucceeded, statuses(r)["check[Ada]"])
	assert.Equal(t, executor.StepSkipped, statuses(r)["check[Bob]"])
}

func TestConfigOfAJob(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("shop", shop.Accounts)
	config := dagster.RunConfig([]byte(`{"ops": {"sort": {"config": {"large": 5}}}}`))
	r, err := repo.Execute(t.Context(), shop.Monthly, shop.Service.Replace(bought()), config)
	require.NoError(t, err)
	assert.Equal(t, executor.StepSucceeded, statuses(r)["check[Bob]"])
}

func TestSomeOps(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("shop", shop.Accounts)
	orders := shop.Fetch.Given([]shop.Order{{Customer: "Eve", Cents: 7}})
	r, err := repo.Execute(t.Context(), shop.Monthly, dagster.OpSelection("customers+"), orders, shop.Service.Replace(bought()))
	require.NoError(t, err)
	bills, err := shop.Charge.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]shop.Bill{"Eve": {Customer: "Eve", Cents: 7}}, bills)
	assert.NotContains(t, statuses(r), "fetch")
	assert.NotContains(t, statuses(r), "total")
}

// One bill cannot be sent. The others are, and only it is sent again.
func TestBillingAgain(t *testing.T) {
	t.Parallel()

	service, repo := bought(), dagster.NewRepository("shop", shop.Accounts)
	service.down = true
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	first, err := repo.Execute(t.Context(), shop.Monthly, shop.Service.Replace(service), on)
	require.ErrorContains(t, err, `step "send[Bob]": no answer`)
	slices.Sort(service.posted)
	assert.Equal(t, []string{"Ada owes 60000 cents", "send[Bob]: no answer"}, service.posted)

	service.down = false
	again, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), shop.Service.Replace(service), on)
	require.NoError(t, err)
	assert.Equal(t, map[string]executor.StepStatus{
		"send[Bob]": executor.StepSucceeded, "total": executor.StepSucceeded, "tell": executor.StepSucceeded,
	}, statuses(again))
	sum, err := shop.Billing.Value(again)
	require.NoError(t, err)
	assert.Equal(t, 60005, sum)
}

func TestOrdersAreSplit(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("shop", shop.Accounts)
	r, err := repo.Materialize(t.Context(), dagster.Select(shop.Sold, shop.Refunds, shop.Owed),
		shop.Orders.Given([]shop.Order{{Customer: "Ada", Cents: 900}, {Customer: "Ada", Cents: -300}, {Customer: "Bob", Cents: 1}}))
	require.NoError(t, err)
	sold, err := shop.Sold.Value(r)
	require.NoError(t, err)
	assert.Len(t, sold, 2)
	refunds, err := shop.Refunds.Value(r)
	require.NoError(t, err)
	assert.Equal(t, []shop.Order{{Customer: "Ada", Cents: -300}}, refunds)
	owed, err := shop.Owed.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 901, owed)
	assert.Equal(t, executor.StepSucceeded, statuses(r)["owed.charge[Bob]"])

	r, err = repo.Materialize(t.Context(), dagster.Select(shop.Sold, shop.Refunds), shop.Orders.Given([]shop.Order{{Customer: "Ada", Cents: 900}}))
	require.NoError(t, err)
	_, err = shop.Refunds.Value(r)
	require.Error(t, err, "nothing was paid back")
}
