package dagster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

// Steps says which steps of an earlier run are run again.
type Steps struct {
	failed bool
	assets Selection
	ops    []string
}

// AllSteps are all steps of the run.
func AllSteps() Steps { return Steps{assets: "*"} }

// FailedSteps are the steps that failed, were canceled, or did not run because of that. What succeeded is loaded as it
// was kept, or run again if it was kept in memory only and is gone; what was skipped is left out. What is to run
// [Finally] after a step that runs again does so too.
func FailedSteps() Steps { return Steps{failed: true} }

// OnlySteps are the steps of a run of assets that make the selected ones.
func OnlySteps(sel Selection) Steps { return Steps{assets: sel} }

// OnlyOps are the steps of a job's run that [OpSelection] would select.
func OnlyOps(ops ...string) Steps { return Steps{ops: slices.Clone(ops)} }

// reexecution is what a run takes over from the one that it re-executes.
type reexecution struct {
	run storage.Run // that is re-executed; its ID is empty for a run of its own

	// done are the steps that are not run again, history the events that tell what came of them, origins the runs that made
	// their values, and before those of them that are in memory.
	done    map[string]bool
	history []storage.Event
	origins map[string]storage.RunID
	before  *values

	// runs are the steps of a job that run again; nil if all do.
	runs map[string]rerun

	// also are the steps that are run again although they succeeded: what they made is gone.
	also []string
}

// Reexecute runs steps of an ended run again, as a new run that names the old one as its parent. The definitions are
// those of today; the run's tags and config are kept, options add to them, and [RunConfig] takes the config's place.
// Otherwise it is like [Repository.Materialize], and [OnInstance] says where the old run is recorded.
func (r *Repository) Reexecute(ctx context.Context, run string, steps Steps, opts ...RunOption) (*Result, error) {
	o := newRunOptions(opts)
	c, err := r.compiled()
	if err != nil {
		return refused(o, err)
	}
	parent, err := o.inst.store.Run(ctx, storage.RunID(run))
	if err != nil {
		return refused(o, fmt.Errorf("re-execute: %w", err))
	}
	if !parent.Status.Terminal() {
		return refused(o, fmt.Errorf("re-execute run %s: it has not ended, it is %s", run, parent.Status))
	}
	o.again = &reexecution{run: parent}
	o.tags = over(o.tags, withoutPartitionTags(parent.Tags))
	if o.partitions.choose == nil {
		o.partitions = partitionsOf(parent.Tags)
	}
	if err := o.inherit(c, parent.Config); err != nil {
		return refused(o, fmt.Errorf("re-execute run %s: %w", run, err))
	}
	if parent.Job != assetJob {
		j, ok := c.jobs[parent.Job]
		if !ok {
			return refused(o, fmt.Errorf("re-execute run %s: %w", run, c.noJob(parent.Job)))
		}
		o.job = j
		if j.graph != nil {
			return r.reexecuteGraph(ctx, c, o, steps)
		}
	}
	selected, checks, err := reselect(ctx, c, o.inst.store, parent, steps)
	if err != nil {
		return refused(o, fmt.Errorf("re-execute run %s: %w", run, err))
	}
	if len(selected)+len(checks) == 0 && steps.failed {
		return refused(o, fmt.Errorf("re-execute run %s: nothing failed in it: nothing to run", run))
	}
	if steps.failed {
		return r.resumeAssets(ctx, c, o, selected, checks)
	}
	if len(parent.Assets) == 0 { // a run of checks alone
		return r.start(ctx, c, o, newPlan(c, nil, checks, o.job.defaults(), nil))
	}
	return r.execute(ctx, c, o, selected, "steps of run "+run)
}

// reselect returns the indexes of the assets that are made again, and the checks of others that are.
func reselect(ctx context.Context, c *catalog, store storage.EventStore, parent storage.Run, steps Steps) ([]int32, []*check, error) {
	if len(steps.ops) > 0 {
		return nil, nil, errors.New("it runs assets: select those")
	}
	left, err := unfinished(ctx, store, parent.ID)
	if err != nil {
		return nil, nil, err
	}
	keep := func(i int32) bool { return left.assets[c.assets[i].key] }
	again := left.checks
	if !steps.failed {
		chosen, err := c.resolve(steps.assets)
		if err != nil {
			return nil, nil, err
		}
		keep = func(i int32) bool { return slices.Contains(chosen, i) }
		again = left.all
	}
	var checks []*check
	for _, k := range c.checkList {
		if again[k.step()] {
			checks = append(checks, k)
		}
	}
	var out []int32
	var gone []error
	for _, key := range parent.Assets {
		i, ok := c.index[key]
		if !ok || c.assets[i].external {
			gone = append(gone, fmt.Errorf("asset %s: the repository no longer makes it", quote(key)))
			continue
		}
		if keep(i) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out, checks, errors.Join(gone...)
}

// leftOver is what a run was to do and did not end well: assets by key, and steps of checks. all are all its steps of checks.
type leftOver struct{ assets, checks, all map[string]bool }

// unfinished is what a run planned whose steps neither succeeded nor were skipped.
func unfinished(ctx context.Context, store storage.EventStore, run storage.RunID) (leftOver, error) {
	out := leftOver{assets: make(map[string]bool), checks: make(map[string]bool), all: make(map[string]bool)}
	steps := make(map[string][]string)
	filter := storage.EventFilter{Run: run, Kinds: []storage.EventKind{
		storage.AssetMaterializationPlanned, storage.AssetCheckPlanned, storage.StepSuccess, storage.StepSkipped,
	}}
	err := eachEvent(ctx, store, filter, func(e *storage.Event) {
		switch e.Kind {
		case storage.AssetMaterializationPlanned:
			out.assets[e.Asset] = true
			steps[e.Step] = addNew(steps[e.Step], e.Asset)
		case storage.AssetCheckPlanned:
			out.checks[e.Step], out.all[e.Step] = true, true
		default:
			delete(out.checks, e.Step)
			for _, key := range steps[e.Step] {
				delete(out.assets, key)
			}
		}
	})
	return out, err
}

// eachEvent visits the events that a filter chooses, page by page.
func eachEvent(ctx context.Context, store storage.EventStore, filter storage.EventFilter, visit func(e *storage.Event)) error {
	for {
		page, err := store.Events(ctx, filter)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		for i := range page {
			visit(&page[i])
		}
		filter.After = page[len(page)-1].ID
	}
}

// origin is the run that made the value of a step.
func (r *runState) origin(step string) storage.RunID {
	if from, ok := r.again.origins[step]; ok {
		return from
	}
	return r.record.ID
}

// announce records which steps are run again only because what they made is gone.
func (r *runState) announce() {
	if len(r.again.also) == 0 {
		return
	}
	data := &storage.LogData{Level: "INFO"}
	message := "runs again what was kept in memory only: " + strings.Join(r.again.also, ", ")
	r.sink.to.Record(storage.Event{Kind: storage.EngineEvent, At: r.inst.now(), Message: message, Data: data})
}
