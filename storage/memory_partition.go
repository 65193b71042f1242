package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// memoryPartition is what is known of one key of an asset, whether or not a definition has it.
type memoryPartition struct {
	latest  *Event
	failed  bool
	planned RunID // the run that it is in progress for
}

// noteKey takes an event that names a partition into account.
func (a *memoryAsset) noteKey(e *Event) {
	p := a.partitions[e.Partition]
	switch e.Kind {
	case AssetMaterializationPlanned:
		if e.Run != "" { // else it would never end
			p.planned = e.Run
		}
	case AssetMaterialization:
		p.latest, p.failed = e, false
	case AssetFailedToMaterialize, StepFailure:
		p.failed = true
	default:
		return
	}
	if e.Kind != AssetMaterializationPlanned && p.planned == e.Run {
		p.planned = ""
	}
	if a.partitions == nil {
		a.partitions = map[string]memoryPartition{}
	}
	a.partitions[e.Partition] = p
}

// endPlans ends what a run that has ended planned and did not make.
func (m *Memory) endPlans(r *memoryRun) {
	for _, e := range r.plans {
		a := m.assets[e.Asset]
		if p := a.partitions[e.Partition]; p.planned == r.ID {
			p.planned, p.failed = "", p.failed || r.Status == RunFailed
			a.partitions[e.Partition] = p
		}
	}
}

// Divide implements [PartitionStore].
func (m *Memory) Divide(ctx context.Context, assets map[string]partition.Definition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	maps.Copy(m.divided, assets)
	return nil
}

// PartitionStatus implements [PartitionStore].
func (m *Memory) PartitionStatus(ctx context.Context, asset string) (PartitionStatus, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return PartitionStatus{}, err
	}
	d, ok := m.divided[asset]
	if !ok {
		return PartitionStatus{}, fmt.Errorf("partitions of asset %q: %w", asset, ErrNotDivided)
	}
	s := PartitionStatus{Definition: d}
	var err error
	if names := d.DynamicNames(); len(names) > 0 {
		if s.Keys, err = m.snapshot(names); err != nil {
			return PartitionStatus{}, err
		}
	}
	set := d.At(time.Time{}, s.Keys)
	var made, failed, running []string
	if a := m.assets[asset]; a != nil {
		for key, p := range a.partitions {
			switch {
			case p == memoryPartition{}:
				continue
			case !set.Knows(key):
				s.Unknown++
				continue
			}
			if p.latest != nil {
				made = append(made, key)
			}
			if p.failed {
				failed = append(failed, key)
			}
			if p.planned != "" {
				running = append(running, key)
			}
		}
	}
	for keys, to := range map[*[]string]*partition.Subset{&made: &s.Materialized, &failed: &s.Failed, &running: &s.InProgress} {
		if *to, err = set.Of(*keys...); err != nil {
			return PartitionStatus{}, fmt.Errorf("partitions of asset %q: %w", asset, err)
		}
	}
	return s, nil
}

// WipePartitions implements [PartitionStore].
func (m *Memory) WipePartitions(ctx context.Context, w Wipe) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	a := m.assets[w.Asset]
	if a == nil {
		return nil
	}
	keys := w.Keys
	if w.All {
		keys = append(slices.Collect(maps.Keys(a.partitions)), "")
	}
	for _, key := range keys {
		if p, ok := a.partitions[key]; ok {
			a.partitions[key] = memoryPartition{planned: p.planned}
		}
		if key == "" {
			a.whole = nil
		}
	}
	m.wake()
	return nil
}

// memoryKey is a dynamic key; a later one has a higher number.
type memoryKey struct {
	key string
	n   int
}

// memoryKeys are the dynamic keys of a name.
type memoryKeys struct {
	numbers map[string]int
	order   []memoryKey
	last    int
}

func (k *memoryKeys) change(c DynamicChange) {
	gone := false
	for _, key := range c.Remove {
		_, there := k.numbers[key]
		gone = gone || there
		delete(k.numbers, key)
	}
	if gone {
		k.order = slices.DeleteFunc(k.order, func(x memoryKey) bool { _, there := k.numbers[x.key]; return !there })
	}
	for _, key := range c.Add {
		if _, there := k.numbers[key]; !there {
			k.last++
			k.numbers[key] = k.last
			k.order = append(k.order, memoryKey{key, k.last})
		}
	}
}

// ChangeDynamic implements [PartitionStore].
func (m *Memory) ChangeDynamic(ctx context.Context, changes ...DynamicChange) error {
	if err := CheckDynamic(changes); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	m.changeDynamic(changes)
	m.wake()
	return nil
}

func (m *Memory) changeDynamic(changes []DynamicChange) {
	for _, c := range changes {
		k := m.dynamic[c.Name]
		if k == nil {
			k = &memoryKeys{numbers: map[string]int{}}
			m.dynamic[c.Name] = k
		}
		k.change(c)
	}
}

// DynamicKeys implements [PartitionStore].
func (m *Memory) DynamicKeys(ctx context.Context, f DynamicFilter) ([]string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	k := m.dynamic[f.Name]
	if k == nil {
		k = &memoryKeys{}
	}
	rest := k.order
	if f.After != "" {
		n, there := k.numbers[f.After]
		if !there {
			return nil, fmt.Errorf("dynamic partitions %q after %q: %w", f.Name, f.After, partition.ErrKey)
		}
		at, _ := slices.BinarySearchFunc(rest, n+1, func(x memoryKey, n int) int { return x.n - n })
		rest = rest[at:]
	}
	var page []string
	limit := pageSize(f.Limit, 1000, 10000)
	for _, x := range rest {
		if len(page) == limit {
			break
		}
		if strings.HasPrefix(x.key, f.Prefix) {
			page = append(page, x.key)
		}
	}
	return page, nil
}

// HasDynamic implements [PartitionStore].
func (m *Memory) HasDynamic(ctx context.Context, name string, keys []string) ([]bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	has := make([]bool, len(keys))
	if k := m.dynamic[name]; k != nil {
		for i, key := range keys {
			_, has[i] = k.numbers[key]
		}
	}
	return has, nil
}

// Snapshot implements [PartitionStore].
func (m *Memory) Snapshot(ctx context.Context, names []string) (*partition.Snapshot, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	return m.snapshot(names)
}

func (m *Memory) snapshot(names []string) (*partition.Snapshot, error) {
	lists := make(map[string][]string, len(names))
	for _, name := range names {
		lists[name] = nil
		if k := m.dynamic[name]; k != nil {
			for _, x := range k.order {
				lists[name] = append(lists[name], x.key)
			}
		}
	}
	return partition.NewSnapshot(lists)
}
