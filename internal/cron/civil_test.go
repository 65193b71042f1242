package cron_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/cron"
)

func TestCivilIn(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, zone  string
		civil       cron.Civil
		occurrence  cron.Occurrence
		first, last string
	}{
		{"an ordinary time", "Europe/Berlin", civil(2025, 7, 1, 9, 0), cron.Once, "2025-07-01T07:00:00Z", "2025-07-01T07:00:00Z"},
		{"in a gap", "America/New_York", civil(2025, 3, 9, 2, 30), cron.Missed, "2025-03-09T07:00:00Z", "2025-03-09T07:00:00Z"},
		{"at the start of a gap", "America/New_York", civil(2025, 3, 9, 2, 0), cron.Missed, "2025-03-09T07:00:00Z", "2025-03-09T07:00:00Z"},
		{"at the end of a gap", "America/New_York", civil(2025, 3, 9, 3, 0), cron.Once, "2025-03-09T07:00:00Z", "2025-03-09T07:00:00Z"},
		{"comes twice", "America/New_York", civil(2025, 11, 2, 1, 30), cron.Twice, "2025-11-02T05:30:00Z", "2025-11-02T06:30:00Z"},
		{"the first that comes twice", "America/New_York", civil(2025, 11, 2, 1, 0), cron.Twice, "2025-11-02T05:00:00Z", "2025-11-02T06:00:00Z"},
		{"after the hour that comes twice", "America/New_York", civil(2025, 11, 2, 2, 0), cron.Once, "2025-11-02T07:00:00Z", "2025-11-02T07:00:00Z"},
		{"half an hour twice", "Australia/Lord_Howe", civil(2025, 4, 6, 1, 45), cron.Twice, "2025-04-05T14:45:00Z", "2025-04-05T15:15:00Z"},
		{"no midnight", "America/Havana", civil(2025, 3, 9, 0, 0), cron.Missed, "2025-03-09T05:00:00Z", "2025-03-09T05:00:00Z"},
		{"on a lost day", "Pacific/Apia", civil(2011, 12, 30, 12, 0), cron.Missed, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"after a lost day", "Pacific/Apia", civil(2011, 12, 31, 0, 0), cron.Once, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			loc := zone(t, tt.zone)
			got := tt.civil.In(loc)
			assert.Equal(t, tt.occurrence, got.Occurrence)
			assert.Equal(t, tt.first, got.First.UTC().Format(time.RFC3339))
			assert.Equal(t, tt.last, got.Last.UTC().Format(time.RFC3339))
			assert.Equal(t, loc, got.First.Location())
		})
	}
	assert.Equal(t, "2025-07-01T09:00:00Z", civil(2025, 7, 1, 9, 0).In(nil).First.Format(time.RFC3339))
}

func civil(year int, month time.Month, day, hour, minute int) cron.Civil {
	return cron.CivilDate(year, month, day, hour, minute, 0)
}

func TestCivilFields(t *testing.T) {
	t.Parallel()

	at := utc(t, "2025-07-01T22:30:15Z").In(zone(t, "Europe/Berlin"))
	c := cron.CivilOf(at)
	assert.Equal(t, cron.CivilDate(2025, time.July, 2, 0, 30, 15), c)
	assert.Equal(t, "2025-07-02 00:30:15", c.UTC().Format(time.DateTime))
	assert.Equal(t, cron.CivilDate(2025, time.May, 1, 0, 0, 0), cron.CivilDate(2025, time.April, 31, 0, 0, 0))
}

// Near changes of the clock, what a wall shows leads back to when it shows it.
func TestCivilRoundTrip(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		loc, err := cron.Zone(rapid.SampledFrom(zones()).Draw(t, "zone"))
		require.NoError(t, err)
		change := drawChange(t, loc)
		u := change + rapid.Int64Range(-2*dayOfSeconds, 2*dayOfSeconds).Draw(t, "seconds")

		shown := cron.CivilOf(time.Unix(u, 0).In(loc)).In(loc)
		require.NotEqual(t, cron.Missed, shown.Occurrence)
		require.True(t, shown.First.Unix() == u || shown.Last.Unix() == u, "%v is not %d", shown, u)
		require.Equal(t, shown.Occurrence == cron.Twice, shown.Last.After(shown.First))

		// What no clock shows lies between what it shows before the change and at it.
		before, at := cron.CivilOf(time.Unix(change-1, 0).In(loc)), cron.CivilOf(time.Unix(change, 0).In(loc))
		for c := before + 1; c < at; c += 61 {
			got := c.In(loc)
			require.Equal(t, cron.Missed, got.Occurrence)
			require.Equal(t, change, got.First.Unix())
			require.Equal(t, change, got.Last.Unix())
		}
	})
}
