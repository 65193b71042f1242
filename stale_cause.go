package dagster

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// causes are why what is stored of an asset is stale, in order.
func (s *staleness) causes(ctx context.Context, i int32, key string, v *storedVersion) ([]cause, error) {
	a := &s.catalog.assets[i]
	from := v.data.Provenance
	var found []cause
	add := func(c StaleCause, root *StaleCause) {
		c.Asset, c.Partition = a.key, key
		found = append(found, cause{c, root})
	}
	code := a.spec.codeVersion
	if a.part != nil && code == "" {
		code = a.part.of.carrier.spec.codeVersion
	}
	if from != nil {
		if code != "" && code != from.CodeVersion {
			add(StaleCause{Category: StaleCode, Reason: "has a new code version"}, nil)
		}
		for _, gone := range s.removed(i, from) {
			add(StaleCause{Category: StaleDependencies, Reason: "removed dependency on " + gone, Dependency: gone}, nil)
		}
	}
	for _, source := range s.sourcesOf(i) {
		if from != nil && !slices.ContainsFunc(from.Inputs, func(in storage.InputVersion) bool { return in.Asset == source.asset.key }) {
			add(StaleCause{Category: StaleDependencies, Reason: "has a new dependency on " + source.asset.key, Dependency: source.asset.key}, nil)
			continue
		}
		if err := s.sourceChanged(ctx, i, key, source, v, add); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b cause) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Dependency, b.Dependency))
	})
	return found, nil
}

// removed are the keys of assets that something was made from and is no more.
func (s *staleness) removed(i int32, from *storage.Provenance) []string {
	var gone []string
	for _, in := range from.Inputs {
		if !slices.ContainsFunc(s.sourcesOf(i), func(o staleSource) bool { return o.asset.key == in.Asset }) {
			gone = addNew(gone, in.Asset)
		}
	}
	return gone
}

// partitionsRead are the partitions of a source that an asset, or a partition of it, reads.
func (s *staleness) partitionsRead(i int32, key string, source staleSource) partition.Subset {
	up := s.catalog.divisionOf(source.asset).definitionOf()
	down := s.catalog.divisionOf(s.catalog.assets[i].asset).definitionOf()
	now := s.inst.now()
	var all partition.Subset
	for _, r := range source.reads {
		all = all.Union(s.readBy(r, up, down, key, now))
	}
	return all
}

func (s *staleness) readBy(r *partitionRead, up, down partition.Definition, key string, now time.Time) partition.Subset {
	downSet := down.At(now, s.snapshot)
	link, err := r.mapping(up, down).Link(up.At(now, s.snapshot), downSet)
	if err != nil {
		return partition.Subset{} // Validate has reported it
	}
	one := downSet.All()
	if down.Kind() != partition.KindNone {
		if one, err = downSet.Of(key); err != nil {
			return partition.Subset{}
		}
	}
	read, _ := link.Up(one)
	return read
}

// sourceChanged adds the causes that a source is: of many partitions one for all.
func (s *staleness) sourceChanged(ctx context.Context, i int32, key string, source staleSource, v *storedVersion, add func(StaleCause, *StaleCause)) error {
	if s.catalog.divisionOf(source.asset) == nil {
		return s.changed(ctx, v, source.asset, "", add)
	}
	read := s.partitionsRead(i, key, source)
	if n := read.Count(); n >= manyPartitions {
		switch {
		case n > mostPartitions || v.data.Provenance == nil:
			return nil
		case !recordedOneByOne(v.data.Provenance, source.asset.key):
			return s.manyChanged(ctx, v, source.asset, read, add)
		}
	}
	for part := range read.Keys() {
		if err := s.changed(ctx, v, source.asset, part, add); err != nil {
			return err
		}
	}
	return nil
}

// recordedOneByOne reports whether something was made from few enough partitions of a source for each to be recorded.
func recordedOneByOne(from *storage.Provenance, key string) bool {
	return slices.ContainsFunc(from.Inputs, func(in storage.InputVersion) bool { return in.Asset == key && in.Partition != "" })
}

// manyChanged adds a cause if any of many partitions of a source is not what something was made from.
func (s *staleness) manyChanged(ctx context.Context, v *storedVersion, source *asset, read partition.Subset, add func(StaleCause, *StaleCause)) error {
	sum := newVersionSum()
	for part := range read.Keys() {
		now, err := s.version(ctx, source, part)
		if err != nil {
			return err
		}
		sum.add(part, now.name())
	}
	if recordedVersion(v.data.Provenance, source.key, "") == sum.name() {
		return nil
	}
	c := StaleCause{Category: StaleData, Dependency: source.key, Reason: "has new partitions of a dependency"}
	add(c, &StaleCause{Category: StaleData, Asset: source.key, Reason: "has new partitions"})
	return nil
}

// changed adds a cause if a source, or one partition of it, is not what something was made from.
func (s *staleness) changed(ctx context.Context, v *storedVersion, source *asset, part string, add func(StaleCause, *StaleCause)) error {
	now, err := s.version(ctx, source, part)
	if err != nil {
		return err
	}
	c := StaleCause{Category: StaleData, Dependency: source.key, DependencyPartition: part}
	root := &StaleCause{Category: StaleData, Asset: source.key, Partition: part}
	what := s.whatChanges(source, now)
	if from := v.data.Provenance; from != nil {
		if recordedVersion(from, source.key, part) != now.name() {
			c.Reason, root.Reason = "has a new dependency "+what, "has a new "+what
			add(c, root)
		}
		return nil
	}
	switch { // who reported it did not say what it was made from
	case s.catalog.isExternal(source):
	case now == nil:
		c.Reason = "has a new input"
		add(c, nil)
	case now.event > v.event:
		c.Reason, root.Reason = "has a new dependency materialization", "has a new materialization"
		add(c, root)
	}
	return nil
}

// recordedVersion is the version of a source that something was made from.
func recordedVersion(from *storage.Provenance, key, part string) string {
	for i := range from.Inputs {
		if in := &from.Inputs[i]; in.Asset == key && in.Partition == part {
			return in.DataVersion
		}
	}
	return ""
}

// whatChanges is how a change of a source is called: by its version if somebody names that.
func (s *staleness) whatChanges(source *asset, v *storedVersion) string {
	code := source.spec.codeVersion
	if i, ok := s.catalog.index[source.key]; ok {
		code = s.catalog.assets[i].spec.codeVersion
	}
	if code != "" || s.catalog.isExternal(source) || v != nil && v.data.Tags["dagster/data_version_is_user_provided"] != "" {
		return "data version"
	}
	return "materialization"
}

func (c *catalog) isExternal(a *asset) bool {
	i, ok := c.index[a.key]
	return !ok || c.assets[i].external
}
