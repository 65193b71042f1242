package cron

import "time"

const (
	// No wall clock is further than this from another: two offsets of 16 hours.
	slack = 32 * 60 * minuteSeconds

	// Before and after any time, with room to add offsets.
	always = int64(1) << 60
)

// span is a stretch of real time in which the clocks of a place are not set: wall = instant + offset, all in
// seconds. Two spans that touch may have the same offset.
type span struct{ start, end, offset int64 }

func (p *span) holds(u int64) bool { return p.start <= u && u < p.end }

// spanAt returns the span that holds an instant.
func spanAt(loc *time.Location, u int64) span {
	t := time.Unix(u, 0).In(loc)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	p := span{-always, always, int64(offset)}
	if !end.IsZero() {
		// Beyond the last change that the zone lists, the library ends each year after 365 days, which is one
		// too early for the last day of a leap year.
		if p.end = end.Unix(); p.end <= u {
			p.end += daySeconds
		}
	}
	if !start.IsZero() {
		p.start = start.Unix()
		p.start = trueStart(loc, p, u)
	}
	return p
}

// trueStart corrects the start of a span. Beyond the last change that the zone lists, the library starts it by the
// zone's rule for later years, or with the year, even if that last change came later. So it is with the embedded data
// in Winamac in 2007 and in Ciudad Juarez in 2022.
func trueStart(loc *time.Location, p span, u int64) int64 {
	if offsetAt(loc, p.start) == p.offset {
		return p.start
	}
	before, from := p.start, u
	for from-before > 1 {
		mid := before + (from-before)/2
		if offsetAt(loc, mid) == p.offset {
			from = mid
		} else {
			before = mid
		}
	}
	return from
}

func offsetAt(loc *time.Location, u int64) int64 {
	_, offset := time.Unix(u, 0).In(loc).Zone()
	return int64(offset)
}
