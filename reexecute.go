package dagster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/storage"
)

// Steps says which steps of an earlier run are run again.
type Steps struct {
	failed bool
	sel    Selection
}

// AllSteps are all steps of the run.
func AllSteps() Steps { return Steps{sel: "*"} }

// FailedSteps are the steps that failed, were canceled, or did not run because of that. What succeeded is loaded as it
// was stored; what was skipped is left out.
func FailedSteps() Steps { return Steps{failed: true} }

// OnlySteps are the steps of the run that make the selected assets.
func OnlySteps(sel Selection) Steps { return Steps{sel: sel} }

// Reexecute runs steps of an ended run again, as a new run that names the old one as its parent. The definitions are
// those of today; the run's tags are kept, options add to them. Otherwise it is like [Repository.Materialize], and
// [OnInstance] says where the old run is recorded.
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
	selected, err := reselect(ctx, c, o.inst.store, parent, steps)
	if err != nil {
		return refused(o, fmt.Errorf("re-execute run %s: %w", run, err))
	}
	o.parent = &parent
	if len(parent.Tags) > 0 {
		own := o.tags
		o.tags = nil
		RunTags(parent.Tags).applyRun(o)
		RunTags(own).applyRun(o)
	}
	return r.execute(ctx, c, o, selected, "steps of run "+run)
}

// reselect returns the indexes of the assets that are made again.
func reselect(ctx context.Context, c *catalog, store storage.EventStore, parent storage.Run, steps Steps) ([]int32, error) {
	var keep func(a *asset) bool
	if steps.failed {
		unfinished, err := unfinishedSteps(ctx, store, parent.ID)
		if err != nil {
			return nil, err
		}
		keep = func(a *asset) bool { return unfinished[a.step] }
	} else {
		chosen, err := c.resolve(steps.sel)
		if err != nil {
			return nil, err
		}
		keep = func(a *asset) bool { return slices.Contains(chosen, c.index[a.key]) }
	}
	var out []int32
	var gone []error
	for _, key := range parent.Assets {
		i, ok := c.index[key]
		if !ok || c.assets[i].external {
			gone = append(gone, fmt.Errorf("asset %s: the repository no longer makes it", quote(key)))
			continue
		}
		if keep(c.assets[i].asset) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out, errors.Join(gone...)
}

// unfinishedSteps are the planned steps of a run that neither succeeded nor were skipped.
func unfinishedSteps(ctx context.Context, store storage.EventStore, run storage.RunID) (map[string]bool, error) {
	out := make(map[string]bool)
	filter := storage.EventFilter{Run: run, Kinds: []storage.EventKind{
		storage.AssetMaterializationPlanned, storage.StepSuccess, storage.StepSkipped,
	}}
	for {
		page, err := store.Events(ctx, filter)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return out, nil
		}
		for i := range page {
			out[page[i].Step] = page[i].Kind == storage.AssetMaterializationPlanned
		}
		filter.After = page[len(page)-1].ID
	}
}
