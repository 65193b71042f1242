package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

type memoryInstigator struct {
	Instigator

	keys map[memoryKeyOf]RunID // of the runs that were asked for
}

// memoryKeyOf is a run key in its scope.
type memoryKeyOf struct{ scope, key string }

// instigator is the one named id as it is stored.
func (m *Memory) instigator(id InstigatorID) *memoryInstigator {
	if i := m.instigators[id]; i != nil {
		return i
	}
	return &memoryInstigator{Instigator: Instigator{InstigatorID: id}}
}

// Instigators implements [TickStore].
func (m *Memory) Instigators(ctx context.Context, f InstigatorFilter) ([]Instigator, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	var found []Instigator
	for _, i := range m.instigators {
		if f.matches(&i.Instigator) {
			found = append(found, i.Instigator)
		}
	}
	slices.SortFunc(found, func(a, b Instigator) int {
		if f.Due.IsZero() {
			return a.compare(b.InstigatorID)
		}
		return cmp.Or(a.Next.Compare(b.Next), a.compare(b.InstigatorID))
	})
	return found[:min(len(found), pageSize(f.Limit, 1000, 10000))], nil
}

func (f *InstigatorFilter) matches(i *Instigator) bool {
	return i.within(InstigatorID{f.Repository, f.Kind, f.Name}) &&
		(f.Due.IsZero() || !i.Next.IsZero() && !i.Next.After(f.Due)) &&
		(f.After == InstigatorID{} || i.compare(f.After) > 0)
}

// within reports whether id has what is not empty of o.
func (id InstigatorID) within(o InstigatorID) bool {
	return (o.Repository == "" || id.Repository == o.Repository) && (o.Kind == "" || id.Kind == o.Kind) && (o.Name == "" || id.Name == o.Name)
}

// NextDue implements [TickStore].
func (m *Memory) NextDue(ctx context.Context) (time.Time, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return time.Time{}, err
	}
	var next time.Time
	for _, i := range m.instigators {
		if !i.Next.IsZero() && (next.IsZero() || i.Next.Before(next)) {
			next = i.Next
		}
	}
	return next, nil
}

// SetInstigators implements [TickStore].
func (m *Memory) SetInstigators(ctx context.Context, lead Guard, list []Instigator, events ...Event) error {
	if err := checkPayloads(events); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	if err := lead.Check(m.leases[lead.Lease]); err != nil {
		return err
	}
	nexts, err := NextInstigators(list, func(id InstigatorID) (int64, error) { return m.instigator(id).Version, nil })
	if err != nil {
		return err
	}
	for _, i := range nexts {
		m.keep(i)
	}
	m.store(nil, slices.Clone(events))
	return nil
}

// keep stores i and returns it with its keys.
func (m *Memory) keep(i Instigator) *memoryInstigator {
	stored := m.instigators[i.InstigatorID]
	if stored == nil {
		stored = &memoryInstigator{keys: map[memoryKeyOf]RunID{}}
		m.instigators[i.InstigatorID] = stored
	}
	stored.Instigator = i
	return stored
}

