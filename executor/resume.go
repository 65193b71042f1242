package executor

import (
	"errors"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// remember takes times and errors of steps that ended before the run was resumed from its history.
func (r *run) remember() {
	for i := range r.History {
		e := &r.History[i]
		id, ok := r.m.Lookup(e.Step)
		if !ok {
			continue
		}
		switch e.Kind {
		case storage.StepStart:
			r.fact(id).started = e.At.UnixNano()
		case storage.StepSuccess, storage.StepFailure, storage.StepUpForRetry:
			r.fact(id).ended = e.At.UnixNano()
			r.recall(id, e.Data)
		default:
		}
	}
}

func (r *run) recall(id machine.ID, p storage.Payload) {
	d, ok := p.(*storage.FailureData)
	if !ok {
		return
	}
	if r.errs == nil {
		r.errs = map[machine.ID]error{}
	}
	r.errs[id] = errors.New(d.Error.Message)
}

// report says how the run ended.
func (r *run) report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &Report{Status: storage.RunSucceeded, Steps: make([]StepReport, 0, len(r.facts)), Stuck: int(r.stuck.Load())}
	switch {
	case r.m.Canceled():
		out.Status = storage.RunCanceled
	case r.m.Failed():
		out.Status = storage.RunFailed
	}
	r.m.Each(func(in machine.Instance) {
		s := StepReport{Step: in.Step, Key: in.Key, Status: status(in.State), Attempts: in.Attempt}
		if in.ID < 0 {
			s.Status = StepNotRun // there is no copy that could have been skipped
		} else if int(in.ID) < len(r.facts) {
			f := &r.facts[in.ID]
			s.Started, s.Ended = moment(f.started), moment(f.ended)
		}
		if s.Status == StepFailed || s.Status == StepCanceled {
			s.Err = r.errs[in.ID]
		}
		out.Steps = append(out.Steps, s)
	})
	return out
}

func moment(ns int64) (t time.Time) {
	if ns != 0 {
		t = time.Unix(ns/1e9, ns%1e9).UTC()
	}
	return t
}

func status(s machine.State) StepStatus {
	switch s {
	case machine.Succeeded:
		return StepSucceeded
	case machine.Failed:
		return StepFailed
	case machine.Skipped:
		return StepSkipped
	case machine.Stopped:
		return StepCanceled
	default:
		return StepNotRun
	}
}

// abandon ends a canceled run without the bodies that have not stopped.
func (r *run) abandon() {
	close(r.abandoned)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.workers {
		t := w.task
		if t == nil || r.Plan.Steps[t.Step].Timeout > 0 {
			continue // one that waits for a body in another goroutine stops by itself
		}
		w.emitting.Lock()
		t.ended = true
		started := w.started
		w.emitting.Unlock()
		w.given = true
		r.alive--
		r.stuck.Add(1)
		r.fact(t.id).add(started, time.Now())
		e := machine.Event{Kind: machine.Interrupted, ID: t.id, Attempt: t.Attempt}
		r.apply(e, notStopped(r.ctx, 0, r.Grace))
	}
	r.over()
}
