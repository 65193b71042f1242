package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

// maxEvent bounds one event: SQLite itself refuses rows of a gigabyte, and then the whole transaction.
const maxEvent = 256 << 20

// columns of an event, in the order of the table.
const columns = 11

// row is an event as it is stored, without what only the writer knows. The caller's goroutine makes it, so that the
// writer has nothing left to encode.
type row struct {
	kind      storage.EventKind
	number    driver.Value // of the kind; nil if it is new
	step      driver.Value
	attempt   driver.Value
	asset     string
	partition string
	at        driver.Value
	message   driver.Value
	data      driver.Value
	check     *storage.CheckData // nil for other events
	frees     bool               // it ends an attempt of its step
}

// encode makes the rows of events.
func (k *kinds) encode(events []storage.Event) (rows []row, size int, err error) {
	rows = make([]row, len(events))
	ends := make([]int, len(events))
	var data []byte
	for i := range events {
		e, r := &events[i], &rows[i]
		if err = checkTime(e.At); err == nil {
			data, err = storage.EncodePayload(data, e.Data)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("event %d of %d, %s: %w", i+1, len(events), e.Kind, err)
		}
		if i == 0 {
			data = growFor(data, len(events))
		}
		ends[i] = len(data)
		size += len(e.Message) + len(e.Step)
		r.kind, r.number = e.Kind, k.number(e.Kind)
		r.asset, r.partition = e.Asset, e.Partition
		if e.Kind == storage.AssetCheckPlanned || e.Kind == storage.AssetCheckEvaluation {
			r.check, _ = e.Data.(*storage.CheckData)
		}
		r.frees = e.Kind.EndsAttempt()
		r.at, r.message = nanoseconds(e.At), orNull(e.Message)
		if e.Attempt != 0 {
			r.attempt = int64(e.Attempt)
		}
		// The events of a step follow each other: they share one value.
		if i > 0 && e.Step == events[i-1].Step {
			r.step = rows[i-1].step
		} else {
			r.step = orNull(e.Step)
		}
	}
	return rows, size + len(data), assign(rows, ends, events, string(data))
}

// growFor makes room for the payloads of n events, going by the first, within reason.
func growFor(first []byte, n int) []byte {
	return slices.Grow(first, min((len(first)+64)*n, 1<<20))
}

// assign gives each row its part of data.
func assign(rows []row, ends []int, events []storage.Event, data string) error {
	start := 0
	for i, end := range ends {
		e := &events[i]
		if end-start+len(e.Message)+len(e.Step)+len(e.Asset)+len(e.Partition) > maxEvent {
			return fmt.Errorf("event %d of %d, %s: it is larger than %d MiB", i+1, len(ends), e.Kind, maxEvent>>20)
		}
		rows[i].data = orNull(data[start:end])
		start = end
	}
	return nil
}

// buffer gathers rows of a transaction, so that one statement stores many: half of the cost of a row is the way into
// the library.
type buffer struct {
	args []driver.NamedValue
	n    int // rows
}

// The sizes of the statements, large first.
const (
	largeInsert = 64
	midInsert   = 8
)

func (b *buffer) add(c *conn, values *[columns]driver.Value) error {
	if b.args == nil {
		b.args = make([]driver.NamedValue, largeInsert*columns)
		for i := range b.args {
			b.args[i].Ordinal = i + 1
		}
	}
	at := b.args[b.n*columns:][:columns]
	for i := range at {
		at[i].Value = values[i]
	}
	if b.n++; b.n < largeInsert {
		return nil
	}
	return b.flush(c)
}

func (b *buffer) flush(c *conn) error {
	from := 0
	for from < b.n {
		size := 1
		switch left := b.n - from; {
		case left >= largeInsert:
			size = largeInsert
		case left >= midInsert:
			size = midInsert
		}
		if err := b.insert(c, from, size); err != nil {
			return err
		}
		from += size
	}
	b.reset()
	return nil
}

// insert stores rows from..from+size in one statement.
func (b *buffer) insert(c *conn, from, size int) error {
	args := b.args[from*columns : (from+size)*columns]
	for i := range args {
		args[i].Ordinal = i + 1
	}
	rows, err := c.run(context.Background(), insertEvents(size), args)
	for i := range args {
		args[i].Ordinal = from*columns + i + 1
	}
	if err != nil {
		return err
	}
	return rows.Close()
}

func (b *buffer) reset() {
	for i := range b.args[:b.n*columns] {
		b.args[i].Value = nil
	}
	b.n = 0
}

const (
	insertOne = `INSERT INTO events (id, run, seq, kind, step, attempt, asset, partition, at, message, data) VALUES ` + oneEvent
	oneEvent  = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

func insertEvents(size int) string {
	switch size {
	case largeInsert:
		return insertOne + strings.Repeat(","+oneEvent, largeInsert-1)
	case midInsert:
		return insertOne + strings.Repeat(","+oneEvent, midInsert-1)
	default:
		return insertOne
	}
}

// placed is where a request's events came to stand.
type placed struct {
	first, firstSeq int64
}

// append stores rows as events of h; a nil h stands for no run.
func (t *tx) append(h *held, rows []row, size int) (placed, error) {
	if len(rows) == 0 {
		return placed{}, nil
	}
	t.changed, t.told = true, true
	t.bytes += size + 100*len(rows)
	p := placed{first: t.lastEvent + 1}
	var run driver.Value
	if h != nil {
		p.firstSeq, run = h.seq+1, h.n
	}
	for i := range rows {
		t.lastEvent++
		seq := int64(0)
		if h != nil {
			h.seq++
			seq = h.seq
			if h.claims && rows[i].frees {
				if err := t.exec(freeStep, h.n, text(rows[i].step)); err != nil {
					return placed{}, err
				}
			}
		}
		if err := t.add(run, seq, &rows[i]); err != nil {
			return placed{}, t.fault(err)
		}
	}
	return p, nil
}

func (t *tx) add(run driver.Value, seq int64, r *row) error {
	number := r.number
	if number == nil {
		n, err := t.intern(r.kind)
		if err != nil {
			return err
		}
		number = n
	}
	var asset driver.Value
	if r.asset != "" {
		n, err := t.asset(r.asset)
		if err != nil {
			return err
		}
		asset = n
		if r.check != nil {
			err = t.noteCheck(n, r, t.lastEvent, integer(run))
		} else {
			err = t.changes.note(t, n, r, t.lastEvent, integer(run))
		}
		if err != nil {
			return err
		}
	}
	return t.rows.add(t.c, &[columns]driver.Value{
		t.lastEvent, run, seq, number, r.step, r.attempt, asset, orNull(r.partition), r.at, r.message, r.data,
	})
}
