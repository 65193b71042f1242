package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// Memory is a store that forgets all when the process ends. It is what every other store is compared with, and what
// tests run on. Make one with [NewMemory].
type Memory struct {
	mu       sync.RWMutex
	closed   chan struct{}
	runs     map[RunID]*memoryRun
	order    []*memoryRun // oldest first
	last     int64        // the newest event's ID
	log      index        // all events
	assets   map[string]*memoryAsset
	keys     []string                        // of assets
	sorted   int                             // how many of them were there when they were sorted last: appending is to cost nothing
	divided  map[string]partition.Definition // by asset
	dynamic  map[string]*memoryKeys          // by name
	watchers map[chan struct{}]struct{}

	leases      map[string]Lease
	settings    map[string]Setting
	instigators map[InstigatorID]*memoryInstigator
	ticks       []Tick // by ID
	lastTick    int64
	limits      map[string]int // of pools
	claims      []*memoryClaim // in the order in which they were asked for
}

type memoryRun struct {
	Run

	seq    int64
	log    index
	plans  []*Event // to materialize partitions
	checks []*Event // that it planned

	beat     *Beat
	rejected []RejectedEvent
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{
		closed:   make(chan struct{}),
		runs:     map[RunID]*memoryRun{},
		assets:   map[string]*memoryAsset{},
		divided:  map[string]partition.Definition{},
		dynamic:  map[string]*memoryKeys{},
		watchers: map[chan struct{}]struct{}{},

		leases:      map[string]Lease{},
		settings:    map[string]Setting{},
		instigators: map[InstigatorID]*memoryInstigator{},
		limits:      map[string]int{},
	}
}

var _ Storage = (*Memory)(nil)

// CreateRun implements [RunStore].
func (m *Memory) CreateRun(ctx context.Context, r Run, events ...Event) error {
	n, err := prepareNew(NewRun{Run: r, Events: events}, time.Now())
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	if err := m.free(n.Run.ID); err != nil {
		return err
	}
	m.create(n)
	return nil
}

// prepareNew is n as it is stored, sharing nothing that could be changed with it.
func prepareNew(n NewRun, now time.Time) (_ NewRun, err error) {
	if n.Run, err = Prepare(clone(n.Run), now); err == nil {
		err = checkPayloads(n.Events)
	}
	n.Events = slices.Clone(n.Events)
	return n, err
}

// free reports why no run of that ID can be created.
func (m *Memory) free(id RunID) error {
	if m.runs[id] != nil {
		return fmt.Errorf("create run %q: %w", id, ErrRunExists)
	}
	return nil
}

func (m *Memory) create(n NewRun) {
	r := &memoryRun{Run: n.Run}
	m.runs[r.ID] = r
	m.order = slices.Insert(m.order, m.place(r), r)
	m.store(r, n.Events)
}

// Run implements [RunStore].
func (m *Memory) Run(ctx context.Context, id RunID) (Run, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, err := m.run(ctx, id)
	if err != nil {
		return Run{}, err
	}
	return clone(r.Run), nil
}

// Runs implements [RunStore].
func (m *Memory) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	older, limit := m.order, pageSize(f.Limit, 100, 1000)
	if f.Before != "" {
		before, err := m.run(ctx, f.Before)
		if err != nil {
			return nil, fmt.Errorf("list runs before: %w", err)
		}
		older = older[:m.place(before)]
	}
	var page []Run
	for _, r := range slices.Backward(older) {
		if len(page) == limit {
			break
		}
		if f.matches(&r.Run) {
			page = append(page, clone(r.Run))
		}
	}
	return page, nil
}

// Transition implements [RunStore].
func (m *Memory) Transition(ctx context.Context, id RunID, t Transition) (Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.run(ctx, id)
	if err != nil {
		return Run{}, err
	}
	retry, err := m.prepareRetry(t)
	if err != nil {
		return Run{}, err
	}
	if t.At.IsZero() {
		t.At = time.Now()
	}
	next, err := Apply(r.Run, t)
	if err != nil {
		return clone(r.Run), err
	}
	if retry != nil {
		if err := m.free(retry.Run.ID); err != nil {
			return Run{}, err
		}
	}
	r.Run = next
	m.store(r, slices.Clone(t.Events))
	if r.Status.Terminal() {
		m.end(r)
	}
	if retry != nil {
		m.create(*retry)
	}
	return clone(r.Run), nil
}

// prepareRetry looks at what may be wrong with t whatever the run is, and returns its retry, if there is one.
func (m *Memory) prepareRetry(t Transition) (*NewRun, error) {
	if err := errors.Join(t.Lead.Check(m.leases[t.Lead.Lease]), checkPayloads(t.Events)); err != nil {
		return nil, err
	}
	if t.Retry == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	n, err := prepareNew(*t.Retry, time.Now())
	return &n, err
}

