package dagster

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// RunInfo says which run a body runs in; its zero value is outside of runs.
type RunInfo struct {
	ID, Job string
	Tags    map[string]string // not to be changed
}

// StepInfo says which step a body runs in; its zero value is outside of steps.
type StepInfo struct {
	Key     string
	MapKey  string // of a mapped step: its keys, the outermost first, joined by "/"
	Attempt int    // 1 for the first
	Err     error  // in a failure hook: why the step failed
}

// scope is what surrounds one attempt of a step: the context that its body gets.
type scope struct {
	context.Context //nolint:containedctx // a scope is a context
	run             *runState
	task            *executor.Task
	step            *planStep

	// In a hook: why its step failed, and how to record what it says.
	failed error
	record func(e storage.Event)

	told    map[int32]bool // of which the step has said that it made them, for another portion; nil if there is one only
	portion *portion       // which partitions the body makes; nil if what it makes is not partitioned

	opening sync.Mutex
	streams []any // that were opened for the body, and are closed after it

	said atomic.Pointer[said] // nil until the body says something
}

// said is what a body has said of its step and of what it makes.
type said struct {
	mu       sync.Mutex
	entries  entries
	of       map[string]*entries // of one of several assets
	refused  error               // what was said and can't be recorded
	version  string
	checks   []saidCheck
	logger   *zap.Logger
	reported time.Time // of the last progress that was recorded
}

// says is where the body says something: most say nothing, and cost no room for it.
func (s *scope) says() *said {
	if at := s.said.Load(); at != nil {
		return at
	}
	s.said.CompareAndSwap(nil, new(said))
	return s.said.Load()
}

// say lets the body that ctx belongs to say something, one thing at a time. Outside of a run nothing is said.
func say(ctx context.Context, something func(*said)) {
	s := scopeOf(ctx)
	if s == nil {
		return
	}
	at := s.says()
	at.mu.Lock()
	defer at.mu.Unlock()
	something(at)
}

// saidOf is what was said of an asset: its version, "" for none, and its metadata. What the body left behind may go on
// saying things, so the list is a copy.
func (s *scope) saidOf(key string) (version string, list []metadata.Entry) {
	at := s.said.Load()
	if at == nil {
		return "", nil
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	all := entries{list: slices.Clone(at.entries.list)}
	if more := at.of[key]; more != nil {
		all.add(more.list)
	}
	return at.version, all.list
}

type scopeKey struct{}

// Value finds the scope itself, and else what the outer context has.
func (s *scope) Value(key any) any {
	switch key.(type) {
	case scopeKey:
		return s
	case partitionKey:
		if s.portion != nil {
			return s.portion.info
		}
	}
	return s.Context.Value(key)
}

// outer is a context for opening a resource: it outlives the attempt, whose timeout is not the resource's.
func (s *scope) outer() context.Context {
	return &scope{Context: s.run.ctx, run: s.run, task: s.task, step: s.step, record: s.record, portion: s.portion}
}

// emit records an event of the step.
func (s *scope) emit(e storage.Event) {
	if s.record != nil {
		s.record(e)
		return
	}
	s.task.Emit(e)
}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// Run says which run ctx belongs to.
func Run(ctx context.Context) RunInfo {
	s := scopeOf(ctx)
	if s == nil {
		return RunInfo{}
	}
	return RunInfo{ID: string(s.run.record.ID), Job: s.run.record.Job, Tags: s.run.record.Tags}
}

// Step says which step ctx belongs to.
func Step(ctx context.Context) StepInfo {
	s := scopeOf(ctx)
	if s == nil {
		return StepInfo{}
	}
	return StepInfo{Key: s.task.Key, MapKey: strings.Join(s.task.MapKeys, "/"), Attempt: s.task.Attempt, Err: s.failed}
}

// Log is a logger whose lines are recorded as events of the step. Outside of a run it writes nowhere.
func Log(ctx context.Context) *zap.Logger {
	s := scopeOf(ctx)
	if s == nil {
		return zap.NewNop()
	}
	at := s.says()
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.logger == nil {
		at.logger = zap.New(&eventCore{emit: s.emit})
	}
	return at.logger
}

// AddMetadata says something of the value that the body makes; it is recorded with its materialization, or as an op's
// output. Of two entries with one key the later holds. What [metadata.Check] finds wrong fails the step, before its value
// is stored. Outside of a run it does nothing.
func AddMetadata(ctx context.Context, e ...metadata.Entry) {
	say(ctx, func(at *said) { at.entries.add(e) })
}

// SetDataVersion names the version of the value that the body makes: an unchanged version says that nothing changed.
// Without it the version is derived from the code version and the versions of what was read. Outside of a run it does
// nothing.
func SetDataVersion(ctx context.Context, v string) {
	say(ctx, func(at *said) { at.version = v })
}

// progressEvery bounds how often the progress of a step is recorded: a body may report each row.
const progressEvery = 200 * time.Millisecond

// Progress says how far the body is: done of total, or of an unknown total if that is 0. It may be called often: only
// what a person could follow is recorded, and what completes the total. Outside of a run it does nothing.
func Progress(ctx context.Context, done, total int64) {
	s := scopeOf(ctx)
	if s == nil {
		return
	}
	now := s.run.inst.now()
	at := s.says()
	at.mu.Lock()
	due := now.Sub(at.reported) >= progressEvery || total > 0 && done >= total
	if due {
		at.reported = now
	}
	at.mu.Unlock()
	if due {
		s.emit(storage.Event{Kind: storage.Progress, Asset: s.assetKey(), Data: &storage.ProgressData{Done: done, Total: total}})
	}
}

// emitAll records events of the step that happened at once.
func (s *scope) emitAll(events ...storage.Event) {
	if s.record == nil {
		s.task.EmitAll(events...)
		return
	}
	for _, e := range events {
		s.record(e)
	}
}

// assetKey is the one asset that the step makes, "" if it makes none or several.
func (s *scope) assetKey() string {
	if len(s.step.makes) != 1 {
		return ""
	}
	return s.step.makes[0].asset.key
}
