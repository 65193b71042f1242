package dagster

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// assetJob is the job of a run of chosen assets. It is Dagster's name for it.
const assetJob = "__ASSET_JOB"

// Materialize runs the selected assets, each after those that it needs, and returns when all is recorded. What they need
// and is not selected is loaded as it was stored before.
//
// If steps failed, or the run was canceled because ctx ended, the error is a [*RunError], and the result says all the
// same what was made. If the repository, the selection or an option is wrong nothing runs, and the error lists every
// mistake. The result is never nil. Materialize may be called from many goroutines.
func (r *Repository) Materialize(ctx context.Context, sel Selection, opts ...RunOption) (*Result, error) {
	o := newRunOptions(opts)
	c, err := r.compiled()
	if err != nil {
		return refused(o, err)
	}
	selected, err := c.resolveOn(ctx, o.inst, sel)
	if err != nil {
		return refused(o, err)
	}
	return r.execute(ctx, c, o, selected, string(sel))
}

// refused is the result of a run that was not to be.
func refused(o *runOptions, err error) (*Result, error) { return &Result{inst: o.inst, err: err}, err }

func (r *Repository) execute(ctx context.Context, c *catalog, o *runOptions, selected []int32, what string) (*Result, error) {
	selected = o.withoutGiven(c, selected)
	if len(selected) == 0 {
		return refused(o, fmt.Errorf("selection %q: nothing to run", what))
	}
	if o.staleOnly {
		var err error
		if selected, err = r.onlyStale(ctx, c, o, selected); err != nil {
			return refused(o, fmt.Errorf("selection %q: %w", what, err))
		}
	}
	return r.start(ctx, c, o, r.plans.ofAssets(c, o.job, selected))
}

// withoutGiven leaves out the assets whose values are given.
func (o *runOptions) withoutGiven(c *catalog, selected []int32) []int32 {
	if len(o.given) == 0 {
		return selected
	}
	return slices.DeleteFunc(selected, func(i int32) bool {
		_, given := o.given[c.assets[i].asset]
		return given
	})
}

// start checks the options, and runs a plan.
func (r *Repository) start(ctx context.Context, c *catalog, o *runOptions, p *plan) (*Result, error) {
	run := &runState{
		inst: o.inst, catalog: c, options: o, given: o.given, plan: p,
		again: o.again, values: newValues(nil), versions: make([]string, p.made),
	}
	var wrong error
	if ctx.Err() == nil { // of a run that is over before it starts only the options are checked
		wrong = run.partition(ctx)
	}
	if err := errors.Join(wrong, o.resolve(c, p)); err != nil {
		return refused(o, err)
	}
	if ctx.Err() != nil {
		return refused(o, context.Cause(ctx))
	}
	run.open = newOpener(o.replaced, o.config)
	if run.again == nil {
		run.again = &reexecution{}
	}
	run.values.before = run.again.before
	if err := run.create(ctx, r.name); err != nil {
		return refused(o, err)
	}
	return run.carryOut(ctx)
}

// runState is a run while it is executed.
type runState struct {
	ctx     context.Context //nolint:containedctx // of the run, for what outlives a step
	inst    *Instance
	catalog *catalog
	plan    *plan
	options *runOptions
	given   map[*asset]any
	open    *opener
	record  storage.Run
	sink    *runSink

	again  *reexecution // of what; empty for a run of its own
	values *values      // what ops made

	// versions are the data versions of the assets that the steps made; each is written by its step, and read by later ones.
	versions []string
	stored   map[*asset]storage.InputVersion

	keptAs sync.Map // madePartition: what was not made anew, because it is unchanged

	observed observedAssets

	parts *runPartitions // nil if the run has to do with none
}

// create stores the run as one that starts, and what it is going to make.
func (r *runState) create(ctx context.Context, repository string) error {
	config, err := r.shownConfig()
	if err != nil {
		return err
	}
	now := r.inst.now()
	r.record = storage.Run{
		ID: storage.RunID(newRunID()), Repository: repository, Job: assetJob, Status: storage.RunStarting,
		Tags: r.tags(), Assets: r.plan.keys, Config: config, Worker: r.inst.worker, Created: now,
		Steps: r.stepKeys(),
	}
	if r.options.job != nil {
		r.record.Job = r.options.job.name
	}
	if parent := &r.again.run; parent.ID != "" {
		r.record.Parent, r.record.Root = parent.ID, parent.ID
		if parent.Root != "" {
			r.record.Root = parent.Root
		}
	}
	if err := r.inst.store.CreateRun(ctx, r.record, r.planned(now)...); err != nil {
		return fmt.Errorf("create run: %w", err)
	}
	r.inst.memories.add(r.record.ID, r.values)
	return nil
}

