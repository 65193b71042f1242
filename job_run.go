package dagster

import (
	"context"
	"errors"
	"fmt"
)

// executeGraph runs a job's graph, or the ops of it that are selected.
func (r *Repository) executeGraph(ctx context.Context, c *catalog, o *runOptions, j *job) (*Result, error) {
	full, err := r.plans.ofJob(c, j)
	if err != nil {
		return refused(o, err)
	}
	p, err := o.part(c, j, full)
	if err != nil {
		return refused(o, fmt.Errorf("job %s: %w", quote(j.name), err))
	}
	if len(p.steps) == 0 {
		return refused(o, fmt.Errorf("job %s: nothing to run: the value of every selected op is given", quote(j.name)))
	}
	return r.start(ctx, c, o, p)
}

// part is what is run of a job: the selected ops, without those whose values are given.
func (o *runOptions) part(c *catalog, j *job, full *plan) (*plan, error) {
	if len(o.opSelection) == 0 && len(o.givenOps) == 0 {
		return full, nil
	}
	selected := func(string) bool { return true }
	if len(o.opSelection) > 0 {
		var err error
		if selected, err = selectOps(full, o.opSelection); err != nil {
			return nil, err
		}
	}
	given := make(map[string]bool)
	for op := range o.givenOps {
		if len(full.places[op]) == 0 {
			return nil, fmt.Errorf("given op %s: not part of it", quote(op.name))
		}
		for _, step := range full.places[op] {
			given[full.steps[step].key] = true
		}
	}
	return newJobPlan(c, j, func(path string) bool { return !given[path] && selected(path) })
}

// newJobPlan compiles a job's graph; selected says which steps are in it, nil for all.
func newJobPlan(c *catalog, j *job, selected func(path string) bool) (*plan, error) {
	b := newPlanner(c, len(j.graph.nodes))
	b.selected = selected
	b.plan.division, b.plan.dividedBy = j.partitions.definitionOf(), "job "+quote(j.name)
	b.division = b.plan.division
	b.addGraph(j.graph, "", j.steps, nil, nil)
	if len(b.wrong) > 0 {
		return nil, errors.Join(b.wrong...)
	}
	return b.plan.seal(), nil
}

// checkGiven reports values of ops that are not part of the plan and that nobody has given.
func (p *plan) checkGiven(given map[*op]any) error {
	var errs []error
	for i := range p.steps {
		s := &p.steps[i]
		for k := range s.reads {
			rd := &s.reads[k]
			if rd.op == nil {
				continue
			}
			_, ok := given[rd.op]
			if ok && rd.kind == readsOutput {
				continue
			}
			if ok {
				errs = append(errs, fmt.Errorf("step %s needs %s, which cannot be given: it is mapped, or mapped over", quote(s.key), quote(rd.key)))
				continue
			}
			what, else1 := "the value of", ", or give it a value with Given"
			if rd.kind == collects {
				what, else1 = "what was mapped by", "" // a list, where Given has one value
			}
			errs = append(errs, fmt.Errorf("step %s needs %s %s, which is not selected: select it%s", quote(s.key), what, quote(rd.key), else1))
		}
	}
	return errors.Join(errs...)
}
