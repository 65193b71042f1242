package cron

import "time"

// Civil is what the calendar and the clock on a wall show, to the second, without saying where: the seconds that
// have passed since the start of 1970 if it is UTC. Unlike instants, civil times can be missing in a place, or come
// twice.
type Civil int64

// CivilOf returns what the wall shows at an instant, in the location of t.
func CivilOf(t time.Time) Civil {
	_, offset := t.Zone()
	return Civil(t.Unix() + int64(offset))
}

// CivilDate returns a civil time. Values outside their range are carried over: 31 April is 1 May.
func CivilDate(year int, month time.Month, day, hour, minute, second int) Civil {
	return Civil(time.Date(year, month, day, hour, minute, second, 0, time.UTC).Unix())
}

// UTC returns the same date and clock in UTC: what to format, and to read the fields from.
func (c Civil) UTC() time.Time { return time.Unix(int64(c), 0).UTC() }

// Occurrence says how often a civil time comes in a place.
type Occurrence int

// The occurrences of a civil time.
const (
	Once   Occurrence = iota // as nearly always
	Missed                   // clocks were set forward over it
	Twice                    // clocks were set back over it
)

// Moments are the instants of a civil time in a place.
type Moments struct {
	// First and Last are the same instant, unless the time comes twice. For one that is missing they are the
	// first instant after the gap.
	First, Last time.Time

	Occurrence Occurrence
}

// In returns when a place shows a civil time. A nil place is UTC.
func (c Civil) In(loc *time.Location) Moments {
	if loc == nil {
		loc = time.UTC
	}
	wall, l := int64(c), &place{loc: loc}
	p := spanAt(loc, wall-slack)
	first, last, n := int64(0), int64(0), 0
	for {
		if u := wall - p.offset; p.holds(u) {
			if n == 0 {
				first = u
			}
			last = u
			n++
		}
		if p.end > wall+slack {
			break
		}
		p = spanAt(loc, p.end)
	}
	occurrence := Once
	switch n {
	case 0:
		occurrence = Missed
		first = l.lastAt(p, wall)
		last = first
	case 1:
	default:
		occurrence = Twice
	}
	return Moments{time.Unix(first, 0).In(loc), time.Unix(last, 0).In(loc), occurrence}
}
