package cron_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/cron"
)

const dayOfSeconds = 24 * 60 * 60

// Around changes of the clock, ticks in both directions are those that trying every minute finds.
func TestTicksNearChanges(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		loc, err := cron.Zone(rapid.SampledFrom(zones()).Draw(t, "zone"))
		require.NoError(t, err)
		r := drawReference(t)
		s, err := cron.Parse(r.text)
		require.NoError(t, err)
		at := drawChange(t, loc)
		from, to := at-3*dayOfSeconds, at+3*dayOfSeconds

		want := r.between(loc, from, to)
		ticks := s.In(loc)
		assert.Equal(t, want, unixOf(slices.Collect(ticks.Between(time.Unix(from, 0), time.Unix(to, 0)))), "%q", r.text)

		back := []int64{}
		for tick := range ticks.Down(time.Unix(to-1, 0)) {
			if tick.Unix() < from {
				break
			}
			back = append(back, tick.Unix())
		}
		slices.Reverse(back)
		assert.Equal(t, want, back, "%q backwards", r.text)
		checkSteps(t, ticks, want)
		for range 20 {
			u := at + rapid.Int64Range(-3*60*60, 3*60*60).Draw(t, "asked at")
			checkAround(t, ticks, want, u)
		}
	})
}

// checkSteps asks for each tick from the instants around the one before.
func checkSteps(t *rapid.T, ticks cron.Ticks, want []int64) {
	for i := 1; i < len(want) && i < 400; i++ {
		a, b := time.Unix(want[i-1], 0), time.Unix(want[i], 0)
		soon, late := a.Add(time.Nanosecond), b.Add(-time.Nanosecond)
		require.True(t, ticks.Next(a).Equal(b), "next after %s", a)
		require.True(t, ticks.Next(late).Equal(b))
		require.True(t, ticks.AtOrAfter(b).Equal(b))
		require.True(t, ticks.AtOrAfter(soon).Equal(b))
		require.True(t, ticks.Prev(b).Equal(a), "the one before %s", b)
		require.True(t, ticks.Prev(soon).Equal(a))
		require.True(t, ticks.AtOrBefore(a).Equal(a))
		require.True(t, ticks.AtOrBefore(late).Equal(a))
	}
}

// checkAround asks for the ticks on both sides of an instant.
func checkAround(t *rapid.T, ticks cron.Ticks, want []int64, u int64) {
	i, exact := slices.BinarySearch(want, u)
	if i > 0 {
		require.Equal(t, want[i-1], ticks.Prev(time.Unix(u, 0)).Unix(), "before %d", u)
	}
	if exact {
		i++
	}
	if i < len(want) {
		require.Equal(t, want[i], ticks.Next(time.Unix(u, 0)).Unix(), "after %d", u)
	}
}

func unixOf(list []time.Time) []int64 {
	all := []int64{}
	for _, at := range list {
		all = append(all, at.Unix())
	}
	return all
}

// A union has the ticks of its members, each once.
func TestUnionOfTicks(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		loc, err := cron.Zone(rapid.SampledFrom(zones()).Draw(t, "zone"))
		require.NoError(t, err)
		at := drawChange(t, loc)
		from, to := time.Unix(at-dayOfSeconds, 0), time.Unix(at+dayOfSeconds, 0)
		var texts []string
		want := []int64{}
		for range rapid.IntRange(1, 4).Draw(t, "members") {
			texts = append(texts, drawReference(t).text)
			s, err := cron.Parse(texts[len(texts)-1])
			require.NoError(t, err)
			want = append(want, unixOf(slices.Collect(s.In(loc).Between(from, to)))...)
		}
		slices.Sort(want)
		u, err := cron.ParseAll(texts)
		require.NoError(t, err)
		assert.Equal(t, slices.Compact(want), unixOf(slices.Collect(u.In(loc).Between(from, to))))
		assert.Equal(t, strings.Join(texts, "\n"), u.String())
	})
}

// A year of each zone: ticks follow each other and lead back.
func TestTicksOfAllZones(t *testing.T) {
	t.Parallel()

	texts := []string{"30 2 * * *", "0 0 * * 1", "15 * * * *", "0 0 29 2 *", "59 23 L * *"}
	for i, name := range zones() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			loc := zone(t, name)
			for _, text := range texts {
				s, err := cron.Parse(text)
				require.NoError(t, err)
				ticks := s.In(loc)
				at := time.Unix(unix(1970+i%68), 0)
				for range 400 {
					next := ticks.Next(at)
					require.True(t, next.After(at), "%q: %s comes after %s", text, next, at)
					require.False(t, ticks.Prev(next).After(at), "%q before %s", text, next)
					require.True(t, ticks.AtOrBefore(next).Equal(next), "%q at %s", text, next)
					at = next
				}
			}
		})
	}
}

// Goroutines that ask about different years don't disturb each other.
func TestTicksAtOnce(t *testing.T) {
	t.Parallel()

	s, err := cron.Parse("30 2 * * *")
	require.NoError(t, err)
	ticks := s.In(zone(t, "America/New_York"))
	winter, summer := utc(t, "2025-01-15T00:00:00Z"), utc(t, "2025-07-15T00:00:00Z")
	inWinter, inSummer := utc(t, "2025-01-15T07:30:00Z"), utc(t, "2025-07-15T06:30:00Z")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20_000 {
				a, b := ticks.Next(winter), ticks.Next(summer)
				if !a.Equal(inWinter) || !b.Equal(inSummer) {
					assert.Fail(t, "wrong tick", "%s and %s", a, b)
					return
				}
			}
		})
	}
	group.Wait()
}
