package dagster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// LatestMaterializations are the n newest materializations of an asset, by key, the newest first: of one partition, or of
// any if that is empty. They include what the run has made before. Those whose runs were deleted are left out but for the
// newest. Outside of a run there are none.
func LatestMaterializations(ctx context.Context, asset, partition string, n int) ([]storage.Event, error) {
	s := scopeOf(ctx)
	if s == nil || n <= 0 {
		return nil, nil
	}
	// Steps don't wait for their events to be stored.
	if err := s.run.sink.to.Flush(ctx); err != nil {
		return nil, fmt.Errorf("latest materializations of asset %s: %w", quote(asset), err)
	}
	out, err := s.run.inst.newest(ctx, asset, partition, n)
	if err != nil {
		return nil, fmt.Errorf("latest materializations of asset %s: %w", quote(asset), err)
	}
	return out, nil
}

func (in *Instance) newest(ctx context.Context, asset, partition string, n int) ([]storage.Event, error) {
	latest, err := in.newestOf(ctx, asset, partition)
	if err != nil || latest.ID == 0 || n == 1 {
		if latest.ID == 0 {
			return nil, err
		}
		return []storage.Event{latest}, err
	}
	before, err := in.store.Events(ctx, storage.EventFilter{
		Asset: asset, Partition: partition, Kinds: []storage.EventKind{storage.AssetMaterialization}, Before: latest.ID, Newest: true, Limit: n - 1,
	})
	return append([]storage.Event{latest}, before...), err
}

// newestOf is the newest materialization, which outlives its run; its ID is 0 if there is none.
func (in *Instance) newestOf(ctx context.Context, asset, partition string) (storage.Event, error) {
	if partition != "" {
		e, err := in.store.LatestMaterialization(ctx, asset, partition)
		if errors.Is(err, storage.ErrNotMaterialized) {
			return storage.Event{}, nil
		}
		return e, err
	}
	known, err := in.record(ctx, asset)
	return known.Latest, err
}

// Now is the time by the clock of the run's instance; outside of a run it is [time.Now].
func Now(ctx context.Context) time.Time {
	if s := scopeOf(ctx); s != nil {
		return s.run.inst.now()
	}
	return time.Now()
}
