package executor

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// worker runs one step after the other.
type worker struct {
	*run
	gone      bool // its goroutine is ending under a body that called runtime.Goexit
	away      bool // it does not hold run.mu
	own       bool // the body returned before the run was canceled
	ended     time.Time
	tasks     []Task
	successes []storage.SuccessData
	made      []Made

	task  *Task // it runs; guarded by run.mu like what follows
	given bool  // up: the run goes on, or has ended, without it

	emitting sync.Mutex
	synced   time.Time        // when the clock was last read; guarded by emitting like what follows
	wall     time.Time        // the same without the monotonic reading
	started  time.Time        // of the task
	events   [4]storage.Event // what is being recorded, so that an event costs no allocation
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
		w.away = true
		o := w.attempt()
		w.away = false
		w.mu.Lock()
		if w.given {
			return
		}
		w.close(o)
	}
}

// close finishes the task, and tells whoever wants to know. w.mu is held, but not meanwhile.
func (w *worker) close(o Outcome) {
	t := w.task
	w.finish(o)
	after, ok := w.Worker.(Ender)
	if !ok {
		return
	}
	end := w.endOf(t)
	w.mu.Unlock()
	defer w.mu.Lock()
	after.StepEnded(w.ctx, t, o, end)
}

func (w *worker) endOf(t *Task) AttemptEnd {
	switch w.m.State(t.id) {
	case machine.Succeeded:
		return AttemptSucceeded
	case machine.Failed:
		return AttemptFailed
	case machine.Stopped:
		return AttemptCanceled
	default:
		return AttemptRetried
	}
}

// leave ends a worker. It holds w.mu unless a body ended its goroutine: then the attempt has failed, and the worker is
// replaced if there is something to do.
func (w *worker) leave() {
	if w.away && !w.gone {
		return // the sink has panicked, which ends the process
	}
	if w.gone {
		o := w.conclude(Outcome{Err: errGoexit})
		w.mu.Lock()
		if !w.given {
			w.close(o)
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
		for w.ready.len() > 0 && w.ctx.Err() == nil { // or the run is about to be canceled
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
	t.worker, t.id = w, id
	w.task = t
}

// attempt runs the body of the task between its first and its last event.
func (w *worker) attempt() Outcome {
	t := w.task
	w.start(t)
	if timeout := w.Plan.Steps[t.Step].Timeout; timeout > 0 {
		return w.conclude(w.timed(t, timeout))
	}
	w.made = w.made[:0]
	return w.conclude(w.body(w.ctx, t))
}

func (w *worker) start(t *Task) {
	w.emitting.Lock()
	defer w.emitting.Unlock()
	w.started = w.now()
	e := storage.Event{Kind: storage.StepStart, At: w.started}
	if t.Attempt > 1 {
		e.Kind = storage.StepRestarted
	}
	w.record(t, &e)
}

// now is the time, without a monotonic reading. How much time has passed costs half of what time it is, and events ask often;
// once a second it is asked all the same, because a machine that sleeps does not count. w.emitting is held.
func (w *worker) now() time.Time {
	d := time.Since(w.synced)
	if d > time.Second {
		w.synced = time.Now()
		w.wall = w.synced.Round(0).UTC()
		return w.wall
	}
	return w.wall.Add(d)
}

// emit records what the body says.
func (w *worker) emit(t *Task, e *storage.Event) {
	w.emitting.Lock()
	defer w.emitting.Unlock()
	if e.At.IsZero() {
		e.At = w.now()
	}
	w.record(t, e)
}

// emitAll records events that happened at once.
func (w *worker) emitAll(t *Task, events []storage.Event) {
	w.emitting.Lock()
	defer w.emitting.Unlock()
	if w.Sink == nil || t.ended {
		return
	}
	at := w.now()
	for len(events) > 0 {
		n := copy(w.events[:], events)
		events = events[n:]
		for i := range n {
			w.stamp(t, &w.events[i], at)
		}
		w.Sink.Record(w.events[:n]...)
	}
}

// record hands an event of a task that has not ended to the sink. w.emitting is held.
func (w *worker) record(t *Task, e *storage.Event) {
	if w.Sink == nil || t.ended {
		return
	}
	w.events[0] = *e
	w.stamp(t, &w.events[0], e.At)
	w.Sink.Record(w.events[:1]...)
}

// stamp says which attempt an event is of.
func (w *worker) stamp(t *Task, e *storage.Event, at time.Time) {
	e.Run, e.Step, e.Attempt = w.Run, t.Key, t.Attempt
	if e.At.IsZero() {
		e.At = at
	}
}

// conclude ends the task. It records a plain success at once; what else an attempt may come to is the machine's to say.
func (w *worker) conclude(o Outcome) Outcome {
	o.Err = usable(o.Err)
	t := w.task
	w.emitting.Lock()
	defer w.emitting.Unlock()
	w.ended = w.now()
	w.own = w.ctx.Err() == nil
	if o.Err == nil && len(o.Missing) == 0 && len(o.Keys) == 0 && w.g.Simple(t.Step) {
		w.record(t, &storage.Event{Kind: storage.StepSuccess, At: w.ended, Data: w.success(w.ended.Sub(w.started))})
	}
	t.ended = true
	return o
}

func (w *worker) success(d time.Duration) *storage.SuccessData {
	if len(w.successes) == 0 {
		w.successes = make([]storage.SuccessData, 64)
	}
	data := &w.successes[0]
	w.successes = w.successes[1:]
	data.Duration = d
	return data
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
	w.took = w.ended.Sub(w.started)
	w.fact(t.id).add(w.started, w.ended)
	w.limits.put(t.Step, &w.ready)
	e := machine.Event{Kind: machine.Made, ID: t.id, Attempt: t.Attempt, Keys: o.Keys}
	switch {
	case o.Err == nil:
		e.Missing, o.Err = missingBits(o.Missing)
		if o.Err != nil {
			e.Kind, e.Failure = machine.Broke, &machine.Failure{Final: true}
		}
	case w.own:
		e.Kind, e.Failure = machine.Broke, failureOf(o.Err)
	default:
		// The last step to stop may see the end of the context before conduct does: the run was canceled all the same.
		w.stopAll()
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
	if w.Plan.Steps[t.Step].Timeout > 0 {
		return w.values(t, input, nil) // its body may outlive the attempt
	}
	// What was returned for other inputs stays where it is: when there is no more room the next piece is another.
	if cap(w.made)-len(w.made) < 4 {
		w.made = make([]Made, 0, 64)
	}
	start := len(w.made)
	got := w.values(t, input, w.made[start:start])
	if start+len(got) <= cap(w.made) {
		w.made = w.made[:start+len(got)]
	}
	return slices.Clip(got)
}

func (w *worker) values(t *Task, input int, to []Made) []Made {
	w.m.Values(t.id, input, func(v machine.Value) {
		to = append(to, Made{
			Source: Source{Step: v.Step, Output: v.Output}, MapKey: v.MapKey,
			Key: w.m.Key(v.ID), MapKeys: w.m.MapKeys(v.ID),
		})
	})
	return to
}
