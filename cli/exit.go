package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// What the process exits with.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitHome        = 3
	exitInterrupted = 130
)

// exit is an error with the code that the process exits with.
type exit struct {
	code  int
	err   error
	shown bool // the user has seen it
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exit{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// ExitCode is what a process should exit with after [Run] returned err: see the package.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*dagster.RunError](err); ok {
		return exitFailed
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return exitFailed
}

// refusal gives the error of a run that was not to be its code: the store's fault or the user's.
func refusal(err error) error {
	if _, ok := errors.AsType[*dagster.RunError](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return &exit{code: exitInterrupted, err: err}
	}
	if storeRefused(err) {
		return &exit{code: exitHome, err: err}
	}
	return &exit{code: exitUsage, err: err}
}

func storeRefused(err error) bool {
	for _, e := range []error{
		sqlite.ErrFull, sqlite.ErrDamaged, sqlite.ErrNewer, sqlite.ErrReadOnly, sqlite.ErrUnsupported, sqlite.ErrBusy,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
