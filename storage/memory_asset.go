package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

type memoryAsset struct {
	AssetRecord

	partitions map[string]*Event // the newest materialization of each
	log        index
}

// note keeps what one event says of its asset.
func (m *Memory) note(event []Event) {
	e := &event[0]
	a := m.assets[e.Asset]
	if a == nil {
		a = &memoryAsset{AssetRecord: AssetRecord{Key: e.Asset}, partitions: map[string]*Event{}}
		m.assets[e.Asset] = a
		at, _ := slices.BinarySearch(m.keys, e.Asset)
		m.keys = slices.Insert(m.keys, at, e.Asset)
	}
	a.log = append(a.log, event)
	switch e.Kind {
	case AssetMaterialization:
		a.partitions[e.Partition] = e
		a.Latest, a.Failed = *e, Event{}
		a.Materializations++
	case AssetFailedToMaterialize, StepFailure:
		a.Failed = *e
	default:
	}
}

// LatestMaterialization implements [AssetStore].
func (m *Memory) LatestMaterialization(ctx context.Context, asset, partition string) (Event, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return Event{}, err
	}
	if a := m.assets[asset]; a != nil && a.partitions[partition] != nil {
		return *a.partitions[partition], nil
	}
	return Event{}, fmt.Errorf("partition %q of asset %q: %w", partition, asset, ErrNotMaterialized)
}

// LatestMaterializations implements [AssetStore].
func (m *Memory) LatestMaterializations(ctx context.Context, assets []string) (map[string]Event, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	latest := map[string]Event{}
	for _, key := range assets {
		if a := m.assets[key]; a != nil && a.partitions[""] != nil {
			latest[key] = *a.partitions[""]
		}
	}
	return latest, nil
}

// Assets implements [AssetStore].
func (m *Memory) Assets(ctx context.Context, f AssetFilter) ([]AssetRecord, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	var page []AssetRecord
	limit := pageSize(f.Limit, 100, 1000)
	at, _ := slices.BinarySearch(m.keys, max(f.Prefix, f.After))
	for _, key := range m.keys[at:] {
		if len(page) == limit || !strings.HasPrefix(key, f.Prefix) {
			break
		}
		if key > f.After {
			page = append(page, m.assets[key].AssetRecord)
		}
	}
	return page, nil
}
