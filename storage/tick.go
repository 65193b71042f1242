package storage

import (
	"fmt"
	"time"
)

// TickStatus says how a tick ended. The strings are stored and never change; they are Dagster's.
type TickStatus string

// The states of a tick.
const (
	TickStarted TickStatus = "STARTED" // only of an evaluation that takes long: what is quick is stored at its end
	TickSuccess TickStatus = "SUCCESS"
	TickSkipped TickStatus = "SKIPPED"
	TickFailure TickStatus = "FAILURE"
)

// Tick is one attempt to evaluate an instigator. Attempts are never overwritten: a tick that is tried again has a row for
// each.
type Tick struct {
	ID int64 // later ticks have higher IDs; 0 until stored

	InstigatorID

	// At is what it was evaluated for: the time of the schedule, which all attempts have, or when the sensor was due.
	At      time.Time
	Attempt int // 0 for the first
	Status  TickStatus

	Started, Ended time.Time

	// Runs are the runs that it created, Known the requests whose key had been asked for before.
	Runs  []RunID
	Known []KnownKey

	// Reason is why it was skipped, Error why it failed.
	Reason string
	Error  string

	// Cursor is the cursor that a sensor left, Events the number of events that were handed to it.
	Cursor string
	Events int

	// Missed counts the ticks before this one that were left out, because nothing was running when they were due.
	Missed int
}

// KnownKey is a request for a run that had been asked for before.
type KnownKey struct {
	Key string `json:"key"`
	Run RunID  `json:"run"`
}

// TickCommit is all that follows from a tick.
type TickCommit struct {
	Lead Guard

	// Instigator is where it stands afterwards, with the version that it had before.
	Instigator Instigator

	// Tick is stored with a new ID, or over the tick with its ID, which must have been STARTED. It is of the instigator. Runs
	// and Known are the store's to fill. One that succeeded, asked for runs and got none, because their keys were known, is SKIPPED.
	Tick Tick

	// Runs are created, those whose key was not asked for before, in their order. Dynamic keys change before, Events of no
	// run, which say what was reported of assets, are appended after; all on a copy.
	Runs    []NewRun
	Dynamic []DynamicChange
	Events  []Event
}

// TickFilter chooses ticks; its zero value chooses all. Newest first.
type TickFilter struct {
	InstigatorID // any field may be empty

	Statuses []TickStatus
	Run      RunID // that created this run
	Before   int64 // IDs below: the last of the page before
	Limit    int   // Defaults to 100; at most 1000, what is more counts as that.
}

// CheckStarted returns an error wrapping [ErrConflict] unless the tick of c may be stored over one of that instigator and status. Every
// store calls it.
func CheckStarted(c *TickCommit, id InstigatorID, status TickStatus) error {
	if id != c.Instigator.InstigatorID || status != TickStarted {
		return fmt.Errorf("tick %d is of %s and %s: %w", c.Tick.ID, id, status, ErrConflict)
	}
	return nil
}

// Requested divides the runs of a tick by whether they were asked for before by the instigator, also by others of them. fresh are
// the places of those to create; asked returns the run that a key was asked for, none for a new key, and free an error if an ID is taken.
// Every store calls it.
func Requested(runs []NewRun, asked func(scope, key string) (RunID, error), free func(RunID) error) (fresh []int, known []KnownKey, err error) {
	type scoped struct{ scope, key string }
	keys, ids := make(map[scoped]RunID, len(runs)), make(map[RunID]bool, len(runs))
	for at, n := range runs {
		key := scoped{n.Scope, n.Key}
		id := keys[key]
		if id == "" && n.Key != "" {
			if id, err = asked(n.Scope, n.Key); err != nil {
				return nil, nil, err
			}
		}
		if id != "" {
			known = append(known, KnownKey{Key: n.Key, Run: id})
			continue
		}
		if err := free(n.Run.ID); err != nil {
			return nil, nil, err
		}
		if ids[n.Run.ID] {
			return nil, nil, fmt.Errorf("create run %q twice: %w", n.Run.ID, ErrRunExists)
		}
		ids[n.Run.ID] = true
		if n.Key != "" {
			keys[key] = n.Run.ID
		}
		fresh = append(fresh, at)
	}
	return fresh, known, nil
}

// EndTick is the tick of c once its runs are created, as created and known say. Every store calls it.
func EndTick(c *TickCommit, created []RunID, known []KnownKey) Tick {
	t := c.Tick
	t.InstigatorID, t.Runs, t.Known = c.Instigator.InstigatorID, created, known
	t.At, t.Started, t.Ended = t.At.UTC().Round(0), t.Started.UTC().Round(0), t.Ended.UTC().Round(0)
	t.Reason, t.Error = bounded(t.Reason), bounded(t.Error)
	if t.Status == TickSuccess && len(created) == 0 && len(known) > 0 {
		t.Status = TickSkipped
		if t.Reason == "" {
			t.Reason = fmt.Sprintf("already requested: run key %.140q is that of run %s", known[0].Key, known[0].Run)
		}
	}
	return t
}
