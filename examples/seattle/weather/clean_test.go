package weather_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/examples/seattle/data"
	"github.com/dagster-go/dagster/examples/seattle/weather"
)

const header = "date,precipitation,temp_max,temp_min,wind,weather\n"

// observed are the days of the file that comes with the program.
func observed(t *testing.T) []weather.Day {
	t.Helper()

	days, err := weather.Clean(t.Context(), data.Weather)
	require.NoError(t, err)
	return days
}

func TestCleanKeepsEveryDay(t *testing.T) {
	t.Parallel()

	days := observed(t)
	require.Len(t, days, 1461)
	assert.Equal(t, weather.Day{Date: "2012-01-01", High: 12.8, Low: 5, Wind: 4.7, Weather: "drizzle"}, days[0])
	assert.Equal(t, weather.Date("2015-12-31"), days[1460].Date)
	rain, kinds := 0.0, map[string]int{}
	for _, d := range days {
		rain += d.Rain
		kinds[d.Weather]++
	}
	assert.InDelta(t, 4426.0, rain, 0.001)
	assert.Equal(t, map[string]int{"rain": 641, "sun": 640, "fog": 101, "drizzle": 53, "snow": 26}, kinds)
}

func TestCleanRefuses(t *testing.T) {
	t.Parallel()

	first := "2012-01-01,0.0,12.8,5.0,4.7,drizzle\n"
	for name, tt := range map[string]struct{ raw, want string }{
		"an empty file":            {"", "header: EOF"},
		"other columns":            {"date,rain\n", `header: got ["date" "rain"]`},
		"a date in another form":   {header + "01/02/2012,0,1,0,1,sun\n", `line 2: parsing time "01/02/2012"`},
		"a number that is none":    {header + "2012-01-01,wet,1,0,1,sun\n", `line 2: precipitation: strconv.ParseFloat: parsing "wet"`},
		"rain below zero":          {header + "2012-01-01,-1,1,0,1,sun\n", "line 2: precipitation -1: negative"},
		"a low above the high":     {header + "2012-01-01,0,1,2,1,sun\n", "line 2: temp_min 2 is above temp_max 1"},
		"an unknown kind":          {header + "2012-01-01,0,1,0,1,hail\n", `line 2: weather "hail": want one of`},
		"a day that is left out":   {header + first + "2012-01-03,0,1,0,1,sun\n", "line 3: date 2012-01-03: want 2012-01-02, the day after"},
		"a day that comes again":   {header + first + first, "line 3: date 2012-01-01: want 2012-01-02"},
		"a line with a part short": {header + "2012-01-01,0,1\n", "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			days, err := weather.Clean(t.Context(), tt.raw)
			require.ErrorContains(t, err, tt.want)
			assert.Empty(t, days)
		})
	}
}

func TestCleanReportsEveryWrongLine(t *testing.T) {
	t.Parallel()

	_, err := weather.Clean(t.Context(), header+"2012-01-01,-1,1,0,1,sun\n2012-01-01,0,1,0,1,hail\n")
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 2)
	assert.ErrorContains(t, err, "line 2: precipitation -1")
	assert.ErrorContains(t, err, `line 3: weather "hail"`)
}
