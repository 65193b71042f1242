package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

const (
	instigatorColumns = `i.repository, i.kind, i.name, i.status, i.declared, i.timing, i.since, i.next, i.at, i.last, i.attempt, i.failures,
		i.cursor, i.position, i.gone, i.version`
	oneInstigator   = "SELECT n, version FROM instigators WHERE repository = ? AND kind = ? AND name = ?"
	firstInstigator = `INSERT INTO instigators (repository, kind, name, status, declared, timing, since, next, at, last, attempt, failures,
		cursor, position, gone, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n`
	nextInstigator = `UPDATE instigators SET status = ?2, declared = ?3, timing = ?4, since = ?5, next = ?6, at = ?7, last = ?8, attempt = ?9,
		failures = ?10, cursor = ?11, position = ?12, gone = ?13, version = ?14 WHERE n = ?1`
	nextDue = "SELECT next FROM instigators INDEXED BY instigators_next WHERE next IS NOT NULL ORDER BY next LIMIT 1"
)

func scanInstigator(row []driver.Value) storage.Instigator {
	return storage.Instigator{
		InstigatorID: scanInstigatorID(row),
		Status:       storage.InstigatorStatus(text(row[3])), Declared: integer(row[4]) != 0, Timing: text(row[5]), Since: moment(row[6]),
		Next: moment(row[7]), At: moment(row[8]), Last: moment(row[9]), Attempt: int(integer(row[10])), Failures: int(integer(row[11])),
		Cursor: text(row[12]), Position: integer(row[13]), Gone: moment(row[14]), Version: integer(row[15]),
	}
}

func scanInstigatorID(row []driver.Value) storage.InstigatorID {
	return storage.InstigatorID{Repository: text(row[0]), Kind: storage.InstigatorKind(text(row[1])), Name: text(row[2])}
}

// instigatorValues are the columns from status on.
func instigatorValues(i *storage.Instigator) []driver.Value {
	return []driver.Value{
		string(i.Status), i.Declared, i.Timing, nanoseconds(i.Since), nanoseconds(i.Next), nanoseconds(i.At), nanoseconds(i.Last),
		int64(i.Attempt), int64(i.Failures), i.Cursor, i.Position, nanoseconds(i.Gone), i.Version,
	}
}

func checkInstigator(i *storage.Instigator) error {
	err := errors.Join(checkTime(i.Since), checkTime(i.Next), checkTime(i.At), checkTime(i.Last), checkTime(i.Gone))
	if err != nil {
		return fmt.Errorf("%s: %w", i.InstigatorID, err)
	}
	return nil
}

// instigator returns the number and the version of an instigator, zeros if it is not stored.
func (t *tx) instigator(id storage.InstigatorID) (n, version int64, err error) {
	row, err := t.c.integers(context.Background(), oneInstigator, id.Repository, string(id.Kind), id.Name)
	if err != nil || row == nil {
		return 0, 0, t.fault(err)
	}
	return row[0], row[1], nil
}

// keep stores i over the one of that number, 0 for a new one, and returns its number.
func (t *tx) keep(n int64, i *storage.Instigator) (int64, error) {
	values := instigatorValues(i)
	if n != 0 {
		return n, t.exec(nextInstigator, append([]driver.Value{n}, values...)...)
	}
	t.changed, t.told = true, true
	row, err := t.c.integers(context.Background(), firstInstigator,
		append([]driver.Value{i.Repository, string(i.Kind), i.Name}, values...)...)
	if err != nil {
		return 0, t.fault(err)
	}
	return row[0], nil
}

// SetInstigators implements [storage.TickStore].
func (s *Store) SetInstigators(ctx context.Context, lead storage.Guard, list []storage.Instigator, events ...storage.Event) error {
	w := &settingInstigators{lead: lead, list: list}
	var err error
	for i := range list {
		err = errors.Join(err, checkInstigator(&list[i]))
	}
	if err == nil {
		w.rows, w.size, err = s.kinds.encode(events)
	}
	if err == nil {
		err = s.queue.submit(ctx, w, 2*len(list)+len(events))
	}
	if err != nil {
		return fmt.Errorf("store %d instigators: %w", len(list), err)
	}
	return nil
}

type settingInstigators struct {
	lead storage.Guard
	list []storage.Instigator
	rows []row
	size int
}

func (w *settingInstigators) do(t *tx) error {
	if err := t.lead(w.lead); err != nil {
		return err
	}
	nexts, err := storage.NextInstigators(w.list, func(id storage.InstigatorID) (int64, error) {
		_, version, err := t.instigator(id)
		return version, err
	})
	if err != nil {
		return err
	}
	for at := range nexts {
		n, _, err := t.instigator(nexts[at].InstigatorID)
		if err == nil {
			_, err = t.keep(n, &nexts[at])
		}
		if err != nil {
			return err
		}
	}
	_, err = t.append(nil, w.rows, w.size)
	return err
}

// Instigators implements [storage.TickStore].
func (s *Store) Instigators(ctx context.Context, f storage.InstigatorFilter) ([]storage.Instigator, error) {
	if err := checkTime(f.Due); err != nil {
		return nil, fmt.Errorf("read instigators: %w", err)
	}
	var out []storage.Instigator
	err := s.readers.read(ctx, func(c *conn) error {
		query, args := selectInstigators(f)
		return c.query(ctx, query, args, func(row []driver.Value) error {
			out = append(out, scanInstigator(row))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read instigators: %w", err)
	}
	return out, nil
}

// selectInstigators makes the statement that reads the page that f chooses, in the order of one index.
func selectInstigators(f storage.InstigatorFilter) (string, []driver.Value) {
	q := &query{}
	from, order, plus := "sqlite_autoindex_instigators_1", "i.repository, i.kind, i.name", ""
	if f.Repository == "" || !f.Due.IsZero() {
		plus = "+" // with it SQLite doesn't leave what is fixed out of the order, which would then not be that of the index
	}
	if !f.Due.IsZero() {
		from, order = "instigators_next", "i.next, "+order
		q.where("i.next IS NOT NULL AND i.next <= ?", f.Due.UnixNano())
	}
	if f.Repository != "" {
		q.where(plus+"i.repository = ?", f.Repository)
	}
	if f.Kind != "" {
		q.where(plus+"i.kind = ?", string(f.Kind))
	}
	if f.Name != "" {
		q.where(plus+"i.name = ?", f.Name)
	}
	q.where("(i.repository, i.kind, i.name) > (?, ?, ?)", f.After.Repository, string(f.After.Kind), f.After.Name)
	if (f.After == storage.InstigatorID{}) { // one without a name is after nothing too
		q.conditions[len(q.conditions)-1] = "(i.repository, i.kind, i.name) >= (?, ?, ?)"
	}
	return "SELECT " + instigatorColumns + " FROM instigators i INDEXED BY " + from + q.clause() + " ORDER BY " + order + " LIMIT ?",
		append(q.args, page(f.Limit, 1000, 10_000))
}

// NextDue implements [storage.TickStore].
func (s *Store) NextDue(ctx context.Context) (next time.Time, err error) {
	err = s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, nextDue, nil, func(row []driver.Value) error {
			next = moment(row[0])
			return nil
		})
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read when the next tick is due: %w", err)
	}
	return next, nil
}
