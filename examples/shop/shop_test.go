package shop_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/shop"
)

// fakeShop sells what it is told to, and remembers what was posted.
type fakeShop struct {
	orders []shop.Order
	posted []string
}

func (f *fakeShop) Orders(context.Context) ([]shop.Order, error) { return f.orders, nil }

func (f *fakeShop) Post(_ context.Context, text string) error {
	f.posted = append(f.posted, text)
	return nil
}

func TestSumRevenue(t *testing.T) {
	t.Parallel()

	// A body is a plain function.
	sum, err := shop.SumRevenue(t.Context(), []shop.Order{{Currency: "USD", Cents: 500}}, shop.ExchangeRates{"USD": 0.9})
	require.NoError(t, err)
	assert.Equal(t, shop.Sum{Orders: 1, Euros: 4.5}, sum)
}

func TestRevenueIsAnnounced(t *testing.T) {
	t.Parallel()

	fake := &fakeShop{orders: []shop.Order{{Currency: "EUR", Cents: 1250}}}
	repo := dagster.NewRepository("shop", shop.Definitions)
	r, err := repo.Materialize(t.Context(), "*", shop.Rates.Given(shop.ExchangeRates{"EUR": 1}), shop.Service.Replace(fake))
	require.NoError(t, err)
	sum, err := shop.Revenue.Value(r) // a shop.Sum
	require.NoError(t, err)
	assert.InDelta(t, 12.5, sum.Euros, 0.001)
	assert.Equal(t, []string{"1 orders, 12.50 euros"}, fake.posted)
}

func TestAnUnknownCurrencyFailsTheRun(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("shop", shop.Definitions)
	_, err := repo.Materialize(t.Context(), dagster.Select(shop.Revenue),
		shop.Orders.Given([]shop.Order{{Currency: "XXX"}}), shop.Rates.Given(nil))
	require.ErrorContains(t, err, `step "revenue": no rate for "XXX"`)
}

func TestTheRecordHoldsNoSecret(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("shop", shop.Definitions)
	where := shop.Where.Set(shop.Address{URL: "http://localhost", Token: dagster.Env("SHOP_TOKEN")})
	r, err := repo.Materialize(t.Context(), dagster.Select(shop.Orders), shop.Service.Replace(&fakeShop{}), where)
	require.NoError(t, err)
	assert.JSONEq(t, `{"config": {"address": {"url": "http://localhost", "token": {"env": "SHOP_TOKEN"}}}}`, string(r.Run().Config))
}
