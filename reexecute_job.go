package dagster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// reexecuteGraph runs steps of a job's run again.
func (r *Repository) reexecuteGraph(ctx context.Context, c *catalog, o *runOptions, steps Steps) (*Result, error) {
	j, parent := o.job, o.again.run
	fail := func(err error) (*Result, error) {
		return refused(o, fmt.Errorf("re-execute run %s of job %s: %w", parent.ID, quote(j.name), err))
	}
	switch {
	case len(o.givenOps) > 0:
		return fail(errors.New("no value of an op can be given: it takes those of the run"))
	case len(o.opSelection) > 0:
		return fail(errors.New("op selection: select with OnlyOps"))
	}
	full, err := r.plans.ofJob(c, j)
	if err != nil {
		return fail(err)
	}
	past, err := readPast(ctx, o.inst, parent)
	if err != nil {
		return fail(err)
	}
	runs, err := past.wanted(full, steps, parent)
	if err != nil {
		return fail(err)
	}
	if len(runs) == 0 {
		return fail(errors.New("nothing failed in it: nothing to run"))
	}
	p, err := past.plan(full, runs, steps.failed, o.again, func(selected func(path string) bool) (*plan, error) { return newJobPlan(c, j, selected) })
	if err != nil {
		return fail(err)
	}
	return r.start(ctx, c, o, p)
}

// rerun says how much of a step is run again.
type rerun uint8

const (
	rerunRest rerun = iota + 1 // the copies that did not end well
	rerunAll
)

// past is what came of the steps of a run and of those that it re-executed: each step's last success.
type past struct {
	finished map[string]*ending // by key of the step, or of its copy
	memory   *values            // what they made, as far as it is in memory
	dealt    map[output]map[string]bool
}

// ending is how a step ended well: with a success, or skipped.
type ending struct {
	run    storage.RunID
	events []storage.Event // of its last attempt, that tell what it made
}

