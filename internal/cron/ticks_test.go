package cron_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

func TestTicksWhereClocksAreSet(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, text, zone, from, want string }{
		{"New York, spring", "30 2 * * *", "America/New_York", "2025-03-08T12:00:00Z", "2025-03-09T07:00:00Z 2025-03-10T06:30:00Z 2025-03-11T06:30:00Z"},
		{"New York, autumn", "30 1 * * *", "America/New_York", "2025-11-01T12:00:00Z", "2025-11-02T06:30:00Z 2025-11-03T06:30:00Z 2025-11-04T06:30:00Z"},
		{"every hour in autumn", "30 * * * *", "America/New_York", "2025-11-02T04:00:00Z", "2025-11-02T04:30:00Z 2025-11-02T05:30:00Z 2025-11-02T06:30:00Z 2025-11-02T07:30:00Z"},
		{"every hour in spring", "30 * * * *", "America/New_York", "2025-03-09T05:00:00Z", "2025-03-09T05:30:00Z 2025-03-09T06:30:00Z 2025-03-09T07:30:00Z 2025-03-09T08:30:00Z"},
		{"half an hour forward", "15 2 * * *", "Australia/Lord_Howe", "2025-10-04T00:00:00Z", "2025-10-04T15:30:00Z 2025-10-05T15:15:00Z 2025-10-06T15:15:00Z"},
		{"half an hour back", "45 1 * * *", "Australia/Lord_Howe", "2025-04-04T20:00:00Z", "2025-04-05T15:15:00Z 2025-04-06T15:15:00Z 2025-04-07T15:15:00Z"},
		{"two hours forward", "30 1 * * *", "Antarctica/Troll", "2025-03-29T12:00:00Z", "2025-03-30T01:00:00Z 2025-03-30T23:30:00Z 2025-03-31T23:30:00Z"},
		{"midnight left out, Cairo", "0 0 * * *", "Africa/Cairo", "2025-04-24T12:00:00Z", "2025-04-24T22:00:00Z 2025-04-25T21:00:00Z 2025-04-26T21:00:00Z"},
		{"midnight left out, Havana", "15 0 * * *", "America/Havana", "2025-03-08T12:00:00Z", "2025-03-09T05:00:00Z 2025-03-10T04:15:00Z 2025-03-11T04:15:00Z"},
		{"midnight left out, Asuncion", "30 0 * * *", "America/Asuncion", "2023-09-30T12:00:00Z", "2023-10-01T04:00:00Z 2023-10-02T03:30:00Z 2023-10-03T03:30:00Z"},
		{"midnight left out, Santiago", "30 0 * * *", "America/Santiago", "2024-09-07T12:00:00Z", "2024-09-08T04:00:00Z 2024-09-09T03:30:00Z 2024-09-10T03:30:00Z"},
		{"midnight comes twice, Sao Paulo", "30 23 * * *", "America/Sao_Paulo", "2018-02-17T00:00:00Z", "2018-02-17T01:30:00Z 2018-02-18T02:30:00Z 2018-02-19T02:30:00Z"},
		{"a day left out, Apia", "0 9 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-29T19:00:00Z 2011-12-30T10:00:00Z 2011-12-30T19:00:00Z 2011-12-31T19:00:00Z"},
		{"a day left out, Kwajalein", "0 9 * * *", "Pacific/Kwajalein", "1993-08-20T00:00:00Z", "1993-08-20T21:00:00Z 1993-08-21T12:00:00Z 1993-08-21T21:00:00Z 1993-08-22T21:00:00Z"},
		{"back in Ramadan, Casablanca", "30 2 * * *", "Africa/Casablanca", "2025-02-22T12:00:00Z", "2025-02-23T02:30:00Z 2025-02-24T02:30:00Z 2025-02-25T02:30:00Z"},
		{"forward after Ramadan, Casablanca", "30 2 * * *", "Africa/Casablanca", "2025-04-05T12:00:00Z", "2025-04-06T02:00:00Z 2025-04-07T01:30:00Z 2025-04-08T01:30:00Z"},
		{"winter time is less, Dublin", "30 1 * * *", "Europe/Dublin", "2025-10-25T12:00:00Z", "2025-10-26T01:30:00Z 2025-10-27T01:30:00Z 2025-10-28T01:30:00Z"},
		{"one minute past midnight, St. John's", "30 0 * * *", "America/St_Johns", "2010-03-13T12:00:00Z", "2010-03-14T03:31:00Z 2010-03-15T03:00:00Z 2010-03-16T03:00:00Z"},
		{"44 and a half minutes left out, Monrovia", "30 0 * * *", "Africa/Monrovia", "1972-01-06T12:00:00Z", "1972-01-07T00:44:30Z 1972-01-08T00:30:00Z 1972-01-09T00:30:00Z"},
		{"15 minutes left out, Kathmandu", "5 0 * * *", "Asia/Kathmandu", "1985-12-31T00:00:00Z", "1985-12-31T18:30:00Z 1986-01-01T18:20:00Z 1986-01-02T18:20:00Z"},
		{"time zone changed, Pyongyang", "45 23 * * *", "Asia/Pyongyang", "2018-05-03T00:00:00Z", "2018-05-03T15:15:00Z 2018-05-04T15:00:00Z 2018-05-05T14:45:00Z"},
		{"long before any rule", "0 0 1 1 *", "Europe/Berlin", "1890-01-01T00:00:00Z", "1890-12-31T23:06:32Z 1891-12-31T23:06:32Z 1892-12-31T23:06:32Z 1893-12-31T23:00:00Z 1894-12-31T23:00:00Z"},
		{"long after the tables", "30 2 * * *", "America/New_York", "2099-03-07T12:00:00Z", "2099-03-08T07:00:00Z 2099-03-09T06:30:00Z 2099-03-10T06:30:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s, err := cron.Parse(tt.text)
			require.NoError(t, err)
			ticks := s.In(zone(t, tt.zone))
			want := strings.Fields(tt.want)
			last := utc(t, want[len(want)-1])

			got := slices.Collect(ticks.Between(utc(t, tt.from), last.Add(time.Second)))
			assert.Equal(t, want, texts(got))
			var back []time.Time
			for at := range ticks.Down(last) {
				if at.Before(utc(t, tt.from)) {
					break
				}
				back = append(back, at)
			}
			slices.Reverse(back)
			assert.Equal(t, want, texts(back))
		})
	}
}

