package sqlite

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/dagster-go/dagster/storage"
)

// work is what one request does inside a transaction. It checks everything before it writes: an error of its own
// (not of the database) means that it wrote nothing, and its neighbours in the transaction go on. It may be done again
// after the transaction was undone.
type work interface {
	do(t *tx) error
}

// The states of a request: either the caller withdraws it or the writer takes it.
const (
	waiting int32 = iota
	taken
	withdrawn
)

// request is work that a caller waits for.
type request struct {
	work  work
	rows  int // roughly what it writes
	err   error
	state atomic.Int32
	done  chan struct{}
}

// queue holds what is to be written next. It has no bound of its own: every caller waits for its one request.
type queue struct {
	some    *sync.Cond
	pending []*request
	closed  bool
	mu      sync.Mutex
}

func newQueue() *queue {
	q := &queue{}
	q.some = sync.NewCond(&q.mu)
	return q
}

// submit waits until w is stored, or refused. When it returns an error of ctx, nothing of w was or will be stored.
func (q *queue) submit(ctx context.Context, w work, rows int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{work: w, rows: rows, done: make(chan struct{})}
	if !q.put(r) {
		return storage.ErrClosed
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
	}
	if r.state.CompareAndSwap(waiting, withdrawn) {
		return ctx.Err()
	}
	<-r.done
	return r.err
}

func (q *queue) put(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.pending = append(q.pending, r)
	q.some.Signal()
	return true
}

// take waits for requests and appends them to group, up to about max rows. It returns an empty group when the queue is
// closed and nothing is left.
func (q *queue) take(group []*request, most int) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for len(q.pending) == 0 {
			if q.closed {
				return group
			}
			q.some.Wait()
		}
		n, rows := 0, 0
		for n < len(q.pending) && rows < most {
			if r := q.pending[n]; r.state.CompareAndSwap(waiting, taken) {
				group = append(group, r)
				rows += r.rows
			}
			n++
		}
		rest := copy(q.pending, q.pending[n:])
		clear(q.pending[rest:])
		q.pending = q.pending[:rest]
		if len(group) > 0 {
			return group
		}
	}
}

// close lets no further request in; what is queued is still written.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.some.Signal()
}
