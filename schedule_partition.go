package dagster

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// partitionRequests are the runs of the partitions that came with the tick: of time the last one, of others all.
func (e *evaluation) partitionRequests() ([]RunRequest, error) {
	t := e.timing
	set := t.by.At(e.tick.At, e.keys)
	keys := set.All()
	if last := t.last(e.tick.At); t.by.Kind() != partition.KindStatic {
		if last == "" {
			return nil, SkipTick("there is no partition yet")
		}
		if before := t.before(e.tick.At); !before.IsZero() && t.last(before) == last {
			return nil, SkipTick(fmt.Sprintf("no partition has come since %s, the last one", last))
		}
		var err error
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

// divisionOf is how a job is divided; the zero value if it is not.
func (e *evaluation) divisionOf(j *job) partition.Definition { return j.partitions.definitionOf() }

// checkPartition reports a key that does not exist at the tick.
func (e *evaluation) checkPartition(def partition.Definition, key string) error {
	set := def.At(e.tick.At, e.keys)
	if set.Has(key) {
		return nil
	}
	first, ok := set.First()
	if !ok {
		return errors.New("no such partition: there is none yet")
	}
	last, _ := set.Last()
	return fmt.Errorf("no such partition at %s: there are %d, from %s to %s", e.tick.At.Format(time.RFC3339), set.Count(), first, last)
}
