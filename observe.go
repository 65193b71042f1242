package dagster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// Observe says how the data version of a source is found out, in runs of [Repository.Observe]: the body returns it. What
// was made from the source is stale when the version has changed.
func Observe(version Body[string]) AssetOption { return observedBy(version, false) }

// ObservePartitions is [Observe] for a source that is partitioned: the body returns the data versions of some of its
// partitions, or of all, by key. What it does not return stays as it was; a partition that does not exist fails the step,
// and nothing is recorded. Of a partition what was made from it is stale when its version has changed.
func ObservePartitions(versions Body[map[string]string]) AssetOption {
	return observedBy(versions, true)
}

func observedBy[T any](version Body[T], each bool) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optObserve, "observe")
		a.observeEach = each
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

// checkObserved reports a source that is observed as if it were partitioned in another way.
func (c *catalog) checkObserved(a *catalogAsset) {
	divided := c.divisionOf(a.asset) != nil
	switch {
	case a.observe == nil || divided == a.observeEach:
	case divided:
		c.wrong = append(c.wrong, a.wrong(errors.New("observe: it is partitioned: use ObservePartitions")))
	default:
		c.wrong = append(c.wrong, a.wrong(errors.New("observe partitions: it is not partitioned: use Observe, or Partitioned")))
	}
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
	a := sc.step.observes
	_, entries := sc.saidOf(a.key)
	events := []storage.Event{{Kind: storage.StepOutput, Data: sc.step.output}}
	seen := func(key, version string) {
		data := &storage.MaterializationData{DataVersion: version, Metadata: entries}
		events = append(events, storage.Event{Kind: storage.AssetObservation, Asset: a.key, Partition: key, Data: data})
	}
	switch v := v.(type) {
	case string:
		seen("", v)
	case map[string]string:
		keys := slices.Sorted(maps.Keys(v))
		if err := r.checkKeys(sc, a, keys); err != nil {
			return executor.Outcome{Err: fmt.Errorf("observe asset %s: %w", quote(a.key), err)}
		}
		for _, key := range keys {
			seen(key, v[key])
		}
	default:
		return executor.Outcome{Err: fmt.Errorf("%T where data versions belong", v)}
	}
	sc.emitAll(events...)
	return executor.Outcome{}
}

// checkKeys refuses keys that are not those of partitions of an asset.
func (r *runState) checkKeys(ctx context.Context, a *asset, keys []string) error {
	d := r.catalog.divisionOf(a).definitionOf()
	snapshot, err := r.inst.snapshot(ctx, d)
	if err != nil {
		return err
	}
	_, err = d.At(r.inst.now(), snapshot).Of(keys...)
	return err
}
