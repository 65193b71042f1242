package executor

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/dagster-go/dagster/storage"
)

// maxWaiting is how many events may wait to be stored before [Recorder.Record] blocks.
const maxWaiting = 1 << 16

// minBatch is the room for events that a batch starts with.
const minBatch = 64

// Recorder is the [Sink] between an executor and a store. Record only puts events in a queue; one goroutine stores
// everything that is queued in one batch, at once, and then what has queued up meanwhile. So events of a slow run are stored as they
// happen, and those of a fast one many at a time.
type Recorder struct {
	store    storage.EventStore
	run      storage.RunID
	epoch    int64
	onStored func([]storage.Event)
	failed   chan struct{}
	gone     chan struct{} // the goroutine has ended

	mu       sync.Mutex
	changed  sync.Cond // the queue, closed or err
	queue    []storage.Event
	recorded int64 // events taken so far
	stored   int64 // of them, those that are durable
	flushes  []flush
	size     int // of the largest of the last batches
	closed   bool
	err      error
}

// flush is someone who waits for events to be stored.
type flush struct {
	upTo int64
	done chan struct{}
}

var _ Sink = (*Recorder)(nil)

// RecorderOptions are what a recorder can do besides; the zero value is nothing.
type RecorderOptions struct {
	// OnStored is called with events once they are durable, with their IDs, in order, never twice at once. It must
	// not change them, nor call the recorder.
	OnStored func([]storage.Event)
}

// NewRecorder returns a recorder for the events of a run, written under epoch. Close it.
func NewRecorder(store storage.EventStore, run storage.RunID, epoch int64, o RecorderOptions) *Recorder {
	r := &Recorder{
		store: store, run: run, epoch: epoch, onStored: o.OnStored,
		failed: make(chan struct{}), gone: make(chan struct{}),
	}
	r.changed.L = &r.mu
	go r.work()
	return r
}

// Record takes events, in order, and returns at once, unless 65,536 events wait to be stored: then it blocks, so that a
// store that is slower than the run keeps it back instead of filling the memory. After Close, or when the store has
// refused events, it drops them.
func (r *Recorder) Record(events ...storage.Event) {
	if len(events) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) >= maxWaiting && r.err == nil && !r.closed {
		r.changed.Wait()
	}
	if r.err != nil || r.closed {
		return
	}
	if len(r.queue) == 0 {
		r.changed.Broadcast()
	}
	if r.queue == nil {
		r.queue = make([]storage.Event, 0, max(r.size, minBatch, len(events)))
	}
	r.queue = append(r.queue, events...)
	r.recorded += int64(len(events))
}

// Flush waits until every event recorded so far is durable. It returns what [Recorder.Err] does, or the error of ctx.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	if r.err != nil || r.stored >= r.recorded {
		defer r.mu.Unlock()
		return r.err
	}
	f := flush{upTo: r.recorded, done: make(chan struct{})}
	r.flushes = append(r.flushes, f)
	r.mu.Unlock()
	select {
	case <-f.done:
		return r.Err()
	case <-ctx.Done():
		return fmt.Errorf("flush events: %w", context.Cause(ctx))
	}
}

// Close waits until every event is durable, and stops. It returns what [Recorder.Err] does. Closing twice is fine.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	r.changed.Broadcast()
	r.mu.Unlock()
	<-r.gone
	return r.Err()
}

// Failed is closed when the store has refused events: what was waiting is dropped, and so is what comes. The run
// that they belong to should be canceled.
func (r *Recorder) Failed() <-chan struct{} { return r.failed }

// Err returns why the store refused events, nil if it did not.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *Recorder) work() {
	defer close(r.gone)
	for {
		batch := r.take()
		if len(batch) == 0 {
			return
		}
		// What happened is stored even if the run was canceled meanwhile.
		_, err := r.store.Append(context.Background(), storage.Batch{Run: r.run, Epoch: r.epoch, Events: batch})
		if err == nil && r.onStored != nil {
			r.onStored(batch)
		}
		r.settle(len(batch), err)
	}
}

// take waits for events and takes all there are; none means that there will be no more.
func (r *Recorder) take() []storage.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 && !r.closed && r.err == nil {
		r.changed.Wait()
	}
	batch := r.queue
	if len(batch) >= maxWaiting {
		r.changed.Broadcast()
	}
	// A store may keep the batch, so the next one gets memory of its own: as much as the last ones took.
	r.size = max(len(batch), r.size/2)
	r.queue = nil
	return batch
}

// settle notes that a batch is stored, or never will be.
func (r *Recorder) settle(n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stored += int64(n)
	if err != nil {
		r.err = fmt.Errorf("store %d events: %w", n, err)
		r.queue = nil
		close(r.failed)
		r.changed.Broadcast()
	}
	r.flushes = slices.DeleteFunc(r.flushes, func(f flush) bool {
		if r.err == nil && f.upTo > r.stored {
			return false
		}
		close(f.done)
		return true
	})
}
