package shop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/shop"
)

func TestLargeOrdersDoNotWait(t *testing.T) {
	t.Parallel()

	thursday := time.Date(2024, 3, 28, 18, 0, 0, 0, time.UTC)
	tick, err := shop.Large.Evaluate(t.Context(), dagster.TickInfo{At: thursday}, shop.Service.Replace(bought()))
	require.NoError(t, err)
	assert.Len(t, tick.Requests, 1)
	tick, err = shop.Large.Evaluate(t.Context(), dagster.TickInfo{At: thursday.AddDate(0, 0, 1)}, shop.Service.Replace(bought()))
	require.NoError(t, err)
	assert.Equal(t, "no order is large", tick.Skip)
}

func TestEndOfMonth(t *testing.T) {
	t.Parallel()

	schedules, err := dagster.NewRepository("shop", shop.Scheduled).Schedules()
	require.NoError(t, err)
	assert.Equal(t, "at 18:00, on the last day of the month", schedules[0].When)
	for at := range schedules[0].Ticks(time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)) {
		assert.Equal(t, "2024-02-29T18:00:00+01:00", at.Format(time.RFC3339))
		break
	}
}
