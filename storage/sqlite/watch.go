package sqlite

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

// signal tells goroutines of this process that something was committed.
type signal struct {
	commits int64 // the number of the last commit of this process
	next    chan struct{}
	mu      sync.Mutex
}

func newSignal() *signal { return &signal{next: make(chan struct{})} }

func (s *signal) notify(commits int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits = commits
	close(s.next)
	s.next = make(chan struct{})
}

// last returns the last commit of this process, and a channel that is closed by the next one.
func (s *signal) last() (int64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits, s.next
}

// Watch calls changed, never twice at once: at first, and after something was stored by this process or, up to
// [Config.PollInterval] later, by another one. A call may stand for many changes. It returns nil when ctx ends, or
// an error when the store can no longer be read, such as [storage.ErrClosed].
func (s *Store) Watch(ctx context.Context, changed func()) error {
	_, next := s.signal.last()
	seen, err := s.commits(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	tick := time.NewTicker(s.config.PollInterval)
	defer tick.Stop()
	changed()
	for {
		var now int64
		select {
		case <-ctx.Done():
			return nil
		case <-s.readers.closed:
			_, err := s.commits(ctx)
			return ended(ctx, err)
		case <-next:
			now, next = s.signal.last()
		case <-tick.C:
			if now, err = s.commits(ctx); err != nil {
				return ended(ctx, err)
			}
		}
		if now > seen && ctx.Err() == nil {
			seen = now
			changed()
		}
	}
}

// ended keeps the end of a context from being an error.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// commits is how often anything was written to the file, by any process. Counting them is as cheap as
// PRAGMA data_version, and needs no connection of its own for each that watches.
func (s *Store) commits(ctx context.Context) (n int64, err error) {
	err = s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT commits FROM counters", nil, func(row []driver.Value) error {
			n = integer(row[0])
			return nil
		})
	})
	return n, err
}
