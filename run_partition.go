package dagster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// The tags by which a run says which partitions it is for. The first three are Dagster's.
const (
	partitionTag  = "dagster/partition"
	rangeStartTag = "dagster/asset_partition_range_start"
	rangeEndTag   = "dagster/asset_partition_range_end"

	// partitionsTag is for partitions that are neither one nor a range: a text as [PartitionsIn] takes it.
	partitionsTag = "dagster/partition_keys"
)

// runPartitions are the partitions of one run, and those that its steps read. What exists is decided once, when the run
// is created.
type runPartitions struct {
	set   partition.Set      // what exists of what the run makes
	whole *portion           // nil if what the run makes is not partitioned
	links []partition.Link   // by the plan's
	downs []partition.Subset // by link: all that exists downstream

	mu   sync.Mutex
	made map[madePartition]string // the data versions of what was made
}

type madePartition struct {
	index int32 // of the making
	key   string
}

// planLink is how something partitioned is read.
type planLink struct {
	leaf     *input
	by       string // the key of the step that reads it
	up, down partition.Definition
	optional bool
}

func (l *planLink) mapping() partition.Mapping { return l.leaf.reading().mapping(l.up, l.down) }

// divided are the partitions of the run that is to be; nil if the plan has to do with none.
func (r *runState) divided(ctx context.Context) (*runPartitions, error) {
	p, choose := r.plan, r.options.partitions.choose
	switch {
	case p.mixed != nil:
		return nil, p.mixed
	case p.division.Kind() == partition.KindNone && choose != nil:
		return nil, errors.New("partitions: nothing that is to be run is partitioned")
	case p.division.Kind() == partition.KindNone && len(p.links) == 0:
		return nil, nil //nolint:nilnil // no partitions
	case p.division.Kind() != partition.KindNone && choose == nil:
		return nil, fmt.Errorf("%s is partitioned: say for which partition to run: PartitionKey, PartitionRange", p.dividedBy)
	}
	snapshot, err := r.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("partitions: %w", err)
	}
	now := r.inst.now()
	parts := &runPartitions{set: p.division.At(now, snapshot), made: make(map[madePartition]string)}
	if choose != nil {
		chosen, err := choose.of(ctx, r.inst, parts.set, p.dividedKeys()...)
		if err != nil {
			return nil, fmt.Errorf("partitions of %s: %w", p.dividedBy, err)
		}
		parts.whole = newPortion(chosen, slices.Collect(chosen.Keys())...)
	}
	if err := parts.link(p, func(d partition.Definition) partition.Set { return d.At(now, snapshot) }); err != nil {
		return nil, err
	}
	return parts, p.checkWhole(parts.whole)
}

// link applies the mappings of a plan, and reports which partitions are needed and do not exist.
func (r *runPartitions) link(p *plan, at func(partition.Definition) partition.Set) error {
	var errs []error
	for i := range p.links {
		l := &p.links[i]
		down := at(l.down)
		link, err := l.mapping().Link(at(l.up), down)
		if err != nil {
			return fmt.Errorf("step %s reads asset %s: %w", quote(l.by), quote(l.leaf.asset.key), err)
		}
		r.links, r.downs = append(r.links, link), append(r.downs, down.All())
		_, missing := link.Up(r.subset(i, r.whole))
		if !missing.Empty() && !l.optional {
			errs = append(errs, fmt.Errorf("step %s needs partitions of asset %s that do not exist: %s", quote(l.by), quote(l.leaf.asset.key), shortList(missing.Keys(), missing.Count())))
		}
	}
	return errors.Join(errs...)
}

// subset is what a portion is to a link: all there is for what is not partitioned.
func (r *runPartitions) subset(link int, of *portion) partition.Subset {
	if of == nil || r.downs[link].Definition().Kind() == partition.KindNone {
		return r.downs[link]
	}
	return of.subset
}

// read are the partitions that are read through a link for a portion.
func (r *runPartitions) read(link int32, of *portion) partition.Subset {
	up, _ := r.links[link].Up(r.subset(int(link), of))
	return up
}

// remember keeps the version of what was made; version finds it.
func (r *runPartitions) remember(index int32, key, version string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made[madePartition{index, key}] = version
}

func (r *runPartitions) version(index int32, key string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.made[madePartition{index, key}]
	return v, ok
}

// snapshot has the keys of the dynamic partitions that the plan has to do with.
func (r *runState) snapshot(ctx context.Context) (*partition.Snapshot, error) {
	if name, ok := r.plan.onlyDynamic(); ok && len(r.options.partitions.keys) > 0 {
		return r.inst.someKeys(ctx, name, r.options.partitions.keys)
	}
	of := make([]partition.Definition, 0, 1+2*len(r.plan.links))
	of = append(of, r.plan.division)
	for i := range r.plan.links {
		of = append(of, r.plan.links[i].up, r.plan.links[i].down)
	}
	return r.inst.snapshot(ctx, of...)
}

