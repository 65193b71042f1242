package storage

import "context"

var _ Watcher = (*Memory)(nil)

// Watch implements [Watcher].
func (m *Memory) Watch(ctx context.Context, changed func()) error {
	wake := make(chan struct{}, 1)
	wake <- struct{}{}
	m.mu.Lock()
	m.watchers[wake] = struct{}{}
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.watchers, wake)
		m.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.closed:
			return ErrClosed
		case <-wake:
			if ctx.Err() == nil {
				changed()
			}
		}
	}
}

func (m *Memory) wake() {
	for w := range m.watchers {
		select {
		case w <- struct{}{}:
		default: // it has not yet looked at what was there before
		}
	}
}
