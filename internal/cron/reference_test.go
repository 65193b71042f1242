package cron_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// reference is a cron that is known by what it names, not by its text, and asked by trying every minute.
type reference struct {
	text    string
	minutes []bool
	hours   []bool
	dates   []bool
	months  []bool
	week    []bool

	anyDate, anyWeek bool
}

// drawReference makes up a cron that fires at times near enough to test.
func drawReference(t *rapid.T) reference {
	var r reference
	minute, minutes := drawField(t, "minute", 0, 59)
	hour, hours := drawField(t, "hour", 0, 23)
	date, dates := drawField(t, "date", 1, 31)
	week, weekdays := drawField(t, "week", 0, 6)
	r.minutes, r.hours, r.dates, r.week = minutes, hours, dates, weekdays
	r.anyDate, r.anyWeek = date == "*", week == "*"
	r.months = slices.Repeat([]bool{true}, 13)
	r.text = strings.Join([]string{minute, hour, date, "*", week}, " ")
	return r
}

// drawField makes up the text of a field, and what it names.
func drawField(t *rapid.T, name string, lo, hi int) (string, []bool) {
	set := make([]bool, hi+1)
	add := func(first, last, step int) {
		for v := first; v <= last; v += step {
			set[v] = true
		}
	}
	value := rapid.IntRange(lo, hi)
	switch rapid.SampledFrom([]string{"any", "any", "one", "list", "range", "steps"}).Draw(t, name) {
	case "any":
		add(lo, hi, 1)
		return "*", set
	case "one":
		v := value.Draw(t, "value")
		set[v] = true
		return strconv.Itoa(v), set
	case "list":
		var words []string
		for _, v := range rapid.SliceOfN(value, 1, 5).Draw(t, "values") {
			set[v] = true
			words = append(words, fmt.Sprintf("%02d", v))
		}
		return strings.Join(words, ","), set
	case "range":
		// Not all of the field: that a cron of all hours is another matter is tested with *.
		a := rapid.IntRange(lo, hi-1).Draw(t, "first")
		b := rapid.IntRange(a, hi-1).Draw(t, "last")
		step := rapid.IntRange(1, 9).Draw(t, "step")
		add(a, b, step)
		return fmt.Sprintf("%d-%d/%d", a, b, step), set
	}
	step := rapid.IntRange(2, hi+5).Draw(t, "step")
	add(lo, hi, step)
	return fmt.Sprintf("*/%d", step), set
}

func (r reference) matches(at time.Time) bool {
	if !r.minutes[at.Minute()] || !r.hours[at.Hour()] || !r.months[at.Month()] {
		return false
	}
	date, week := r.dates[at.Day()], r.week[at.Weekday()]
	switch {
	case r.anyDate:
		return week
	case r.anyWeek:
		return date
	}
	return date || week
}

// between returns the ticks in [from, to), by trying each minute on the wall with each offset that is in use then.
func (r reference) between(loc *time.Location, from, to int64) []int64 {
	const margin, probe = 2 * 24 * 60 * 60, 15 * 60
	var offsets []int64
	for u := from - 2*margin; u < to+2*margin; u += probe {
		if o := offset(loc, u); !slices.Contains(offsets, o) {
			offsets = append(offsets, o)
		}
	}
	everyHour := !slices.Contains(r.hours, false)
	ticks := []int64{}
	for wall := (from - margin) / 60 * 60; wall < to+margin; wall += 60 {
		if !r.matches(time.Unix(wall, 0).UTC()) {
			continue
		}
		var at []int64
		for _, o := range offsets {
			if u := wall - o; offset(loc, u) == o {
				at = append(at, u)
			}
		}
		switch {
		case everyHour:
			ticks = append(ticks, at...)
		case len(at) > 0:
			ticks = append(ticks, slices.Max(at))
		default:
			ticks = append(ticks, gapEnd(loc, wall, slices.Min(offsets), slices.Max(offsets)))
		}
	}
	slices.Sort(ticks)
	ticks = slices.Compact(ticks)
	return slices.DeleteFunc(ticks, func(u int64) bool { return u < from || u >= to })
}

// gapEnd returns the first instant at which the wall shows more than a minute that it leaves out.
func gapEnd(loc *time.Location, wall, least, most int64) int64 {
	before, after := wall-most, wall-least
	for after-before > 1 {
		if mid := (before + after) / 2; mid+offset(loc, mid) > wall {
			after = mid
		} else {
			before = mid
		}
	}
	return after
}

// drawChange returns an instant at which the clocks of a place are set, soon after a random one, or that one if they
// are left alone.
func drawChange(t *rapid.T, loc *time.Location) int64 {
	u := rapid.Int64Range(unix(1970), unix(2038)).Draw(t, "instant")
	const step = 6 * 60 * 60
	for at := u; at < u+400*4*step; at += step {
		if offset(loc, at) == offset(loc, at+step) {
			continue
		}
		before, after := at, at+step
		for after-before > 1 {
			if mid := (before + after) / 2; offset(loc, mid) == offset(loc, at) {
				before = mid
			} else {
				after = mid
			}
		}
		return after
	}
	return u
}
