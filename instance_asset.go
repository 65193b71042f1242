package dagster

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// Load reads what is stored of the asset, in this partition or "" for an unpartitioned asset. For one that was never
// stored it returns an error wrapping [ErrNotStored] or [io/fs.ErrNotExist]. A stream must be closed by the caller, if
// it is an [io.Closer].
func (a *Asset[T]) Load(ctx context.Context, in *Instance, partition string) (T, error) {
	var none T
	if a.core.empty {
		return none, nil
	}
	l := assetValue(a.core, &a.core.spec.stepSpec, partition)
	l.inst, l.open = in, newOpener(nil, nil)
	v, err := load(ctx, l)
	err = firstError(err, l.open.close())
	if err != nil {
		return none, fmt.Errorf("load asset %s: %w", quote(a.core.key), err)
	}
	return leafValue[T]([]any{v})
}

// Store keeps a value of the asset that was made elsewhere, in this partition or "" for an unpartitioned asset, and
// records that: a source gets its value so.
func (a *Asset[T]) Store(ctx context.Context, in *Instance, partition string, v T, e ...metadata.Entry) error {
	if !a.core.empty {
		l := assetValue(a.core, &a.core.spec.stepSpec, partition)
		l.inst, l.open = in, newOpener(nil, nil)
		err := store(ctx, v, l)
		if err = firstError(err, l.open.close()); err != nil {
			return fmt.Errorf("store asset %s: %w", quote(a.core.key), err)
		}
	}
	return a.Report(ctx, in, partition, e...)
}

// Report records that the asset was made elsewhere, in this partition or "" for an unpartitioned asset.
func (a *Asset[T]) Report(ctx context.Context, in *Instance, partition string, e ...metadata.Entry) error {
	event := storage.Event{
		Kind: storage.AssetMaterialization, Asset: a.core.key, Partition: partition, At: in.now(),
		Data: &storage.MaterializationData{Metadata: e, DataVersion: newRunID()},
	}
	if _, err := in.store.Append(ctx, storage.Batch{Events: []storage.Event{event}}); err != nil {
		return fmt.Errorf("report asset %s: %w", quote(a.core.key), err)
	}
	return nil
}
