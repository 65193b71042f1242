package dagster

import (
	"runtime"
	"sync"
	"weak"

	"github.com/dagster-go/dagster/storage"
)

// values are what the ops of a run made, kept as they are in memory. They live as long as the run's Result, or that of a
// run which re-executes it.
type values struct {
	mu     sync.RWMutex
	kept   map[valueKey]any
	before *values // of the run that this one re-executes; nil if there is none, or it is gone
}

type valueKey struct{ step, mapKey string }

func newValues(before *values) *values {
	return &values{kept: make(map[valueKey]any), before: before}
}

func (v *values) put(step, mapKey string, value any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept[valueKey{step, mapKey}] = value
}

// get finds the value that this run made, or a run before it.
func (v *values) get(step, mapKey string) (any, bool) {
	for at := v; at != nil; at = at.before {
		at.mu.RLock()
		got, ok := at.kept[valueKey{step, mapKey}]
		at.mu.RUnlock()
		if ok {
			return got, true
		}
	}
	return nil, false
}

// memories finds the values of earlier runs of this process, without keeping them alive.
type memories struct {
	mu   sync.Mutex
	runs map[storage.RunID]weak.Pointer[values]
}

func (m *memories) add(id storage.RunID, v *values) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs == nil {
		m.runs = make(map[storage.RunID]weak.Pointer[values])
	}
	m.runs[id] = weak.Make(v)
	runtime.AddCleanup(v, m.forget, id)
}

func (m *memories) forget(id storage.RunID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.runs, id)
}

// of returns the values of a run, nil if they are gone.
func (m *memories) of(id storage.RunID) *values {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.runs[id]; ok {
		return p.Value()
	}
	return nil
}
