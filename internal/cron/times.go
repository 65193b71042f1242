package cron

import (
	"math/bits"
	"strings"
)

// times are what the fields of a text name.
type times struct {
	minutes uint64 // bit n is minute n
	hours   uint64
	months  uint64 // bit 1 is January
	days    days
}

func (t *times) everyHour() bool { return t.hours == 1<<24-1 }

// The place of the last weekday of a month in days.nths, after the first to the fifth.
const lastOne = 5

// days are the two day fields together.
type days struct {
	month uint64   // bit n is day n
	week  uint8    // bit 0 is Sunday
	nths  [6]uint8 // weekdays that count for the first time in a month only, the second ... the last
	last  bool     // the last day of the month

	anyMonth bool // the day of the month is not restricted
	anyWeek  bool // the day of the week is not restricted
}

func (d *days) nth() bool { return d.nths != [6]uint8{} }

// free sets what is not restricted. Naming every day is a restriction if the other field restricts too: then either
// may match, which is every day.
func (d *days) free(monthText, weekText string) {
	allMonth := d.month == 1<<32-2
	allWeek := d.week == 1<<7-1
	d.anyMonth = monthText == "*" || allMonth && strings.Contains(weekText, "*")
	d.anyWeek = weekText == "*" || allWeek && strings.Contains(monthText, "*")
}

// of returns the days that match in a month with so many days whose first is that weekday; bit n is day n.
func (d *days) of(length, first int) uint64 {
	whole := uint64(2)<<length - 2
	switch {
	case d.anyMonth && d.anyWeek:
		return whole
	case d.anyWeek:
		return d.ofMonth(length) & whole
	case d.anyMonth:
		return d.ofWeek(length, first) & whole
	}
	return (d.ofMonth(length) | d.ofWeek(length, first)) & whole
}

func (d *days) ofMonth(length int) uint64 {
	if d.last {
		return d.month | 1<<length
	}
	return d.month
}

func (d *days) ofWeek(length, first int) uint64 {
	set := weekly(d.week, first)
	if !d.nth() {
		return set
	}
	const week = uint64(0x7f)
	for k, weekdays := range d.nths[:lastOne] {
		set |= weekly(weekdays, first) & (week << (1 + 7*k))
	}
	return set | weekly(d.nths[lastOne], first)&(week<<(length-6))
}

// weekly returns the days of a month that starts with that weekday; bit 1 is its first.
func weekly(weekdays uint8, first int) uint64 {
	const everyWeek = 1 | 1<<7 | 1<<14 | 1<<21 | 1<<28
	turned := (uint64(weekdays)>>first | uint64(weekdays)<<(7-first)) & 0x7f
	return turned * everyWeek << 1
}

// possible reports whether some year has a day that matches. In 400 years every month starts with every weekday, in
// leap years and in others.
func (t *times) possible() bool {
	for _, year := range []int{2000, 2001} {
		for months := t.months; months != 0; months &= months - 1 {
			length := monthLength(year, bits.TrailingZeros64(months))
			for first := range 7 {
				if t.days.of(length, first) != 0 {
					return true
				}
			}
		}
	}
	return false
}
