package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// RetryAfter makes err ask for another attempt after d, instead of the delay of the step's policy. The policy's maximum
// holds, but at least one retry is granted. RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error {
	return RetryUpTo(err, d, 0)
}

// RetryUpTo is [RetryAfter] with a maximum number of retries of its own, which wins over the policy's both ways;
// 0 leaves it to the policy.
func RetryUpTo(err error, d time.Duration, most int) error {
	if err == nil {
		return nil
	}
	return &retryError{err, machine.Failure{Asked: true, After: d, Max: max(most, 0)}}
}

// NoRetry makes err final: the step is not tried again, whatever its policy says. NoRetry(nil) is nil.
func NoRetry(err error) error {
	if err == nil {
		return nil
	}
	return &retryError{err, machine.Failure{Final: true}}
}

// retryError says how an error bears on the next attempt. The outermost one of a chain counts.
type retryError struct {
	err     error
	failure machine.Failure
}

func (e *retryError) Error() string { return e.err.Error() }

func (e *retryError) Unwrap() error { return e.err }

func failureOf(err error) *machine.Failure {
	if r, ok := errors.AsType[*retryError](err); ok {
		return &r.failure
	}
	return nil
}

// PanicError is a panic of a body, recovered: it fails the attempt.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error names the value that was panicked with.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value, if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// StackTrace returns the stack of the goroutine that panicked.
func (e *PanicError) StackTrace() []byte { return e.Stack }

// errGoexit is the failure of a body whose goroutine ended without returning.
var errGoexit = errors.New("body ended its goroutine with runtime.Goexit")

// usable is err, or what stands for it if asking it panics: a nil pointer that a body returned as an error, most often.
// Whoever is told of a failure asks again, and a panic there would end the process.
func usable(err error) (asked error) {
	if err == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			asked = fmt.Errorf("%T is no usable error: %w", err, &PanicError{Value: fmt.Sprint(v), Stack: debug.Stack()})
		}
	}()
	_ = err.Error()
	_ = errors.Is(err, errGoexit)
	_ = failureOf(err)
	return err
}

// TimeoutError is the failure of an attempt that took longer than its step's timeout.
type TimeoutError struct {
	After time.Duration
	Err   error // what the body returned when it was told to stop
}

// Error says how long the attempt had.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("timed out after %s: %v", e.After, e.Err)
}

// Unwrap returns what the body returned.
func (e *TimeoutError) Unwrap() error { return e.Err }

// Is makes a timeout match [context.DeadlineExceeded], whatever the body returned.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// plain is the error that says what went wrong, without what was said of the next attempt.
func plain(err error) error {
	for {
		r, ok := err.(*retryError) //nolint:errorlint // around the error, not within it
		if !ok {
			return err
		}
		err = r.err
	}
}

// failureData is the payload of an attempt that failed.
func failureData(err error, retryIn time.Duration) *storage.FailureData {
	d := &storage.FailureData{RetryIn: retryIn}
	if stored, ok := plain(err).(StoredError); ok { //nolint:errorlint // around the error, not within it
		d.Error = stored.StoredError()
	} else {
		d.Error = storage.NewError(plain(err))
	}
	var described interface{ FailureMetadata() []metadata.Entry }
	if errors.As(err, &described) {
		d.Metadata = metadata.Fit(described.FailureMetadata())
	}
	return d
}

// StoredError is an error that has its stored form already: that of a body that ran somewhere else.
type StoredError interface {
	error
	StoredError() storage.Error
}

// Describe returns what is recorded of an attempt that failed with err, and what err says of the next one: for a worker that
// hands it to another process.
func Describe(err error) (*storage.FailureData, machine.Failure) {
	err = usable(err)
	if f := failureOf(err); f != nil {
		return failureData(err, 0), *f
	}
	return failureData(err, 0), machine.Failure{}
}
