package weather_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/seattle/weather"
)

// The report is made at six on the clock of Seattle, also on the day on which that is set forward.
func TestMorning(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("seattle", weather.Definitions, weather.Morning)
	schedules, err := repo.Schedules()
	require.NoError(t, err)
	var ticks []string
	for at := range schedules[0].Ticks(time.Date(2025, 3, 8, 12, 0, 0, 0, time.UTC)) {
		if ticks = append(ticks, at.UTC().Format("02 15:04")); len(ticks) == 2 {
			break
		}
	}
	assert.Equal(t, []string{"08 14:00", "09 13:00"}, ticks)

	tick, err := repo.EvaluateSchedule(t.Context(), "morning", dagster.TickInfo{})
	require.NoError(t, err)
	require.Len(t, tick.Requests, 1)
	assert.Equal(t, "refresh", tick.Requests[0].Job.Name())
}
