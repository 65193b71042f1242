package dagster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/partition"
)

// PartitionSet says which partitions: as a [RunOption] those that one run makes, in [Repository.Backfill] those of one
// run each.
type PartitionSet struct {
	choose chooser
	keys   []string // if it is these
}

// chooser chooses some of what exists. of has the status of the assets that are to be made.
type chooser func(of *choice) (partition.Subset, error)

// choice is what there is to choose from.
type choice struct {
	set    partition.Set
	status func() (missing, failed partition.Subset, err error)
}

// PartitionKey is one partition.
func PartitionKey(key string) PartitionSet { return PartitionKeys(key) }

// PartitionKeys are these partitions.
func PartitionKeys(keys ...string) PartitionSet {
	keys = slices.Clone(keys)
	return PartitionSet{keys: keys, choose: func(of *choice) (partition.Subset, error) {
		if d := of.set.Definition(); d.Kind() == partition.KindDynamic {
			return ofDynamic(of.set, d.Name(), keys)
		}
		return of.set.Of(keys...)
	}}
}

// ofDynamic are keys of dynamic partitions, all of which were added.
func ofDynamic(set partition.Set, name string, keys []string) (partition.Subset, error) {
	for _, key := range keys {
		if !set.Has(key) {
			return set.None(), fmt.Errorf("partition %s does not exist: add it to the dynamic partitions %s first", quote(key), quote(name))
		}
	}
	return set.Of(keys...)
}

// PartitionRange are the partitions from first to last, both included. Of several dimensions it is the combinations of
// the range in each.
func PartitionRange(first, last string) PartitionSet {
	return PartitionSet{choose: func(of *choice) (partition.Subset, error) {
		chosen, err := of.set.Range(first, last)
		if err == nil && chosen.Empty() {
			err = fmt.Errorf("the range from %s to %s is empty: the first comes after the last", quote(first), quote(last))
		}
		return chosen, err
	}}
}

// PartitionsIn are the keys and ranges of a text such as "[2024-01-01...2024-01-31], 2024-02-05". A key that holds a
// character with a meaning is in double quotes. Of several dimensions each entry has one key or range a dimension, with
// "|" in between.
func PartitionsIn(text string) PartitionSet {
	return PartitionSet{choose: func(of *choice) (partition.Subset, error) { return of.set.Parse(text) }}
}

// EveryPartition is all that exist.
func EveryPartition() PartitionSet {
	return PartitionSet{choose: func(of *choice) (partition.Subset, error) { return of.set.All(), nil }}
}

// LatestPartition is the last that exists; of several dimensions the last of time, with all of the others.
func LatestPartition() PartitionSet {
	return PartitionSet{choose: func(of *choice) (partition.Subset, error) {
		last, ok := of.set.Last()
		if !ok {
			return of.set.None(), nil
		}
		for _, d := range of.set.Definition().Dimensions() {
			if d.Definition.Kind() != partition.KindWindows {
				continue
			}
			parts, err := of.set.Definition().Split(last)
			if err != nil {
				return of.set.None(), err
			}
			return of.set.With(d.Name, parts[d.Name])
		}
		return of.set.Of(last)
	}}
}

// MissingPartitions are those that any of the assets to be made has not been made for.
func MissingPartitions() PartitionSet {
	return PartitionSet{choose: func(of *choice) (partition.Subset, error) {
		missing, _, err := of.status()
		return missing, err
	}}
}

// FailedPartitions are those for which the newest attempt to make any of the assets failed.
func FailedPartitions() PartitionSet {
	return PartitionSet{choose: func(of *choice) (partition.Subset, error) {
		_, failed, err := of.status()
		return failed, err
	}}
}

func (s PartitionSet) applyRun(o *runOptions) {
	switch {
	case s.choose == nil:
		o.mistake(fmt.Errorf("partitions: %w", errEmpty))
	case o.partitions.choose != nil:
		o.mistake(errors.New("partitions: given twice"))
	}
	o.partitions = s
}

// of are the partitions that f chooses of what exists, for some assets.
func (f chooser) of(ctx context.Context, in *Instance, set partition.Set, assets ...string) (partition.Subset, error) {
	if f == nil {
		return set.None(), errEmpty
	}
	chosen, err := f(&choice{set: set, status: func() (missing, failed partition.Subset, err error) {
		return in.statusOf(ctx, set, assets)
	}})
	if err != nil {
		return chosen, err
	}
	if gone := chosen.Difference(set.All()); !gone.Empty() {
		return chosen, notThere(gone, set)
	}
	if chosen.Empty() {
		return chosen, errNoPartitions
	}
	return chosen, nil
}

// errNoPartitions reports that there is nothing to run for.
var errNoPartitions = errors.New("no partitions: there is nothing to run")

// notThere names partitions that do not exist, and those that do.
func notThere(gone partition.Subset, set partition.Set) error {
	names := shortList(gone.Keys(), gone.Count())
	first, ok := set.First()
	if !ok {
		return fmt.Errorf("partition %s does not exist: there are none", names)
	}
	last, _ := set.Last()
	return fmt.Errorf("partition %s does not exist: there are %d, from %s to %s", names, set.Count(), quote(first), quote(last))
}

// shortList is some keys, or the first few of them.
func shortList(keys iter.Seq[string], count int) string {
	const most = 3
	var names []string
	for key := range keys {
		if len(names) == most {
			return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), count-most)
		}
		names = append(names, quote(key))
	}
	return strings.Join(names, ", ")
}

// statusOf is what is missing or failed of any of some assets.
func (in *Instance) statusOf(ctx context.Context, set partition.Set, keys []string) (missing, failed partition.Subset, err error) {
	missing, failed = set.None(), set.None()
	for _, key := range keys {
		status, err := in.partitionStatus(ctx, key, set.Definition())
		if err != nil {
			return missing, failed, fmt.Errorf("status of asset %s: %w", quote(key), err)
		}
		missing = missing.Union(set.All().Difference(status.Materialized))
		failed = failed.Union(status.Failed)
	}
	return missing, failed.Intersect(set.All()), nil
}
