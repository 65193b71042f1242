package storage

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// memoryCheck is what is known of a check of one partition of an asset.
type memoryCheck struct {
	CheckStatus

	planned bool // in progress for the run
}

// checkPart names a check of one partition of the asset at hand.
type checkPart struct{ check, partition string }

// noteCheck takes a check's event into account.
func (a *memoryAsset) noteCheck(e *Event) {
	d, ok := e.Data.(*CheckData)
	if !ok || e.Kind == AssetCheckPlanned && e.Run == "" { // it would never end
		return
	}
	part := checkPart{d.Check, e.Partition}
	c := a.checks[part]
	if c == nil {
		c = &memoryCheck{CheckStatus: CheckStatus{CheckKey: CheckKey{Asset: e.Asset, Check: d.Check, Partition: e.Partition}}}
		if a.checks == nil {
			a.checks = map[checkPart]*memoryCheck{}
		}
		a.checks[part] = c
	}
	c.Blocking = d.Blocking
	if e.Kind == AssetCheckPlanned {
		c.State, c.Run, c.planned = CheckInProgress, e.Run, true
		return
	}
	c.Evaluation, c.Passed, c.Severity, c.Materialization = e.ID, d.Passed, d.Severity, a.newestOf(e.Partition)
	if c.planned && c.Run != e.Run {
		return
	}
	c.State, c.Run, c.planned = CheckFailed, e.Run, false
	if d.Passed {
		c.State = CheckSucceeded
	}
}

// newestOf is the ID of the newest materialization of a partition, or of any for the empty one.
func (a *memoryAsset) newestOf(partition string) int64 {
	e := a.latest
	if partition != "" {
		e = a.partitions[partition].latest
	}
	if e == nil {
		return 0
	}
	return e.ID
}

// endChecks ends what a run that has ended planned and did not make.
func (m *Memory) endChecks(r *memoryRun) {
	for _, e := range r.checks {
		d, ok := e.Data.(*CheckData)
		if !ok {
			continue
		}
		if c := m.assets[e.Asset].checks[checkPart{d.Check, e.Partition}]; c.planned && c.Run == r.ID {
			c.planned, c.State = false, CheckSkipped
			if r.Status == RunFailed {
				c.State = CheckExecutionFailed
			}
		}
	}
}

func (k CheckKey) compare(o CheckKey) int {
	return cmp.Or(cmp.Compare(k.Asset, o.Asset), cmp.Compare(k.Check, o.Check), cmp.Compare(k.Partition, o.Partition))
}

// CheckStatuses implements [CheckStore].
func (m *Memory) CheckStatuses(ctx context.Context, f CheckFilter) ([]CheckStatus, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	keys := f.Assets
	if len(keys) == 0 {
		keys = slices.Collect(maps.Keys(m.assets))
	}
	var found []CheckStatus
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		a := m.assets[key]
		if a == nil {
			continue
		}
		for part, c := range a.checks {
			if f.Check != "" && part.check != f.Check || f.Partition != "" && part.partition != f.Partition || c.compare(f.After) <= 0 {
				continue
			}
			s := c.CheckStatus
			s.Latest = a.newestOf(part.partition)
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b CheckStatus) int { return a.compare(b.CheckKey) })
	return found[:min(len(found), pageSize(f.Limit, 1000, 10000))], nil
}
