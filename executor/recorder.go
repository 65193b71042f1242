package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/dagster-go/dagster/storage"
)

// maxWaiting is how many events may wait to be stored before [Recorder.Record] blocks.
const maxWaiting = 1 << 16

// Events wait in chunks with room for so many; the first are small, for runs of a few steps.
const (
	minChunk = 128
	maxChunk = 2048
)

// Recorder is the [Sink] between an executor and a store. Record only puts events in a queue; one goroutine stores
// what is queued, a chunk in one batch, at once, and then what has queued up meanwhile. So events of a slow run are stored as
// they happen, and those of a fast one many at a time.
type Recorder struct {
	store    storage.EventStore
	run      storage.RunID
	epoch    int64
	onStored func([]storage.Event)
	failed   chan struct{}
	gone     chan struct{} // the goroutine has ended

	mu       sync.Mutex
	changed  sync.Cond // the queue, closed or err
	full     [][]storage.Event
	chunk    []storage.Event // comes after the full ones; what is left of its room is for what comes next
	waiting  int             // events in all of them
	recorded int64           // events taken so far
	stored   int64           // of them, those that are durable
	flushes  []flush
	size     int // of the last chunk
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
	// not change them, nor call the recorder. If it panics no more is stored, as if the store had refused events.
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
	for r.waiting >= maxWaiting && r.err == nil && !r.closed {
		r.changed.Wait()
	}
	if r.err != nil || r.closed {
		return
	}
	if r.waiting == 0 {
		r.changed.Broadcast()
	}
	r.put(events)
	r.waiting += len(events)
	r.recorded += int64(len(events))
}

// put adds events to the chunk that is being filled. A store may keep what it is given, so chunks are never used twice; but
// the room that a batch leaves in its chunk is the next one's.
func (r *Recorder) put(events []storage.Event) {
	for len(events) > 0 {
		if len(r.chunk) == cap(r.chunk) {
			if len(r.chunk) > 0 {
				r.full = append(r.full, r.chunk)
			}
			r.size = min(max(2*r.size, minChunk), maxChunk)
			r.chunk = make([]storage.Event, 0, r.size)
		}
		n := min(len(events), cap(r.chunk)-len(r.chunk))
		r.chunk = append(r.chunk, events[:n]...)
		events = events[n:]
	}
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
	doing, taken := "store", 0
	// A callback that panics must fail one run, not the process; and a recorder that is gone without a word would let
	// the run succeed with half of its events.
	defer func() {
		if taken > 0 {
			r.settle(taken, doing, escaped(recover()))
		}
	}()
	for {
		batch := r.take()
		taken = len(batch)
		if taken == 0 {
			return
		}
		// What happened is stored even if the run was canceled meanwhile.
		_, err := r.store.Append(context.Background(), storage.Batch{Run: r.run, Epoch: r.epoch, Events: batch})
		if err == nil && r.onStored != nil {
			doing = "pass on"
			r.onStored(batch)
			doing = "store"
		}
		r.settle(taken, doing, err)
	}
}

// escaped is why a function did not return: it panicked with v, or ended its goroutine if that is nil.
func escaped(v any) error {
	if v == nil {
		return errors.New("goroutine ended with runtime.Goexit")
	}
	return &PanicError{Value: v, Stack: debug.Stack()}
}

// take waits for events and takes a chunk of them, or what there is of one; none means that there will be no more.
func (r *Recorder) take() []storage.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.waiting == 0 && !r.closed && r.err == nil {
		r.changed.Wait()
	}
	if r.waiting >= maxWaiting {
		r.changed.Broadcast()
	}
	batch := r.chunk
	if len(r.full) > 0 {
		batch = r.full[0]
		r.full = r.full[1:]
	} else {
		r.chunk = r.chunk[len(batch):]
	}
	r.waiting -= len(batch)
	return slices.Clip(batch)
}

// settle notes that a batch is stored, or never will be.
func (r *Recorder) settle(n int, doing string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stored += int64(n)
	if err != nil {
		r.err = fmt.Errorf("%s %d events: %w", doing, n, err)
		r.full, r.chunk, r.waiting = nil, nil, 0
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