// CommitTick implements [TickStore].
func (m *Memory) CommitTick(ctx context.Context, c TickCommit) (Tick, error) {
	runs := make([]NewRun, len(c.Runs))
	err := errors.Join(CheckDynamic(c.Dynamic), checkPayloads(c.Events))
	for i, n := range c.Runs {
		var bad error
		runs[i], bad = prepareNew(n, time.Now())
		err = errors.Join(err, bad)
	}
	if err != nil {
		return Tick{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return Tick{}, err
	}
	if err := c.Lead.Check(m.leases[c.Lead.Lease]); err != nil {
		return Tick{}, err
	}
	stored := m.instigator(c.Instigator.InstigatorID)
	next, err := NextInstigator(stored.Version, c.Instigator)
	if err != nil {
		return Tick{}, err
	}
	at, err := m.tickPlace(&c)
	if err != nil {
		return Tick{}, err
	}
	fresh, known, err := Requested(runs, func(scope, key string) (RunID, error) { return stored.keys[memoryKeyOf{scope, key}], nil }, m.free)
	if err != nil {
		return Tick{}, err
	}
	stored = m.keep(next)
	m.changeDynamic(c.Dynamic)
	created := m.createAll(stored, runs, fresh)
	m.store(nil, slices.Clone(c.Events))
	t := EndTick(&c, created, known)
	if at == len(m.ticks) {
		m.lastTick++
		t.ID = m.lastTick
		m.ticks = append(m.ticks, t)
	}
	m.ticks[at] = t
	return t.clone(), nil
}

// createAll creates those of the runs at fresh, which by asked for.
func (m *Memory) createAll(by *memoryInstigator, runs []NewRun, fresh []int) []RunID {
	created := make([]RunID, 0, len(fresh))
	for _, i := range fresh {
		n := runs[i]
		if n.Key != "" {
			by.keys[memoryKeyOf{n.Scope, n.Key}] = n.Run.ID
		}
		m.create(n)
		created = append(created, n.Run.ID)
	}
	return created
}

// tickPlace is where the tick of c is to be stored.
func (m *Memory) tickPlace(c *TickCommit) (int, error) {
	if c.Tick.ID == 0 {
		return len(m.ticks), nil
	}
	at, found := slices.BinarySearchFunc(m.ticks, c.Tick.ID, func(t Tick, id int64) int { return cmp.Compare(t.ID, id) })
	if !found {
		return 0, fmt.Errorf("tick %d is not there: %w", c.Tick.ID, ErrConflict)
	}
	return at, CheckStarted(c, m.ticks[at].InstigatorID, m.ticks[at].Status)
}

// Ticks implements [TickStore].
func (m *Memory) Ticks(ctx context.Context, f TickFilter) ([]Tick, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	var page []Tick
	limit := pageSize(f.Limit, 100, 1000)
	for _, t := range slices.Backward(m.ticks) {
		if len(page) == limit {
			break
		}
		if f.matches(&t) {
			page = append(page, t.clone())
		}
	}
	return page, nil
}

func (f *TickFilter) matches(t *Tick) bool {
	return t.within(f.InstigatorID) && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, t.Status)) &&
		(f.Run == "" || slices.Contains(t.Runs, f.Run)) && (f.Before == 0 || t.ID < f.Before)
}

// clone shares nothing that could be changed with t.
func (t Tick) clone() Tick {
	t.Runs, t.Known = slices.Clone(t.Runs), slices.Clone(t.Known)
	return t
}

// PurgeTicks implements [TickStore].
func (m *Memory) PurgeTicks(ctx context.Context, statuses []TickStatus, before time.Time, limit int) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return 0, err
	}
	var old []Tick
	for _, t := range m.ticks {
		if t.Status != TickStarted && slices.Contains(statuses, t.Status) && t.Started.Before(before) {
			old = append(old, t)
		}
	}
	slices.SortStableFunc(old, func(a, b Tick) int { return a.Started.Compare(b.Started) })
	gone := map[int64]bool{}
	for _, t := range old[:min(len(old), pageSize(limit, 1000, 10000))] {
		gone[t.ID] = true
	}
	m.ticks = slices.DeleteFunc(m.ticks, func(t Tick) bool { return gone[t.ID] })
	if len(gone) > 0 {
		m.wake()
	}
	return len(gone), nil
}

// ForgetRunKeys implements [TickStore].
func (m *Memory) ForgetRunKeys(ctx context.Context, id InstigatorID, keys ...string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return 0, err
	}
	n := 0
	all := m.instigator(id).keys
	for key := range all {
		if len(keys) == 0 || slices.Contains(keys, key.key) {
			delete(all, key)
			n++
		}
	}
	if n > 0 {
		m.wake()
	}
	return n, nil
}
