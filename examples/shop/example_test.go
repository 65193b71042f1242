package shop_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/shop"
)

// Mistakes that the compiler cannot see are reported all at once, each with its line.
func Example_mistakes() {
	count := func(_ context.Context, orders []shop.Order) (int, error) { return len(orders), nil }
	counted := dagster.NewAsset("number of orders", dagster.From1(shop.Orders, count), dagster.Owners("finance"))
	again := dagster.NewAsset("revenue", dagster.From1(shop.Orders, count), dagster.Retry(dagster.RetryPolicy{Max: -1}))
	fmt.Println(dagster.NewRepository("shop", shop.Definitions, counted, again).Validate())
	// Output:
	// asset "number of orders": key: part "number of orders": only letters, digits, "_", "-" and "." are allowed (shop/example_test.go:20)
	// asset "number of orders": owner "finance": give an email address, or "team:" and a name (shop/example_test.go:20)
	// asset "revenue": retry: max -1: negative (shop/example_test.go:21)
	// asset "revenue": key: taken by the asset declared at shop/shop.go:45 (shop/example_test.go:21)
}

// Run config sets single fields of a config by name; what it does not know is refused, with the path to it.
func Example_runConfig() {
	repo := dagster.NewRepository("shop", shop.Definitions)
	_, err := repo.Materialize(context.Background(), "*", dagster.RunConfig([]byte(`{"config": {"address": {"URL": 1, "urll": "x"}}}`)))
	fmt.Println(err)
	// Output:
	// config.address.URL: unknown field, did you mean "url"?
	// config.address.urll: unknown field, did you mean "url"?
}

func TestTodayAsksTheServiceAndKeepsTheValue(t *testing.T) {
	t.Parallel()

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer open sesame" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`[{"customer": "Ada", "currency": "USD", "cents": 1000}]`))
	}))
	t.Cleanup(server.Close)
	at := fmt.Appendf(nil, `{"config": {"address": {"url": %q, "token": "open sesame"}}}`, server.URL)
	sum, err := shop.Today(t.Context(), t.TempDir(), shop.Rates.Given(shop.ExchangeRates{"USD": 0.9}), dagster.RunConfig(at))
	require.NoError(t, err)
	assert.Equal(t, shop.Sum{Orders: 1, Euros: 9}, sum)
}
