package cli

import (
	"context"
	"fmt"
	"sync"

	"github.com/dagster-go/dagster/storage"
)

// maxFresh is how many events wait in memory for whoever shows them; beyond that they are read from the store again.
const maxFresh = 4096

// follower hands the events of one run to show: every one, once, in order, after it was stored. Who stores them never
// waits for show.
//
// It is told most of them as they are stored. Those that come with a change of the run's status it is not told; where
// the sequence has a gap it reads the store.
type follower struct {
	store storage.EventStore
	show  func([]storage.Event)
	wake  chan struct{}
	quit  chan struct{}
	done  chan struct{}

	// Of the goroutine, and after it has ended of finish.
	lastID, lastSeq int64

	mu     sync.Mutex
	run    storage.RunID
	fresh  []storage.Event
	missed bool // some were too many to keep
}

func newFollower(ctx context.Context, store storage.EventStore, show func([]storage.Event)) *follower {
	f := &follower{store: store, show: show, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	go f.loop(ctx)
	return f
}

// watch takes events that were stored. It returns at once.
func (f *follower) watch(events []storage.Event) {
	f.mu.Lock()
	if len(events) > 0 {
		f.run = events[0].Run
	}
	if len(f.fresh)+len(events) > maxFresh {
		f.fresh, f.missed = nil, true
	} else {
		f.fresh = append(f.fresh, events...)
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *follower) loop(ctx context.Context) {
	defer close(f.done)
	for {
		select {
		case <-f.quit:
			return
		case <-f.wake:
			f.step(ctx)
		}
	}
}

// step shows what has come. An error of the store is left to finish, which reads again.
func (f *follower) step(ctx context.Context) {
	f.mu.Lock()
	run, fresh, missed := f.run, f.fresh, f.missed
	f.fresh, f.missed = nil, false
	f.mu.Unlock()
	if missed || len(fresh) > 0 && fresh[0].Seq > f.lastSeq+1 {
		if f.read(ctx, run) != nil {
			return
		}
	}
	for len(fresh) > 0 && fresh[0].Seq <= f.lastSeq {
		fresh = fresh[1:]
	}
	// Between batches the status may have changed again; the next event shows the gap.
	if len(fresh) > 0 && fresh[0].Seq == f.lastSeq+1 {
		f.take(fresh)
	}
}

// take shows events that follow on the last ones, up to a gap between them.
func (f *follower) take(events []storage.Event) {
	n := 0
	for n < len(events) && events[n].Seq == f.lastSeq+1+int64(n) {
		n++
	}
	events = events[:n]
	if n == 0 {
		return
	}
	f.lastID, f.lastSeq = events[n-1].ID, events[n-1].Seq
	f.show(events)
}

// read shows what the store has beyond the last event.
func (f *follower) read(ctx context.Context, run storage.RunID) error {
	for {
		page, err := f.store.Events(ctx, storage.EventFilter{Run: run, After: f.lastID})
		if err != nil {
			return fmt.Errorf("read events of run %s: %w", run, err)
		}
		if len(page) == 0 {
			return nil
		}
		f.lastID, f.lastSeq = page[len(page)-1].ID, page[len(page)-1].Seq
		f.show(page)
	}
}

// finish shows what is left after the run has ended, and stops.
func (f *follower) finish(ctx context.Context, run storage.RunID) error {
	close(f.quit)
	<-f.done
	if run == "" {
		return nil
	}
	return f.read(ctx, run)
}
