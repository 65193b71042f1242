package cron_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

func TestWords(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"30 2 * * *":            "at 02:30",
		"30 2 * * mon-fri":      "at 02:30, Monday to Friday",
		"@daily":                "at 00:00",
		"@hourly":               "every hour",
		"@weekly":               "at 00:00, on Sunday",
		"@monthly":              "at 00:00, on day 1 of the month",
		"@yearly":               "at 00:00, on day 1 of the month, in January",
		"5 * * * *":             "every hour at minute 5",
		"5,50 * * * *":          "every hour at minutes 5 and 50",
		"* * * * *":             "every minute",
		"*/15 * * * *":          "every 15 minutes",
		"3/20 * * * *":          "every 20 minutes from minute 3 of the hour",
		"3/25 * * * *":          "every hour at minutes 3, 28 and 53",
		"*/7 * * * *":           "",
		"*/90 * * * *":          "every hour",
		"0 */6 * * *":           "at 00:00, 06:00, 12:00 and 18:00",
		"0 */2 * * *":           "every 2 hours from 00:00 to 22:00",
		"30 9-17 * * *":         "every hour from 09:30 to 17:30",
		"*/10 9-17 * * *":       "every 10 minutes from 09:00 to 17:50",
		"* 9 * * *":             "every minute from 09:00 to 09:59",
		"0,30 9,17 * * *":       "at 09:00, 09:30, 17:00 and 17:30",
		"0 1,2,3,5,8 * * *":     "",
		"*/10 9,11,13,15 * * *": "",
		"0 0 L * *":             "at 00:00, on the last day of the month",
		"0 0 15,L * *":          "at 00:00, on day 15 or on the last day of the month",
		"0 0 28-L * *":          "at 00:00, on days 28 to 31 of the month",
		"0 0 1,15 * *":          "at 00:00, on days 1 and 15 of the month",
		"0 0 */2 * *":           "",
		"0 0 13 * 5":            "at 00:00, on day 13 of the month or on Friday",
		"0 0 1-31 * 5":          "at 00:00, on days 1 to 31 of the month or on Friday",
		"0 0 * * sat-mon":       "at 00:00, Saturday to Monday",
		"0 0 * * 6,7":           "at 00:00, on Sunday and Saturday",
		"0 0 * * 0-6":           "at 00:00",
		"0 0 * * L5":            "at 00:00, on the last Friday of the month",
		"0 0 * * fri#2,mon#1":   "at 00:00, on the first Monday and the second Friday of the month",
		"0 0 * * mon-wed#1":     "at 00:00, on the first Monday, the first Tuesday and the first Wednesday of the month",
		"0 0 * jan,jul *":       "at 00:00, in January and July",
		"0 0 * 6-8 *":           "at 00:00, from June to August",
		"0 0 29 2 *":            "at 00:00, on day 29 of the month, in February",
	} {
		s, err := cron.Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, s.Words(), text)
	}
	assert.Empty(t, cron.Schedule{}.Words())
}
