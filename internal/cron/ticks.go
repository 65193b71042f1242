package cron

import (
	"iter"
	"time"
)

// Ticks are the instants at which schedules fire in one place, from the year 1 to the year 9999. The zero value has
// none. Each is on a whole second, and is returned with the place's location.
type Ticks struct {
	place     *place
	schedules []Schedule
}

func newTicks(loc *time.Location, schedules []Schedule) Ticks {
	if loc == nil {
		loc = time.UTC
	}
	return Ticks{&place{loc: loc}, schedules}
}

// Location returns the place's location.
func (k Ticks) Location() *time.Location {
	if k.place == nil {
		return time.UTC
	}
	return k.place.loc
}

// Next returns the first tick after t, or the zero time if there is none.
func (k Ticks) Next(t time.Time) time.Time { return k.time(k.after(floorUnix(t))) }

// AtOrAfter returns the first tick that is not before t, or the zero time if there is none.
func (k Ticks) AtOrAfter(t time.Time) time.Time { return k.time(k.after(ceilUnix(t) - 1)) }

// Prev returns the last tick before t, or the zero time if there is none.
func (k Ticks) Prev(t time.Time) time.Time { return k.time(k.before(ceilUnix(t))) }

// AtOrBefore returns the last tick that is not after t, or the zero time if there is none.
func (k Ticks) AtOrBefore(t time.Time) time.Time { return k.time(k.before(floorUnix(t) + 1)) }

// Up returns the ticks that are not before t, in order, up to the year 9999.
func (k Ticks) Up(t time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		u, ok := k.after(ceilUnix(t) - 1)
		for ok && yield(k.time(u, true)) {
			u, ok = k.after(u)
		}
	}
}

// Down returns the ticks that are not after t, latest first, down to the year 1.
func (k Ticks) Down(t time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		u, ok := k.before(floorUnix(t) + 1)
		for ok && yield(k.time(u, true)) {
			u, ok = k.before(u)
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
	return time.Unix(u, 0).In(k.place.loc)
}

// after returns the first tick of all schedules after u.
func (k Ticks) after(u int64) (first int64, found bool) {
	for i := range k.schedules {
		if at, ok := k.schedules[i].times.after(k.place, u); ok && (!found || at < first) {
			first, found = at, true
		}
	}
	return first, found
}

// before returns the last tick of all schedules before u.
func (k Ticks) before(u int64) (last int64, found bool) {
	for i := range k.schedules {
		if at, ok := k.schedules[i].times.before(k.place, u); ok && (!found || at > last) {
			last, found = at, true
		}
	}
	return last, found
}

func (t *times) after(l *place, u int64) (int64, bool) {
	if t.everyHour() {
		return t.realAfter(l, u)
	}
	p := l.at(u)
	wall, ok := t.ceil(l.lowest(p, u, u+p.offset+1))
	if !ok {
		return 0, false
	}
	return l.lastAt(p, wall), true
}

func (t *times) before(l *place, u int64) (int64, bool) {
	if t.everyHour() {
		return t.realBefore(l, u)
	}
	p := l.at(u - 1)
	wall, ok := t.floor(l.lowest(p, u, u+p.offset) - 1)
	if !ok {
		return 0, false
	}
	return l.lastAt(p, wall), true
}

// realAfter looks for a real minute after u: span by span, as each may show a minute again.
func (t *times) realAfter(l *place, u int64) (int64, bool) {
	for from := u + 1; ; {
		p := l.at(from)
		wall, ok := t.ceil(from + p.offset)
		if !ok {
			return 0, false
		}
		if at := wall - p.offset; at < p.end {
			return at, true
		}
		from = p.end
	}
}

// realBefore looks for a real minute before u.
func (t *times) realBefore(l *place, u int64) (int64, bool) {
	for to := u - 1; ; {
		p := l.at(to)
		wall, ok := t.floor(to + p.offset)
		if !ok {
			return 0, false
		}
		if at := wall - p.offset; at >= p.start {
			return at, true
		}
		to = p.start - 1
	}
}

// Instants further out than the first and the last year, seen from any place, are moved here: the search for a tick
// goes from span to span.
const (
	earliest = -62_135_769_600 // 30 December of the year 0
	latest   = 253_402_473_600 // 3 January 10000
)

func floorUnix(t time.Time) int64 { return min(max(t.Unix(), earliest), latest) }

func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return floorUnix(t) + 1
	}
	return floorUnix(t)
}
