package executor

import (
	"sync"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Task is one attempt of one step, as its worker sees it.
type Task struct {
	Step    int      // index in Plan.Steps
	Key     string   // with mapping keys
	MapKeys []string // outermost first; nil outside of maps
	Attempt int      // 1 for the first

	run   storage.RunID
	sink  Sink
	from  sourcer
	made  []Made // room for what Sources returns
	state attempt

	mu    sync.Mutex
	ended bool
	event [1]storage.Event // what is being recorded, so that an event costs no allocation
}

// sourcer finds what an input takes.
type sourcer interface {
	sources(t *Task, input int) []Made
}

type sourceFunc func(input int) []Made

func (f sourceFunc) sources(_ *Task, input int) []Made { return f(input) }

// Made is one value that an input takes: an output that a step of this run made, or that it should have loaded.
type Made struct {
	Source

	Key     string   // of the step, with mapping keys
	MapKeys []string // of that step's copy
	MapKey  string   // of the value, where the input takes one value of a dynamic output
}

// NewTask returns an attempt for a worker that another executor than [Engine] runs, or a test: sources answers
// [Task.Sources], and sink takes what the attempt emits.
func NewTask(t TaskConfig) *Task {
	if t.Sources == nil {
		t.Sources = func(int) []Made { return nil }
	}
	return &Task{
		Step: t.Step, Key: t.Key, MapKeys: t.MapKeys, Attempt: max(t.Attempt, 1),
		run: t.Run, sink: t.Sink, from: sourceFunc(t.Sources),
	}
}

// TaskConfig is what a [Task] is made of.
type TaskConfig struct {
	Run     storage.RunID
	Step    int
	Key     string
	MapKeys []string
	Attempt int // Defaults to 1.

	Sink    Sink                   // Defaults to none: events are dropped.
	Sources func(input int) []Made // Defaults to none.
}

// Sources returns what input number i of the step takes, in order, without what was skipped. For an input that is the
// dynamic output that the step is mapped over, it is that one value, named by MapKey.
// It may be called by one goroutine at a time, until RunStep returns.
// The slice is valid until RunStep returns, and must not be changed.
func (t *Task) Sources(i int) []Made { return t.from.sources(t, i) }

// Emit records an event of this attempt: Run, Step, Attempt and, where it is zero, At are filled in. The payload is
// recorded as it is, not copied: it must not change afterwards, and one that is the same each time may be used again.
// Emit may be called from many goroutines; events of an attempt that has ended are dropped.
func (t *Task) Emit(e storage.Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	t.record(&e, false)
}

// record records an event unless the attempt has ended; last ends it.
func (t *Task) record(e *storage.Event, last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	t.ended = last
	if t.state.started.IsZero() {
		t.state.started = e.At
	}
	if t.sink == nil {
		return
	}
	t.event[0] = *e
	t.event[0].Run, t.event[0].Step, t.event[0].Attempt = t.run, t.Key, t.Attempt
	t.sink.Record(t.event[:]...)
}

// end lets no more events through.
func (t *Task) end() {
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
}
