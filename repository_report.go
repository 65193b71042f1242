package dagster

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// Report records that the asset of that key was made elsewhere: see [Asset.ReportVersion], of which it is the form for
// who has no handle. An empty partition is for an asset that is not partitioned, an empty version says nothing of it.
func (r *Repository) Report(ctx context.Context, in *Instance, asset, partition, version string, e ...metadata.Entry) error {
	c, err := r.compiled()
	if err != nil {
		return err
	}
	i, err := c.named(asset)
	if err != nil {
		return err
	}
	a := c.assets[i].asset
	if err := firstError(metadata.Check(e...), a.checkPartition(ctx, in, partition)); err != nil {
		return fmt.Errorf("report asset %s: %w", quote(asset), err)
	}
	return a.report(ctx, in, partition, &storage.MaterializationData{Metadata: e, DataVersion: version})
}

// Wipe forgets that the asset of that key was ever made, in any partition: it is missing. Its history stays, and so does
// what an IO manager keeps of it.
func (r *Repository) Wipe(ctx context.Context, in *Instance, asset string) error {
	c, err := r.compiled()
	if err != nil {
		return err
	}
	if _, err := c.named(asset); err != nil {
		return err
	}
	if err := in.store.WipePartitions(ctx, storage.Wipe{Asset: asset, All: true}); err != nil {
		return fmt.Errorf("wipe asset %s: %w", quote(asset), err)
	}
	return nil
}
