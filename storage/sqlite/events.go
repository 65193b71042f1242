package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

// Append implements [storage.EventStore]. Batches that are appended at once share a transaction; each is stored as a
// whole or not at all.
func (s *Store) Append(ctx context.Context, b storage.Batch) (int64, error) {
	rows, size, err := s.kinds.encode(b.Events)
	if err != nil {
		return 0, fmt.Errorf("append to run %q: %w", b.Run, err)
	}
	w := &appending{run: b.Run, epoch: b.Epoch, rows: rows, size: size}
	if err := s.queue.submit(ctx, w, len(rows)); err != nil {
		return 0, fmt.Errorf("append %d events to run %q: %w", len(rows), b.Run, err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	// Only now, and not by the writer: a caller whose context ended may be reading them.
	for i := range b.Events {
		e := &b.Events[i]
		e.ID, e.Run, e.Seq, e.At = w.at.first+int64(i), b.Run, 0, e.At.UTC().Round(0)
		if b.Run != "" {
			e.Seq = w.at.firstSeq + int64(i)
		}
	}
	return b.Events[len(b.Events)-1].ID, nil
}

type appending struct {
	run   storage.RunID
	epoch int64
	rows  []row
	size  int
	at    placed
}

func (a *appending) do(t *tx) (err error) {
	var h *held
	if a.run != "" {
		if h, err = t.heldRun(a.run, a.epoch); err != nil {
			return err
		}
	}
	a.at, err = t.append(h, a.rows, a.size)
	return err
}

// eventColumns are read by [scanEvent].
const (
	eventColumns = `e.id, r.id, e.seq, e.kind, e.step, e.attempt, a.key, e.partition, e.at, e.message, e.data`
	eventJoins   = ` LEFT JOIN runs r ON r.n = e.run LEFT JOIN assets a ON a.n = e.asset`
)

// scanEvent reads an event of the columns above; its payload is still to be decoded.
func (k *kinds) scanEvent(ctx context.Context, c *conn, row []driver.Value) (storage.Event, error) {
	kind, err := k.name(ctx, c, integer(row[3]))
	if err != nil {
		return storage.Event{}, err
	}
	e := storage.Event{
		ID: integer(row[0]), Run: storage.RunID(text(row[1])), Seq: integer(row[2]), Kind: kind,
		Step: text(row[4]), Attempt: int(integer(row[5])), Asset: text(row[6]), Partition: text(row[7]),
		At: moment(row[8]), Message: text(row[9]),
	}
	if data := text(row[10]); data != "" {
		if e.Data, err = storage.DecodePayload(kind, []byte(data)); err != nil {
			return e, fmt.Errorf("event %d: %w: %w", e.ID, ErrDamaged, err)
		}
	}
	return e, nil
}

// Events implements [storage.EventStore].
func (s *Store) Events(ctx context.Context, f storage.EventFilter) ([]storage.Event, error) {
	var out []storage.Event
	err := s.readers.read(ctx, func(c *conn) error {
		query, args, err := s.selectEvents(ctx, c, f)
		if err != nil || query == "" {
			return err
		}
		return c.query(ctx, query, args, func(row []driver.Value) error {
			e, err := s.kinds.scanEvent(ctx, c, row)
			out = append(out, e)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

// page bounds the size of a page.
func page(limit, usual, most int) int64 {
	if limit <= 0 {
		return int64(usual)
	}
	return int64(min(limit, most))
}

// selectEvents makes the statement that reads the page that f chooses; it is empty if there can be no such event.
// Every shape walks one index in the order of the page and stops at its end. The index is named, so that statistics or
// another release of SQLite cannot choose a worse one.
func (s *Store) selectEvents(ctx context.Context, c *conn, f storage.EventFilter) (string, []driver.Value, error) {
	numbers, rare, err := s.kindNumbers(ctx, c, f.Kinds)
	if err != nil || len(f.Kinds) > 0 && len(numbers) == 0 {
		return "", nil, err
	}
	q := &query{}
	index := "NOT INDEXED" // in the order of the table itself
	switch {
	case f.Run != "":
		index = "INDEXED BY events_run"
		q.where("e.run = (SELECT n FROM runs WHERE id = ?)", string(f.Run))
	case f.Asset != "":
		index = "INDEXED BY events_asset"
	case rare:
		index = "INDEXED BY events_rare"
		q.where("e.kind > 0")
	}
	if f.Asset != "" {
		q.where("e.asset = (SELECT n FROM assets WHERE key = ?)", f.Asset)
	}
	q.where("e.id > ?", f.After)
	if f.Before != 0 {
		q.where("e.id < ?", f.Before)
	}
	if f.Step != "" {
		q.where("e.step = ?", f.Step)
	}
	if f.Partition != "" {
		q.where("e.partition = ?", f.Partition)
	}
	if len(numbers) > 0 {
		q.where("e.kind IN (?"+strings.Repeat(", ?", len(numbers)-1)+")", numbers...)
	}
	order := " ORDER BY e.id LIMIT ?"
	if f.Newest {
		order = " ORDER BY e.id DESC LIMIT ?"
	}
	return "SELECT " + eventColumns + " FROM events e " + index + eventJoins + q.clause() + order,
		append(q.args, page(f.Limit, 1000, 10_000)), nil
}

// kindNumbers returns the numbers of kinds, and whether all of them are in the index of the rare ones.
func (s *Store) kindNumbers(ctx context.Context, c *conn, list []storage.EventKind) (numbers []driver.Value, rare bool, err error) {
	rare = len(list) > 0
	for _, kind := range list {
		n := s.kinds.number(kind)
		if n == nil {
			// Another process may have stored the first of its kind.
			if err := s.kinds.load(ctx, c); err != nil {
				return nil, false, err
			}
			n = s.kinds.number(kind)
		}
		if n == nil {
			continue
		}
		rare = rare && integer(n) > 0
		numbers = append(numbers, n)
	}
	return numbers, rare, nil
}

// query gathers conditions.
type query struct {
	conditions []string
	args       []driver.Value
}

func (q *query) where(condition string, args ...driver.Value) {
	q.conditions = append(q.conditions, condition)
	q.args = append(q.args, args...)
}

func (q *query) clause() string {
	if len(q.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.conditions, " AND ")
}
