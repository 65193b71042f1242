package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

// CommitTick implements [storage.TickStore].
func (s *Store) CommitTick(ctx context.Context, c storage.TickCommit) (storage.Tick, error) {
	w := &tickCommit{TickCommit: c}
	rows, err := w.encode(s.kinds)
	if err == nil {
		err = s.queue.submit(ctx, w, rows)
	}
	if err != nil {
		return storage.Tick{}, fmt.Errorf("commit a tick of %s: %w", c.Instigator.InstigatorID, err)
	}
	return w.tick, nil
}

type tickCommit struct {
	storage.TickCommit

	runs []*creation // of TickCommit.Runs
	rows []row
	size int
	tick storage.Tick // as it is stored
}

// encode does what needs no store, and returns roughly how many rows are to be written.
func (w *tickCommit) encode(k *kinds) (rows int, err error) {
	err = errors.Join(storage.CheckDynamic(w.Dynamic), checkInstigator(&w.Instigator),
		checkTime(w.Tick.At), checkTime(w.Tick.Started), checkTime(w.Tick.Ended))
	if err != nil {
		return 0, err
	}
	if w.rows, w.size, err = k.encode(w.Events); err != nil {
		return 0, err
	}
	rows = 6 + len(w.rows)
	for _, n := range w.Runs {
		r, err := k.encodeRun(n)
		if err != nil {
			return 0, err
		}
		w.runs = append(w.runs, r)
		rows += 6 + len(r.rows)
	}
	for _, d := range w.Dynamic {
		rows += len(d.Add) + len(d.Remove)
	}
	return rows, nil
}

func (w *tickCommit) do(t *tx) error {
	if err := t.lead(w.Lead); err != nil {
		return err
	}
	n, version, err := t.instigator(w.Instigator.InstigatorID)
	if err != nil {
		return err
	}
	next, err := storage.NextInstigator(version, w.Instigator)
	if err != nil {
		return err
	}
	if err := w.checkTick(t); err != nil {
		return err
	}
	fresh, known, err := storage.Requested(w.Runs, func(scope, key string) (storage.RunID, error) { return t.runOfKey(n, scope, key) }, t.free)
	if err != nil {
		return err
	}
	if n, err = t.keep(n, &next); err != nil {
		return err
	}
	if err := t.changeDynamic(w.Dynamic); err != nil {
		return err
	}
	created, err := w.create(t, n, fresh)
	if err != nil {
		return err
	}
	if _, err := t.append(nil, w.rows, w.size); err != nil {
		return err
	}
	w.tick = storage.EndTick(&w.TickCommit, created, known)
	return w.keep(t, n)
}

const startedTick = "SELECT i.repository, i.kind, i.name, t.status FROM ticks t CROSS JOIN instigators i ON i.n = t.instigator WHERE t.id = ?"

// checkTick refuses a tick that is not to be stored over the one that there is.
func (w *tickCommit) checkTick(t *tx) error {
	if w.Tick.ID == 0 {
		return nil
	}
	refused := fmt.Errorf("tick %d is not there: %w", w.Tick.ID, storage.ErrConflict)
	err := t.query(startedTick, []driver.Value{w.Tick.ID}, func(row []driver.Value) error {
		refused = storage.CheckStarted(&w.TickCommit, scanInstigatorID(row), storage.TickStatus(text(row[3])))
		return nil
	})
	return cmp.Or(err, refused)
}

const runOfKey = "SELECT run FROM run_keys WHERE instigator = ? AND scope = ? AND key = ?"

// runOfKey is the run that an instigator has asked for by a key; none for a new key.
func (t *tx) runOfKey(instigator int64, scope, key string) (id storage.RunID, err error) {
	err = t.query(runOfKey, []driver.Value{instigator, scope, key}, func(row []driver.Value) error {
		id = storage.RunID(text(row[0]))
		return nil
	})
	return id, err
}

func (w *tickCommit) create(t *tx, instigator int64, fresh []int) (created []storage.RunID, err error) {
	for _, at := range fresh {
		n := &w.Runs[at]
		if err := w.runs[at].write(t); err != nil {
			return nil, err
		}
		created = append(created, n.Run.ID)
		if n.Key == "" {
			continue
		}
		err := t.exec("INSERT INTO run_keys (instigator, scope, key, run) VALUES (?, ?, ?, ?)", instigator, n.Scope, n.Key, string(n.Run.ID))
		if err != nil {
			return nil, err
		}
	}
	return created, nil
}

const putTick = `INSERT INTO ticks (id, instigator, at, attempt, status, started, ended, runs, known, reason, error, cursor, events, missed)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET at = excluded.at, attempt = excluded.attempt, status = excluded.status, started = excluded.started,
		ended = excluded.ended, runs = excluded.runs, known = excluded.known, reason = excluded.reason, error = excluded.error,
		cursor = excluded.cursor, events = excluded.events, missed = excluded.missed`

// keep stores the tick.
func (w *tickCommit) keep(t *tx, instigator int64) error {
	if w.tick.ID == 0 {
		t.lastTick++
		w.tick.ID = t.lastTick
	}
	k := &w.tick
	runs, err := listOf(k.Runs)
	if err != nil {
		return t.fault(err)
	}
	known, err := listOf(k.Known)
	if err != nil {
		return t.fault(err)
	}
	err = t.exec(putTick, k.ID, instigator, nanoseconds(k.At), int64(k.Attempt), string(k.Status), nanoseconds(k.Started), nanoseconds(k.Ended),
		runs, known, orNull(k.Reason), orNull(k.Error), orNull(k.Cursor), int64(k.Events), int64(k.Missed))
	for _, run := range k.Runs {
		if err == nil {
			err = t.exec("INSERT INTO tick_runs (run, tick) VALUES (?, ?)", string(run), k.ID)
		}
	}
	return err
}

// listOf is a list as JSON, null for an empty one.
func listOf[T any](list []T) (driver.Value, error) {
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // a column's value
	}
	form, err := json.Marshal(list)
	return string(form), err
}

const (
	forgetKeys   = "DELETE FROM run_keys WHERE instigator = ?"
	forgetOneKey = "DELETE FROM run_keys INDEXED BY run_keys_key WHERE instigator = ? AND key = ?"
)

// ForgetRunKeys implements [storage.TickStore].
func (s *Store) ForgetRunKeys(ctx context.Context, id storage.InstigatorID, keys ...string) (int, error) {
	w := &forgetting{id: id, keys: keys}
	if err := s.queue.submit(ctx, w, 10+len(keys)); err != nil {
		return 0, fmt.Errorf("forget run keys of %s: %w", id, err)
	}
	return w.count, nil
}

type forgetting struct {
	id    storage.InstigatorID
	keys  []string
	count int
}

func (w *forgetting) do(t *tx) error {
	w.count = 0
	n, _, err := t.instigator(w.id)
	if err != nil || n == 0 {
		return err
	}
	count := func(query string, args ...driver.Value) error {
		gone, err := t.affected(query, args...)
		w.count += gone
		return err
	}
	if len(w.keys) == 0 {
		return count(forgetKeys, n)
	}
	for _, key := range w.keys {
		if err := count(forgetOneKey, n, key); err != nil {
			return err
		}
	}
	return nil
}
