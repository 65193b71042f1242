package dagster

import (
	"context"
	"fmt"
	"slices"
)

// resumeAssets makes assets again whose steps did not end well. Of those that a graph computes, the steps that did are taken
// over.
func (r *Repository) resumeAssets(ctx context.Context, c *catalog, o *runOptions, selected []int32, checks []*check) (*Result, error) {
	what := "steps of run " + string(o.again.run.ID)
	selected = o.withoutGiven(c, selected)
	checks = c.withChecksOf(checks, selected)
	if len(selected)+len(checks) == 0 {
		return r.execute(ctx, c, o, selected, what)
	}
	full := newPlan(c, selected, checks, o.job.defaults(), nil)
	if !slices.ContainsFunc(full.steps, func(s planStep) bool { return s.isOp() }) {
		return r.start(ctx, c, o, full)
	}
	past, err := readPast(ctx, o.inst, o.again.run)
	if err != nil {
		return refused(o, fmt.Errorf("re-execute run %s: %w", o.again.run.ID, err))
	}
	runs := make(map[string]rerun)
	for key, left := range past.unfinished(full) {
		if left {
			runs[key] = rerunRest
		}
	}
	for i := range full.steps {
		if s := &full.steps[i]; !s.isOp() { // the run lacks what it is to make, also if a step of that name ended well
			runs[s.key] = rerunAll
		}
	}
	p, err := past.plan(full, runs, true, o.again, func(steps func(path string) bool) (*plan, error) {
		return newPlan(c, selected, checks, o.job.defaults(), steps), nil
	})
	if err != nil {
		return refused(o, fmt.Errorf("re-execute run %s: %w", o.again.run.ID, err))
	}
	return r.start(ctx, c, o, p)
}
