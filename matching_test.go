package dagster_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

func TestRepository_Matching(t *testing.T) {
	t.Parallel()
	rates := dagster.NewSource[int]("rates", dagster.Group("bank"))
	price := dagster.NewAsset("price", dagster.From1(rates, inc))
	repo := dagster.NewRepository("r", rates, price)
	for sel, want := range map[dagster.Selection][]string{
		"*": {"rates", "price"}, "group:bank": {"rates"}, "is:external": {"rates"}, "rates": {"rates"}, "key:none": {},
	} {
		keys, err := repo.Matching(sel)
		require.NoError(t, err)
		assert.Equal(t, want, keys, sel)
	}
	_, err := repo.Matching("none")
	require.ErrorContains(t, err, `no asset "none"`)
}