// onlyDynamic is the name of the dynamic partitions that the plan makes, if all that it reads are the same partitions:
// then nobody need know the other keys.
func (p *plan) onlyDynamic() (string, bool) {
	for i := range p.links {
		if l := &p.links[i]; l.leaf.parts != nil || !l.up.Equal(p.division) || !l.down.Equal(p.division) {
			return "", false
		}
	}
	return p.division.Name(), p.division.Kind() == partition.KindDynamic
}

// someKeys has those of some keys that dynamic partitions have.
func (in *Instance) someKeys(ctx context.Context, name string, keys []string) (*partition.Snapshot, error) {
	have, err := in.store.HasDynamic(ctx, name, keys)
	if err != nil {
		return nil, err
	}
	some := make([]string, 0, len(keys))
	seen := make(map[string]bool, len(keys))
	for i, key := range keys {
		if have[i] && !seen[key] {
			seen[key] = true
			some = append(some, key)
		}
	}
	return partition.NewSnapshot(map[string][]string{name: some})
}

// divide tells the store how the assets that are made are partitioned.
func (r *runState) divide(ctx context.Context) error {
	divisions := make(map[string]partition.Definition)
	for _, key := range r.plan.dividedKeys() {
		divisions[key] = r.plan.division
	}
	if len(divisions) == 0 {
		return nil
	}
	if err := r.inst.store.Divide(ctx, divisions); err != nil {
		return fmt.Errorf("partitions: %w", err)
	}
	return nil
}

// dividedKeys are the keys of the assets that the plan makes partitions of.
func (p *plan) dividedKeys() []string {
	var keys []string
	for i := range p.steps {
		if p.steps[i].divided {
			keys = append(keys, p.steps[i].assetKeys()...)
		}
	}
	return keys
}

// checkWhole refuses several partitions for what can make one at a time only.
func (p *plan) checkWhole(of *portion) error {
	if of == nil || len(of.keys) == 1 {
		return nil
	}
	for i := range p.steps {
		s := &p.steps[i]
		if s.divided && s.op != nil && len(s.makes) > 0 && !s.atOnce && !s.empty {
			return fmt.Errorf("asset %s is computed by a graph, which makes one partition a run; the run is for %d", quote(s.makes[0].asset.key), len(of.keys))
		}
	}
	return nil
}

// tags are those by which the run says which partitions it is for.
func (r *runPartitions) tags() map[string]string {
	of := r.whole
	if of == nil {
		return nil
	}
	if len(of.keys) == 1 {
		tags, err := of.subset.Definition().Tags(of.keys[0])
		if err == nil {
			return tags
		}
		return map[string]string{partitionTag: of.keys[0]}
	}
	first, last := of.keys[0], of.keys[len(of.keys)-1]
	spans := slices.Collect(of.subset.Spans())
	if len(spans) == 1 {
		return map[string]string{rangeStartTag: first, rangeEndTag: last}
	}
	return map[string]string{partitionsTag: of.subset.String()}
}

// partitionsOf is which partitions a run was for, by its tags; the zero value for none.
func partitionsOf(tags map[string]string) PartitionSet {
	if key, ok := tags[partitionTag]; ok {
		return PartitionKey(key)
	}
	if text, ok := tags[partitionsTag]; ok {
		return PartitionsIn(text)
	}
	first, ok := tags[rangeStartTag]
	last, also := tags[rangeEndTag]
	if ok && also {
		return PartitionRange(first, last)
	}
	return PartitionSet{}
}

// withoutPartitionTags leaves out what a run says of its partitions.
func withoutPartitionTags(tags map[string]string) map[string]string {
	out := maps.Clone(tags)
	maps.DeleteFunc(out, func(key, _ string) bool {
		return key == partitionTag || strings.HasPrefix(key, partitionTag+"/") || key == rangeStartTag || key == rangeEndTag || key == partitionsTag
	})
	return out
}

// planOf adds for each partition that the run is going to make it.
func (r *runState) planOf(planned []storage.Event, s *planStep, e storage.Event) []storage.Event {
	if !s.divided {
		return append(planned, e)
	}
	for _, key := range r.parts.whole.keys {
		e.Partition = key
		planned = append(planned, e)
	}
	return planned
}

// unmade are the partitions of the run that it has not made of something.
func (r *runPartitions) unmade(index int32) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.whole.keys), func(key string) bool {
		_, made := r.made[madePartition{index, key}]
		return made
	})
}

// tags are the run's, with those that say which partitions it is for.
func (r *runState) tags() map[string]string {
	if r.parts == nil || r.parts.whole == nil {
		return r.options.tags
	}
	return over(r.parts.tags(), r.options.tags)
}

// partition decides which partitions the run is for, and what they need.
func (r *runState) partition(ctx context.Context) error {
	parts, err := r.divided(ctx)
	if err != nil {
		return err
	}
	if parts == nil {
		return nil
	}
	r.parts, r.options.portion = parts, parts.whole
	return r.divide(ctx)
}
