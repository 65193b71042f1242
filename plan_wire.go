package dagster

import (
	"slices"

	"github.com/dagster-go/dagster/executor"
)

// maxInputs is how many inputs a step has, unless it waits for others besides.
const maxInputs = 8

// wiring is the inputs of one step while they are made: one for each value that it reads, and one for each fan-in.
type wiring struct {
	*planner
	step  *executor.Step
	reads []read
	joins *input // the fan-in whose parts are being added; they follow each other
	at    int32  // its input
}

func (w *wiring) add(r *read) {
	switch {
	case r.step < 0:
		return
	case r.use.join != nil:
		w.join(r)
		return
	}
	in := executor.Input{Name: r.loaded.Input, Sources: w.source(r.step, r.output)}
	at := int32(len(w.step.Inputs)) //nolint:gosec // few inputs
	if r.use.optional {
		in.Kind = executor.Maybe
		r.source = at
	} else if same := w.same(in.Sources[0]); same >= 0 {
		at = same
	}
	if r.kind != readsAsset {
		r.source = at
	}
	if int(at) == len(w.step.Inputs) {
		w.step.Inputs = append(w.step.Inputs, in)
	}
}

// same is an input that needs the same value already, -1 if there is none.
func (w *wiring) same(s executor.Source) int32 {
	return int32(slices.IndexFunc(w.step.Inputs, func(o executor.Input) bool { //nolint:gosec // few inputs
		return o.Kind == executor.Needs && o.Sources[0] == s
	}))
}

// join puts a part of a fan-in into the executor's input for it. If some parts are read as they were stored, or the whole
// is optional, the step has something to join even if all others were skipped.
func (w *wiring) join(r *read) {
	if w.joins != r.use.join {
		w.joins, w.at = r.use.join, int32(len(w.step.Inputs)) //nolint:gosec // few inputs
		kind := executor.FanIn
		if r.use.optional || slices.ContainsFunc(w.reads, func(o read) bool { return o.use.join == r.use.join && o.step < 0 }) {
			kind = executor.Maybe
		}
		w.step.Inputs = append(w.step.Inputs, executor.Input{Name: r.loaded.Input, Kind: kind})
	}
	r.source = w.at
	in := &w.step.Inputs[w.at]
	in.Sources = append(in.Sources, executor.Source{Step: int(r.step), Output: r.output})
}
