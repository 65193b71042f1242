package dagster

import (
	"context"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// Load reads what is stored of the asset, in the partition of that key, or "" for an unpartitioned asset. For one that was never
// stored it returns an error wrapping [ErrNotStored] or [io/fs.ErrNotExist]. A stream must be closed by the caller, if
// it is an [io.Closer].
func (a *Asset[T]) Load(ctx context.Context, in *Instance, key string) (T, error) {
	var none T
	if a.core.empty {
		return none, nil
	}
	l := assetValue(a.core, &a.core.spec.stepSpec, key)
	l.inst, l.open = in, newOpener(nil, nil)
	v, err := load(ctx, l)
	err = firstError(err, l.open.close())
	if err != nil {
		return none, fmt.Errorf("load asset %s: %w", quote(a.core.key), err)
	}
	return leafValue[T]([]any{v})
}

// Store keeps a value of the asset that was made elsewhere, in the partition of that key, or "" for an unpartitioned asset, and
// records that: a source gets its value so. A partition that does not exist is an error, and so is what [metadata.Check]
// finds wrong.
func (a *Asset[T]) Store(ctx context.Context, in *Instance, key string, v T, e ...metadata.Entry) error {
	if err := firstError(metadata.Check(e...), a.core.checkPartition(ctx, in, key)); err != nil {
		return fmt.Errorf("store asset %s: %w", quote(a.core.key), err)
	}
	if a.core.isView() {
		return fmt.Errorf("store asset %s: %w", quote(a.core.key), errVirtual)
	}
	if !a.core.empty {
		l := assetValue(a.core, &a.core.spec.stepSpec, key)
		l.inst, l.open = in, newOpener(nil, nil)
		err := store(ctx, v, l)
		if err = firstError(err, l.open.close()); err != nil {
			return fmt.Errorf("store asset %s: %w", quote(a.core.key), err)
		}
	}
	return a.core.report(ctx, in, key, &storage.MaterializationData{Metadata: e, DataVersion: newRunID()})
}

// Report records that the asset was made elsewhere, in the partition of that key, or "" for an unpartitioned asset. A
// partition that does not exist is an error, and so is what [metadata.Check] finds wrong. Nothing is said of its version: what was made from it is not stale by
// that; see [Asset.ReportVersion].
func (a *Asset[T]) Report(ctx context.Context, in *Instance, key string, e ...metadata.Entry) error {
	return a.ReportVersion(ctx, in, key, "", e...)
}

// ReportVersion is [Asset.Report] with the data version of what was made: an unchanged one says that nothing changed.
func (a *Asset[T]) ReportVersion(ctx context.Context, in *Instance, key, version string, e ...metadata.Entry) error {
	if err := firstError(metadata.Check(e...), a.core.checkPartition(ctx, in, key)); err != nil {
		return fmt.Errorf("report asset %s: %w", quote(a.core.key), err)
	}
	return a.core.report(ctx, in, key, &storage.MaterializationData{Metadata: e, DataVersion: version})
}

func (a *asset) report(ctx context.Context, in *Instance, key string, data *storage.MaterializationData) error {
	if a.isView() {
		return fmt.Errorf("report asset %s: %w", quote(a.key), errVirtual)
	}
	event := storage.Event{Kind: storage.AssetMaterialization, Asset: a.key, Partition: key, At: in.now(), Data: data}
	if _, err := in.store.Append(ctx, storage.Batch{Events: []storage.Event{event}}); err != nil {
		return fmt.Errorf("report asset %s: %w", quote(a.key), err)
	}
	return nil
}

// checkPartition refuses a partition that the asset does not have, and tells the store how the asset is divided.
func (a *asset) checkPartition(ctx context.Context, in *Instance, key string) error {
	d := a.spec.partitions.definitionOf()
	switch {
	case d.Kind() == partition.KindNone && key == "":
		return nil
	case d.Kind() == partition.KindNone:
		return fmt.Errorf("partition %s: %w", quote(key), errNotPartitioned)
	case key == "":
		return errors.New("it is partitioned: say which partition")
	}
	snapshot, err := in.snapshotWith(ctx, d, key)
	if err != nil {
		return err
	}
	if _, err := PartitionKey(key).choose.of(ctx, in, d.At(in.now(), snapshot), a.key); err != nil {
		return err
	}
	return in.store.Divide(ctx, map[string]partition.Definition{a.key: d})
}

// PartitionStatus says which partitions of the asset were made, failed, or are being made.
func (a *Asset[T]) PartitionStatus(ctx context.Context, in *Instance) (storage.PartitionStatus, error) {
	status, err := in.partitionStatus(ctx, a.core.key, a.core.spec.partitions.definitionOf())
	if err != nil {
		return status, fmt.Errorf("partition status of asset %s: %w", quote(a.core.key), err)
	}
	return status, nil
}

// record is what the store knows of an asset; its zero value if nothing.
func (in *Instance) record(ctx context.Context, key string) (storage.AssetRecord, error) {
	// Of the keys that start with this one it is the first.
	found, err := in.store.Assets(ctx, storage.AssetFilter{Prefix: key, Limit: 1})
	if err != nil || len(found) == 0 || found[0].Key != key {
		return storage.AssetRecord{}, err
	}
	return found[0], nil
}
