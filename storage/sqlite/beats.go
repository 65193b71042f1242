package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

const (
	putBeat = `INSERT INTO beats (run, epoch, worker, host, pid, boot, count) VALUES (?, ?, ?, ?, ?, ?, 1)
		ON CONFLICT DO UPDATE SET epoch = excluded.epoch, worker = excluded.worker, host = excluded.host, pid = excluded.pid,
			boot = excluded.boot, count = count + 1`
	dropBeat = "DELETE FROM beats WHERE run = ?"
	allBeats = "SELECT r.id, b.epoch, b.worker, b.host, b.pid, b.boot, b.count FROM beats b CROSS JOIN runs r ON r.n = b.run ORDER BY r.id"

	countRejected = "SELECT count(*) FROM rejected_events WHERE run = ?"
	putRejected   = "INSERT INTO rejected_events (run, epoch, since, event) VALUES (?, ?, ?, ?)"
	rejectedOf    = `SELECT epoch, since, event FROM rejected_events INDEXED BY rejected_events_run
		WHERE run = (SELECT n FROM runs WHERE id = ?) ORDER BY n`
)

// Beat implements [storage.BeatStore].
func (s *Store) Beat(ctx context.Context, b storage.Beat) (storage.Run, error) {
	w := &beating{beat: b}
	if err := s.queue.submit(ctx, w, 1); err != nil {
		return storage.Run{}, fmt.Errorf("beat for run %q: %w", b.Run, err)
	}
	return w.run, nil
}

type beating struct {
	beat storage.Beat
	run  storage.Run
}

func (w *beating) do(t *tx) error {
	b := &w.beat
	h, err := t.heldRun(b.Run, b.Epoch)
	if err != nil {
		return err
	}
	err = t.query(oneRun, []driver.Value{string(b.Run)}, func(row []driver.Value) (err error) {
		w.run, err = scanRun(row)
		return err
	})
	if err != nil {
		return err
	}
	return t.execQuietly(putBeat, h.n, b.Epoch, b.Worker, b.Host, int64(b.PID), b.Boot)
}

// Beats implements [storage.BeatStore].
func (s *Store) Beats(ctx context.Context) ([]storage.Beat, error) {
	var out []storage.Beat
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, allBeats, nil, func(row []driver.Value) error {
			out = append(out, storage.Beat{
				Run: storage.RunID(text(row[0])), Epoch: integer(row[1]), Worker: text(row[2]), Host: text(row[3]),
				PID: int(integer(row[4])), Boot: text(row[5]), Count: integer(row[6]),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read heartbeats: %w", err)
	}
	return out, nil
}

// Reject implements [storage.BeatStore].
func (s *Store) Reject(ctx context.Context, run storage.RunID, epoch int64, events []storage.Event) error {
	w := &rejection{run: run, epoch: epoch, since: time.Now().UnixNano()}
	for i := range events[:min(len(events), storage.MaxRejected)] {
		form, err := encodeCopy(storage.Unplaced(events[i], run))
		if err != nil {
			return fmt.Errorf("keep rejected events of run %q: %w", run, err)
		}
		w.events = append(w.events, form)
	}
	if err := s.queue.submit(ctx, w, len(events)); err != nil {
		return fmt.Errorf("keep rejected events of run %q: %w", run, err)
	}
	return nil
}

type rejection struct {
	run    storage.RunID
	epoch  int64
	since  int64
	events []string
}

func (w *rejection) do(t *tx) error {
	h, err := t.mustRun(w.run)
	if err != nil {
		return err
	}
	have, err := t.c.integers(context.Background(), countRejected, h.n)
	if err != nil {
		return t.fault(err)
	}
	for _, e := range w.events[:min(len(w.events), storage.MaxRejected-int(have[0]))] {
		t.bytes += len(e)
		if err := t.exec(putRejected, h.n, w.epoch, w.since, e); err != nil {
			return err
		}
	}
	return nil
}

// Rejected implements [storage.BeatStore].
func (s *Store) Rejected(ctx context.Context, run storage.RunID) ([]storage.RejectedEvent, error) {
	var out []storage.RejectedEvent
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, rejectedOf, []driver.Value{string(run)}, func(row []driver.Value) error {
			e, err := decodeCopy(text(row[2]))
			out = append(out, storage.RejectedEvent{Event: e, Epoch: integer(row[0]), Since: moment(row[1])})
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read rejected events of run %q: %w", run, err)
	}
	return out, nil
}
