//go:build !unix

package launcher

import (
	"context"
	"errors"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Process starts each worker as a process. There is none on this system: use [InProcess].
type Process struct{}

var errSystem = errors.New("workers can't be processes on this system")

// NewProcess returns an error: this system lacks what it needs.
func NewProcess(ProcessConfig) (*Process, error) { return nil, errSystem }

// Launch returns an error.
func (*Process) Launch(context.Context, Request) error { return errSystem }

// Terminate returns an error.
func (*Process) Terminate(context.Context, storage.RunID, time.Duration) (bool, error) {
	return false, errSystem
}

// Health returns an error.
func (*Process) Health(context.Context, storage.RunID) (Health, error) { return Health{}, errSystem }

// Close does nothing.
func (*Process) Close(context.Context) error { return nil }

// Adopt returns an error.
func (*Process) Adopt(context.Context) error { return errSystem }

// Orphans returns an error.
func (*Process) Orphans(context.Context, func(storage.RunID) bool) ([]Orphan, error) {
	return nil, errSystem
}

// Reap returns an error.
func (*Process) Reap(context.Context, Orphan) (bool, error) { return false, errSystem }

func closeInput() error { return nil }
