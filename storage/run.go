package storage

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// RunID names a run: a UUIDv7 in its usual text form.
type RunID string

// RunStatus is where a run stands. The strings are stored and never change.
type RunStatus string

// The states of a run; reliability rules allow the transitions that [CanTransition] lists.
const (
	RunNotStarted RunStatus = "NOT_STARTED"
	RunQueued     RunStatus = "QUEUED"
	RunStarting   RunStatus = "STARTING"
	RunStarted    RunStatus = "STARTED"
	RunCanceling  RunStatus = "CANCELING"
	RunSucceeded  RunStatus = "SUCCESS"
	RunFailed     RunStatus = "FAILURE"
	RunCanceled   RunStatus = "CANCELED"
)

// Terminal reports whether s is final: no transition leaves it.
func (s RunStatus) Terminal() bool {
	return s == RunSucceeded || s == RunFailed || s == RunCanceled
}

// Run is one execution of some assets or of a job. Times are UTC; a store keeps at least their microseconds, and gives
// back empty maps and slices as nil.
type Run struct {
	ID         RunID             `json:"id"`
	Repository string            `json:"repository,omitempty"`
	Job        string            `json:"job"`
	Status     RunStatus         `json:"status"`
	Epoch      int64             `json:"epoch"`
	Tags       map[string]string `json:"tags,omitempty"`

	// Assets are the keys asked for, Steps the step keys where only some were asked for.
	Assets []string `json:"assets,omitempty"`
	Steps  []string `json:"steps,omitempty"`

	// Config is the run config as it was given, secrets as references.
	Config json.RawMessage `json:"config,omitempty"`

	// Parent is the run that this one re-executes, Root the first of the line; both empty for a first run.
	Parent RunID `json:"parent,omitempty"`
	Root   RunID `json:"root,omitempty"`

	// Worker names the process that executes the run: see [Transition.Worker].
	Worker string `json:"worker,omitempty"`

	// CancelTarget and CancelReason are set when the run enters CANCELING; the run ends as CancelTarget.
	CancelTarget RunStatus `json:"cancel_target,omitempty"`
	CancelReason string    `json:"cancel_reason,omitempty"`

	// CancelBy is when a run that is being canceled ends, whether or not its worker has stopped; zero for no such time.
	CancelBy time.Time `json:"cancel_by,omitzero"`

	// Error is why the run failed, in one line; empty unless it did.
	Error string `json:"error,omitempty"`

	// Enqueued is when it last began to wait in the queue, Launched when a worker was last asked for.
	Created  time.Time `json:"created"`
	Enqueued time.Time `json:"enqueued,omitzero"`
	Launched time.Time `json:"launched,omitzero"`
	Started  time.Time `json:"started,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
}

// clone shares nothing that could be changed with r.
func clone(r Run) Run {
	r.Tags = maps.Clone(r.Tags)
	r.Assets, r.Steps, r.Config = slices.Clone(r.Assets), slices.Clone(r.Steps), slices.Clone(r.Config)
	return r
}

// Transition is one compare-and-set on a run's status and epoch. It is the only way a run changes.
type Transition struct {
	// From and Epoch must be what is stored, else nothing happens and [ErrConflict] is returned.
	From, To RunStatus
	Epoch    int64

	// Fence raises the epoch by one: whoever wrote under the old one is rejected from then on. A transition that takes
	// the run from its worker (to the same status, or back to QUEUED) always does.
	Fence bool

	// Worker names the process that executes the run from now on; empty leaves what is stored, except that a run
	// that goes back to QUEUED has none.
	Worker string

	// Target and Reason say, on entering CANCELING, how the run will end and why: FAILURE or CANCELED, which it
	// defaults to.
	Target RunStatus
	Reason string

	// CancelBy is by when a run that enters CANCELING is to have ended: see [Run.CancelBy].
	CancelBy time.Time

	// Error is why the run failed, in one line. Defaults to the reason for which it was canceled; ignored unless To
	// is FAILURE.
	Error string

	// At is when it happened. Defaults to now; a store never moves a run's times backwards.
	At time.Time

	// Events are appended in the same transaction, the status event among them. They are stamped like those of a
	// [Batch], on a copy.
	Events []Event

	// Lead is the leadership under which it is done; the zero value for none. Once that has gone to another the error
	// wraps [ErrFenced].
	Lead Guard

	// Retry is a run that is created in the same transaction, instead of this one that failed; nil for none. Its ID must be
	// free, else nothing happens and the error wraps [ErrRunExists]. Key and Scope are not used.
	Retry *NewRun
}

// NewRun is a run that is created together with something else.
type NewRun struct {
	Run Run

	// Key is the run key of a request, empty for none; in Scope no key is asked for twice by one instigator: a schedule's
	// keys hold for one of its ticks, those of a sensor for ever. Two requests with one key are one run.
	Key, Scope string

	Events []Event // of the run, appended with it
}

// RunFilter chooses runs; its zero value chooses all. Newest first: by descending Created, then by descending ID.
type RunFilter struct {
	Repository string
	Job        string
	Statuses   []RunStatus
	Tags       map[string]string // every one of them
	Asset      string            // runs that asked for it
	Root       RunID             // the root and its re-executions
	Before     RunID             // older than this run, the last of the page before; [ErrRunNotFound] if it is gone
	Limit      int               // Defaults to 100; at most 1000, what is more counts as that.
}