func texts(list []time.Time) []string {
	var all []string
	for _, at := range list {
		all = append(all, at.UTC().Format(time.RFC3339Nano))
	}
	return all
}

func TestTicksAtTheEnds(t *testing.T) {
	t.Parallel()

	s, err := cron.Parse("0 0 1 12 *")
	require.NoError(t, err)
	hours, err := cron.Parse("0 * * * *")
	require.NoError(t, err)
	late, early := time.Date(9998, 6, 1, 0, 0, 0, 0, time.UTC), time.Date(3, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"UTC", "Europe/Berlin", "Pacific/Auckland", "America/New_York"} {
		ticks := s.In(zone(t, name))
		assert.Len(t, slices.Collect(ticks.Up(late)), 2, name)
		assert.Len(t, slices.Collect(ticks.Down(early)), 2, name)
		for _, far := range []int64{1 << 40, 1 << 45, 1 << 62} {
			for _, k := range []cron.Ticks{ticks, hours.In(zone(t, name))} {
				assert.Zero(t, k.Next(time.Unix(far, 0)))
				assert.Equal(t, 9999, k.Prev(time.Unix(far, 0)).Year())
				assert.Zero(t, k.Prev(time.Unix(-far, 0)))
				assert.Equal(t, 1, k.Next(time.Unix(-far, 0)).Year())
			}
		}
	}
}

func TestTicksOfNothing(t *testing.T) {
	t.Parallel()

	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, ticks := range []cron.Ticks{{}, cron.Schedule{}.In(time.UTC), cron.Union{}.In(time.UTC)} {
		assert.Zero(t, ticks.Next(now))
		assert.Zero(t, ticks.Prev(now))
		assert.Empty(t, slices.Collect(ticks.Up(now)))
		assert.Empty(t, slices.Collect(ticks.Down(now)))
	}
}

func TestTicksSaySomethingOfTheirPlace(t *testing.T) {
	t.Parallel()

	s, err := cron.Parse("0 9 * * *")
	require.NoError(t, err)
	now := utc(t, "2025-07-01T00:00:00.5Z")
	assert.Equal(t, "2025-07-01 09:00:00 +0000 UTC", s.In(nil).Next(now).String(), "no place is UTC")
	assert.Equal(t, "2025-07-01 09:00:00 +0200 CEST", s.In(zone(t, "Europe/Berlin")).Next(now).String())
	fixed := time.FixedZone("far", 90*60*60)
	assert.Equal(t, "2025-07-01T15:00:00Z", s.In(fixed).Next(now).UTC().Format(time.RFC3339))
}

// Days that come once in decades are found at once.
func TestRareDays(t *testing.T) {
	t.Parallel()

	tests := map[string]string{
		"0 0 29 2 *":   "2104-02-29T00:00:00Z", // 2100 is no leap year
		"0 0 * 2 0#5":  "2128-02-29T00:00:00Z",
		"0 0 * feb L5": "2097-02-22T00:00:00Z",
		"0 * 29 feb ?": "2104-02-29T00:00:00Z",
	}
	for text, want := range tests {
		s, err := cron.Parse(text)
		require.NoError(t, err)
		next := s.In(time.UTC).Next(utc(t, "2096-12-01T00:00:00Z"))
		assert.Equal(t, want, next.Format(time.RFC3339), text)
	}
}

func TestUnion(t *testing.T) {
	t.Parallel()

	u, err := cron.ParseAll([]string{"0 0 * * *", " 0 12 * * * ", "@daily"})
	require.NoError(t, err)
	got := slices.Collect(u.In(time.UTC).Between(utc(t, "2025-01-01T00:00:00Z"), utc(t, "2025-01-02T00:00:01Z")))
	assert.Equal(t, []string{"2025-01-01T00:00:00Z", "2025-01-01T12:00:00Z", "2025-01-02T00:00:00Z"}, texts(got))
	assert.Equal(t, "0 0 * * *\n 0 12 * * * \n@daily", u.String())
	assert.Len(t, u.Schedules(), 3)

	_, err = cron.ParseAll(nil)
	require.ErrorIs(t, err, cron.ErrNoSchedule)
	_, err = cron.ParseAll([]string{"60 * * * *", "0 0 * * *", "0 0 31 4 *"})
	require.ErrorContains(t, err, `minute "60"`)
	require.ErrorIs(t, err, cron.ErrNever, "both mistakes are told")
}