// readPast reads the events of a run and of its ancestors.
func readPast(ctx context.Context, inst *Instance, parent storage.Run) (*past, error) {
	line := []storage.Run{parent}
	for run := parent; run.Parent != ""; {
		up, err := inst.store.Run(ctx, run.Parent)
		if errors.Is(err, storage.ErrRunNotFound) {
			break // deleted: what it made is lost
		}
		if err != nil {
			return nil, err
		}
		line, run = append(line, up), up
	}
	p := &past{finished: make(map[string]*ending), memory: inst.memories.of(parent.ID)}
	for _, run := range slices.Backward(line) {
		p.forget(run.Steps)
		if err := p.read(ctx, inst.store, run.ID); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// forget drops what was known of the steps that a run was asked for, all if it was for all: they may not have come to run in
// it. Copies of mapped steps stay: some of them may have been taken over.
func (p *past) forget(steps []string) {
	if len(steps) == 0 {
		clear(p.finished)
	}
	for _, key := range steps {
		delete(p.finished, key)
		delete(p.finished, key+"[?]")
	}
}

func (p *past) read(ctx context.Context, store storage.EventStore, run storage.RunID) error {
	open := make(map[string]*ending)
	filter := storage.EventFilter{Run: run, Kinds: []storage.EventKind{
		storage.StepStart, storage.StepRestarted, storage.StepOutput, storage.StepSuccess, storage.StepSkipped, storage.StepFailure,
	}}
	return eachEvent(ctx, store, filter, func(e *storage.Event) {
		switch e.Kind {
		case storage.StepStart, storage.StepRestarted:
			delete(p.finished, e.Step)
			open[e.Step] = &ending{run: run, events: []storage.Event{*e}}
		case storage.StepOutput:
			if at := open[e.Step]; at != nil {
				at.events = append(at.events, *e)
			}
		case storage.StepSuccess:
			if at := open[e.Step]; at != nil {
				at.events = append(at.events, *e)
				p.finished[e.Step] = at
			}
		case storage.StepSkipped:
			p.finished[e.Step] = &ending{run: run, events: []storage.Event{*e}}
		case storage.StepFailure:
			delete(p.finished, e.Step)
		default:
		}
	})
}

// plainKey is the key of the step of which this is a copy.
func plainKey(key string) string {
	plain, _, _ := strings.Cut(key, "[")
	return plain
}

// wanted are the steps of the job that are to run again, by key.
func (p *past) wanted(full *plan, steps Steps, parent storage.Run) (map[string]rerun, error) {
	within := func(string) bool { return true }
	if len(parent.Steps) > 0 {
		within = func(key string) bool { return slices.Contains(parent.Steps, key) || p.finished[key] != nil }
	}
	how, unfinished := rerunAll, map[string]bool(nil)
	switch {
	case steps.failed:
		how, unfinished = rerunRest, p.unfinished(full)
	case len(steps.ops) > 0:
		selected, err := selectOps(full, steps.ops)
		if err != nil {
			return nil, err
		}
		within = selected
	case steps.assets != "*":
		return nil, errors.New("it runs ops: select those with OnlyOps")
	}
	runs := make(map[string]rerun)
	for i := range full.steps {
		if key := full.steps[i].key; within(key) && (unfinished == nil || unfinished[key]) {
			runs[key] = how
		}
	}
	return runs, nil
}

// unfinished are the steps of which something is left to do: they did not end well, or not for every key.
func (p *past) unfinished(full *plan) map[string]bool {
	out := make(map[string]bool)
	copies := make(map[string]int)
	for key := range p.finished {
		copies[plainKey(key)]++
	}
	for i := range full.steps {
		key := full.steps[i].key
		m := full.exec.Steps[i].Map
		switch {
		case m == nil:
			out[key] = p.finished[key] == nil
		case p.finished[key+"[?]"] != nil:
		default:
			out[key] = out[full.steps[m.Step].key] || copies[key] < p.keys(full, i)
		}
	}
	return out
}

// keys is how many copies a mapped step has, as far as is known.
func (p *past) keys(full *plan, step int) int {
	m := full.exec.Steps[step].Map
	maker := full.steps[m.Step].key
	name := full.exec.Steps[m.Step].Outputs[m.Output].Name
	n := 0
	for key, end := range p.finished {
		if plainKey(key) != maker {
			continue
		}
		for i := range end.events {
			if d, ok := end.events[i].Data.(*storage.OutputData); ok && d.Output == name && d.MapKey != "" {
				n++
			}
		}
	}
	return n
}

// choose returns the steps of the new plan: those that run, and those whose values they take. A value that is gone is made
// again if the failed steps are to run; otherwise that is an error, before anything runs. What never ended well, and is not
// to run, is no part of the plan: its value must be given.
func (p *past) choose(full *plan, runs map[string]rerun, remake bool, again *reexecution) (map[string]bool, error) {
	chosen := make(map[string]bool, len(runs))
	var errs []error
	unfinished := p.unfinished(full)
	missing := func(step int) bool { key := full.steps[step].key; return unfinished[key] && runs[key] == 0 }
	for more := true; more; more = p.spread(full, runs, chosen, again) {
		for i := len(full.steps) - 1; i >= 0; i-- {
			key, step := full.steps[i].key, &full.exec.Steps[i]
			if runs[key] != 0 {
				chosen[key] = true
			}
			if chosen[key] && step.Map != nil && !missing(step.Map.Step) {
				chosen[full.steps[step.Map.Step].key] = true
			}
			if runs[key] == 0 {
				continue
			}
			for up := range waitsFor(step) {
				if !missing(up) {
					chosen[full.steps[up].key] = true // it tells whether the step is skipped
				}
			}
			for up := range takesFrom(step) {
				maker := &full.steps[up]
				if missing(up) && p.loadable(maker) {
					continue
				}
				chosen[maker.key] = true
				if runs[maker.key] == rerunAll || p.loadable(maker) {
					continue
				}
				if !remake {
					errs = append(errs, fmt.Errorf("step %s needs the value of %s, which was kept in memory only and is gone: select it too, or make it Durable", quote(key), quote(maker.key)))
				}
				p.remake(maker.key, runs, again)
			}
		}
	}
	slices.Sort(again.also)
	return chosen, errors.Join(errs...)
}

// cleanUp adds the steps that are to run finally after something that runs again: they ended well after what it did the
// last time. It reports whether there were any.
func (p *past) cleanUp(full *plan, runs map[string]rerun) (added bool) {
	for i := range full.steps {
		key := full.steps[i].key
		if runs[key] != 0 || !p.anyFinished(key) {
			continue
		}
		for _, in := range full.exec.Steps[i].Inputs {
			again := func(s executor.Source) bool { return runs[full.steps[s.Step].key] != 0 }
			if in.Kind == executor.Finally && slices.ContainsFunc(in.Sources, again) {
				runs[key], added = rerunAll, true
			}
		}
	}
	return added
}

// remake makes all of a step run again, and notes it if that was not asked for.
func (p *past) remake(step string, runs map[string]rerun, again *reexecution) {
	if p.anyFinished(step) {
		again.also = append(again.also, step)
	}
	runs[step] = rerunAll
}

// spread makes every copy run again of what is mapped over something that is made anew: its keys may be others. It reports
// whether something runs now that did not.
func (p *past) spread(full *plan, runs map[string]rerun, chosen map[string]bool, again *reexecution) (more bool) {
	for i := range full.steps {
		key, m := full.steps[i].key, full.exec.Steps[i].Map
		if m == nil || !chosen[key] || runs[key] == rerunAll || !p.anew(full, m.Step, runs) {
			continue
		}
		p.remake(key, runs, again)
		more = true
	}
	return more
}

// anew reports whether all that a step makes is made anew.
func (p *past) anew(full *plan, step int, runs map[string]rerun) bool {
	how := runs[full.steps[step].key]
	return how == rerunAll || how == rerunRest && full.exec.Steps[step].Map == nil
}

// takesFrom are the steps whose values a step takes.
func takesFrom(step *executor.Step) iter.Seq[int] {
	return sourcesBy(step, func(k executor.InputKind) bool { return k != executor.After && k != executor.Finally })
}

// waitsFor are the steps that a step comes after, and is skipped with.
func waitsFor(step *executor.Step) iter.Seq[int] {
	return sourcesBy(step, func(k executor.InputKind) bool { return k == executor.After })
}

func sourcesBy(step *executor.Step, takes func(k executor.InputKind) bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, in := range step.Inputs {
			if !takes(in.Kind) {
				continue
			}
			for _, s := range in.Sources {
				if !yield(s.Step) {
					return
				}
			}
		}
	}
}

func (p *past) anyFinished(step string) bool {
	for key := range p.finished {
		if plainKey(key) == step {
			return true
		}
	}
	return false
}

// loadable reports whether what a step made, and every copy of it, can be loaded.
func (p *past) loadable(s *planStep) bool {
	if s.empty || !s.isOp() || s.isKept() {
		return true
	}
	for key, end := range p.finished {
		if plainKey(key) != s.key {
			continue
		}
		for i := range end.events {
			d, ok := end.events[i].Data.(*storage.OutputData)
			if !ok || strings.HasPrefix(d.Output, "branch_") {
				continue
			}
			if p.memory == nil {
				return false
			}
			if _, there := p.memory.get(key, d.MapKey); !there {
				return false
			}
		}
	}
	return true
}
