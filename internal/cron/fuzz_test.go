package cron_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

func fuzzTexts() []string {
	return []string{
		"* * * * *", "*/15 22-2/3 1,L feb-NOV 1-5", "0 0 29 2 *", "30 2 28-L * ?", "0 9 * * mon-fri#1,L5", "@daily", "0 0 31 4 *",
		"60 * * * *", "R * * * *", "0 0 * 2 0#5", "1-2-3 */0 ? # L", "0 0 31 2 1",
	}
}

// A text is refused, or fires within the 40 years after which all days have come.
func FuzzParse(f *testing.F) {
	for _, text := range fuzzTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := cron.Parse(text)
		if err != nil {
			require.Zero(t, s)
			require.NotEmpty(t, err.Error())
			return
		}
		require.Equal(t, text, s.String())
		require.NotContains(t, s.Words(), "  ")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		next := s.In(time.UTC).Next(start)
		require.True(t, next.After(start))
		require.Less(t, next.Year(), 2067)
	})
}

func FuzzNext(f *testing.F) {
	for i, text := range fuzzTexts() {
		f.Add(text, uint16(50*i), int64(1_700_000_000))
	}
	f.Add("30 2 * * *", uint16(177), int64(-1<<40))
	f.Add("0 0 * * *", uint16(300), int64(1<<62))
	f.Fuzz(func(t *testing.T, text string, place uint16, u int64) {
		s, err := cron.Parse(text)
		if err != nil {
			return
		}
		loc := zone(t, zones()[int(place)%len(zones())])
		ticks, at := s.In(loc), time.Unix(u, 0)
		next := ticks.Next(at)
		if next.IsZero() {
			require.Greater(t, at.UTC().Year(), 9950)
			return
		}
		require.True(t, next.After(at))
		if prev := ticks.Prev(next); !prev.IsZero() {
			require.False(t, prev.After(at))
		}
		require.True(t, ticks.AtOrAfter(next).Equal(next))
		require.True(t, ticks.AtOrBefore(next).Equal(next))
	})
}
