package dagster

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/partition"
)

// Virtual says that a source is a view of other assets: a view in a database, a folder that shows what others have written. It
// is as they are at any time, so nothing makes it: it is never run, never materialized, and never stale or missing. What
// reads it looks through it, to what it is a view of: it runs after that, waits for its blocking checks, and is stale when
// that has changed. Its value is read by its IO manager; a view that bodies ask for themselves is a source of [Nothing].
//
// If it is partitioned, then like those of its assets that are. A fresher or another version of a view does not exist, so
// [Observe], [FreshWithin] and [FreshBy] are mistakes.
func Virtual(of ...AnyAsset) AssetOption {
	of = slices.Clone(of)
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optVirtual, "virtual")
		switch {
		case !a.source:
			a.mistake("virtual: it is made here, and a view is a source")
			return
		case len(of) == 0:
			a.mistake("virtual: say what it is a view of")
		}
		for i, one := range of {
			in := inputOf(one)
			if in.kind != readsAsset {
				a.mistake("virtual: asset %d: %w", i+1, errNil)
				continue
			}
			if slices.Contains(a.views, in.asset) {
				a.mistake("virtual: asset %s: given twice", quote(in.asset.key))
				continue
			}
			a.views = append(a.views, in.asset)
		}
	})
}

// isView reports whether the asset is a view of others.
func (a *asset) isView() bool { return len(a.views) > 0 }

// errVirtual reports that a view was to be recorded as made.
var errVirtual = errors.New("it is a view of other assets, which nobody makes")

// checkView says what a view can't have.
func (a *asset) checkView() {
	switch {
	case !a.isView():
	case a.observe != nil:
		a.mistake("virtual: a view has no version of its own to observe")
	case a.spec.set.has(optFresh):
		a.mistake("virtual: a view is as fresh as what it is a view of: say there how fresh that should be")
	}
}

// viewSpec is the spec of an asset without what defaults say of freshness, if it is a view.
func (a *asset) viewSpec(s *assetSpec) *assetSpec {
	if !a.isView() || s.freshness == nil {
		return s
	}
	own := *s
	own.freshness = nil
	return &own
}

// checkViewDivision reports a view that is partitioned in another way than what it is a view of.
func (c *catalog) checkViewDivision(a *catalogAsset) {
	own := c.divisionOf(a.asset)
	if own == nil {
		return
	}
	for _, of := range a.views {
		if d := c.divisionOf(of); d != nil && !d.def.Equal(own.def) {
			c.wrong = append(c.wrong, a.wrong(fmt.Errorf("virtual: it is partitioned in another way than asset %s, of which it is a view", quote(of.key))))
		}
	}
}

// through calls visit for a leaf, or, if that is a view, for what it is a view of.
func (c *catalog) through(leaf *input, use leafUse, visit func(leaf *input, use leafUse)) {
	if leaf.kind != readsAsset || !leaf.asset.isView() {
		visit(leaf, use)
		return
	}
	use.join, use.when = nil, nil
	c.throughView(leaf, use, visit, make(map[*asset]bool))
}

// everyPartition is how all partitions of an asset are read.
var everyPartition = &partitionRead{how: readMany, mapping: allOf} //nolint:gochecknoglobals // never changed

func allOf(partition.Definition, partition.Definition) partition.Mapping {
	return partition.All().AllowMissing()
}

func (c *catalog) throughView(leaf *input, use leafUse, visit func(leaf *input, use leafUse), seen map[*asset]bool) {
	divided := c.divisionOf(leaf.asset) != nil
	for _, of := range leaf.asset.views {
		if seen[of] {
			continue
		}
		seen[of] = true
		under := of.self
		switch {
		case c.divisionOf(of) == nil:
		case divided:
			under.parts = leaf.parts
		default:
			under.parts = everyPartition
		}
		if of.isView() {
			c.throughView(&under, use, visit, seen)
			continue
		}
		visit(&under, use)
	}
}

// upThrough are the assets, by index, that one needs directly or through views.
func (c *catalog) upThrough(at int32) []int32 {
	if !c.virtual {
		return c.up[at]
	}
	var out []int32
	seen := make(map[int32]bool)
	todo := slices.Clone(c.up[at])
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch {
		case seen[i]:
		case c.assets[i].isView():
			todo = append(todo, c.up[i]...)
		default:
			out = append(out, i)
		}
		seen[i] = true
	}
	return out
}

// behindView lets a step that reads a view, or waits for it, wait for the steps that make what it is a view of. It is
// skipped if all of these were.
func (b *planner) behindView(step *executor.Step, leaf *input, use leafUse, kind executor.InputKind) {
	if leaf.kind != readsAsset || !leaf.asset.isView() {
		return
	}
	in := executor.Input{Name: "after", Kind: executor.FanIn}
	b.catalog.through(leaf, use, func(of *input, _ leafUse) {
		m, ok := b.makers[of.asset]
		switch {
		case !ok:
			b.store(of)
			in.Kind = executor.Maybe // there is something to see even if all others are skipped
		case kind == executor.Finally:
			step.Inputs = append(step.Inputs, executor.Input{Name: "after", Kind: kind, Sources: b.source(m.step, m.output)})
		default:
			in.Sources = append(in.Sources, executor.Source{Step: int(m.step), Output: m.output})
		}
	})
	if len(in.Sources) > 0 {
		step.Inputs = append(step.Inputs, in)
	}
}
