package executor

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// worker runs one step after the other.
type worker struct {
	*run
	gone      bool // its goroutine is ending under a body that called runtime.Goexit
	tasks     []Task
	successes []storage.SuccessData
	made      []Made

	task  *Task // it runs; guarded by run.mu like what follows
	given bool  // up: the run goes on, or has ended, without it
}

// attempt is what the engine keeps of a task.
type attempt struct {
	id      machine.ID
	started time.Time // written under Task.mu
	ended   time.Time
	own     bool // its body returned before the run was canceled
}

// hire sees to it that someone runs what is ready. r.mu is held.
func (r *run) hire() {
	switch {
	case r.ready.len() == 0:
	case r.resting > 0:
		r.idle.Signal()
	case r.alive < r.MaxConcurrent:
		w := &worker{run: r}
		r.alive++
		r.workers = append(r.workers, w)
		go w.loop()
	}
}

func (w *worker) loop() {
	defer w.leave()
	w.mu.Lock()
	for w.next() {
		w.mu.Unlock()
		o := w.attempt()
		w.mu.Lock()
		if w.given {
			return
		}
		w.finish(o)
	}
}

// leave ends a worker. It holds w.mu unless a body ended its goroutine: then the attempt has failed, and the worker is
// replaced if there is something to do.
func (w *worker) leave() {
	if w.gone {
		o := w.conclude(Outcome{Err: errGoexit})
		w.mu.Lock()
		if !w.given {
			w.finish(o)
		}
	}
	defer w.mu.Unlock()
	if w.given {
		w.stuck.Add(-1)
		return
	}
	w.workers = slices.DeleteFunc(w.workers, func(o *worker) bool { return o == w })
	w.alive--
	w.hire()
	w.over()
}

// next takes the step whose turn it is, and waits for one if there is none. It returns false at the end of the run.
// w.mu is held.
func (w *worker) next() bool {
	for !w.m.Done() {
		for w.ready.len() > 0 {
			turn := w.ready.pop()
			id := w.id(turn)
			if w.limits.take(w.m.Step(id), turn, &w.ready) {
				w.take(id)
				w.hire()
				return true
			}
		}
		w.resting++
		w.idle.Wait()
		w.resting--
	}
	return false
}

// take makes the task for a step.
func (w *worker) take(id machine.ID) {
	n := w.m.Attempt(id)
	w.m.Apply(machine.Event{Kind: machine.Began, ID: id, Attempt: n})
	if len(w.tasks) == 0 {
		w.tasks = make([]Task, 32)
	}
	t := &w.tasks[0]
	w.tasks = w.tasks[1:]
	t.Step, t.Key, t.MapKeys, t.Attempt = w.m.Step(id), w.m.Key(id), w.m.MapKeys(id), n
	t.run, t.sink, t.from = w.Run, w.Sink, w
	t.state.id = id
	w.task = t
}

// attempt runs the body of the task between its first and its last event.
func (w *worker) attempt() Outcome {
	t := w.task
	kind := storage.StepStart
	if t.Attempt > 1 {
		kind = storage.StepRestarted
	}
	t.record(&storage.Event{Kind: kind, At: time.Now()}, false)
	if timeout := w.Plan.Steps[t.Step].Timeout; timeout > 0 {
		return w.conclude(w.timed(t, timeout))
	}
	t.made = w.made[:0]
	o := w.conclude(w.body(w.ctx, t))
	w.made = t.made[:0]
	return o
}

// conclude records a plain success at once; what else an attempt may come to is the machine's to say.
func (w *worker) conclude(o Outcome) Outcome {
	t := w.task
	t.state.ended = time.Now()
	t.state.own = w.ctx.Err() == nil
	if o.Err == nil && len(o.Missing) == 0 && len(o.Keys) == 0 && w.g.Simple(t.Step) {
		t.record(&storage.Event{Kind: storage.StepSuccess, At: t.state.ended, Data: w.success(t)}, true)
	} else {
		t.end()
	}
	return o
}

func (w *worker) success(t *Task) *storage.SuccessData {
	if len(w.successes) == 0 {
		w.successes = make([]storage.SuccessData, 64)
	}
	d := &w.successes[0]
	w.successes = w.successes[1:]
	d.Duration = t.state.ended.Sub(t.state.started)
	return d
}

// body calls the worker's code, which may do anything.
func (w *worker) body(ctx context.Context, t *Task) (o Outcome) {
	w.gone = true
	defer func() {
		if v := recover(); v != nil {
			o = Outcome{Err: &PanicError{Value: v, Stack: debug.Stack()}}
			w.gone = false
		}
	}()
	o = w.Worker.RunStep(ctx, t)
	w.gone = false
	return o
}

// finish tells the machine how the attempt ended. w.mu is held.
func (w *worker) finish(o Outcome) {
	t := w.task
	w.task = nil
	f := w.fact(t.state.id)
	if f.started.IsZero() {
		f.started = t.state.started
	}
	f.ended = t.state.ended
	w.limits.put(t.Step, &w.ready)
	e := machine.Event{Kind: machine.Made, ID: t.state.id, Attempt: t.Attempt, Keys: o.Keys}
	switch {
	case o.Err == nil:
		e.Missing, o.Err = missingBits(o.Missing)
		if o.Err != nil {
			e.Kind, e.Failure = machine.Broke, machine.Failure{Final: true}
		}
	case t.state.own:
		e.Kind, e.Failure = machine.Broke, failureOf(o.Err)
	default:
		e.Kind = machine.Interrupted
	}
	w.apply(e, o.Err)
}

// missingBits turns indexes into bits.
func missingBits(indexes []int) (bits uint64, err error) {
	for _, i := range indexes {
		if i < 0 || i > 63 {
			return 0, fmt.Errorf("output %d is missing, which there is not", i)
		}
		bits |= 1 << i
	}
	return bits, nil
}

// sources answers [Task.Sources] from the machine.
func (w *worker) sources(t *Task, input int) []Made {
	if !w.g.Static() {
		w.mu.Lock()
		defer w.mu.Unlock()
	}
	start := len(t.made)
	w.m.Values(t.state.id, input, func(v machine.Value) {
		t.made = append(t.made, Made{
			Source: Source{Step: v.Step, Output: v.Output}, MapKey: v.MapKey,
			Key: w.m.Key(v.ID), MapKeys: w.m.MapKeys(v.ID),
		})
	})
	return t.made[start:len(t.made):len(t.made)]
}
