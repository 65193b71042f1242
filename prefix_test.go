package dagster_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// A package says once what all of its assets have in common, their prefix too.
func ExampleKeyPrefix() {
	sales := dagster.AssetOptions{dagster.KeyPrefix("sales"), dagster.Group("sales")}
	orders := dagster.NewAsset("orders", dagster.From(loadOrders), sales)
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, total), sales)
	shop := dagster.NewRepository("shop", orders, revenue)

	keys, err := shop.Selected(dagster.Select(orders) + "+")
	fmt.Println(orders.Key(), keys, err)
	// Output: sales/orders [sales/orders sales/revenue] <nil>
}

func TestKeyPrefix(t *testing.T) {
	t.Parallel()
	factory := func(opts ...dagster.AssetOption) *dagster.Asset[string] {
		return dagster.NewAsset("orders", dagster.From(theKey), dagster.AssetOptions(opts), dagster.KeyPrefix("raw"))
	}
	eu, us := factory(dagster.KeyPrefix("eu/shop")), factory(dagster.KeyPrefix("us/shop"))
	assert.Equal(t, "eu/shop/raw/orders", eu.Key())
	source := dagster.NewSource[string]("rates", dagster.KeyPrefix("bank"))
	type both struct{ A, B string }
	split := dagster.NewMultiAsset("split", dagster.From1(dagster.FanIn(eu, us, source), func(context.Context, []string) (both, error) {
		return both{"a", "b"}, nil
	}), dagster.KeyPrefix("parts"))
	a := dagster.Part(split, "a", func(b *both) *string { return &b.A })
	b := dagster.Part(split, "b", func(b *both) *string { return &b.B }, dagster.KeyPrefix("own"))
	check := dagster.NewCheck("good", a, dagster.From1(a, func(_ context.Context, in string) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: in == "a"}, nil
	}))
	job := dagster.NewAssetJob("nightly", dagster.Select(eu, us, a, b))
	repo := dagster.NewRepository("r", eu, us, source, a, b, check, job)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	r, err := repo.Execute(t.Context(), job, dagster.OnInstance(inst), source.Given("x"))
	require.NoError(t, err)
	assert.Equal(t, []string{"eu/shop/raw/orders", "us/shop/raw/orders", "parts/a", "own/b"}, r.Run().Assets)
	v, err := a.Load(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Equal(t, "a", v)
	steps := make([]string, 0, 5)
	for _, s := range r.Steps() {
		steps = append(steps, s.Key)
	}
	assert.ElementsMatch(t, []string{"eu__shop__raw__orders", "us__shop__raw__orders", "split", "parts__a_good"}, steps)
}

func TestKeyPrefix_mistakes(t *testing.T) {
	t.Parallel()
	orders := dagster.NewAsset("sales/orders", dagster.From(theKey))
	for name, c := range map[string]struct {
		def  dagster.Definition
		want string
	}{
		"empty":              {dagster.NewAsset("a", dagster.From(theKey), dagster.KeyPrefix("")), `asset "a": key prefix: empty (`},
		"with a wrong sign":  {dagster.NewAsset("a", dagster.From(theKey), dagster.KeyPrefix("a b")), `asset "a b/a": key: part "a b": only letters`},
		"with an empty part": {dagster.NewAsset("a", dagster.From(theKey), dagster.KeyPrefix("a/")), `asset "a//a": key: empty part`},
		"taken":              {dagster.NewAsset("orders", dagster.From(theKey), dagster.KeyPrefix("sales")), `asset "sales/orders": key: taken by the asset declared at `},
		"as a default":       {dagster.Defaults(dagster.KeyPrefix("sales")), `key prefix: a handle has its key before it is listed`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, dagster.NewRepository("r", orders, c.def).Validate(), c.want)
		})
	}
}
