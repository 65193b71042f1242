package storage

import (
	"fmt"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// PartitionState is the one thing that a person sees of a partition. The strings are stored and sent; they never change.
type PartitionState string

// The states of a partition. What more than one holds for has the last one.
const (
	PartitionMissing      PartitionState = "MISSING"
	PartitionMaterialized PartitionState = "MATERIALIZED"
	PartitionFailed       PartitionState = "FAILED"
	PartitionInProgress   PartitionState = "IN_PROGRESS"
)

// PartitionStatus is what is known of the partitions of one asset at one moment. Its subsets may have keys in common: a
// partition that was made, failed when it was to be made again and is now tried a third time is in all of them.
type PartitionStatus struct {
	Definition partition.Definition

	// Keys are the keys of the dynamic partitions that the definition takes; nil if it takes none.
	Keys *partition.Snapshot

	Materialized partition.Subset // has a materialization that was not wiped
	Failed       partition.Subset // the newest attempt failed
	InProgress   partition.Subset // planned by a run that has not ended

	// Unknown counts the keys of which one of the three holds, but which the definition does not have: because it had
	// another one when they were made, or because a dynamic key was removed.
	Unknown int
}

// Of returns the state of one key, which is missing if the definition has no such key.
func (s PartitionStatus) Of(key string) PartitionState {
	switch {
	case s.InProgress.Has(key):
		return PartitionInProgress
	case s.Failed.Has(key):
		return PartitionFailed
	case s.Materialized.Has(key):
		return PartitionMaterialized
	default:
		return PartitionMissing
	}
}

// In returns the keys that exist at an instant and are in a state. The four states have no key in common and
// together have all that exist.
func (s PartitionStatus) In(state PartitionState, now time.Time) partition.Subset {
	all := s.Definition.At(now, s.Keys).All()
	switch state {
	case PartitionInProgress:
		return all.Intersect(s.InProgress)
	case PartitionFailed:
		return all.Intersect(s.Failed).Difference(s.InProgress)
	case PartitionMaterialized:
		return all.Intersect(s.Materialized).Difference(s.Failed).Difference(s.InProgress)
	default:
		return all.Difference(s.Materialized).Difference(s.Failed).Difference(s.InProgress)
	}
}

// PartitionCounts are the numbers of keys that exist and are in each state.
type PartitionCounts struct{ Missing, Materialized, Failed, InProgress int }

// Counts returns how many of the keys that exist at an instant are in each state.
func (s PartitionStatus) Counts(now time.Time) PartitionCounts {
	return PartitionCounts{
		Missing:      s.In(PartitionMissing, now).Count(),
		Materialized: s.In(PartitionMaterialized, now).Count(),
		Failed:       s.In(PartitionFailed, now).Count(),
		InProgress:   s.In(PartitionInProgress, now).Count(),
	}
}

// Wipe says which partitions of an asset are forgotten: those with the keys, or all of them.
type Wipe struct {
	Asset string
	Keys  []string // any that nothing is known of are no error
	All   bool     // whatever Keys are; the materialization without a partition too
}

// DynamicChange adds keys to the dynamic partitions of a name, and removes others. What is removed goes first, so a key
// that is in both moves to the end. To add a key that is there, or to remove one that is not, changes nothing. A removed
// key's materializations are still known if it comes back.
type DynamicChange struct {
	Name        string
	Add, Remove []string
}

// CheckDynamic returns an error wrapping [partition.ErrDefinition] for changes that no store takes: those without a
// name. Every store calls it.
func CheckDynamic(changes []DynamicChange) error {
	for i, c := range changes {
		if c.Name == "" {
			return fmt.Errorf("change %d of %d of dynamic partitions has no name: %w", i+1, len(changes), partition.ErrDefinition)
		}
	}
	return nil
}

// DynamicFilter chooses keys of the dynamic partitions of a name.
type DynamicFilter struct {
	Name   string
	Prefix string // keys that start with it
	After  string // the last key of the page before; an error wrapping [partition.ErrKey] if it is gone
	Limit  int    // Defaults to 1000; at most 10000, what is more counts as that.
}
