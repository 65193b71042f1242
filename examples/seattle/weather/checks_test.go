package weather_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/examples/seattle/weather"
)

func TestLookAtDays(t *testing.T) {
	t.Parallel()

	days := observed(t)
	for name, tt := range map[string]struct {
		extremes weather.Extremes
		passed   bool
		says     string
	}{
		"as they are": {weather.Extremes{MostRain: 150, Hottest: 45, Coldest: -20}, true, "all of 1461 days"},
		"rain":        {weather.Extremes{MostRain: 50, Hottest: 45, Coldest: -20}, false, "3 of 1461 days, the first of them 2012-11-19"},
		"heat":        {weather.Extremes{MostRain: 150, Hottest: 35, Coldest: -20}, false, "1 of 1461 days, the first of them 2014-08-11"},
		"cold":        {weather.Extremes{MostRain: 150, Hottest: 45, Coldest: -7}, false, "1 of 1461 days, the first of them 2013-12-07"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := weather.LookAtDays(t.Context(), days, tt.extremes)
			require.NoError(t, err)
			assert.Equal(t, tt.passed, got.Passed)
			assert.Equal(t, tt.says, got.Description)
		})
	}
}

func TestCompareYears(t *testing.T) {
	t.Parallel()

	years, err := weather.SumYears(t.Context(), observed(t), wet)
	require.NoError(t, err)
	got, err := weather.CompareYears(t.Context(), years)
	require.NoError(t, err)
	assert.True(t, got.Passed)
	assert.Equal(t, "2013 is farthest from the mean, by -25 %", got.Description)
	years[0].Rain = 3000
	got, err = weather.CompareYears(t.Context(), years)
	require.NoError(t, err)
	assert.False(t, got.Passed)
	assert.True(t, got.Warn, "a wet year is possible")
}
