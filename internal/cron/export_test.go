package cron

import "time"

// Span returns the stretch of time around an instant in which clocks are not set, with the offset in it; ok is false
// if it has no end.
func Span(loc *time.Location, u int64) (start, end, offset int64, ok bool) {
	p := spanAt(loc, u)
	return p.start, p.end, p.offset, p.end != always
}

// DayNumber and DateOf convert between dates and days since 1970.
func DayNumber(year, month, day int) int64 { return dayNumber(year, month, day) }

// DateOf is the reverse of DayNumber.
func DateOf(day int64) (year, month, ofMonth int) { return dateOf(day) }
