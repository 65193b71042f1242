// Package freshness says whether something is fresh enough, by Dagster's rules.
//
// A policy bounds the age of what was last made ([Within]), or names the times at which it must have been made shortly
// before ([By]). What follows from it is computed from two instants: nothing is kept. Policies never change, so any number
// of goroutines may use one.
package freshness

import (
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/internal/cron"
)

// State says how fresh something is. The strings are Dagster's, and never change.
type State string

// The states of what has a policy.
const (
	Pass    State = "PASS"
	Warn    State = "WARN"
	Fail    State = "FAIL"
	Unknown State = "UNKNOWN" // it was never made
)

// Shortest is the shortest time that a policy may name.
const Shortest = time.Minute

// Policy says how fresh something must be. The zero value asks for nothing: what was ever made passes.
type Policy struct {
	fail, warn time.Duration

	deadlines cron.Ticks
	cron      string
	zone      string
	before    time.Duration
}

// Within wants what is no older than fail, and warns from the age of warn on, if that is not 0. Both are a minute at least,
// and warn is shorter.
func Within(fail, warn time.Duration) (Policy, error) {
	switch {
	case fail < Shortest:
		return Policy{}, fmt.Errorf("fails after %v: want %v or longer", fail, Shortest)
	case warn == 0:
	case warn < Shortest:
		return Policy{}, fmt.Errorf("warns after %v: want %v or longer", warn, Shortest)
	case warn >= fail:
		return Policy{}, fmt.Errorf("warns after %v: want less than %v, after which it fails", warn, fail)
	}
	return Policy{fail: fail, warn: warn}, nil
}

// By wants what was made at most before each tick of a cron, on the clock of a zone; an empty zone is UTC. It fails from
// such a tick on until it is made again. before is a minute at least, and no longer than the shortest time from one tick
// to the next, on the clock of UTC.
func By(text string, before time.Duration, zone string) (Policy, error) {
	schedule, err := cron.Parse(text)
	loc, zoneErr := cron.Zone(zone)
	if err = errors.Join(err, zoneErr); err != nil {
		return Policy{}, err
	}
	if zone == "" {
		zone = "UTC"
	}
	if before < Shortest {
		return Policy{}, fmt.Errorf("made at most %v before a deadline: want %v or longer", before, Shortest)
	}
	if gap, found := smallestGap(schedule, before); found {
		return Policy{}, fmt.Errorf("made at most %v before a deadline: two deadlines are %v apart, want that or less", before, gap)
	}
	return Policy{deadlines: schedule.In(loc), cron: text, zone: zone, before: before}, nil
}

// How far is looked for two ticks that are close: far enough for the shortest February, and for ticks of each minute through
// some days.
const (
	gapTicks = 1000
	gapYears = 12
)

// smallestGap finds the smallest gap between two ticks in UTC, if it is smaller than a duration.
func smallestGap(s cron.Schedule, than time.Duration) (gap time.Duration, found bool) {
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // any year will do: the gaps of twelve come again
	until := from.AddDate(gapYears, 0, 0)
	var last time.Time
	n := 0
	for at := range s.In(time.UTC).Up(from) {
		if n++; n > gapTicks || at.After(until) {
			break
		}
		if d := at.Sub(last); !last.IsZero() && d < than {
			than, found = d, true
		}
		last = at
		if found && than == Shortest {
			break
		}
	}
	return than, found
}

// State says how fresh something is now that was last made at an instant; the zero time is never.
func (p Policy) State(last, now time.Time) State {
	if last.IsZero() {
		return Unknown
	}
	if p.cron != "" {
		if deadline := p.deadlines.AtOrBefore(now); !deadline.IsZero() && last.Before(deadline.Add(-p.before)) {
			return Fail
		}
		return Pass
	}
	switch age := now.Sub(last); {
	case p.fail > 0 && age >= p.fail:
		return Fail
	case p.warn > 0 && age >= p.warn:
		return Warn
	}
	return Pass
}

// Next is the first instant after now at which the state changes if nothing is made until then, the zero time if it
// doesn't.
func (p Policy) Next(last, now time.Time) time.Time {
	state := p.State(last, now)
	switch {
	case state == Unknown || state == Fail:
		return time.Time{}
	case p.cron != "":
		// The deadlines up to last plus before accept what was made then.
		from := last.Add(p.before)
		if from.Before(now) {
			from = now
		}
		return p.deadlines.Next(from)
	case state == Pass && p.warn > 0:
		return last.Add(p.warn)
	case p.fail > 0:
		return last.Add(p.fail)
	}
	return time.Time{}
}

// Windows are the ages from which on it fails and warns; 0 where the policy does not say.
func (p Policy) Windows() (fail, warn time.Duration) { return p.fail, p.warn }

// Deadlines are the cron, its zone and how long before it may be made; empty where the policy has none.
func (p Policy) Deadlines() (text, zone string, before time.Duration) {
	return p.cron, p.zone, p.before
}
