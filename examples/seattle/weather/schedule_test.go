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

// In the first night of a month there is a run for the month before, as long as the data has it.
func TestMonths(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("seattle", weather.Definitions, weather.Months)
	tick, err := repo.EvaluateSchedule(t.Context(), "months", dagster.TickInfo{At: time.Date(2015, 3, 1, 4, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Len(t, tick.Requests, 1, tick.Skip)
	assert.Equal(t, "2015-02-01", tick.Requests[0].Partition)
	assert.Equal(t, "2015-02-01", tick.Requests[0].Key)

	tick, err = repo.EvaluateSchedule(t.Context(), "months", dagster.TickInfo{At: time.Date(2025, 3, 1, 4, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	assert.NotEmpty(t, tick.Skip, "the data ends with 2015")
}
