package dagster

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// Result is what came of a run. It is safe for concurrent use.
type Result struct {
	inst   *Instance
	run    storage.Run
	report *executor.Report
	state  *runState // nil if nothing ran
	err    error
}

// StepResult is how one step of a run ended.
type StepResult struct {
	Key      string
	Op       string   // its name, as it was placed; "" for an asset's own function
	MapKey   string   // of a mapped step: its keys, the outermost first, joined by "/"
	Assets   []string // keys of what it makes; none for an op's step
	Status   executor.StepStatus
	Attempts int // 0 if it did not run
	Err      error
	Started  time.Time // of the first attempt; zero if it did not run
	Ended    time.Time
}

// RunID is the run's ID, "" if nothing ran.
func (r *Result) RunID() string { return string(r.run.ID) }

// Status is how the run ended, "" if nothing ran.
func (r *Result) Status() storage.RunStatus { return r.run.Status }

// Run is the run as it is stored.
func (r *Result) Run() storage.Run { return r.run }

// Err is why the run did not succeed, nil if it did: the error that was returned with the result.
func (r *Result) Err() error { return r.err }

// Steps are the steps of the run in topological order, the copies of a mapped one after each other. In a re-execution
// they are those that were run again.
func (r *Result) Steps() []StepResult {
	if r.report == nil {
		return nil
	}
	out := make([]StepResult, 0, len(r.report.Steps))
	for i := range r.report.Steps {
		s := &r.report.Steps[i]
		if r.state.again.done[s.Key] {
			continue
		}
		step := &r.state.plan.steps[s.Step]
		out = append(out, StepResult{
			Key: s.Key, Op: step.opName(), MapKey: mapKeyOf(step.key, s.Key), Assets: step.assetKeys(),
			Status: s.Status, Attempts: s.Attempts, Err: s.Err, Started: s.Started, Ended: s.Ended,
		})
	}
	return out
}

func (s *planStep) opName() string {
	if s.op == nil {
		return ""
	}
	return s.op.name
}

func (s *planStep) assetKeys() []string {
	if len(s.makes) == 0 {
		return nil
	}
	keys := make([]string, len(s.makes))
	for i := range s.makes {
		keys[i] = s.makes[i].asset.key
	}
	return keys
}

func (r *Result) stepErrors() []*StepError {
	if r.report == nil {
		return nil
	}
	var out []*StepError
	for i := range r.report.Steps {
		if s := &r.report.Steps[i]; s.Status == executor.StepFailed && !r.state.again.done[s.Key] {
			out = append(out, &StepError{Step: s.Key, Attempts: s.Attempts, Err: s.Err})
		}
	}
	return out
}

// Events are the events of the run in order, read from the store page by page. If the store fails they end early: see
// [storage.EventStore] for reading with errors.
func (r *Result) Events() iter.Seq[storage.Event] {
	return func(yield func(storage.Event) bool) {
		if r.run.ID == "" {
			return
		}
		filter := storage.EventFilter{Run: r.run.ID}
		for {
			page, err := r.inst.store.Events(context.Background(), filter)
			if err != nil || len(page) == 0 {
				return
			}
			for _, e := range page {
				if !yield(e) {
					return
				}
			}
			filter.After = page[len(page)-1].ID
		}
	}
}

// Metadata is what the run recorded with the materialization of an asset, nil if it made none.
func (r *Result) Metadata(a AnyAsset) []metadata.Entry {
	if r.state == nil || a == nil {
		return nil
	}
	filter := storage.EventFilter{Run: r.run.ID, Asset: a.Key(), Kinds: []storage.EventKind{storage.AssetMaterialization}, Newest: true, Limit: 1}
	page, err := r.inst.store.Events(context.Background(), filter)
	if err != nil || len(page) == 0 {
		return nil
	}
	m, ok := page[0].Data.(*storage.MaterializationData)
	if !ok {
		return nil
	}
	return m.Metadata
}

// Value is what the run made of the asset, or was given for it; an error if it made nothing, or if a later run has made
// the asset anew. A stream must be closed by the caller, if it is an [io.Closer].
func (a *Asset[T]) Value(r *Result) (T, error) {
	v, err := r.value(a.core)
	if err == nil {
		var t T
		if t, err = leafValue[T]([]any{v}); err == nil {
			return t, nil
		}
	}
	var none T
	return none, fmt.Errorf("value of asset %s: %w", quote(a.core.key), err)
}

func (r *Result) value(a *asset) (any, error) {
	if r.state == nil {
		return nil, firstError(r.err, errNothingRan)
	}
	if v, ok := r.state.given[a]; ok {
		return v, nil
	}
	step, m := r.state.plan.making(a)
	if step == nil {
		return nil, fmt.Errorf("not part of run %s", r.run.ID)
	}
	if keys := r.state.partitionKeys(step); len(keys) > 1 {
		return nil, fmt.Errorf("run %s made %d partitions of it: use Values", r.run.ID, len(keys))
	} else if len(keys) == 1 {
		return r.madeValue(a, m, keys[0])
	}
	return r.madeValue(a, m, "")
}

// madeValue is what the run made of an asset, or of one partition of it.
func (r *Result) madeValue(a *asset, m *making, partition string) (any, error) {
	ctx := context.Background()
	latest, err := r.inst.store.LatestMaterialization(ctx, a.key, partition)
	if err != nil {
		return nil, fmt.Errorf("not made by run %s: %w", r.run.ID, firstError(r.err, err))
	}
	_, kept := r.state.keptAs.Load(madePartition{m.index, partition})
	if latest.Run != r.run.ID && !kept {
		made, err := r.made(ctx, a, partition)
		if err != nil || !made {
			return nil, firstError(err, fmt.Errorf("not made by run %s", r.run.ID))
		}
		return nil, fmt.Errorf("run %s made it, and run %s has made it anew", r.run.ID, latest.Run)
	}
	if a.empty {
		return Nothing{}, nil
	}
	return r.load(ctx, assetValue(a, &m.spec.stepSpec, partition))
}

// load reads a value after the run, by resources that are opened for it.
func (r *Result) load(ctx context.Context, l loading) (any, error) {
	l.inst, l.open = r.inst, newOpener(r.state.options.replaced, r.state.options.config)
	v, err := load(ctx, l)
	return v, firstError(err, l.open.close())
}

func (r *Result) made(ctx context.Context, a *asset, partition string) (bool, error) {
	filter := storage.EventFilter{Run: r.run.ID, Asset: a.key, Partition: partition, Kinds: []storage.EventKind{storage.AssetMaterialization}, Limit: 1}
	page, err := r.inst.store.Events(ctx, filter)
	return len(page) > 0, err
}
