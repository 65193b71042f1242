// Package cron_test measures what it takes to find the next tick, beside other libraries.
package cron_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/adhocore/gronx"
	robfig "github.com/robfig/cron/v3"

	"github.com/dagster-go/dagster/internal/cron"
)

var texts = []struct{ name, text string }{
	{"quarter", "*/15 * * * *"},
	{"daily", "30 2 * * *"},
	{"weekdays", "0 9 * * 1-5"},
	{"leapday", "0 0 29 2 *"},
}

// each measures one tick, found from the one before, in New York from 2026 on.
func each(b *testing.B, prepare func(text string) (func(time.Time) time.Time, error)) {
	b.Helper()

	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		b.Fatal(err)
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
	for _, bench := range texts {
		b.Run(bench.name, func(b *testing.B) {
			move, err := prepare(bench.text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			at, n := start, 0
			for b.Loop() {
				if at, n = move(at), n+1; n%8 == 0 {
					at = start
				}
			}
			if at.IsZero() {
				b.Fatal("no tick")
			}
		})
	}
}

func newYork() *time.Location {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return loc
}

func BenchmarkNextOurs(b *testing.B) {
	each(b, func(text string) (func(time.Time) time.Time, error) {
		s, err := cron.Parse(text)
		return s.In(newYork()).Next, err
	})
}

func BenchmarkPrevOurs(b *testing.B) {
	each(b, func(text string) (func(time.Time) time.Time, error) {
		s, err := cron.Parse(text)
		return s.In(newYork()).Prev, err
	})
}

func BenchmarkNextRobfig(b *testing.B) {
	each(b, func(text string) (func(time.Time) time.Time, error) {
		s, err := robfig.ParseStandard(text)
		if err != nil {
			return nil, err
		}
		return s.Next, nil
	})
}

func BenchmarkNextGronx(b *testing.B) {
	each(b, func(text string) (func(time.Time) time.Time, error) {
		return func(at time.Time) time.Time {
			next, err := gronx.NextTickAfter(text, at, false)
			if err != nil {
				panic(err)
			}
			return next
		}, nil
	})
}

func BenchmarkPrevGronx(b *testing.B) {
	each(b, func(text string) (func(time.Time) time.Time, error) {
		return func(at time.Time) time.Time {
			prev, err := gronx.PrevTickBefore(text, at, false)
			if err != nil {
				panic(err)
			}
			return prev
		}, nil
	})
}
