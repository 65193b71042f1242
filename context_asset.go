package dagster

import (
	"context"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// AddMetadataTo is [AddMetadata] for one of the assets that a multi-asset makes, by its key.
func AddMetadataTo(ctx context.Context, key string, e ...metadata.Entry) {
	say(ctx, func(at *said) {
		if at.of == nil {
			at.of = make(map[string]*entries)
		}
		if at.of[key] == nil {
			at.of[key] = new(entries)
		}
		at.of[key].add(e)
	})
}

// Wanted reports whether the run asks for an asset that the body can make: a multi-asset that is [Subsettable] need not
// make the others. Outside of a run everything is wanted.
func Wanted(ctx context.Context, key string) bool {
	s := scopeOf(ctx)
	return s == nil || slices.ContainsFunc(s.step.makes, func(m making) bool { return m.asset.key == key })
}

// ReportMaterialization records that the body has made an asset which is not its own: one that another program is in
// charge of, or that is found only when the body runs. Metadata that [metadata.Check] finds wrong fails the step, and what
// it was of is not recorded. Outside of a run it does nothing.
func ReportMaterialization(ctx context.Context, key string, e ...metadata.Entry) {
	reportAsset(ctx, storage.AssetMaterialization, key, e)
}

// ReportObservation records what the body has seen of an asset which is not its own; otherwise it is like
// [ReportMaterialization].
func ReportObservation(ctx context.Context, key string, e ...metadata.Entry) {
	reportAsset(ctx, storage.AssetObservation, key, e)
}

func reportAsset(ctx context.Context, kind storage.EventKind, key string, e []metadata.Entry) {
	s := scopeOf(ctx)
	if s == nil {
		return
	}
	if err := metadata.Check(e...); err != nil {
		s.refuse(fmt.Errorf("report asset %s: %w", quote(key), err))
		return
	}
	s.emit(storage.Event{Kind: kind, Asset: key, Data: &storage.MaterializationData{Metadata: slices.Clone(e)}})
}
