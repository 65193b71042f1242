package dagster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// hook is a body that runs after a step.
type hook struct {
	onFailure bool
	body      *body
	at        site
}

func (h *hook) name() string {
	if h.onFailure {
		return "on_failure"
	}
	return "on_success"
}

// OnSuccess runs a body after a step has succeeded. Its inputs are resources, configs and constants; [Step] says which
// step it was. An error of a hook is recorded and changes nothing else. Several hooks of one step run in order. The run waits
// for them; one that goes on half a minute after the run was told to stop is left behind.
func OnSuccess(b Body[Nothing]) StepOption { return newHook(b, false) }

// OnFailure runs a body after a step has failed for good; [StepInfo] has its error. Otherwise it is like [OnSuccess].
func OnFailure(b Body[Nothing]) StepOption { return newHook(b, true) }

func newHook(b Body[Nothing], onFailure bool) StepOption {
	h := hook{onFailure: onFailure, at: outerSite()}
	return stepOption(func(d *definition, s *stepSpec) {
		d.setBody(&h.body, b)
		if h.body == nil || h.body.call == nil {
			if h.body != nil && h.body.graph != nil {
				d.mistake("hook: a graph cannot be one")
			}
			return
		}
		walkAll(h.body.inputs, func(leaf *input, _ leafUse) {
			if leaf.kind == readsAsset {
				d.mistake("hook: it takes asset %s: a hook takes resources, configs and constants", quote(leaf.asset.key))
			}
		})
		s.hooks = append(s.hooks, h)
	})
}

// hooked is a run some of whose steps have hooks.
type hooked struct{ *runState }

// StepEnded runs the hooks of a step whose attempt was recorded as ended.
func (r hooked) StepEnded(ctx context.Context, t *executor.Task, o executor.Outcome, end executor.AttemptEnd) {
	s := &r.plan.steps[t.Step]
	for i := range s.spec.hooks {
		h := &s.spec.hooks[i]
		runs := end == executor.AttemptSucceeded && !h.onFailure || end == executor.AttemptFailed && h.onFailure
		if !runs {
			r.hookEvent(t, h, storage.HookSkipped, nil)
			continue
		}
		if err := r.runHook(ctx, t, o, h); err != nil {
			r.hookEvent(t, h, storage.HookErrored, fmt.Errorf("hook %s: %w", h.name(), err))
			continue
		}
		r.hookEvent(t, h, storage.HookCompleted, nil)
	}
}

// hookGrace is how long a hook is waited for when the run was told to stop.
const hookGrace = 30 * time.Second

// runHook calls a hook in a goroutine of its own, so that it can be left behind.
func (r hooked) runHook(ctx context.Context, t *executor.Task, o executor.Outcome, h *hook) error {
	var left atomic.Bool
	sc := &scope{Context: ctx, run: r.runState, task: t, step: &r.plan.steps[t.Step], portion: r.portionOf(&r.plan.steps[t.Step]), failed: o.Err, record: func(e storage.Event) {
		if !left.Load() {
			r.hookRecord(t, e)
		}
	}}
	done := make(chan error, 1)
	go func() { //nolint:contextcheck // a resource outlives the attempt: see scope.outer
		err := errors.New("it ended its goroutine with runtime.Goexit")
		defer func() { done <- err }()
		_, err = guarded(func() (any, error) {
			leaves, err := r.hookLeaves(sc, h)
			if err != nil {
				return nil, err
			}
			v, err := h.body.call(sc, leaves)
			return v, firstError(err, sc.refusal())
		})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(hookGrace)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
	}
	left.Store(true)
	return fmt.Errorf("did not stop within %v: %w", hookGrace, context.Cause(ctx))
}

func (r *runState) hookLeaves(sc *scope, h *hook) (leaves []any, err error) {
	walkAll(h.body.inputs, func(leaf *input, _ leafUse) {
		if err != nil {
			return
		}
		var v any
		v, err = r.plainLeaf(sc, leaf)
		leaves = append(leaves, v)
	})
	return leaves, err
}

func (r *runState) hookEvent(t *executor.Task, h *hook, kind storage.EventKind, err error) {
	e := storage.Event{Kind: kind, Message: h.name()}
	if err != nil {
		e.Message = err.Error()
		e.Data = &storage.FailureData{Error: storage.NewError(err)}
	}
	r.hookRecord(t, e)
}

// hookRecord records what is said after an attempt has ended.
func (r *runState) hookRecord(t *executor.Task, e storage.Event) {
	e.Run, e.Step, e.Attempt = r.record.ID, t.Key, t.Attempt
	if e.At.IsZero() {
		e.At = r.inst.now()
	}
	r.sink.Record(e)
}
