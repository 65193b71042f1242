package partition

import (
	"math/bits"
	"slices"
	"sort"

	"github.com/dagster-go/dagster/internal/cron"
)

// clock is what a cron string says about civil time, without any zone: at which minutes of a day, on which days.
type clock struct {
	minutes   []int16                      // minutes of the day, ascending
	everyHour bool                         // the hour field covers all hours, so that an hour that comes twice counts twice
	days      func(year, month int) uint64 // bit n is day n
}

func clockOf(s cron.Schedule) clock {
	minutes, hours := s.Clock()
	c := clock{everyHour: s.EveryHour(), days: s.Days}
	for h := range 24 {
		for m := range 60 {
			if hours>>h&1 != 0 && minutes>>m&1 != 0 {
				c.minutes = append(c.minutes, int16(h*60+m))
			}
		}
	}
	return c
}

const (
	minutesADay = 24 * 60

	// The Gregorian calendar repeats after 400 years, which are a whole number of weeks.
	cycleDays   = 146097
	cycleMonths = 400 * 12
)

// calendar counts the civil minutes at which a base clock ticks and none of some exclusions does. As the calendar
// repeats and has but 91 different months, it answers for every year from tables that hold one cycle: no tick is
// ever enumerated.
type calendar struct {
	times  [][]int16 // what can be left of a day, by which exclusions apply on it
	months [cycleMonths + 1]int32
	shape  [cycleMonths]uint8
	shapes [13 * 7]monthShape
}

// monthShape is a month known by its length, its first weekday and its place in the year.
type monthShape struct {
	before [32]int32 // ticks before a day, counted from 0
	kind   [31]uint8 // index into times
}

// maxExclusions keeps the kinds of days, of which there is one for each set of exclusions, within a byte.
const maxExclusions = 7

func newCalendar(base clock, except []clock) *calendar {
	c := &calendar{times: make([][]int16, 1<<len(except)+1)}
	for kind := range 1 << len(except) {
		c.times[kind+1] = without(base.minutes, except, kind)
	}
	var known [13 * 7]bool
	lengths := [12]uint8{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	first := uint8(6) // the weekday of 2000-01-01
	for m := range cycleMonths {
		year, n, shape := 2000+m/12, lengths[m%12], uint8(m%12)
		if m%12 == 1 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			n, shape = 29, 12
		}
		shape = shape*7 + first
		if !known[shape] {
			known[shape] = true
			c.fill(&c.shapes[shape], base, except, year, m%12+1, int(n))
		}
		c.shape[m] = shape
		c.months[m+1] = c.months[m] + c.shapes[shape].before[n]
		first = (first + n) % 7
	}
	return c
}

func (c *calendar) fill(s *monthShape, base clock, except []clock, year, month, days int) {
	on := base.days(year, month)
	off := make([]uint64, len(except))
	for i, e := range except {
		off[i] = e.days(year, month)
	}
	for d := range days {
		kind := 0
		if on>>(d+1)&1 != 0 {
			kind = 1
			for i := range off {
				kind += int(off[i]>>(d+1)&1) << i
			}
		}
		s.kind[d] = uint8(kind)
		s.before[d+1] = s.before[d] + int32(len(c.times[kind])) //nolint:gosec // at most the minutes of a day
	}
	for d := days; d < 31; d++ {
		s.before[d+1] = s.before[d]
	}
}

// without returns the minutes that none of the exclusions in the bit set has.
func without(minutes []int16, except []clock, set int) []int16 {
	if set == 0 {
		return minutes
	}
	var gone [minutesADay]bool
	for ; set != 0; set &= set - 1 {
		for _, m := range except[bits.TrailingZeros(uint(set))].minutes {
			gone[m] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(minutes), func(m int16) bool { return gone[m] })
}

// total is the number of ticks in a cycle.
func (c *calendar) total() int64 { return int64(c.months[cycleMonths]) }

// rank is the number of ticks before a civil minute, counted from 2000-01-01.
func (c *calendar) rank(minute int64) int64 {
	day, rest := floorDiv(minute, minutesADay)
	year, month, dom := civilDate(day)
	cycle, y := floorDiv(int64(year)-2000, 400)
	m := int(y)*12 + month - 1
	s := &c.shapes[c.shape[m]]
	n := cycle*c.total() + int64(c.months[m]) + int64(s.before[dom-1])
	times := c.times[s.kind[dom-1]]
	in, _ := slices.BinarySearch(times, int16(rest)) //nolint:gosec // a minute of the day
	return n + int64(in)
}

// tick is the civil minute of the tick with a rank.
func (c *calendar) tick(rank int64) int64 {
	cycle, r := floorDiv(rank, c.total())
	m := sort.Search(cycleMonths, func(i int) bool { return int64(c.months[i+1]) > r })
	r -= int64(c.months[m])
	s := &c.shapes[c.shape[m]]
	d := sort.Search(31, func(i int) bool { return int64(s.before[i+1]) > r })
	r -= int64(s.before[d])
	day := dayNumber(2000+int(cycle)*400+m/12, m%12+1, d+1)
	return day*minutesADay + int64(c.times[s.kind[d]][r])
}

// floorDiv divides rounding down, with the remainder that goes with it.
func floorDiv(a, b int64) (quotient, remainder int64) {
	q, r := a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

// dayNumber counts days from 1970-01-01 in the proleptic Gregorian calendar.
func dayNumber(year, month, day int) int64 {
	y := int64(year)
	if month <= 2 {
		y--
	}
	era, yoe := floorDiv(y, 400)
	doy := int64(153*((month+9)%12)+2)/5 + int64(day) - 1
	return era*cycleDays + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// civilDate is the inverse of dayNumber.
func civilDate(day int64) (year, month, dom int) {
	era, doe := floorDiv(day+719468, cycleDays)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	month = int(mp+2)%12 + 1
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, int(doy-(153*mp+2)/5) + 1
}

func monthDays(year, month int) int {
	if month == 12 {
		return 31
	}
	return int(dayNumber(year, month+1, 1) - dayNumber(year, month, 1))
}
