// Package launcher starts the workers that execute runs, stops them and says whether they live. It decides nothing about a
// run: whoever launches asks, and is told at once when a worker has ended.
package launcher

import (
	"context"
	"errors"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Launcher starts the worker that executes a run. Its methods may be called from several goroutines.
type Launcher interface {
	// Launch starts a worker for the run and returns without waiting for it. It is idempotent: while the worker of the same run
	// and epoch lives, it does nothing and returns nil. A worker of an earlier epoch is killed first, and a
	// request that is older than the worker gets an error wrapping [ErrStale]. An error says that no worker was started.
	// When ctx ends before the worker was started, none is.
	Launch(ctx context.Context, q Request) error

	// Terminate asks the worker of a run to stop, and kills it with all its processes once grace has passed; with a grace of 0 or
	// less at once. It returns without waiting, false if the run has no worker. Asked again it can shorten the grace, not extend it.
	Terminate(ctx context.Context, run storage.RunID, grace time.Duration) (bool, error)

	// Health says whether the run's worker lives.
	Health(ctx context.Context, run storage.RunID) (Health, error)

	// Close takes no more requests and returns when everything that the launcher does has come to rest, or with ctx's error.
	// What becomes of workers is each launcher's to say.
	Close(ctx context.Context) error
}

// Keeper is an optional ability of a launcher: its workers outlive it, and are found again.
type Keeper interface {
	// Adopt takes over the workers that an earlier launcher of the same home has left: from now on their end is told to Exited, at
	// once for those that have ended meanwhile. Workers that it knows already stay as they are.
	Adopt(ctx context.Context) error

	// Orphans lists the processes of this instance whose run keep doesn't want, and those of runs that have no worker any more.
	// A process is found by the environment that it was started with.
	Orphans(ctx context.Context, keep func(storage.RunID) bool) ([]Orphan, error)

	// Reap kills an orphan, and reports whether it is gone.
	Reap(ctx context.Context, o Orphan) (bool, error)
}

// Orphan is a process that nobody waits for.
type Orphan struct {
	PID   int
	Run   storage.RunID
	Epoch int64 // 0 if it doesn't say
}

// Request is a run to execute.
type Request struct {
	Run        storage.RunID     `json:"run"`
	Epoch      int64             `json:"epoch"` // the worker's right to write: what it writes after a later epoch began is refused
	Repository string            `json:"repository,omitempty"`
	Job        string            `json:"job,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
}

// DefaultGrace is how long a worker that was asked to stop is usually given.
const DefaultGrace = 30 * time.Second

// ErrClosed is returned by a launcher that was closed.
var ErrClosed = errors.New("launcher is closed")

// ErrStale is returned for a request with an earlier epoch than the worker that the run has.
var ErrStale = errors.New("run has a worker of a later epoch")

// State says whether a worker lives.
type State uint8

// The states of a worker.
const (
	Unknown State = iota // it can't be told from here: it is on another machine, or the system doesn't say
	Running              // it lives
	Gone                 // it has ended, or there never was one
)

// String returns the state's name.
func (s State) String() string {
	switch s {
	case Running:
		return "running"
	case Gone:
		return "gone"
	default:
		return "unknown"
	}
}

// Health is what is known of a run's worker.
type Health struct {
	State State
	Epoch int64 // of the worker; 0 if none is known
	PID   int   // of its process; 0 if it has none or has ended
	Exit  *Exit // how it ended; nil while it lives, and where that was not seen
}

// End says that a worker has ended.
type End struct {
	Run   storage.RunID
	Epoch int64
	Exit  *Exit // nil if nobody saw how: the worker outlived the process that started it
	Left  []int // processes of the run that could not be killed
}
