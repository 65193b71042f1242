package cron

import "math/bits"

const (
	minuteSeconds = 60
	daySeconds    = 24 * 60 * minuteSeconds
	dayMinutes    = 24 * 60

	// Ticks lie in the years that a time in RFC 3339 can have.
	firstYear, lastYear = 1, 9999
)

// clock is a day and a minute of it on the wall.
type clock struct{ year, month, day, hour, minute int }

// clockOf returns the minute on the wall that is so many minutes after the start of 1970.
func clockOf(m int64) clock {
	day := floorDiv(m, dayMinutes)
	rest := int(m - day*dayMinutes)
	c := clock{hour: rest / 60, minute: rest % 60}
	c.year, c.month, c.day = dateOf(day)
	return c
}

// seconds is the reverse, in seconds.
func (c clock) seconds() int64 {
	return dayNumber(c.year, c.month, c.day)*daySeconds + int64(c.hour*60+c.minute)*minuteSeconds
}

// ceil returns the first matching minute on the wall at or after one; all in seconds since the start of 1970.
func (t *times) ceil(wall int64) (int64, bool) {
	c := clockOf(-floorDiv(-wall, minuteSeconds))
	if c.year < firstYear {
		c = clock{year: firstYear, month: 1, day: 1}
	}
	if c.year > lastYear || t.months == 0 {
		return 0, false
	}
	set := t.daysOf(c.year, c.month)
	if set>>c.day&1 != 0 && t.laterToday(&c) {
		return c.seconds(), true
	}
	c.hour, c.minute = bits.TrailingZeros64(t.hours), bits.TrailingZeros64(t.minutes)
	for set &^= uint64(2)<<c.day - 1; set == 0; set = t.daysOf(c.year, c.month) {
		if later := t.months >> (c.month + 1); later != 0 {
			c.month += 1 + bits.TrailingZeros64(later)
			continue
		}
		c.month = bits.TrailingZeros64(t.months)
		if c.year++; c.year > lastYear {
			return 0, false
		}
	}
	c.day = bits.TrailingZeros64(set)
	return c.seconds(), true
}

// laterToday moves c to the first matching minute of its day that is not before it.
func (t *times) laterToday(c *clock) bool {
	if t.hours>>c.hour&1 != 0 {
		if later := t.minutes >> c.minute; later != 0 {
			c.minute += bits.TrailingZeros64(later)
			return true
		}
	}
	later := t.hours >> (c.hour + 1)
	c.hour += 1 + bits.TrailingZeros64(later)
	c.minute = bits.TrailingZeros64(t.minutes)
	return later != 0
}

// floor returns the last matching minute on the wall at or before one.
func (t *times) floor(wall int64) (int64, bool) {
	c := clockOf(floorDiv(wall, minuteSeconds))
	if c.year > lastYear {
		c = clock{year: lastYear, month: 12, day: 31, hour: 23, minute: 59}
	}
	if c.year < firstYear || t.months == 0 {
		return 0, false
	}
	set := t.daysOf(c.year, c.month)
	if set>>c.day&1 != 0 && t.earlierToday(&c) {
		return c.seconds(), true
	}
	c.hour, c.minute = bits.Len64(t.hours)-1, bits.Len64(t.minutes)-1
	for set &= uint64(1)<<c.day - 1; set == 0; set = t.daysOf(c.year, c.month) {
		if earlier := t.months & (1<<c.month - 1); earlier != 0 {
			c.month = bits.Len64(earlier) - 1
			continue
		}
		c.month = bits.Len64(t.months) - 1
		if c.year--; c.year < firstYear {
			return 0, false
		}
	}
	c.day = bits.Len64(set) - 1
	return c.seconds(), true
}

// earlierToday moves c to the last matching minute of its day that is not after it.
func (t *times) earlierToday(c *clock) bool {
	if t.hours>>c.hour&1 != 0 {
		if earlier := t.minutes & (uint64(2)<<c.minute - 1); earlier != 0 {
			c.minute = bits.Len64(earlier) - 1
			return true
		}
	}
	earlier := t.hours & (1<<c.hour - 1)
	c.hour = bits.Len64(earlier) - 1
	c.minute = bits.Len64(t.minutes) - 1
	return earlier != 0
}

// daysOf returns the matching days of a month; bit n is day n.
func (t *times) daysOf(year, month int) uint64 {
	if t.months>>month&1 == 0 {
		return 0
	}
	length := monthLength(year, month)
	if t.days.anyWeek {
		return t.days.of(length, 0)
	}
	const thursday = 4 // 1 January 1970
	first := dayNumber(year, month, 1) + thursday
	return t.days.of(length, int(first-floorDiv(first, 7)*7))
}

func monthLength(year, month int) int {
	switch {
	case month != 2:
		return 30 + (month+month>>3)&1
	case year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	}
	return 28
}

// Both conversions count years from March, so that the day a leap year has more is the last of its year; each 400
// years have the same days.
const (
	eraYears = 400
	eraDays  = 146097
	toEra    = 719468 // days from 1 March of the year 0 to 1 January 1970
)

func dayNumber(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(int64(year), eraYears)
	y := year - int(era)*eraYears
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*eraDays + int64(y*365+y/4-y/100+ofYear) - toEra
}

func dateOf(day int64) (year, month, ofMonth int) {
	era := floorDiv(day+toEra, eraDays)
	n := int(day + toEra - era*eraDays)
	y := (n - n/1460 + n/36524 - n/146096) / 365
	ofYear := n - (365*y + y/4 - y/100)
	m := (5*ofYear + 2) / 153
	year, month, ofMonth = y+int(era)*eraYears, m+3, ofYear-(153*m+2)/5+1
	if month > 12 {
		return year + 1, month - 12, ofMonth
	}
	return year, month, ofMonth
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
