package dagster

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// Observe says how the data version of a source is found out, in runs of [Repository.Observe]: the body returns it. What
// was made from the source is stale when the version has changed.
func Observe(version Body[string]) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optObserve, "observe")
		if !a.source {
			a.mistake("observe: it is made here, and only what is made elsewhere is observed")
			return
		}
		a.setBody(&a.observe, version)
		if b := a.observe; b != nil && (b.graph != nil || b.byPartition) {
			a.mistake("observe: it takes a function")
		}
	})
}

// Observe finds out the data versions of the selected assets that say how, and records them. Otherwise it is like
// [Repository.Materialize].
func (r *Repository) Observe(ctx context.Context, sel Selection, opts ...RunOption) (*Result, error) {
	o := newRunOptions(opts)
	c, selected, err := r.chosen(ctx, o.inst, sel)
	if err != nil {
		return refused(o, err)
	}
	b := newPlanner(c, len(selected))
	for _, i := range selected {
		if a := &c.assets[i]; a.observe != nil {
			s, step, _ := b.open(a.step, a.observe, &a.spec.stepSpec)
			s.observes, s.typ = a.asset, a.observe.typ
			s.output = b.outputOf(resultName, "")
			b.wire(s, step, nil)
		}
	}
	if len(b.plan.steps) == 0 {
		return refused(o, fmt.Errorf("selection %q: nothing to observe", sel))
	}
	return r.start(ctx, c, o, b.plan.seal())
}

// keepObservation records the version that a body has found.
func (r *runState) keepObservation(sc *scope, v any) executor.Outcome {
	version, ok := v.(string)
	if !ok {
		return executor.Outcome{Err: fmt.Errorf("%T where a data version belongs", v)}
	}
	a := sc.step.observes
	_, entries := sc.saidOf(a.key)
	data := &storage.MaterializationData{DataVersion: version, Metadata: entries}
	sc.emitAll(storage.Event{Kind: storage.StepOutput, Data: sc.step.output}, storage.Event{Kind: storage.AssetObservation, Asset: a.key, Data: data})
	return executor.Outcome{}
}
