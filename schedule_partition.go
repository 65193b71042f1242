package dagster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// partitionRequests are the runs of the partitions that came with the tick: of time the last one, of others all.
func (e *evaluation) partitionRequests(ctx context.Context) ([]RunRequest, error) {
	t := e.timing
	set, err := e.existing(ctx, t.by)
	if err != nil {
		return nil, err
	}
	keys := set.All()
	if last := t.last(e.tick.At); t.by.Kind() != partition.KindStatic {
		if last == "" {
			return nil, SkipTick("there is no partition yet")
		}
		if before := t.before(e.tick.At); !before.IsZero() && t.last(before) == last {
			return nil, SkipTick(fmt.Sprintf("no partition has come since %s, the last one", last))
		}
		if keys, err = t.with(set, last); err != nil {
			return nil, err
		}
	}
	if keys.Empty() {
		return nil, SkipTick("there is no partition yet")
	}
	requests := make([]RunRequest, 0, keys.Count())
	for key := range keys.Keys() {
		requests = append(requests, RunRequest{Key: key, Partition: key})
	}
	return requests, nil
}

// windows is the dimension of time.
func (t *timing) windows() partition.Definition {
	if t.time == "" {
		return t.by
	}
	dims := t.by.Dimensions()
	return dims[slices.IndexFunc(dims, func(d partition.Dimension) bool { return d.Name == t.time })].Definition
}

// last is the last key of time at an instant, empty if there is none.
func (t *timing) last(at time.Time) string {
	key, _ := t.windows().At(at, nil).Last()
	return key
}

// with are the keys with one of time.
func (t *timing) with(set partition.Set, key string) (partition.Subset, error) {
	if t.time == "" {
		return set.Of(key)
	}
	return set.With(t.time, key)
}

// before is the tick before the one at an instant, or before the last one if that is none.
func (t *timing) before(at time.Time) time.Time {
	tick := t.ticks.AtOrBefore(at)
	if tick.IsZero() {
		return tick
	}
	return t.ticks.Prev(tick)
}

// inZone is an instant on the wall clock of the schedule.
func (t *timing) inZone(at time.Time) time.Time { return at.In(t.ticks.Location()) }

// division is how a run of a job would be divided, the zero value if it is not; false if only a repository knows.
func (e *evaluation) division(j *job, selected []int32) (partition.Definition, bool) {
	if e.alone {
		return j.partitions.definitionOf(), j.graph != nil || j.partitions.divides()
	}
	return e.catalog.division(j, selected), true
}

// division is how a run of a job is divided that makes these assets, the zero value if it is not.
func (c *catalog) division(j *job, selected []int32) partition.Definition {
	if j.graph != nil {
		return j.partitions.definitionOf()
	}
	for _, i := range selected {
		if p := c.divisionOf(c.assets[i].asset); p != nil {
			return p.def
		}
	}
	return partition.Definition{}
}

// checkPartition reports a key that does not exist at the tick, and one that is missing.
func (e *evaluation) checkPartition(ctx context.Context, j *job, def partition.Definition, known bool, key string) error {
	divided := def.Kind() != partition.KindNone
	switch {
	case !known || key == "" && !divided:
		return nil
	case key == "":
		return fmt.Errorf("no partition: job %s is partitioned, and a run of it is for one", quote(j.name))
	case !divided:
		return fmt.Errorf("partition %s: job %s has no partitions", quote(key), quote(j.name))
	case e.options.fresh && len(def.DynamicNames()) > 0:
		return nil // an instance would know
	}
	set, err := e.existing(ctx, def)
	if err != nil || set.Has(key) {
		return err
	}
	first, ok := set.First()
	if !ok {
		return fmt.Errorf("partition %s of job %s: there is none yet", quote(key), quote(j.name))
	}
	last, _ := set.Last()
	return fmt.Errorf("partition %s of job %s: there is no such at %s, but %d from %s to %s",
		quote(key), quote(j.name), e.tick.At.Format(time.RFC3339), set.Count(), quote(first), quote(last))
}

// existing is what exists of a division at the tick. Of dynamic partitions it is what the instance has now.
func (e *evaluation) existing(ctx context.Context, def partition.Definition) (partition.Set, error) {
	mark := def.Fingerprint()
	if set, ok := e.sets[mark]; ok {
		return set, nil
	}
	keys, err := e.options.inst.snapshot(ctx, def)
	if err != nil {
		return partition.Set{}, fmt.Errorf("dynamic partitions: %w", err)
	}
	set := def.At(e.tick.At, keys)
	e.sets[mark] = set
	return set, nil
}
