package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// How far a body with a timeout has come.
const (
	bodyRuns int32 = iota
	bodyReturned
	bodyGivenUp
)

// timed runs the body in a goroutine of its own, so that it can be left behind.
func (w *worker) timed(t *Task, timeout time.Duration) Outcome {
	ctx, cancel := context.WithTimeout(w.ctx, timeout)
	defer cancel()
	var state atomic.Int32
	done := make(chan Outcome, 1)
	go func() {
		o := Outcome{Err: errGoexit}
		defer func() {
			if v := recover(); v != nil {
				o = Outcome{Err: &PanicError{Value: v, Stack: debug.Stack()}}
			}
			if !state.CompareAndSwap(bodyRuns, bodyReturned) {
				w.stuck.Add(-1)
			}
			done <- o
		}()
		o = w.Worker.RunStep(ctx, t)
	}()
	select {
	case o := <-done:
		return w.late(ctx, o, timeout)
	case <-ctx.Done():
	}
	grace := time.NewTimer(w.Grace)
	defer grace.Stop()
	select {
	case o := <-done:
		return w.late(ctx, o, timeout)
	case <-grace.C:
	case <-w.abandoned:
	}
	w.stuck.Add(1)
	if !state.CompareAndSwap(bodyRuns, bodyGivenUp) {
		w.stuck.Add(-1)
		return w.late(ctx, <-done, timeout)
	}
	return Outcome{Err: NoRetry(notStopped(w.ctx, timeout, w.Grace))}
}

// late says of a failure that it came after the timeout.
func (w *worker) late(ctx context.Context, o Outcome, timeout time.Duration) Outcome {
	if o.Err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && w.ctx.Err() == nil {
		o.Err = &TimeoutError{After: timeout, Err: o.Err}
	}
	return o
}

// notStopped is the failure of a body that was told to stop and did not.
func notStopped(run context.Context, timeout, grace time.Duration) error {
	if err := run.Err(); err != nil {
		return fmt.Errorf("did not stop within %s: %w", grace, context.Cause(run))
	}
	return &TimeoutError{After: timeout, Err: fmt.Errorf("did not stop within %s after its timeout", grace)}
}
