package storage

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// InstigatorKind says what an [Instigator] is. The strings are stored and never change.
type InstigatorKind string

// What asks for runs by itself.
const (
	ScheduleInstigator InstigatorKind = "SCHEDULE"
	SensorInstigator   InstigatorKind = "SENSOR"
)

// InstigatorID names a schedule or a sensor of a repository.
type InstigatorID struct {
	Repository string
	Kind       InstigatorKind
	Name       string
}

// String names it for people.
func (id InstigatorID) String() string {
	return fmt.Sprintf("%s %q of repository %q", strings.ToLower(string(id.Kind)), id.Name, id.Repository)
}

func (id InstigatorID) compare(o InstigatorID) int {
	return cmp.Or(cmp.Compare(id.Repository, o.Repository), cmp.Compare(id.Kind, o.Kind), cmp.Compare(id.Name, o.Name))
}

// InstigatorStatus says whether an instigator is on. The strings are stored and never change.
type InstigatorStatus string

// What a person said of an instigator; the empty string if nobody did, and its definition decides.
const (
	InstigatorAsDeclared InstigatorStatus = ""
	InstigatorRunning    InstigatorStatus = "RUNNING"
	InstigatorStopped    InstigatorStatus = "STOPPED"
)

// Instigator is where a schedule or a sensor stands. It is never derived from ticks, and outlives them.
type Instigator struct {
	InstigatorID

	// Status is what a person said, Declared whether its definition starts it.
	Status   InstigatorStatus
	Declared bool

	// Timing is the cron and the time zone of its definition, or the interval, as text: a change of it moves Since.
	Timing string

	// Since is when it was last turned on, defined otherwise or reset: no tick is before it.
	Since time.Time

	// Next is when it is to be evaluated, zero while it is off. For a schedule At is the time of that tick, which stays
	// while it is tried again; Last is that of the last tick that is done with.
	Next, At, Last time.Time

	// Attempt is the number of the next attempt of the tick at At, or of the event behind Position: 0 is the first.
	Attempt int

	// Failures counts the ticks that failed since the last one that did not.
	Failures int

	// Cursor is the sensor's own, Position the ID of the last event that the framework has handed to it.
	Cursor   string
	Position int64

	// Gone is when its repository was first loaded without it; zero while it is there.
	Gone time.Time

	// Version grows by one with each change; 0 for one that is not stored.
	Version int64
}

// On reports whether it is to be evaluated.
func (i *Instigator) On() bool {
	if !i.Gone.IsZero() {
		return false
	}
	return i.Status == InstigatorRunning || i.Status == InstigatorAsDeclared && i.Declared
}

// NextInstigator is what a store keeps of i over one with the version given, or an error wrapping [ErrConflict]. Every store
// calls it.
func NextInstigator(version int64, i Instigator) (Instigator, error) {
	if i.Version != version {
		return i, fmt.Errorf("%s has version %d, not %d: %w", i.InstigatorID, version, i.Version, ErrConflict)
	}
	i.Version++
	for _, t := range []*time.Time{&i.Since, &i.Next, &i.At, &i.Last, &i.Gone} {
		*t = t.UTC().Round(0)
	}
	return i, nil
}

// NextInstigators is [NextInstigator] for each of a list, in which one may come several times; version is that of one as it is
// stored. Every store calls it.
func NextInstigators(list []Instigator, version func(id InstigatorID) (int64, error)) ([]Instigator, error) {
	versions := make(map[InstigatorID]int64, len(list)) // as the list leaves them
	nexts := make([]Instigator, len(list))
	for n, i := range list {
		v, again := versions[i.InstigatorID]
		var err error
		if !again {
			if v, err = version(i.InstigatorID); err != nil {
				return nil, err
			}
		}
		if nexts[n], err = NextInstigator(v, i); err != nil {
			return nil, err
		}
		versions[i.InstigatorID] = nexts[n].Version
	}
	return nexts, nil
}

// InstigatorFilter chooses instigators; its zero value chooses all, by repository, kind and name.
type InstigatorFilter struct {
	Repository string
	Kind       InstigatorKind
	Name       string

	// Due chooses those whose Next is set and not later, by Next, the longest overdue first, then as else. Never set together
	// with After.
	Due time.Time

	After InstigatorID // the last one of the page before
	Limit int          // Defaults to 1000; at most 10000, what is more counts as that.
}

// TickStore keeps instigators, their ticks, and the keys of the runs that they asked for.
type TickStore interface {
	// Instigators returns one page of the instigators that f chooses.
	Instigators(ctx context.Context, f InstigatorFilter) ([]Instigator, error)

	// NextDue returns the earliest Next of all instigators, zero if none is on.
	NextDue(ctx context.Context) (time.Time, error)

	// SetInstigators stores all of them, or nothing: each must have the version that is stored, which is 0 for a new one,
	// else the error wraps [ErrConflict]; stored it has the next one. Events of no run are appended with them, stamped on a
	// copy: they say who changed what. Under a lease that has gone to another the error wraps [ErrFenced].
	SetInstigators(ctx context.Context, lead Guard, list []Instigator, events ...Event) error

	// CommitTick stores what a tick came to, in one transaction, or nothing of it: see [TickCommit]. It returns the tick as it
	// is stored; the instigator is stored with the next version. The error wraps [ErrFenced], [ErrConflict] if the instigator
	// has another version or the tick was not STARTED, [ErrRunExists] if an ID is taken, that of [CheckDynamic], of
	// [Prepare] or of [EncodePayload].
	CommitTick(ctx context.Context, c TickCommit) (Tick, error)

	// Ticks returns one page of the ticks that f chooses, newest first.
	Ticks(ctx context.Context, f TickFilter) ([]Tick, error)

	// PurgeTicks deletes ended ticks of these statuses that started before an instant, at most limit of them (1000 if it is
	// not above 0, never more than 10000), oldest first, and returns how many. It changes nothing else: the keys of the runs stay.
	PurgeTicks(ctx context.Context, statuses []TickStatus, before time.Time, limit int) (int, error)

	// ForgetRunKeys lets keys be asked for again; none means all keys of that instigator. It returns how many there were.
	ForgetRunKeys(ctx context.Context, id InstigatorID, keys ...string) (int, error)
}
