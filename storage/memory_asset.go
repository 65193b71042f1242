package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

type memoryAsset struct {
	latest, failed *Event
	count          int64
	whole          *Event // the newest materialization without a partition
	partitions     map[string]memoryPartition
	checks         map[checkPart]*memoryCheck
	log            index
}

// note keeps what one event says of its asset.
func (m *Memory) note(event []Event) {
	e := &event[0]
	a := m.assets[e.Asset]
	if a == nil {
		a = new(memoryAsset)
		m.assets[e.Asset] = a
		m.keys = append(m.keys, e.Asset)
	}
	a.log = append(a.log, event)
	if e.Partition != "" {
		a.noteKey(e)
	}
	switch e.Kind {
	case AssetMaterialization:
		a.latest, a.failed, a.count = e, nil, a.count+1
		if e.Partition == "" {
			a.whole = e
		}
	case AssetFailedToMaterialize, StepFailure:
		a.failed = e
	case AssetCheckPlanned, AssetCheckEvaluation:
		a.noteCheck(e)
	default:
	}
}

// newest returns the newest materialization of a partition, nil if there is none.
func (a *memoryAsset) newest(partition string) *Event {
	switch {
	case a == nil:
		return nil
	case partition == "":
		return a.whole
	default:
		return a.partitions[partition].latest
	}
}

func (a *memoryAsset) record(key string) AssetRecord {
	r := AssetRecord{Key: key, Materializations: a.count}
	if a.latest != nil {
		r.Latest = *a.latest
	}
	if a.failed != nil {
		r.Failed = *a.failed
	}
	return r
}

// LatestMaterialization implements [AssetStore].
func (m *Memory) LatestMaterialization(ctx context.Context, asset, partition string) (Event, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return Event{}, err
	}
	if e := m.assets[asset].newest(partition); e != nil {
		return *e, nil
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
		if e := m.assets[key].newest(""); e != nil {
			latest[key] = *e
		}
	}
	return latest, nil
}

// Assets implements [AssetStore].
func (m *Memory) Assets(ctx context.Context, f AssetFilter) ([]AssetRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	if m.sorted < len(m.keys) {
		slices.Sort(m.keys)
		m.sorted = len(m.keys)
	}
	var page []AssetRecord
	limit := pageSize(f.Limit, 100, 1000)
	at, _ := slices.BinarySearch(m.keys, max(f.Prefix, f.After))
	for _, key := range m.keys[at:] {
		if len(page) == limit || !strings.HasPrefix(key, f.Prefix) {
			break
		}
		if key > f.After {
			page = append(page, m.assets[key].record(key))
		}
	}
	return page, nil
}
