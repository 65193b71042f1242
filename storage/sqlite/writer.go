package sqlite

import (
	"errors"
	"fmt"
)

// maxRows bounds a transaction. Larger ones write the pages of the indexes less often, smaller ones make those who
// come late wait less.
const maxRows = 2048

// writer owns the one connection of this process that writes.
type writer struct {
	tx     *tx
	queue  *queue
	signal *signal
	log    *checkpointer
}

func newWriter(c *conn, s *Store, version int64, log *checkpointer) *writer {
	return &writer{
		tx:     newTx(c, s.config.Path, s.kinds, s.definitions, version),
		queue:  s.queue,
		signal: s.signal,
		log:    log,
	}
}

// loop writes whatever is queued, in one transaction, until the queue is closed and empty. It waits for no more to
// come: while one transaction is written the next one gathers by itself.
func (w *writer) loop() {
	var group []*request
	for {
		group = w.queue.take(group[:0], maxRows)
		if len(group) == 0 {
			return
		}
		w.write(group)
		clear(group)
	}
}

// write stores the group together. If that cannot be done, each is tried alone: one request must not take its
// neighbours with it.
func (w *writer) write(group []*request) {
	err := w.commit(group)
	if err != nil && len(group) > 1 && !hopeless(err) {
		for i := range group {
			one := group[i : i+1]
			w.finish(one, w.commit(one))
		}
		return
	}
	w.finish(group, err)
}

func (w *writer) finish(group []*request, err error) {
	for _, r := range group {
		if err != nil {
			r.err = err
		}
		close(r.done)
	}
}

// commit stores the group in one transaction. Its error means that nothing was stored; a request that was refused by
// itself has its error in the request.
func (w *writer) commit(group []*request) error {
	w.log.writing.Lock()
	defer w.log.writing.Unlock()
	if err := w.tx.begin(); err != nil {
		return err
	}
	for _, r := range group {
		r.err = r.work.do(w.tx)
		if failed := new(databaseError); errors.As(r.err, &failed) {
			return errors.Join(failed.err, w.tx.rollback())
		}
	}
	changed, err := w.tx.commit()
	if err != nil {
		return errors.Join(err, w.tx.rollback())
	}
	if changed {
		w.signal.notify(w.tx.commits)
		w.log.wrote(w.tx.bytes)
	}
	return nil
}

// databaseError is an error of the database, not of the request: it undoes the transaction.
type databaseError struct{ err error }

func (e *databaseError) Error() string { return fmt.Sprintf("database: %v", e.err) }

func (e *databaseError) Unwrap() error { return e.err }
