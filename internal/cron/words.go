package cron

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Words says in English when the schedule fires: "at 02:30, Monday to Friday". It is empty if that would not be short.
// What is said follows from the values that the fields name, however they are written.
func (s Schedule) Words() string {
	clock := s.times.clockWords()
	if clock == "" {
		return ""
	}
	parts := []string{clock}
	days, ok := s.times.days.words()
	if !ok {
		return ""
	}
	if days != "" {
		parts = append(parts, days)
	}
	if s.times.months != 1<<13-2 {
		list := members(s.times.months, 1, 12)
		parts = append(parts, spanWords("in", "from", list, func(m int) string { return time.Month(m).String() }))
	}
	return strings.Join(parts, ", ")
}

// fewTimes is how many times of a day are listed.
const fewTimes = 4

// clockWords are the words for the minutes and the hours.
func (t *times) clockWords() string {
	minutes, hours := members(t.minutes, 0, 59), members(t.hours, 0, 23)
	if t.hours == 0 || t.minutes == 0 {
		return "" // the zero value
	}
	step := stepOf(minutes)
	around := step > 0 && step*len(minutes) == 60 // the same distance from one hour to the next
	switch {
	case len(minutes)*len(hours) <= fewTimes:
		var list []string
		for _, h := range hours {
			for _, m := range minutes {
				list = append(list, clockTime(h, m))
			}
		}
		return "at " + listed(list)
	case len(minutes) == 1 && t.everyHour():
		if minutes[0] == 0 {
			return "every hour"
		}
		return fmt.Sprintf("every hour at minute %d", minutes[0])
	case len(minutes) == 1 && stepOf(hours) > 0:
		every := plural(stepOf(hours), "hour")
		return fmt.Sprintf("%s from %s to %s", every, clockTime(hours[0], minutes[0]), clockTime(hours[len(hours)-1], minutes[0]))
	case around && t.everyHour():
		if minutes[0] == 0 {
			return plural(step, "minute")
		}
		return fmt.Sprintf("%s from minute %d of the hour", plural(step, "minute"), minutes[0])
	case around && (stepOf(hours) == 1 || len(hours) == 1):
		return fmt.Sprintf("%s from %s to %s", plural(step, "minute"), clockTime(hours[0], minutes[0]), clockTime(hours[len(hours)-1], minutes[len(minutes)-1]))
	case t.everyHour() && len(minutes) <= fewTimes:
		return "every hour at minutes " + listed(texts(minutes, strconv.Itoa))
	}
	return ""
}

func clockTime(hour, minute int) string { return fmt.Sprintf("%02d:%02d", hour, minute) }

func plural(n int, unit string) string {
	if n == 1 {
		return "every " + unit
	}
	return fmt.Sprintf("every %d %ss", n, unit)
}

// words are the words for the days, none if they are not restricted; false if there would be too many.
func (d *days) words() (string, bool) {
	var either []string
	if !d.anyMonth {
		list := members(d.month, 1, 31)
		const few = 6
		if stepOf(list) != 1 && len(list) > few {
			return "", false
		}
		either = append(either, d.monthWords(list)+" of the month")
	}
	if !d.anyWeek {
		either = append(either, d.weekWords())
	}
	return strings.Join(either, " or "), true
}

// monthWords are the words for days of the month.
func (d *days) monthWords(list []int) string {
	var parts []string
	switch {
	case len(list) == 1:
		parts = append(parts, fmt.Sprintf("on day %d", list[0]))
	case len(list) > 1:
		parts = append(parts, spanWords("on days", "on days", list, strconv.Itoa))
	}
	if d.last {
		parts = append(parts, "on the last day")
	}
	return strings.Join(parts, " or ")
}

// weekWords are the words for days of the week.
func (d *days) weekWords() string {
	if !d.nth() {
		list := members(uint64(d.week), 0, 6)
		if start, ok := wrapped(d.week); ok {
			list = list[:0]
			for i := range bits.OnesCount8(d.week) {
				list = append(list, (start+i)%7)
			}
			return fmt.Sprintf("%s to %s", time.Weekday(list[0]), time.Weekday(list[len(list)-1]))
		}
		return "on " + listed(texts(list, func(n int) string { return time.Weekday(n).String() }))
	}
	var list []string
	for k, name := range []string{"first", "second", "third", "fourth", "fifth", "last"} {
		for _, n := range members(uint64(d.nths[k]), 0, 6) {
			list = append(list, fmt.Sprintf("the %s %s", name, time.Weekday(n)))
		}
	}
	return "on " + listed(list) + " of the month"
}

// wrapped reports whether weekdays are three or more in a row, perhaps beyond Saturday, and which is the first.
func wrapped(week uint8) (int, bool) {
	const enough = 3
	n := bits.OnesCount8(week)
	for first := range 7 {
		row := (1<<n - 1) << first
		if n >= enough && n < 7 && fold(uint64(row|row>>7)) == week { //nolint:gosec // bits of two weeks
			return first, true
		}
	}
	return 0, false
}

// members are the values of a set.
func members(set uint64, lo, hi int) []int {
	var list []int
	for v := lo; v <= hi; v++ {
		if set>>v&1 != 0 {
			list = append(list, v)
		}
	}
	return list
}

// stepOf is the distance between two values that follow each other, if it is the same for all; else 0.
func stepOf(list []int) int {
	if len(list) < 2 {
		return 0
	}
	for i := range len(list) - 1 {
		if list[i+1]-list[i] != list[1]-list[0] {
			return 0
		}
	}
	return list[1] - list[0]
}

// spanWords name the ends of three or more values in a row, and else all of them.
func spanWords(one, many string, list []int, name func(int) string) string {
	if len(list) > 2 && stepOf(list) == 1 {
		return fmt.Sprintf("%s %s to %s", many, name(list[0]), name(list[len(list)-1]))
	}
	return one + " " + listed(texts(list, name))
}

func texts(list []int, name func(int) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = name(v)
	}
	return out
}

// listed joins texts as a sentence does.
func listed(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