// planned says which assets the run is going to make.
func (r *runState) planned(now time.Time) []storage.Event {
	planned := make([]storage.Event, 0, r.plan.made)
	for i := range r.plan.steps {
		s := &r.plan.steps[i]
		for k := range s.makes {
			e := storage.Event{Kind: storage.AssetMaterializationPlanned, Step: s.key, Asset: s.makes[k].asset.key, At: now}
			planned = r.planOf(planned, s, e)
		}
		planned = r.plannedChecks(planned, s, storage.Event{At: now})
	}
	return planned
}

// stepKeys are the steps of a run that was asked for some of its job's only; nil for all.
func (r *runState) stepKeys() []string {
	if len(r.options.opSelection) == 0 && len(r.options.givenOps) == 0 && r.again.runs == nil {
		return nil
	}
	keys := make([]string, 0, len(r.plan.steps))
	for i := range r.plan.steps {
		if key := r.plan.steps[i].key; r.again.runs == nil || r.again.runs[key] != 0 { // of a mapped step at least one copy runs
			keys = append(keys, key)
		}
	}
	return keys
}

// carryOut executes a run that was created.
func (r *runState) carryOut(ctx context.Context) (*Result, error) {
	keep := context.WithoutCancel(ctx) // what happened is recorded also after a cancel
	now := r.inst.now()
	err := r.transition(keep, storage.RunStarted, storage.Transition{Events: []storage.Event{{Kind: storage.RunStart, At: now}}})
	if err == nil {
		err = r.loadVersions(ctx)
	}
	var report *executor.Report
	limited := ctx
	if j := r.options.job; j != nil && j.maxRuntime > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, j.maxRuntime, &maxRuntimeError{j.maxRuntime})
		defer cancel()
	}
	if err == nil {
		report, err = r.runSteps(limited)
	}
	return r.finish(keep, limited, report, err)
}

// maxRuntimeError is why a run was ended that took longer than its job allows.
type maxRuntimeError struct{ limit time.Duration }

func (e *maxRuntimeError) Error() string { return fmt.Sprintf("max runtime of %v exceeded", e.limit) }

// transition moves the run on, and remembers it as it is then.
func (r *runState) transition(ctx context.Context, to storage.RunStatus, t storage.Transition) error {
	t.From, t.To, t.Epoch, t.At = r.record.Status, to, r.record.Epoch, r.inst.now()
	run, err := r.inst.store.Transition(ctx, r.record.ID, t)
	if err != nil {
		return fmt.Errorf("run %s: %s to %s: %w", r.record.ID, t.From, to, err)
	}
	r.record = run
	return nil
}

// loadVersions reads the versions of the assets that are loaded as they were stored.
func (r *runState) loadVersions(ctx context.Context) error {
	if len(r.plan.stored) == 0 {
		return nil
	}
	known, err := r.inst.wholeVersions(ctx, r.catalog, r.plan.stored)
	if err != nil {
		return err
	}
	r.stored = make(map[*asset]storage.InputVersion, len(known))
	for a, v := range known {
		if v != nil {
			r.stored[a] = storage.InputVersion{Asset: a.key, Event: v.event, DataVersion: v.name()}
		}
	}
	return nil
}

// runSteps drives the engine, and stops it if the store refuses events.
func (r *runState) runSteps(ctx context.Context) (*executor.Report, error) {
	graph, err := r.plan.graph()
	if err != nil {
		return nil, err
	}
	runCtx, cancel := context.WithCancelCause(ctx)
	r.ctx = runCtx
	options := executor.RecorderOptions{OnStored: r.options.watch}
	rec := executor.NewRecorder(r.inst.store, r.record.ID, r.record.Epoch, options) //nolint:contextcheck // what happened is recorded also after a cancel
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-rec.Failed():
			cancel(fmt.Errorf("record events: %w", rec.Err()))
		case <-runCtx.Done():
		}
	})
	r.sink = &runSink{run: r, to: rec}
	r.announce()
	report, err := r.engine().Execute(runCtx, executor.Request{
		Plan: &r.plan.exec, Graph: graph, Worker: r.worker(), Run: r.record.ID, Sink: r.sink, Seed: seed(r.record.ID), History: r.again.history,
		MaxConcurrent: r.options.limit, TagLimits: r.options.limits,
	})
	if closed := r.open.close(); closed != nil {
		data := &storage.LogData{Level: "ERROR"}
		rec.Record(storage.Event{Kind: storage.EngineEvent, At: r.inst.now(), Message: closed.Error(), Data: data})
	}
	stored := rec.Close()
	cancel(nil)
	watching.Wait()
	if stored != nil {
		return report, fmt.Errorf("record events: %w", stored)
	}
	return report, err
}

// worker is the run, as one that is told of every attempt's end only if there are hooks to run.
func (r *runState) worker() executor.Worker {
	if r.plan.hooks {
		return hooked{r}
	}
	return r
}

