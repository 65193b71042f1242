package executor

import (
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// Task is one attempt of one step, as its worker sees it.
type Task struct {
	Step    int      // index in Plan.Steps
	Key     string   // with mapping keys
	MapKeys []string // outermost first; nil outside of maps
	Attempt int      // 1 for the first

	worker *worker // of an engine; nil for a task of NewTask
	loose  *loose
	id     machine.ID
	ended  bool // guarded by worker.emitting
}

// Made is one value that an input takes: an output that a step of this run made, or that it should have loaded.
type Made struct {
	Source

	Key     string   // of the step, with mapping keys
	MapKeys []string // of that step's copy
	MapKey  string   // of the value, where the input takes one value of a dynamic output
}

// TaskConfig is what [NewTask] makes a task of.
type TaskConfig struct {
	Run     storage.RunID
	Step    int
	Key     string
	MapKeys []string
	Attempt int // Defaults to 1.

	Sink    Sink                   // Defaults to none: events are dropped.
	Sources func(input int) []Made // Defaults to none.
}

// NewTask returns an attempt for a worker that something else than [Engine] runs, another executor or a test. It never ends.
func NewTask(c TaskConfig) *Task {
	return &Task{Step: c.Step, Key: c.Key, MapKeys: c.MapKeys, Attempt: max(c.Attempt, 1), loose: &loose{c}}
}

// loose owns a task that no engine does.
type loose struct{ config TaskConfig }

func (l *loose) sources(input int) []Made {
	if l.config.Sources == nil {
		return nil
	}
	return l.config.Sources(input)
}

func (l *loose) emit(t *Task, e *storage.Event) {
	if l.config.Sink == nil {
		return
	}
	if e.At.IsZero() {
		e.At = time.Now().UTC()
	}
	e.Run, e.Step, e.Attempt = l.config.Run, t.Key, t.Attempt
	l.config.Sink.Record(*e)
}

// Sources returns what input number i of the step takes, in order, without what was skipped. For an input that is the
// dynamic output that the step is mapped over, it is that one value, named by MapKey.
// An input that only waits takes nothing, but its sources that were made are named all the same.
// It may be called by one goroutine at a time, until RunStep returns.
// The slice is valid until RunStep returns, and must not be changed.
func (t *Task) Sources(i int) []Made {
	if t.worker == nil {
		return t.loose.sources(i)
	}
	return t.worker.sources(t, i)
}

// Emit records an event of this attempt: Run, Step, Attempt and, where it is zero, At are filled in. The payload is
// recorded as it is, not copied: it must not change afterwards, and one that is the same each time may be used again.
// Emit may be called from many goroutines; events of an attempt that has ended are dropped.
func (t *Task) Emit(e storage.Event) {
	if t.worker == nil {
		t.loose.emit(t, &e)
		return
	}
	t.worker.emit(t, &e)
}

// EmitAll is [Task.Emit] of several events that happened at once: they follow each other in the log and cost less.
func (t *Task) EmitAll(events ...storage.Event) {
	if t.worker != nil {
		t.worker.emitAll(t, events)
		return
	}
	for i := range events {
		e := events[i]
		t.loose.emit(t, &e)
	}
}
