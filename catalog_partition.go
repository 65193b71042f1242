package dagster

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// divisionOf is how an asset is divided, with the repository's defaults; nil if it is not.
func (c *catalog) divisionOf(a *asset) *partitions {
	if !c.divided {
		return nil
	}
	spec := c.carrierOf(a)
	if !spec.partitions.divides() {
		return nil
	}
	return spec.partitions
}

// carrierOf is the spec that says how the step that makes an asset is run: for a part that of its multi-asset.
func (c *catalog) carrierOf(a *asset) *assetSpec {
	i, ok := c.index[a.key]
	switch {
	case !ok:
		return &a.spec
	case a.part != nil:
		return a.part.of.carrier.spec.over(c.assets[i].defaults)
	}
	return c.assets[i].spec
}

// checkPartitions reports what can't be read: mappings that do not fit, and one value where there are several.
func (c *catalog) checkPartitions() {
	for i := range c.assets {
		a := &c.assets[i]
		if a.external {
			c.checkViewDivision(a)
			c.checkObserved(a)
			continue
		}
		spec := a.spec
		if a.part != nil {
			spec = c.carrierOf(a.asset)
		}
		down := spec.partitions.definitionOf()
		whole := a.makesAll(spec)
		if whole && down.Kind() == partition.KindNone {
			c.wrong = append(c.wrong, a.wrong(errors.New("it makes all partitions of a run at once, and is not partitioned: use Partitioned")))
		}
		c.checkReadsOf(&a.definition, a.leaves, down, whole)
	}
	for _, j := range c.listedJobs {
		if j.graph != nil {
			c.checkReadsOf(&j.definition, j.graph.leaves, j.partitions.definitionOf(), false)
		}
	}
}

// makesAll reports whether the asset's body is called once for all partitions of a run.
func (a *asset) makesAll(spec *assetSpec) bool {
	b := a.maker()
	return spec.singleRun || b != nil && b.byPartition
}

// checkReadsOf checks each asset that something divided like down reads.
func (c *catalog) checkReadsOf(d *definition, leaves func(visit func(*input, leafUse)), down partition.Definition, whole bool) {
	var seen []*input
	leaves(func(leaf *input, _ leafUse) {
		if leaf.kind != readsAsset || leaf.parts == nil && !c.divided || slices.Contains(seen, leaf) {
			return
		}
		seen = append(seen, leaf)
		if err := c.checkRead(leaf, down, whole); err != nil {
			c.wrong = append(c.wrong, d.wrong(fmt.Errorf("it reads asset %s: %w", quote(leaf.asset.key), err)))
		}
	})
}

func (c *catalog) checkRead(leaf *input, down partition.Definition, whole bool) error {
	up := c.divisionOf(leaf.asset).definitionOf()
	r := leaf.reading()
	if up.Kind() == partition.KindNone {
		switch {
		case leaf.own:
			return errOwn
		case leaf.parts != nil:
			return errors.New("it has no partitions: use the asset itself")
		}
		return nil
	}
	m := r.mapping(up, down)
	if err := m.Check(up, down); err != nil {
		return err
	}
	if r.how != readOne {
		return nil
	}
	sets := [2]partition.Set{probe(up), probe(down)}
	link, err := m.Link(sets[0], sets[1])
	if err != nil {
		return err
	}
	if readsSeveral(link, sets[1]) {
		return errors.New("one value is asked for, and there are several partitions: use Partitions()")
	}
	if all, _ := link.Up(sets[1].All()); whole && all.Count() > 1 {
		return errors.New("one value is asked for, and a run may be for several partitions: use Partitions()")
	}
	return nil
}

// probes is how many partitions are looked at to know how many others each needs.
const probes = 400

// readsSeveral reports whether one of the first downstream partitions needs several upstream ones.
func readsSeveral(link partition.Link, down partition.Set) bool {
	n := 0
	for key := range down.Keys() {
		if n++; n > probes {
			break
		}
		one, err := down.Of(key)
		if err != nil {
			continue
		}
		if up, _ := link.Up(one); up.Count() > 1 {
			return true
		}
	}
	return false
}

// probe is what may exist of a definition one day. Of dynamic partitions there are two.
func probe(d partition.Definition) partition.Set {
	return d.At(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), twoKeys(d))
}

func twoKeys(d partition.Definition) *partition.Snapshot {
	keys := make(map[string][]string)
	for _, name := range d.DynamicNames() {
		keys[name] = []string{"a", "b"}
	}
	s, err := partition.NewSnapshot(keys)
	if err != nil {
		return nil
	}
	return s
}

// readsItself reports whether the asset reads what it made before, and itself in no other way.
func (a *asset) readsItself() bool {
	own, other := false, false
	a.leaves(func(leaf *input, _ leafUse) {
		if leaf.kind == readsAsset && leaf.asset == a {
			own, other = own || leaf.own, other || !leaf.own
		}
	})
	return own && !other
}