func (r *runState) engine() executor.Executor {
	if r.options.executor != nil {
		return r.options.executor
	}
	return &executor.Engine{}
}

func seed(id storage.RunID) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return h.Sum64()
}

// runSink records what the engine says, and what follows from it for assets.
type runSink struct {
	run *runState
	to  *executor.Recorder
}

// Record adds, to the failure of a step, that its asset was not made.
func (s *runSink) Record(events ...storage.Event) {
	s.to.Record(events...)
	for i := range events {
		if events[i].Kind == storage.StepFailure {
			s.failed(events[i])
		}
	}
}

func (s *runSink) failed(e storage.Event) {
	step := s.run.plan.step(e.Step)
	if step == nil {
		return
	}
	for i := range step.makes {
		m := &step.makes[i]
		failed := failedToMaterialize(m.asset, e)
		if !step.divided {
			s.to.Record(failed)
			continue
		}
		for _, key := range s.run.parts.unmade(m.index) {
			failed.Partition = key
			s.to.Record(failed)
		}
	}
}

// finish ends the run in the store. cause is why it could not be carried on, nil if it could.
func (r *runState) finish(ctx, outer context.Context, report *executor.Report, cause error) (*Result, error) {
	res := &Result{inst: r.inst, report: report, state: r}
	status := storage.RunFailed
	if cause == nil {
		status = report.Status
	}
	steps := res.stepErrors()
	if status == storage.RunCanceled {
		cause = context.Cause(outer)
	}
	if err := r.end(ctx, status, steps, cause); err != nil {
		cause = errors.Join(cause, err)
	}
	res.run = r.record
	if cause != nil || r.record.Status != storage.RunSucceeded {
		res.err = &RunError{RunID: string(r.record.ID), Status: string(r.record.Status), Steps: steps, Cause: cause}
	}
	return res, res.err
}

func (r *runState) end(ctx context.Context, status storage.RunStatus, steps []*StepError, cause error) error {
	event := storage.Event{At: r.inst.now()}
	t := storage.Transition{}
	switch status {
	case storage.RunSucceeded:
		event.Kind = storage.RunSuccess
	case storage.RunCanceled:
		return r.endCanceled(ctx, cause)
	default:
		t.Error = whyFailed(steps, cause)
		event.Kind, event.Message = storage.RunFailure, t.Error
		data := &storage.FailureData{Reason: "STEP_FAILURE", Error: storage.Error{Message: t.Error}}
		if cause != nil {
			data.Reason, data.Error = "RUN_EXCEPTION", storage.NewError(cause)
		}
		event.Data = data
	}
	t.Events = []storage.Event{event}
	return r.transition(ctx, status, t)
}

// endCanceled ends a run that was told to stop: as canceled, or as failed if it took too long.
func (r *runState) endCanceled(ctx context.Context, cause error) error {
	reason := "canceled"
	if cause != nil {
		reason = cause.Error()
	}
	to, last := storage.RunCanceled, storage.Event{Kind: storage.RunCanceledEvt}
	if _, late := errors.AsType[*maxRuntimeError](cause); late {
		to = storage.RunFailed
		last = storage.Event{Kind: storage.RunFailure, Message: reason, Data: &storage.FailureData{Reason: "MAX_RUNTIME", Error: storage.NewError(cause)}}
	}
	event := storage.Event{Kind: storage.RunCancelingEvt, At: r.inst.now(), Message: reason}
	t := storage.Transition{Target: to, Reason: reason, Events: []storage.Event{event}}
	if err := r.transition(ctx, storage.RunCanceling, t); err != nil {
		return err
	}
	last.At = r.inst.now()
	return r.transition(ctx, to, storage.Transition{Error: errorLine(to, reason), Events: []storage.Event{last}})
}

// errorLine is the reason of a run that failed; one that was canceled has no error.
func errorLine(to storage.RunStatus, reason string) string {
	if to == storage.RunCanceled {
		return ""
	}
	first, _, _ := strings.Cut(reason, "\n")
	return first
}

// whyFailed is the reason of a failed run in one line.
func whyFailed(steps []*StepError, cause error) string {
	if cause != nil {
		first, _, _ := strings.Cut(cause.Error(), "\n")
		return first
	}
	const most = 5
	names := make([]string, 0, most)
	for _, s := range steps {
		if len(names) == most {
			break
		}
		names = append(names, quote(s.Step))
	}
	more := ""
	if len(steps) > most {
		more = fmt.Sprintf(" and %d more", len(steps)-most)
	}
	what := "step failed"
	if len(steps) != 1 {
		what = "steps failed"
	}
	return fmt.Sprintf("%d %s: %s%s", len(steps), what, strings.Join(names, ", "), more)
}
