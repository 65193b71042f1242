// Package executor runs plans. It knows steps, no assets: what a step does is its [Worker]'s business, what
// follows from its outcome is decided by package machine, and an [Executor] brings the two together.
package executor

import (
	"context"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// Executor runs the steps of a plan until none is left.
type Executor interface {
	// Execute runs the plan and returns how it ended. It returns an error only when the run could not be carried
	// on (a plan that is none, a history of another plan, a limit that lets nothing run); failed steps are in the Report.
	// When ctx ends, steps that run see it, steps that wait are not started, and the report says CANCELED.
	Execute(ctx context.Context, r Request) (*Report, error)
}

// Request is one run to execute.
type Request struct {
	Plan   *Plan // must not change while it runs
	Worker Worker

	// Graph is Plan as [machine.Compile] returns it, for a plan that is run often. Defaults to compiling Plan.
	Graph *machine.Graph

	// Run is put into the events.
	Run storage.RunID

	// Sink takes the events of the run, in the order in which they happened: STEP_START (STEP_RESTARTED from the second
	// attempt on), what the worker emits, then STEP_SUCCESS, STEP_FAILURE or STEP_UP_FOR_RETRY; STEP_SKIPPED alone for
	// a step that is skipped. The events that made a step ready come before its own. Defaults to none.
	Sink Sink

	// Seed makes the jitter of retries the same each time: it is derived from the run's ID.
	Seed uint64

	// History are the events of the same run so far, when it is resumed after a crash: see [machine.Rebuild].
	History []storage.Event

	// MaxConcurrent is how many steps run at once. Defaults to GOMAXPROCS.
	MaxConcurrent int

	// TagLimits say how many steps with a tag run at once.
	TagLimits []TagLimit

	// Grace is how long a step that was told to stop is waited for, before the run ends without it.
	// Defaults to 30 seconds.
	Grace time.Duration
}

// TagLimit limits the steps that run at once with Key=Value; an empty Value means any value, all together,
// or each apart when PerValue is set.
type TagLimit struct {
	Key, Value string
	PerValue   bool
	Limit      int // at least 1
}

// Sink takes events. It is called from many goroutines.
type Sink interface {
	// Record takes events in order and returns at once; they are stored later. It copies what it is given, but not
	// the payloads, which no one changes. It may block while too many events wait to be stored.
	Record(events ...storage.Event)
}

// Worker runs one attempt of one step.
type Worker interface {
	// RunStep is called from many goroutines, once at a time for a step. A panic fails the attempt.
	// It emits STEP_OUTPUT with an [storage.OutputData] for each output that it made, and for each key of a dynamic
	// one, with the key, in key order: a run that is resumed finds there which outputs are missing and which keys there are.
	RunStep(ctx context.Context, t *Task) Outcome
}

// Ender is an optional ability of a worker: to do something after an attempt was recorded as ended. The run waits for it.
type Ender interface {
	// StepEnded is called on the goroutine of the attempt, for every attempt that was not given up. It must not panic. What
	// needs the step may run already, and so may its next attempt.
	StepEnded(ctx context.Context, t *Task, o Outcome, end AttemptEnd)
}

// AttemptEnd says what followed from an attempt.
type AttemptEnd uint8

// What follows from an attempt.
const (
	AttemptSucceeded AttemptEnd = iota
	AttemptFailed               // for good
	AttemptRetried              // it is tried again
	AttemptCanceled             // the run was
)

// Outcome is how an attempt ended.
type Outcome struct {
	// Err is why it failed; nil for success. See [RetryAfter] and [NoRetry].
	Err error

	// Missing are the optional outputs that were not made, by index in Step.Outputs. A missing output that
	// is not optional fails the step.
	Missing []int

	// Keys are the mapping keys that a dynamic output gave, in order, by index in Step.Outputs: letters, digits,
	// underscores, dashes and dots, none twice, else the step fails. An output that is not in it gave none.
	Keys map[int][]string
}
