package dagster

import (
	"context"
	"fmt"
	"sync"

	"github.com/dagster-go/dagster/storage"
)

// observedPartitions are the newest observations of the partitions of an asset, as of one moment.
type observedPartitions struct {
	versions map[string]*storedVersion
	oldest   int64 // nothing older was read; 0 if there is none
}

// observedPage is how many observations are read at once: those of all partitions, if they were observed together.
const observedPage = 10_000

func (in *Instance) observedPartitions(ctx context.Context, key string) (*observedPartitions, error) {
	page, err := in.observations(ctx, storage.EventFilter{Asset: key, Limit: observedPage})
	if err != nil {
		return nil, err
	}
	o := &observedPartitions{versions: make(map[string]*storedVersion)}
	for i := range page {
		if e := &page[i]; o.versions[e.Partition] == nil {
			o.versions[e.Partition] = versionIn(e)
		}
	}
	if len(page) == observedPage {
		o.oldest = page[len(page)-1].ID
	}
	return o, nil
}

// of is the newest observation of a partition, nil for none.
func (o *observedPartitions) of(ctx context.Context, in *Instance, asset, key string) (*storedVersion, error) {
	v, ok := o.versions[key]
	if ok || o.oldest == 0 {
		return v, nil
	}
	return in.lastObservation(ctx, asset, key, o.oldest)
}

// observedAssets are the observations that were read, by asset. Its zero value is none.
type observedAssets struct {
	mu    sync.Mutex
	known map[*asset]*observedPartitions
}

func (o *observedAssets) of(ctx context.Context, in *Instance, a *asset, key string) (*storedVersion, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known, ok := o.known[a]
	if !ok {
		var err error
		if known, err = in.observedPartitions(ctx, a.key); err != nil {
			return nil, err
		}
		if o.known == nil {
			o.known = make(map[*asset]*observedPartitions)
		}
		o.known[a] = known
	}
	return known.of(ctx, in, a.key, key)
}

// lastObservation is the newest observation of an asset, or of one partition of it, before an event; nil for none.
func (in *Instance) lastObservation(ctx context.Context, asset, key string, before int64) (*storedVersion, error) {
	page, err := in.observations(ctx, storage.EventFilter{Asset: asset, Partition: key, Before: before, Limit: 1})
	if err != nil || len(page) == 0 {
		return nil, err
	}
	return versionIn(&page[0]), nil
}

func (in *Instance) observations(ctx context.Context, f storage.EventFilter) ([]storage.Event, error) {
	f.Kinds, f.Newest = []storage.EventKind{storage.AssetObservation}, true
	page, err := in.store.Events(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("observations of asset %s: %w", quote(f.Asset), err)
	}
	return page, nil
}

// newer is the later of two versions, each of which may be nil.
func newer(a, b *storedVersion) *storedVersion {
	if a == nil || b != nil && a.event < b.event {
		return b
	}
	return a
}
