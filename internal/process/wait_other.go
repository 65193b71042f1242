//go:build unix && !linux

package process

import (
	"context"
	"os"
	"syscall"
	"time"
)

// Handle stands for the process that has a number; here there is no way to hold on to it.
type Handle struct{ pid int }

// Open returns a handle of the process that has the number now. It returns an error wrapping [os.ErrNotExist] if there is none.
func Open(pid int) (*Handle, error) {
	if !Exists(pid) {
		return nil, os.ErrNotExist
	}
	return &Handle{pid: pid}, nil
}

// Close lets go of the process.
func (h *Handle) Close() error { return nil }

// Signal sends the process a signal. It returns an error wrapping [os.ErrNotExist] if it is gone.
func (h *Handle) Signal(s syscall.Signal) error { return gone(syscall.Kill(h.pid, s)) }

// Wait returns when no process has the number any more, or with ctx's error. It reaps the process if it is a child of this one.
func (h *Handle) Wait(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var status syscall.WaitStatus
		if got, _ := syscall.Wait4(h.pid, &status, syscall.WNOHANG, nil); got == h.pid || !Exists(h.pid) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
