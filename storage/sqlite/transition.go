package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Transition implements [storage.RunStore].
func (s *Store) Transition(ctx context.Context, id storage.RunID, tr storage.Transition) (storage.Run, error) {
	if tr.At.IsZero() {
		tr.At = time.Now()
	}
	w := &change{id: id, transition: tr}
	err := errors.Join(checkTime(tr.At), checkTime(tr.CancelBy))
	if err == nil {
		w.rows, w.size, err = s.kinds.encode(tr.Events)
	}
	if err == nil && tr.Retry != nil {
		w.retry, err = s.kinds.encodeRun(*tr.Retry)
	}
	if err == nil {
		err = s.queue.submit(ctx, w, len(tr.Events)+2)
	}
	switch {
	case err == nil:
		return w.run, nil
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrIllegalTransition):
		return w.run, fmt.Errorf("change run %q: %w", id, err)
	default:
		// What it would have become was not stored.
		return storage.Run{}, fmt.Errorf("change run %q: %w", id, err)
	}
}

type change struct {
	id         storage.RunID
	transition storage.Transition
	rows       []row
	size       int
	run        storage.Run // as it is afterwards
	retry      *creation
}

func (w *change) do(t *tx) error {
	h, err := t.mustRun(w.id)
	if err == nil {
		err = t.lead(w.transition.Lead)
	}
	if err != nil {
		return err
	}
	err = t.query(oneRun, []driver.Value{string(w.id)}, func(row []driver.Value) (err error) {
		w.run, err = scanRun(row)
		return err
	})
	if err != nil {
		return err
	}
	if w.run, err = storage.Apply(w.run, w.transition); err != nil {
		return err
	}
	if w.retry != nil {
		if err := t.free(w.retry.run.ID); err != nil {
			return err
		}
	}
	if err := w.write(t, h); err != nil || w.retry == nil {
		return err
	}
	return w.retry.write(t)
}

// write stores the run as it is afterwards, and what follows from that.
func (w *change) write(t *tx, h *held) error {
	r := w.run
	// The old values are in the condition too: no update leaves a state that was not looked at.
	err := t.exec(`UPDATE runs SET status = ?, epoch = ?, enqueued = ?, launched = ?, started = ?, ended = ?, worker = ?,
		cancel_target = ?, cancel_reason = ?, cancel_by = ?, error = ? WHERE n = ? AND status = ? AND epoch = ?`,
		string(r.Status), r.Epoch, nanoseconds(r.Enqueued), nanoseconds(r.Launched), nanoseconds(r.Started), nanoseconds(r.Ended),
		orNull(r.Worker), orNull(string(r.CancelTarget)), orNull(r.CancelReason), nanoseconds(r.CancelBy), orNull(r.Error), h.n, string(w.transition.From), w.transition.Epoch)
	if err != nil {
		return err
	}
	h.status, h.epoch = r.Status, r.Epoch
	if _, err = t.append(h, w.rows, w.size); err != nil || !r.Status.Terminal() {
		return err
	}
	failed := r.Status == storage.RunFailed
	if err := t.endPlans(h.n, failed); err != nil {
		return err
	}
	if err := t.endChecks(h.n, failed); err != nil {
		return err
	}
	if h.claims {
		if err := t.execQuietly(freeRun, h.n); err != nil {
			return err
		}
	}
	return t.execQuietly(dropBeat, h.n)
}

// DeleteRun implements [storage.RunStore].
func (s *Store) DeleteRun(ctx context.Context, id storage.RunID) error {
	if err := s.queue.submit(ctx, &deletion{id: id, kinds: s.kinds}, 100); err != nil {
		return fmt.Errorf("delete run %q: %w", id, err)
	}
	return nil
}

type deletion struct {
	id    storage.RunID
	kinds *kinds
}

func (w *deletion) do(t *tx) error {
	h, err := t.mustRun(w.id)
	if err != nil {
		return err
	}
	if !h.status.Terminal() {
		return fmt.Errorf("it is %s: %w", h.status, storage.ErrRunNotEnded)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := w.keep(t, h.n); err != nil {
		return err
	}
	if err := t.exec(deleteEvents, h.n); err != nil {
		return err
	}
	delete(t.runs, w.id)
	return t.exec(deleteRun, h.n)
}

// The statements that keep a copy: ?1 is the copy, ?2 the event's ID, ?3 its asset, ?4 its partition.
const (
	lastWords = "SELECT " + eventColumns + ` FROM events e INDEXED BY events_run
		CROSS JOIN runs r ON r.n = e.run CROSS JOIN assets a ON a.n = e.asset
		LEFT JOIN asset_partitions p ON p.asset = e.asset AND p.partition = coalesce(e.partition, '')
		WHERE e.run = ? AND (e.id = p.latest OR e.id = a.latest OR e.id = a.failed)`
	keepPartition = `UPDATE asset_partitions SET latest_copy = ?1
		WHERE asset = (SELECT n FROM assets WHERE key = ?3) AND partition = ?4 AND latest = ?2`
	keepLatest   = "UPDATE assets SET latest_copy = ?1 WHERE key = ?3 AND latest = ?2"
	keepFailed   = "UPDATE assets SET failed_copy = ?1 WHERE key = ?3 AND failed = ?2"
	deleteEvents = "DELETE FROM events WHERE run = ?"
	deleteRun    = "DELETE FROM runs WHERE n = ?"
)

// keep copies the events of the run that are the last word on an asset or a partition.
func (w *deletion) keep(t *tx, run int64) error {
	var list []storage.Event
	err := t.query(lastWords, []driver.Value{run}, func(row []driver.Value) error {
		e, err := w.kinds.scanEvent(context.Background(), t.c, row)
		list = append(list, e)
		return err
	})
	if err != nil {
		return err
	}
	for _, e := range list {
		text, err := encodeCopy(e)
		if err != nil {
			return t.fault(err)
		}
		err = errors.Join(
			t.exec(keepPartition, text, e.ID, e.Asset, e.Partition),
			t.exec(keepLatest, text, e.ID, e.Asset),
			t.exec(keepFailed, text, e.ID, e.Asset),
		)
		if err != nil {
			return err
		}
	}
	return nil
}