// end is what follows from the end of a run.
func (m *Memory) end(r *memoryRun) {
	m.endPlans(r)
	m.endChecks(r)
	m.freeRun(r.ID)
	r.beat = nil
}

// DeleteRun implements [RunStore].
func (m *Memory) DeleteRun(ctx context.Context, id RunID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.run(ctx, id)
	if err != nil {
		return err
	}
	if !r.Status.Terminal() {
		return fmt.Errorf("delete run %q, which is %s: %w", id, r.Status, ErrRunNotEnded)
	}
	ofRun := func(events []Event) bool { return events[0].Run == id }
	m.log = slices.DeleteFunc(m.log, ofRun)
	assets := map[string]*memoryAsset{}
	for e := range r.log.between(0, math.MaxInt64, false) {
		if e.Asset != "" {
			assets[e.Asset] = m.assets[e.Asset]
		}
	}
	for _, a := range assets {
		a.log = slices.DeleteFunc(a.log, ofRun)
	}
	delete(m.runs, id)
	at := m.place(r)
	m.order = slices.Delete(m.order, at, at+1)
	m.wake()
	return nil
}

// Append implements [EventStore].
func (m *Memory) Append(ctx context.Context, b Batch) (last int64, err error) {
	if err := checkPayloads(b.Events); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.Run == "" {
		if err := m.ready(ctx); err != nil {
			return 0, err
		}
		return m.store(nil, b.Events), nil
	}
	r, err := m.run(ctx, b.Run)
	if err != nil {
		return 0, err
	}
	if r.Status.Terminal() || r.Epoch != b.Epoch {
		return 0, fmt.Errorf("append to run %q, which is %s in epoch %d, not %d: %w", r.ID, r.Status, r.Epoch, b.Epoch, ErrFenced)
	}
	return m.store(r, b.Events), nil
}

// Events implements [EventStore].
func (m *Memory) Events(ctx context.Context, f EventFilter) ([]Event, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	log, limit := m.log, pageSize(f.Limit, 1000, 10000)
	if f.Run != "" {
		log = nil
		if r := m.runs[f.Run]; r != nil {
			log = r.log
		}
	} else if f.Asset != "" {
		log = nil
		if a := m.assets[f.Asset]; a != nil {
			log = a.log
		}
	}
	var page []Event
	for e := range log.between(f.After, cmp.Or(f.Before, math.MaxInt64), f.Newest) {
		if !f.matches(e) {
			continue
		}
		page = append(page, *e)
		if len(page) == limit {
			break
		}
	}
	return page, nil
}

// Close implements [Storage].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ready(context.Background()) == nil {
		close(m.closed)
	}
	return nil
}

// ready reports why a call should do nothing.
func (m *Memory) ready(ctx context.Context) error {
	select {
	case <-m.closed:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

func (m *Memory) run(ctx context.Context, id RunID) (*memoryRun, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	if r := m.runs[id]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("run %q: %w", id, ErrRunNotFound)
}

// place is where r stands among the runs, or would.
func (m *Memory) place(r *memoryRun) int {
	at, _ := slices.BinarySearchFunc(m.order, r, func(a, b *memoryRun) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return at
}

// store stamps events and keeps them, those of no run for a nil r. It returns the last one's ID.
func (m *Memory) store(r *memoryRun, events []Event) int64 {
	m.wake()
	if len(events) == 0 {
		return 0
	}
	var id RunID
	if r != nil {
		id = r.ID
	}
	for i := range events {
		e := &events[i]
		m.last++
		e.ID, e.Seq = m.last, 0
		if r != nil {
			r.seq++
			e.Seq = r.seq
		}
		// A pointer that is the same is not written again: that is most of what an event costs.
		if e.Run != id {
			e.Run = id
		}
		if utc := e.At.UTC().Round(0); utc != e.At {
			e.At = utc
		}
		if r != nil && e.Kind.EndsAttempt() {
			m.freeStep(r.ID, e.Step)
		}
		if e.Asset != "" {
			m.note(events[i : i+1])
			if r != nil {
				r.notePlan(e)
			}
		}
	}
	m.log = append(m.log, events)
	if r != nil {
		r.log = append(r.log, events)
	}
	return m.last
}

// notePlan remembers what is to end with the run.
func (r *memoryRun) notePlan(e *Event) {
	switch {
	case e.Kind == AssetMaterializationPlanned && e.Partition != "":
		r.plans = append(r.plans, e)
	case e.Kind == AssetCheckPlanned:
		r.checks = append(r.checks, e)
	default:
	}
}
