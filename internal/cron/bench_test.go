package cron_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

var benchmarks = []struct{ name, text string }{
	{"quarter", "*/15 * * * *"},
	{"daily", "30 2 * * *"},
	{"weekdays", "0 9 * * 1-5"},
	{"leapday", "0 0 29 2 *"},
}

// One operation is one tick, each found from the one before, in New York from 2026 on.
func BenchmarkCron(b *testing.B) {
	loc, err := cron.Zone("America/New_York")
	require.NoError(b, err)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, direction := range []string{"next", "prev"} {
		b.Run(direction, func(b *testing.B) {
			for _, bench := range benchmarks {
				b.Run(bench.name, func(b *testing.B) {
					s, err := cron.Parse(bench.text)
					require.NoError(b, err)
					ticks := s.In(loc)
					move := ticks.Next
					if direction == "prev" {
						move = ticks.Prev
					}
					b.ReportAllocs()
					at, n := start, 0
					for b.Loop() {
						// A few years: schedulers ask about now.
						if at, n = move(at), n+1; n%64 == 0 {
							at = start
						}
					}
				})
			}
		})
	}
}

// One operation is one tick of an iterator.
func BenchmarkCronUp(b *testing.B) {
	loc, err := cron.Zone("America/New_York")
	require.NoError(b, err)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) {
			s, err := cron.Parse(bench.text)
			require.NoError(b, err)
			ticks := s.In(loc)
			b.ReportAllocs()
			for b.Loop() {
				for at := range ticks.Up(start) {
					_ = at
					if !b.Loop() {
						return
					}
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cron.Parse("*/15 8-17 1,15,L jan-jun mon-fri"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCivilIn(b *testing.B) {
	loc, err := cron.Zone("America/New_York")
	require.NoError(b, err)
	b.ReportAllocs()
	c := cron.CivilDate(2026, time.January, 1, 0, 0, 0)
	for b.Loop() {
		c.In(loc)
		c += 24 * 60 * 60
	}
}
