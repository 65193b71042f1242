package dagster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/executor"
)

var errNothingRan = errors.New("nothing ran")

// opValue is what the only step of an op made, or what was given for it.
func (r *Result) opValue(o *op) (any, error) {
	if r.state != nil {
		if v, ok := r.state.options.givenOps[o.handle()]; ok {
			return v, nil
		}
	}
	steps, err := r.stepsOf(o)
	if err != nil {
		return nil, err
	}
	if len(steps) > 1 {
		return nil, fmt.Errorf("it is placed %d times, as %s: use As to tell them apart", len(steps), strings.Join(r.keysOf(steps), ", "))
	}
	return r.stepValue(steps[0], nil)
}

// opValues are what the copies of an op's steps made, by mapping key.
func (r *Result) opValues(o *op) (map[string]any, error) {
	steps, err := r.stepsOf(o)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any)
	for _, step := range steps {
		if err := r.copies(step, func(mapKey string, v any) { out[mapKey] = v }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *Result) stepsOf(o *op) ([]int32, error) {
	if r.state == nil {
		return nil, firstError(r.err, errNothingRan)
	}
	steps := r.state.plan.places[o.handle()]
	if len(steps) == 0 {
		return nil, fmt.Errorf("not part of run %s", r.run.ID)
	}
	return steps, nil
}

func (r *Result) keysOf(steps []int32) []string {
	keys := make([]string, len(steps))
	for i, s := range steps {
		keys[i] = quote(r.state.plan.steps[s].key)
	}
	return keys
}

// graphValue is what a graph made, where it was placed once.
func (r *Result) graphValue(g *graph) (any, error) {
	if r.state == nil {
		return nil, firstError(r.err, errNothingRan)
	}
	places := r.state.plan.outs[g]
	if len(places) != 1 {
		return nil, fmt.Errorf("placed %d times in run %s, and not once", len(places), r.run.ID)
	}
	place := places[0]
	if place.step < 0 {
		return nil, fmt.Errorf("the op that makes it is not part of run %s", r.run.ID)
	}
	if !place.collect {
		return r.stepValue(place.step, place.convert)
	}
	var list []any
	if err := r.copies(place.step, func(_ string, v any) { list = append(list, v) }); err != nil {
		return nil, err
	}
	return place.convert(list)
}

// stepValue is what a step made that has no copies.
func (r *Result) stepValue(step int32, convert func(any) (any, error)) (any, error) {
	s := &r.state.plan.steps[step]
	if r.state.plan.exec.Steps[step].Map != nil {
		return nil, errors.New("it is mapped: ask for its Values")
	}
	for i := range r.report.Steps {
		if rep := &r.report.Steps[i]; rep.Step == int(step) {
			v, err := r.copyValue(s, rep)
			if err != nil || convert == nil {
				return v, err
			}
			return convert(v)
		}
	}
	return nil, fmt.Errorf("step %s: no report", quote(s.key))
}

// copies visits what each copy of a step made, in key order.
func (r *Result) copies(step int32, visit func(mapKey string, v any)) error {
	s := &r.state.plan.steps[step]
	for i := range r.report.Steps {
		rep := &r.report.Steps[i]
		if rep.Step != int(step) || rep.Status == executor.StepSkipped || strings.HasSuffix(rep.Key, "[?]") {
			continue
		}
		v, err := r.copyValue(s, rep)
		if err != nil {
			return err
		}
		visit(mapKeyOf(s.key, rep.Key), v)
	}
	return nil
}

// mapKeyOf takes the mapping keys from the key of a copy.
func mapKeyOf(step, copied string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(copied, step), "["), "]")
}

func (r *Result) copyValue(s *planStep, rep *executor.StepReport) (any, error) {
	if rep.Status == executor.StepSkipped {
		return nil, fmt.Errorf("step %s: skipped", quote(rep.Key))
	}
	if rep.Status != executor.StepSucceeded {
		return nil, fmt.Errorf("step %s: %s: %w", quote(rep.Key), strings.ToLower(string(rep.Status)), firstError(rep.Err, r.err, errNothingRan))
	}
	if s.empty {
		return Nothing{}, nil
	}
	if len(s.makes) == 1 && s.makes[0].asset.part == nil {
		return r.value(s.makes[0].asset)
	}
	if v, ok := r.state.values.get(rep.Key, ""); ok {
		return v, nil
	}
	if !s.isKept() || !s.whole {
		return nil, fmt.Errorf("step %s: its value is not kept as a whole", quote(rep.Key))
	}
	return r.load(context.Background(), stepValue(s, s.codec, r.state.origin(rep.Key), rep.Key, ""))
}
