package partition_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/cron"
	"github.com/dagster-go/dagster/partition"
)

// zones has whole, half and quarter hours, changes of the clock at midnight and by half an hour, and a lost day.
func zones() []string {
	return []string{
		"UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney", "Australia/Lord_Howe", "Africa/Cairo",
		"America/Havana", "America/Santiago", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Antarctica/Troll",
		"Africa/Casablanca", "America/St_Johns", "Asia/Pyongyang", "Europe/Dublin", "Asia/Tehran", "America/Toronto",
	}
}

func crons() []string {
	return []string{
		"0 * * * *", "30 * * * *", "0 0 * * *", "30 2 * * *", "15 1 * * *", "45 23 * * *", "0 0 * * 1", "30 1 * * 0", "0 0 1 * *",
		"0 3 31 * *", "*/20 * * * *", "0 0,12 * * *", "0 9-17 * * 1-5", "0 0 1 1,4,7,10 *", "30 0 L * *", "0 2 * * mon#2",
	}
}

// drawn is a definition with what it was made of.
type drawn struct {
	def    partition.Definition
	config partition.WindowConfig
	crons  []cron.Ticks // of the exclusions
	ticks  cron.Ticks
	start  time.Time
}

func drawWindows(t *rapid.T) drawn {
	c := partition.WindowConfig{
		Cron:      rapid.SampledFrom(crons()).Draw(t, "cron"),
		Zone:      rapid.SampledFrom(zones()).Draw(t, "zone"),
		Format:    "%Y-%m-%d-%H:%M",
		EndOffset: rapid.IntRange(-3, 3).Draw(t, "end offset"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "exclusions") {
		e := rapid.SampledFrom(crons()).Draw(t, "exclude")
		all := strings.HasPrefix(c.Cron, "30 ") && e == "30 * * * *" // leaves a window in years
		if !all && e != c.Cron && e != "*/20 * * * *" && e != "0 * * * *" {
			c.Exclude = append(c.Exclude, e)
		}
	}
	civil := time.Unix(rapid.Int64Range(0, 70*365*24*3600).Draw(t, "start"), 0).UTC().Truncate(time.Minute)
	c.Start = civil.Format("2006-01-02-15:04")
	zone, err := cron.Zone(c.Zone)
	require.NoError(t, err)
	m := cron.Civil(civil.Unix()).In(zone)
	if m.Occurrence == cron.Missed {
		t.Skip("the start is in a gap")
	}
	d := drawn{config: c, start: m.First}
	d.ticks = ticksOf(t, c.Cron, zone)
	for _, e := range c.Exclude {
		d.crons = append(d.crons, ticksOf(t, e, zone))
	}
	d.def, err = partition.Windows(c)
	if err != nil && len(d.crons) > 0 && len(d.windows(d.start.AddDate(10, 0, 0))) == 0 {
		t.Skip("nothing is left")
	}
	require.NoError(t, err)
	return d
}

func ticksOf(t require.TestingT, text string, zone *time.Location) cron.Ticks {
	s, err := cron.Parse(text)
	require.NoError(t, err)
	return s.In(zone)
}

func (d drawn) kept(at time.Time) bool {
	return !slices.ContainsFunc(d.crons, func(c cron.Ticks) bool { return c.AtOrAfter(at).Equal(at) })
}

// windows enumerates what exists at an instant, tick by tick.
func (d drawn) windows(now time.Time) []partition.Window {
	from := d.start
	before := 0
	for at := range d.ticks.Down(d.start.Add(-time.Second)) {
		if from = at; d.kept(at) {
			before++
		}
		if before > 3 || at.Before(d.start.AddDate(-3, 0, 0)) {
			break
		}
	}
	var all []partition.Window
	ended := 0
	for at := range d.ticks.Up(from) {
		w := partition.Window{Start: at, End: d.ticks.Next(at)}
		if at.After(now.AddDate(20, 0, 0)) {
			break
		}
		if !d.kept(at) {
			continue
		}
		all = append(all, w)
		if !w.End.After(now) {
			ended = len(all)
		} else if len(all) > ended+4 {
			break
		}
	}
	all = all[:max(min(ended+d.config.EndOffset, len(all)), 0)]
	return slices.DeleteFunc(all, func(w partition.Window) bool { return w.Start.Before(d.start) })
}

func TestWindowsAreThoseOfTheTicks(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		d := drawWindows(t)
		now := d.start.Add(time.Duration(rapid.Int64Range(0, 500*24).Draw(t, "hours")) * time.Hour)
		want := d.windows(now)
		s := d.def.At(now, nil)
		require.Equal(t, len(want), s.Count())
		step := max(len(want)/200, 1)
		for i := 0; i < len(want); i += step {
			key, ok := s.Nth(i)
			require.True(t, ok)
			w, err := d.def.WindowOf(key)
			require.NoError(t, err, key)
			require.True(t, w.Start.Equal(want[i].Start) && w.End.Equal(want[i].End), "window %d of key %q is %s, want %s", i, key, w, want[i])
			index, ok := s.Index(key)
			require.True(t, ok)
			require.Equal(t, i, index, key)
			for _, at := range []time.Time{w.Start, w.End.Add(-time.Nanosecond)} {
				held, _ := s.KeyAt(at)
				require.Equal(t, key, held)
			}
			held, _ := s.KeyUntil(w.End)
			require.Equal(t, key, held)
		}
	})
}

