package cron

import (
	"iter"
	"time"
)

// Ticks are the instants at which schedules fire in one place, from the year 1 to the year 9999. The zero value has
// none. Each is on a whole second, and is returned with the place's location.
type Ticks struct {
	loc       *time.Location
	schedules []Schedule
}

func newTicks(loc *time.Location, schedules []Schedule) Ticks {
	if loc == nil {
		loc = time.UTC
	}
	return Ticks{loc, schedules}
}

// Next returns the first tick after t, or the zero time if there is none.
func (k Ticks) Next(t time.Time) time.Time {
	var near span
	return k.time(k.after(&near, floorUnix(t)))
}

// AtOrAfter returns the first tick that is not before t, or the zero time if there is none.
func (k Ticks) AtOrAfter(t time.Time) time.Time {
	var near span
	return k.time(k.after(&near, ceilUnix(t)-1))
}

// Prev returns the last tick before t, or the zero time if there is none.
func (k Ticks) Prev(t time.Time) time.Time {
	var near span
	return k.time(k.before(&near, ceilUnix(t)))
}

// AtOrBefore returns the last tick that is not after t, or the zero time if there is none.
func (k Ticks) AtOrBefore(t time.Time) time.Time {
	var near span
	return k.time(k.before(&near, floorUnix(t)+1))
}

// Up returns the ticks that are not before t, in order, up to the year 9999.
func (k Ticks) Up(t time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		var near span
		u, ok := k.after(&near, ceilUnix(t)-1)
		for ok && yield(k.time(u, true)) {
			u, ok = k.after(&near, u)
		}
	}
}

// Down returns the ticks that are not after t, latest first, down to the year 1.
func (k Ticks) Down(t time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		var near span
		u, ok := k.before(&near, floorUnix(t)+1)
		for ok && yield(k.time(u, true)) {
			u, ok = k.before(&near, u)
		}
	}
}

// Between returns the ticks from one instant, included, to another, excluded, in order.
func (k Ticks) Between(from, to time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for t := range k.Up(from) {
			if !t.Before(to) || !yield(t) {
				return
			}
		}
	}
}

func (k Ticks) time(u int64, ok bool) time.Time {
	if !ok {
		return time.Time{}
	}
	return time.Unix(u, 0).In(k.loc)
}

// after returns the first tick of all schedules after u. It leaves the span of u in near, where the search for a
// tick that follows finds it.
func (k Ticks) after(near *span, u int64) (first int64, found bool) {
	for i := range k.schedules {
		if at, ok := k.schedules[i].after(k.loc, near, u); ok && (!found || at < first) {
			first, found = at, true
		}
	}
	return first, found
}

// before returns the last tick of all schedules before u.
func (k Ticks) before(near *span, u int64) (last int64, found bool) {
	for i := range k.schedules {
		if at, ok := k.schedules[i].before(k.loc, near, u); ok && (!found || at > last) {
			last, found = at, true
		}
	}
	return last, found
}

func (s *Schedule) after(loc *time.Location, near *span, u int64) (int64, bool) {
	if !near.holds(u) {
		*near = spanAt(loc, u)
	}
	if s.EveryHour() {
		return s.realAfter(loc, *near, u)
	}
	wall, ok := s.ceil(lowest(loc, *near, u, u+near.offset+1))
	if !ok {
		return 0, false
	}
	return lastAt(loc, near, wall), true
}

func (s *Schedule) before(loc *time.Location, near *span, u int64) (int64, bool) {
	if !near.holds(u - 1) {
		*near = spanAt(loc, u-1)
	}
	if s.EveryHour() {
		return s.realBefore(loc, *near, u)
	}
	wall, ok := s.floor(lowest(loc, *near, u, u+near.offset) - 1)
	if !ok {
		return 0, false
	}
	return lastAt(loc, near, wall), true
}

// realAfter looks for a real minute after u, which is in p: span by span, as each may show a minute again.
func (s *Schedule) realAfter(loc *time.Location, p span, u int64) (int64, bool) {
	for from := u + 1; ; {
		if from >= p.end {
			p = spanAt(loc, from)
		}
		wall, ok := s.ceil(from + p.offset)
		if !ok {
			return 0, false
		}
		if at := wall - p.offset; at < p.end {
			return at, true
		}
		from = p.end
	}
}

// realBefore looks for a real minute before u, where u-1 is in p.
func (s *Schedule) realBefore(loc *time.Location, p span, u int64) (int64, bool) {
	for to := u - 1; ; {
		if to < p.start {
			p = spanAt(loc, to)
		}
		wall, ok := s.floor(to + p.offset)
		if !ok {
			return 0, false
		}
		if at := wall - p.offset; at >= p.start {
			return at, true
		}
		to = p.start - 1
	}
}

// Instants further out than this have the same ticks: none, or all of them on one side.
const edge = int64(1) << 40

func floorUnix(t time.Time) int64 { return min(max(t.Unix(), -edge), edge) }

func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return floorUnix(t) + 1
	}
	return floorUnix(t)
}
