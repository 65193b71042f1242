package cron

import "time"

// Clock returns what the minute and hour fields name: bit n is minute n, hour n.
func (s Schedule) Clock() (minutes, hours uint64) { return s.times.minutes, s.times.hours }

// Days returns the days of a month that the other fields name; bit n is day n.
func (s Schedule) Days(year, month int) uint64 { return s.times.daysOf(year, month) }

// Stretch returns the stretch [start, end) of real time around an instant in which the clocks of a place are not set,
// and how far they are ahead of UTC; all in seconds. Two stretches that touch may have the same offset. Far ends are
// beyond all times.
func Stretch(loc *time.Location, instant int64) (start, end, offset int64) {
	p := spanAt(loc, instant)
	return p.start, p.end, p.offset
}
