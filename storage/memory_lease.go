package storage

import (
	"context"
	"slices"
)

// lease is the lease of that name as it is stored.
func (m *Memory) lease(name string) Lease {
	l := m.leases[name]
	l.Name, l.Info = name, slices.Clone(l.Info)
	return l
}

// Lease implements [LeaseStore].
func (m *Memory) Lease(ctx context.Context, name string) (Lease, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return Lease{}, err
	}
	return m.lease(name), nil
}

// Acquire implements [LeaseStore].
func (m *Memory) Acquire(ctx context.Context, l Lease) (Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return Lease{}, err
	}
	stored := m.lease(l.Name)
	next, err := NextLease(stored, l)
	if err != nil {
		return next, err
	}
	next.Info = slices.Clone(next.Info)
	m.leases[l.Name] = next
	if next.Epoch != stored.Epoch {
		m.wake()
	}
	return m.lease(l.Name), nil
}

// Release implements [LeaseStore].
func (m *Memory) Release(ctx context.Context, g Guard) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	l := m.leases[g.Lease]
	if l.Holder == "" || l.Epoch != g.Epoch {
		return nil
	}
	l.Holder = ""
	l.Beat++
	m.leases[g.Lease] = l
	m.wake()
	return nil
}

// setting is the setting of that name as it is stored.
func (m *Memory) setting(name string) Setting {
	s := m.settings[name]
	s.Name, s.Value = name, slices.Clone(s.Value)
	return s
}

// Setting implements [SettingStore].
func (m *Memory) Setting(ctx context.Context, name string) (Setting, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return Setting{}, err
	}
	return m.setting(name), nil
}

// SetSetting implements [SettingStore].
func (m *Memory) SetSetting(ctx context.Context, s Setting, events ...Event) (Setting, error) {
	if err := checkPayloads(events); err != nil {
		return Setting{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return Setting{}, err
	}
	next, err := NextSetting(m.setting(s.Name), s)
	if err != nil {
		return next, err
	}
	next.Value = slices.Clone(next.Value)
	m.settings[s.Name] = next
	m.store(nil, slices.Clone(events))
	return m.setting(s.Name), nil
}
