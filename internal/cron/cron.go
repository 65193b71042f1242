// Package cron says when a cron text fires in a time zone, by Dagster's rules.
//
// A text has five fields, from the minute to the day of the week; [Parse] says what they may hold. If both day fields
// are restricted, either may match.
//
// Where clocks are set forward or back, one question decides: does the hour field name every hour? If so the text
// fires at each real minute whose wall clock matches: never for a minute that is left out, twice for one that comes
// twice. Otherwise each matching minute of the calendar fires once: at the end of the gap if it is left out, the
// second time if it comes twice. Two minutes that fall on the same instant fire once.
//
// Values of this package never change, so any number of goroutines may use one.
package cron

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Schedule is a cron text that was understood. The zero value never fires. Schedules are equal if their texts are.
type Schedule struct {
	text  string
	times times
}

// String returns the text as it was written.
func (s Schedule) String() string { return s.text }

// EveryHour reports whether the hour field names all 24 hours, so that a minute that comes twice fires twice.
func (s Schedule) EveryHour() bool { return s.times.everyHour() }

// In returns the ticks of the schedule on the wall clock of a place. A nil place is UTC.
func (s Schedule) In(loc *time.Location) Ticks { return newTicks(loc, []Schedule{s}) }

// Union is several schedules that fire as one: an instant that several name is one tick. The zero value never fires.
type Union struct{ members []Schedule }

// ErrNoSchedule reports a union of nothing.
var ErrNoSchedule = errors.New("parse cron: no cron given")

// ParseAll reads each text as [Parse] does. The error holds what is wrong with each, or is [ErrNoSchedule].
func ParseAll(texts []string) (Union, error) {
	if len(texts) == 0 {
		return Union{}, ErrNoSchedule
	}
	u := Union{members: make([]Schedule, len(texts))}
	var mistakes []error
	for i, text := range texts {
		var err error
		if u.members[i], err = Parse(text); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	if mistakes != nil {
		return Union{}, errors.Join(mistakes...)
	}
	return u, nil
}

// Schedules returns the members as they were given.
func (u Union) Schedules() []Schedule { return slices.Clone(u.members) }

// String returns the texts as they were written, one a line.
func (u Union) String() string {
	texts := make([]string, len(u.members))
	for i, s := range u.members {
		texts[i] = s.text
	}
	return strings.Join(texts, "\n")
}

// In returns the ticks of the union on the wall clock of a place. A nil place is UTC.
func (u Union) In(loc *time.Location) Ticks { return newTicks(loc, u.Schedules()) }
