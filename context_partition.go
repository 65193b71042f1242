package dagster

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// PartitionInfo says which partitions a body makes; its zero value is outside of partitioned runs.
type PartitionInfo struct {
	// Key is the partition; empty if the body makes several at once: see [SingleRun].
	Key string

	// Keys are all partitions that the body makes, in order: one, or all of the run.
	Keys []string

	// Start and End are the time that the partitions cover, in the time zone of the partitions. They are zero if these
	// are not of time.
	Start, End time.Time

	// Dimensions are the parts of the key, where it has several dimensions.
	Dimensions map[string]string
}

type partitionKey struct{}

// Partition says which partitions ctx is for: in a body those that it makes. It is a copy: changing it changes nothing.
func Partition(ctx context.Context) PartitionInfo {
	if info, ok := ctx.Value(partitionKey{}).(PartitionInfo); ok {
		return info.clone()
	}
	return PartitionInfo{}
}

// WithPartition is a context that says which partitions it is for, for a test that calls a body. An empty Keys is filled
// with the Key.
func WithPartition(ctx context.Context, p PartitionInfo) context.Context {
	p = p.clone()
	if len(p.Keys) == 0 && p.Key != "" {
		p.Keys = []string{p.Key}
	}
	return context.WithValue(ctx, partitionKey{}, p)
}

func (p PartitionInfo) clone() PartitionInfo {
	p.Keys, p.Dimensions = slices.Clone(p.Keys), maps.Clone(p.Dimensions)
	return p
}

// portion is the partitions that one call of a body makes.
type portion struct {
	keys   []string
	subset partition.Subset
	info   PartitionInfo
}

// newPortion is the partitions of those keys, which are what subset has.
func newPortion(subset partition.Subset, keys ...string) *portion {
	p := &portion{keys: keys, subset: subset}
	p.info.Keys = p.keys
	if len(p.keys) == 0 {
		return p
	}
	d := subset.Definition()
	if len(p.keys) == 1 {
		p.info.Key = p.keys[0]
		if parts, err := d.Split(p.info.Key); err == nil {
			p.info.Dimensions = parts
		}
	}
	for _, key := range []string{p.keys[0], p.keys[len(p.keys)-1]} {
		w, err := d.WindowOf(key)
		if err != nil {
			return p
		}
		if p.info.Start.IsZero() || w.Start.Before(p.info.Start) {
			p.info.Start = w.Start
		}
		if w.End.After(p.info.End) {
			p.info.End = w.End
		}
	}
	return p
}
