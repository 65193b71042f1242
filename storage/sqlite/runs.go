package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// CreateRun implements [storage.RunStore].
func (s *Store) CreateRun(ctx context.Context, r storage.Run, events ...storage.Event) error {
	w, err := s.kinds.encodeRun(storage.NewRun{Run: r, Events: events})
	if err == nil {
		err = s.queue.submit(ctx, w, len(events)+4)
	}
	if err != nil {
		return fmt.Errorf("create run %.140q: %w", r.ID, err)
	}
	return nil
}

// encodeRun is what is to be stored for a new run.
func (k *kinds) encodeRun(n storage.NewRun) (*creation, error) {
	r, err := storage.Prepare(n.Run, time.Now())
	if err != nil {
		return nil, err
	}
	w := &creation{run: r}
	if err = checkTime(r.Created); err == nil {
		w.values, err = runValues(r)
	}
	if err == nil {
		w.rows, w.size, err = k.encode(n.Events)
	}
	return w, err
}

type creation struct {
	run    storage.Run
	values []driver.Value
	rows   []row
	size   int
}

func (w *creation) do(t *tx) error {
	if err := t.free(w.run.ID); err != nil {
		return err
	}
	return w.write(t)
}

// free returns an error if the ID of a run is taken.
func (t *tx) free(id storage.RunID) error {
	h, err := t.run(id)
	if err == nil && h != nil {
		err = fmt.Errorf("run %q: %w", id, storage.ErrRunExists)
	}
	return err
}

// write stores the run, whose ID must be free.
func (w *creation) write(t *tx) error {
	t.lastRun++
	h := &held{n: t.lastRun, status: w.run.Status, epoch: w.run.Epoch}
	if err := t.exec(insertRun, append([]driver.Value{h.n}, w.values...)...); err != nil {
		return err
	}
	id, created := string(w.run.ID), w.run.Created.UnixNano()
	for k, v := range w.run.Tags {
		if err := t.exec("INSERT INTO run_tags (key, value, created, id) VALUES (?, ?, ?, ?)", k, v, created, id); err != nil {
			return err
		}
	}
	for _, a := range w.run.Assets {
		if err := t.exec("INSERT INTO run_assets (asset, created, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", a, created, id); err != nil {
			return err
		}
	}
	t.runs[w.run.ID] = h
	_, err := t.append(h, w.rows, w.size)
	return err
}

const (
	runColumns = `r.id, r.repository, r.job, r.status, r.epoch, r.created, r.started, r.ended, r.parent, r.root,
		r.worker, r.cancel_target, r.cancel_reason, r.error, r.tags, r.assets, r.steps, r.config, r.enqueued, r.launched, r.cancel_by`
	insertRun = `INSERT INTO runs (n, id, repository, job, status, epoch, created, parent, root, worker,
		enqueued, launched, tags, assets, steps, config) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// runValues are the columns of insertRun without the first.
func runValues(r storage.Run) ([]driver.Value, error) {
	values := []driver.Value{
		string(r.ID), r.Repository, r.Job, string(r.Status), r.Epoch, r.Created.UnixNano(),
		orNull(string(r.Parent)), orNull(string(r.Root)), orNull(r.Worker), nanoseconds(r.Enqueued), nanoseconds(r.Launched),
	}
	for _, part := range []struct {
		there bool
		value any
	}{{len(r.Tags) > 0, r.Tags}, {len(r.Assets) > 0, r.Assets}, {len(r.Steps) > 0, r.Steps}} {
		if !part.there {
			values = append(values, nil)
			continue
		}
		text, err := json.Marshal(part.value)
		if err != nil {
			return nil, err
		}
		values = append(values, string(text))
	}
	return append(values, orNull(string(r.Config))), nil
}

func scanRun(row []driver.Value) (storage.Run, error) {
	r := storage.Run{
		ID: storage.RunID(text(row[0])), Repository: text(row[1]), Job: text(row[2]),
		Status: storage.RunStatus(text(row[3])), Epoch: integer(row[4]),
		Created: moment(row[5]), Started: moment(row[6]), Ended: moment(row[7]),
		Parent: storage.RunID(text(row[8])), Root: storage.RunID(text(row[9])), Worker: text(row[10]),
		CancelTarget: storage.RunStatus(text(row[11])), CancelReason: text(row[12]), Error: text(row[13]),
		Enqueued: moment(row[18]), Launched: moment(row[19]), CancelBy: moment(row[20]),
	}
	if config := text(row[17]); config != "" {
		r.Config = json.RawMessage(config)
	}
	for i, into := range []any{&r.Tags, &r.Assets, &r.Steps} {
		if list := text(row[14+i]); list != "" {
			if err := json.Unmarshal([]byte(list), into); err != nil {
				return r, fmt.Errorf("run %q: %w: %w", r.ID, ErrDamaged, err)
			}
		}
	}
	return r, nil
}

const oneRun = "SELECT " + runColumns + " FROM runs r WHERE r.id = ?"

// Run implements [storage.RunStore].
func (s *Store) Run(ctx context.Context, id storage.RunID) (storage.Run, error) {
	var out storage.Run
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, oneRun, []driver.Value{string(id)}, func(row []driver.Value) (err error) {
			out, err = scanRun(row)
			return err
		})
	})
	if err == nil && out.ID == "" {
		err = storage.ErrRunNotFound
	}
	if err != nil {
		return storage.Run{}, fmt.Errorf("run %q: %w", id, err)
	}
	return out, nil
}

// Runs implements [storage.RunStore].
func (s *Store) Runs(ctx context.Context, f storage.RunFilter) ([]storage.Run, error) {
	var out []storage.Run
	err := s.readers.read(ctx, func(c *conn) error {
		before, err := startOf(ctx, c, f.Before)
		if err != nil {
			return err
		}
		query, args := selectRuns(f, before)
		return c.query(ctx, query, args, func(row []driver.Value) error {
			r, err := scanRun(row)
			out = append(out, r)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	return out, nil
}
