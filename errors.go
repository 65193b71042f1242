package dagster

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/metadata"
)

// ErrNotStored reports a value that an IO manager does not have. An IO manager's Load returns an error that wraps it, or
// one that wraps [io/fs.ErrNotExist], for an asset that was never stored.
var ErrNotStored = errors.New("never stored")

var errNotPartitioned = errors.New("it is not partitioned")

// Failure fails a step with something to show beside its error. It is final: retry policies do not apply to it.
type Failure struct {
	Description string
	Metadata    []metadata.Entry // what can't be recorded is left out: see [metadata.Fit]
	Err         error            // may be nil
}

// Error is the description, and the cause if there is one.
func (f *Failure) Error() string {
	switch {
	case f.Err == nil:
		return f.Description
	case f.Description == "":
		return f.Err.Error()
	}
	return f.Description + ": " + f.Err.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// FailureMetadata is recorded with the failure of the step.
func (f *Failure) FailureMetadata() []metadata.Entry { return f.Metadata }

// StepError is a step that failed.
type StepError struct {
	Step     string // key of the step
	Attempts int
	Err      error // what the last attempt returned
}

// Error names the step.
func (e *StepError) Error() string {
	if e.Attempts > 1 {
		return fmt.Sprintf("step %q, attempt %d: %v", e.Step, e.Attempts, e.Err)
	}
	return fmt.Sprintf("step %q: %v", e.Step, e.Err)
}

// Unwrap returns what the last attempt returned.
func (e *StepError) Unwrap() error { return e.Err }

// RunError is a run that did not succeed: which steps failed, and why. [errors.As] finds each [*StepError].
type RunError struct {
	RunID  string
	Status string // FAILURE or CANCELED
	Steps  []*StepError
	Cause  error // why it ended otherwise: the end of its context, a store that refused its events; nil for failed steps alone
}

// Error lists the failed steps, up to ten of them.
func (e *RunError) Error() string {
	const most = 10
	var b strings.Builder
	fmt.Fprintf(&b, "run %s: %s", e.RunID, strings.ToLower(e.Status))
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	for i, s := range e.Steps {
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(e.Steps)-most)
			break
		}
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + s.Error())
	}
	return b.String()
}

// Unwrap returns the failed steps and the cause.
func (e *RunError) Unwrap() []error {
	out := make([]error, 0, len(e.Steps)+1)
	if e.Cause != nil {
		out = append(out, e.Cause)
	}
	for _, s := range e.Steps {
		out = append(out, s)
	}
	return out
}

// asFailure is the Failure in an error's chain, nil if there is none.
func asFailure(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return nil
}
