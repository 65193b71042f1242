package cron_test

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

//go:embed testdata/zones.txt
var zoneList string

func zones() []string { return strings.Fields(zoneList) }

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()

	loc, err := cron.Zone(name)
	require.NoError(tb, err)
	return loc
}

func utc(tb testing.TB, text string) time.Time {
	tb.Helper()

	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(tb, err)
	return at.UTC()
}

func unix(year int) int64 { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix() }

func offset(loc *time.Location, u int64) int64 {
	_, seconds := time.Unix(u, 0).In(loc).Zone()
	return int64(seconds)
}

func TestZone(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"", "UTC"} {
		loc, err := cron.Zone(name)
		require.NoError(t, err)
		assert.Equal(t, time.UTC, loc)
	}
	_, err := cron.Zone("Europe/Atlantis")
	require.ErrorContains(t, err, `time zone "Europe/Atlantis": unknown time zone`)
	_, err = cron.Zone("Local")
	require.ErrorIs(t, err, cron.ErrLocal)
}

// In each zone the spans from 1969 to 2101 follow each other, and the clocks are set where they meet only.
func TestSpansOfAllZones(t *testing.T) {
	t.Parallel()

	for _, name := range zones() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			loc := zone(t, name)
			for at := unix(1969); at < unix(2101); {
				start, end, seconds, ok := cron.Span(loc, at)
				require.LessOrEqual(t, start, at)
				if !ok {
					end = unix(2101)
				}
				require.Greater(t, end, at)
				const probes = 8
				for i := range int64(probes) {
					require.Equal(t, seconds, offset(loc, at+(end-1-at)*i/(probes-1)), "in the span from %d to %d", start, end)
				}
				start, _, _, _ = cron.Span(loc, end-1)
				require.LessOrEqual(t, start, at, "seen from its end")
				if start > unix(1900) {
					require.Equal(t, seconds, offset(loc, start))
				}
				at = end
			}
		})
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()

	first := cron.DayNumber(-1, 1, 1)
	for day := first; day < cron.DayNumber(2500, 1, 1); day++ {
		at := time.Unix(day*24*60*60, 0).UTC()
		year, month, ofMonth := cron.DateOf(day)
		if at.Year() != year || int(at.Month()) != month || at.Day() != ofMonth || cron.DayNumber(year, month, ofMonth) != day {
			require.Failf(t, "wrong date", "day %d is %s, got %d-%d-%d", day, at, year, month, ofMonth)
		}
	}
}
