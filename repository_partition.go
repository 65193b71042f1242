package dagster

import (
	"context"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// PartitionStatus says which partitions of the asset of that key were made, failed, or are being made. An asset that is not partitioned is an error.
func (r *Repository) PartitionStatus(ctx context.Context, in *Instance, asset string) (storage.PartitionStatus, error) {
	d, err := r.division(asset)
	if err == nil {
		var status storage.PartitionStatus
		if status, err = in.partitionStatus(ctx, asset, d); err == nil {
			return status, nil
		}
	}
	return storage.PartitionStatus{}, fmt.Errorf("partition status of asset %s: %w", quote(asset), err)
}

// PartitionSet is the partitions of the asset of that key that exist now, by the instance's clock.
func (r *Repository) PartitionSet(ctx context.Context, in *Instance, asset string) (partition.Set, error) {
	d, err := r.division(asset)
	if err != nil {
		return partition.Set{}, fmt.Errorf("partitions of asset %s: %w", quote(asset), err)
	}
	snapshot, err := in.snapshot(ctx, d)
	if err != nil {
		return partition.Set{}, fmt.Errorf("partitions of asset %s: %w", quote(asset), err)
	}
	return d.At(in.now(), snapshot), nil
}

// WipePartitions forgets that partitions of the asset of that key were made, so that they are missing. What an IO
// manager keeps of them stays where it is.
func (r *Repository) WipePartitions(ctx context.Context, in *Instance, asset string, partitions PartitionSet) error {
	set, err := r.PartitionSet(ctx, in, asset)
	if err != nil {
		return err
	}
	chosen, err := partitions.choose.of(ctx, in, set, asset)
	if err == nil {
		err = in.store.WipePartitions(ctx, storage.Wipe{Asset: asset, Keys: slices.Collect(chosen.Keys())})
	}
	if err != nil {
		return fmt.Errorf("wipe partitions of asset %s: %w", quote(asset), err)
	}
	return nil
}

// division is how an asset of the repository is divided.
func (r *Repository) division(asset string) (partition.Definition, error) {
	c, err := r.compiled()
	if err != nil {
		return partition.Definition{}, err
	}
	i, ok := c.index[asset]
	if !ok {
		return partition.Definition{}, fmt.Errorf("no such asset; the repository has %d", len(c.assets))
	}
	d := c.divisionOf(c.assets[i].asset).definitionOf()
	if d.Kind() == partition.KindNone {
		return d, errNotPartitioned
	}
	return d, nil
}

// snapshot has the keys of the dynamic partitions that definitions are made of.
func (in *Instance) snapshot(ctx context.Context, of ...partition.Definition) (*partition.Snapshot, error) {
	var names []string
	for _, d := range of {
		for _, name := range d.DynamicNames() {
			names = addNew(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // a nil snapshot has no keys
	}
	return in.store.Snapshot(ctx, names)
}

// snapshotWith is snapshot where one key matters.
func (in *Instance) snapshotWith(ctx context.Context, d partition.Definition, key string) (*partition.Snapshot, error) {
	if d.Kind() == partition.KindDynamic {
		return in.someKeys(ctx, d.Name(), []string{key})
	}
	return in.snapshot(ctx, d)
}

func (in *Instance) partitionStatus(ctx context.Context, asset string, d partition.Definition) (storage.PartitionStatus, error) {
	if d.Kind() == partition.KindNone {
		return storage.PartitionStatus{}, errNotPartitioned
	}
	if err := in.store.Divide(ctx, map[string]partition.Definition{asset: d}); err != nil {
		return storage.PartitionStatus{}, err
	}
	return in.store.PartitionStatus(ctx, asset)
}