func TestWindowsTile(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		c := partition.WindowConfig{
			Every:  rapid.SampledFrom([]partition.Every{partition.Hourly, partition.Daily, partition.Weekly, partition.Monthly}).Draw(t, "every"),
			Zone:   rapid.SampledFrom(zones()).Draw(t, "zone"),
			Format: "%Y-%m-%d-%H:%M",
			Minute: rapid.SampledFrom([]int{0, 15, 30}).Draw(t, "minute"),
			Start:  "1970-01-02-00:00",
			End:    "2041-01-01-00:00",
		}
		if c.Every != partition.Hourly {
			c.Hour = rapid.IntRange(0, 23).Draw(t, "hour")
		}
		def, err := partition.Windows(c)
		require.NoError(t, err)
		s := def.At(time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), nil)
		require.Greater(t, s.Count(), 70*11)
		from := rapid.IntRange(0, s.Count()-1).Draw(t, "from")
		var end time.Time
		for i := from; i < min(from+400, s.Count()); i++ {
			key, _ := s.Nth(i)
			w, err := def.WindowOf(key)
			require.NoError(t, err)
			require.True(t, w.Start.Before(w.End))
			require.True(t, end.IsZero() || end.Equal(w.Start), "window %s of %q does not start at %s", w, key, end)
			end = w.End
		}
	})
}

func TestWindowsAnyYear(t *testing.T) {
	t.Parallel()

	def, err := partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "1850-06-01", Zone: "Europe/Berlin"})
	require.NoError(t, err)
	s := def.At(time.Date(2500, 1, 1, 12, 0, 0, 0, time.UTC), nil)
	want := int(time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC).Unix()-time.Date(1850, 6, 1, 0, 0, 0, 0, time.UTC).Unix()) / 86400
	assert.Equal(t, want, s.Count())
	last, _ := s.Last()
	assert.Equal(t, "2499-12-31", last)
	n, ok := s.Index("1969-12-31")
	assert.True(t, ok)
	key, _ := s.Nth(n)
	assert.Equal(t, "1969-12-31", key)
}

func TestWindowsRefused(t *testing.T) {
	t.Parallel()

	tests := map[string]partition.WindowConfig{
		"no cron":                  {Start: "2025-01-01"},
		"unknown directive":        {Every: partition.Daily, Start: "2025", Format: "%Y-%W"},
		"keys that come again":     {Every: partition.Daily, Start: "01-01", Format: "%m-%d"},
		"start not in the format":  {Every: partition.Daily, Start: "yesterday"},
		"unknown zone":             {Every: partition.Daily, Start: "2025-01-01", Zone: "Mars/Olympus"},
		"hour of hourly windows":   {Every: partition.Hourly, Start: "2025-01-01-00:00", Hour: 1},
		"cron beside a length":     {Every: partition.Daily, Start: "2025-01-01", Cron: "0 0 * * *"},
		"everything is excluded":   {Every: partition.Daily, Start: "2025-01-01", Exclude: []string{"0 0 * * *"}},
		"excluded start not a day": {Every: partition.Daily, Start: "2025-01-01", ExcludeAt: []string{"monday"}},
		"a cron that is none":      {Every: partition.Daily, Start: "2025-01-01", Exclude: []string{"bad"}},
		"a day that never is":      {Cron: "0 0 31 4 *", Start: "2025-01-01"},
		"no start":                 {Every: partition.Daily},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := partition.Windows(c)
			assert.Error(t, err)
		})
	}
	_, err := partition.Windows(tests["unknown directive"])
	assert.ErrorIs(t, err, partition.ErrDirective)
	assert.ErrorContains(t, err, `"%W"`)
}
