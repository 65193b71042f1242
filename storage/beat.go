package storage

import (
	"context"
	"time"
)

// Beat is a sign of life of the process that executes a run.
type Beat struct {
	Run    RunID
	Epoch  int64
	Worker string // see [Run.Worker]
	Host   string
	PID    int
	Boot   string // of the machine: another one means that no process of before lives
	Count  int64  // grows by one with each beat
}

// BeatStore keeps the newest beat of each run that goes on.
type BeatStore interface {
	// Beat stores a sign of life, and returns the run as it is: whether it is to be canceled. A run that has ended or has
	// another epoch refuses it with [ErrFenced], one that is not there with [ErrRunNotFound]: whoever beats for it must stop at
	// once. The store sets Count.
	Beat(ctx context.Context, b Beat) (Run, error)

	// Beats returns the newest beat of each run that has one and has not ended, by run. Whether one is overdue is for the reader to say, who
	// watches Count by a clock of its own.
	Beats(ctx context.Context) ([]Beat, error)

	// Reject keeps events that a run refused from its worker ([ErrFenced]), apart from the log: the first [MaxRejected] of a
	// run, until that is deleted. A run that is not there is [ErrRunNotFound].
	Reject(ctx context.Context, run RunID, epoch int64, events []Event) error

	// Rejected returns what a run refused, oldest first, without IDs and places.
	Rejected(ctx context.Context, run RunID) ([]RejectedEvent, error)
}

// MaxRejected is how many refused events of a run are kept.
const MaxRejected = 1000

// Unplaced is an event of a run as [BeatStore].Reject keeps it: it has no place in the log. Every store calls it.
func Unplaced(e Event, run RunID) Event {
	e.ID, e.Seq, e.Run, e.At = 0, 0, run, e.At.UTC().Round(0)
	return e
}

// RejectedEvent is an event that a run refused, because its worker no longer held it.
type RejectedEvent struct {
	Event

	Epoch int64     // under which it was written
	Since time.Time // when it was refused
}
