package dagster

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// BackfillResult is what came of a backfill: the runs that were started, in the order of their partitions.
type BackfillResult struct{ Runs []*Result }

// Backfill makes partitions of the selected assets in one run each, in order, and returns when all have ended. Assets
// that say [SingleRun] or [ByPartition], if all selected do, are made in one run for all. A run that fails does not keep
// the later ones from running; when ctx ends no further one is started. The error joins those of the runs, and the result is there all the same.
// It is nil only where nothing was run. Options hold for every run; without [OnInstance] they share a new one in memory.
func (r *Repository) Backfill(ctx context.Context, sel Selection, partitions PartitionSet, opts ...RunOption) (*BackfillResult, error) {
	sets, opts, err := r.backfillRuns(ctx, sel, partitions, opts)
	if err != nil {
		return nil, fmt.Errorf("backfill: %w", err)
	}
	out := &BackfillResult{}
	var errs []error
	for _, set := range sets {
		if ctx.Err() != nil {
			errs = append(errs, fmt.Errorf("backfill: %d of %d runs were not started: %w", len(sets)-len(out.Runs), len(sets), context.Cause(ctx)))
			break
		}
		res, err := r.Materialize(ctx, sel, append(slices.Clip(opts), set)...)
		out.Runs = append(out.Runs, res)
		if err != nil {
			errs = append(errs, err)
		}
	}
	return out, errors.Join(errs...)
}

// backfillRuns says which runs a backfill has, and their options.
func (r *Repository) backfillRuns(ctx context.Context, sel Selection, partitions PartitionSet, opts []RunOption) ([]PartitionSet, []RunOption, error) {
	o := newRunOptions(opts)
	c, err := r.compiled()
	if err != nil {
		return nil, nil, err
	}
	selected, err := c.resolveOn(ctx, o.inst, sel)
	if err != nil {
		return nil, nil, err
	}
	selected = o.withoutGiven(c, selected)
	if len(selected) == 0 {
		return nil, nil, fmt.Errorf("selection %q: nothing to run", sel)
	}
	o.partitions = partitions
	if partitions.choose == nil {
		return nil, nil, fmt.Errorf("partitions: %w", errEmpty)
	}
	run := &runState{inst: o.inst, catalog: c, options: o, given: o.given, plan: r.plans.ofAssets(c, nil, selected)}
	parts, err := run.divided(ctx)
	if err != nil {
		return nil, nil, err
	}
	// The instance of the first run is that of all, and "missing" is what was missing at the start.
	opts = append(slices.Clip(opts), OnInstance(o.inst))
	if run.plan.atOnce() {
		return []PartitionSet{PartitionKeys(parts.whole.keys...)}, opts, nil
	}
	sets := make([]PartitionSet, len(parts.whole.keys))
	for i, key := range parts.whole.keys {
		sets[i] = PartitionKey(key)
	}
	return sets, opts, nil
}

// atOnce reports whether every step makes all partitions of a run in one call.
func (p *plan) atOnce() bool {
	for i := range p.steps {
		if p.steps[i].divided && !p.steps[i].atOnce {
			return false
		}
	}
	return true
}
