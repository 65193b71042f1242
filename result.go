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
	inst     *Instance
	run      storage.Run
	plan     *plan // nil if nothing ran
	report   *executor.Report
	given    map[*asset]any
	replaced map[*resource]any
	config   map[*config]any
	err      error
}

// StepResult is how one step of a run ended.
type StepResult struct {
	Key      string
	Asset    string // what it makes
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

// Steps are the steps of the run in topological order.
func (r *Result) Steps() []StepResult {
	if r.report == nil {
		return nil
	}
	out := make([]StepResult, len(r.report.Steps))
	for i := range out {
		s := &r.report.Steps[i]
		out[i] = StepResult{
			Key: s.Key, Asset: r.plan.steps[s.Step].asset.key, Status: s.Status, Attempts: s.Attempts, Err: s.Err,
			Started: s.Started, Ended: s.Ended,
		}
	}
	return out
}

func (r *Result) stepErrors() []*StepError {
	if r.report == nil {
		return nil
	}
	var out []*StepError
	for i := range r.report.Steps {
		if s := &r.report.Steps[i]; s.Status == executor.StepFailed {
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
			page, err := r.inst.store.Events(context.Background(), filter) //nolint:usetesting // no test
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
	if r.plan == nil || a == nil {
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
	if v, ok := r.given[a]; ok {
		return v, nil
	}
	step := r.stepOf(a)
	if step == nil {
		return nil, fmt.Errorf("not part of run %s", r.run.ID)
	}
	ctx := context.Background()
	latest, err := r.inst.store.LatestMaterialization(ctx, a.key, "")
	if err != nil {
		return nil, fmt.Errorf("not made by run %s: %w", r.run.ID, firstError(r.err, err))
	}
	if latest.Run != r.run.ID {
		made, err := r.made(ctx, a)
		if err != nil || !made {
			return nil, firstError(err, fmt.Errorf("not made by run %s", r.run.ID))
		}
		return nil, fmt.Errorf("run %s made it, and run %s has made it anew", r.run.ID, latest.Run)
	}
	open := newOpener(r.replaced, r.config)
	v, err := load(ctx, loading{asset: a, spec: step.spec, inst: r.inst, open: open})
	return v, firstError(err, open.close())
}

func (r *Result) made(ctx context.Context, a *asset) (bool, error) {
	filter := storage.EventFilter{Run: r.run.ID, Asset: a.key, Kinds: []storage.EventKind{storage.AssetMaterialization}, Limit: 1}
	page, err := r.inst.store.Events(ctx, filter)
	return len(page) > 0, err
}

func (r *Result) stepOf(a *asset) *planStep {
	if r.plan == nil {
		return nil
	}
	step := r.plan.step(a.step)
	if step == nil || step.asset != a {
		return nil
	}
	return step
}
