package machine

import "time"

// ID names a step, or one copy of a mapped step, within one machine. In a plan without maps it is the step's
// index; copies are numbered in the order in which their keys became known.
type ID int32

// Event is what a driver tells a machine. Events of an attempt that is no longer the current one change nothing.
type Event struct {
	Kind    EventKind
	ID      ID
	Attempt int

	// Missing has a bit for each optional output that was not made. It belongs to Made.
	Missing uint64

	// Keys are the mapping keys of dynamic outputs, by index in Step.Outputs. It belongs to Made. The machine
	// keeps the slices.
	Keys map[int][]string

	// Failure says more of a failed attempt; nil leaves it to the policy. It belongs to Broke.
	Failure *Failure
}

// EventKind says what happened.
type EventKind uint8

// What can happen.
const (
	Began       EventKind = iota // the attempt runs
	Made                         // the attempt succeeded
	Broke                        // the attempt failed
	Interrupted                  // the attempt was stopped because the run is canceled
	Due                          // the wait after this attempt is over
	Cancel                       // the run is to end: ID and Attempt do not matter
)

// Failure says how a failed attempt bears on the next one.
type Failure struct {
	// Final forbids another attempt.
	Final bool

	// Asked means that the attempt asked to be tried again After so long, instead of the policy's delay, at most
	// Max times. Where Max is 0 the policy's maximum holds, but at least one retry is granted.
	Asked bool
	After time.Duration
	Max   int
}

// Command is what a machine tells its driver.
type Command struct {
	Do      Action
	ID      ID
	Attempt int           // the one to start, or the one that ended
	Delay   time.Duration // before the next attempt, of DoRetry and DoWait
	Err     error         // why, where the machine found the fault itself; of DoFail and DoRetry
}

// Action says what to do.
type Action uint8

// What a driver is told to do.
const (
	DoRun   Action = iota // start the attempt when there is room; report Began, then how it ended
	DoRetry               // record that the step is up for retry, then do as for DoWait
	DoWait                // report Due for this attempt after Delay
	DoFail                // record that the step has failed
	DoSkip                // record that the step is skipped
	DoPass                // record that the step has succeeded; left out for steps that are Simple
	DoStop                // record that the step was stopped by the cancellation
)

// State says where a step stands.
type State uint8

// The states of a step. All from Succeeded on are final.
const (
	Pending State = iota // waits for others
	Ready                // may start
	Running
	Waiting // for its next attempt
	Succeeded
	Failed
	Skipped
	NotRun  // something that it needs has failed, or the run was canceled
	Stopped // by the cancellation, while it ran or waited for its next attempt
)

// Final reports whether s is not left any more.
func (s State) Final() bool { return s >= Succeeded }
