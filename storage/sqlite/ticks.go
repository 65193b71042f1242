package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dagster-go/dagster/storage"
)

const tickColumns = `i.repository, i.kind, i.name, t.id, t.at, t.attempt, t.status, t.started, t.ended, t.runs, t.known, t.reason, t.error,
	t.cursor, t.events, t.missed`

func scanTick(row []driver.Value) (storage.Tick, error) {
	t := storage.Tick{
		InstigatorID: scanInstigatorID(row), ID: integer(row[3]), At: moment(row[4]), Attempt: int(integer(row[5])),
		Status: storage.TickStatus(text(row[6])), Started: moment(row[7]), Ended: moment(row[8]), Reason: text(row[11]), Error: text(row[12]),
		Cursor: text(row[13]), Events: int(integer(row[14])), Missed: int(integer(row[15])),
	}
	for i, into := range []any{&t.Runs, &t.Known} {
		if list := text(row[9+i]); list != "" {
			if err := json.Unmarshal([]byte(list), into); err != nil {
				return t, fmt.Errorf("tick %d: %w: %w", t.ID, ErrDamaged, err)
			}
		}
	}
	return t, nil
}

// Ticks implements [storage.TickStore].
func (s *Store) Ticks(ctx context.Context, f storage.TickFilter) ([]storage.Tick, error) {
	var out []storage.Tick
	err := s.readers.read(ctx, func(c *conn) error {
		query, args := selectTicks(f)
		return c.query(ctx, query, args, func(row []driver.Value) error {
			t, err := scanTick(row)
			out = append(out, t)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read ticks: %w", err)
	}
	return out, nil
}

// selectTicks makes the statement that reads the page that f chooses. It walks one index, the narrowest that f allows, newest first;
// several statuses are as many walks that are merged.
func selectTicks(f storage.TickFilter) (string, []driver.Value) {
	var walks []*tickWalk
	switch {
	case f.Run != "":
		w := &tickWalk{from: " FROM tick_runs d CROSS JOIN ticks t ON t.id = d.tick", id: "d.tick"}
		w.where("d.run = ?", string(f.Run))
		walks = append(walks, w.within(f, true))
	case f.Repository != "" && f.Kind != "" && f.Name != "":
		w := &tickWalk{from: " FROM ticks t INDEXED BY ticks_instigator", id: "t.id"}
		w.where("t.instigator = (SELECT n FROM instigators WHERE repository = ? AND kind = ? AND name = ?)", f.Repository, string(f.Kind), f.Name)
		f.InstigatorID = storage.InstigatorID{}
		walks = append(walks, w.within(f, true))
	case len(f.Statuses) > 0:
		for _, status := range slices.Compact(slices.Sorted(slices.Values(f.Statuses))) {
			w := &tickWalk{from: " FROM ticks t INDEXED BY ticks_status", id: "t.id"}
			w.where("t.status = ?", string(status))
			walks = append(walks, w.within(f, false))
		}
	default:
		walks = append(walks, (&tickWalk{from: " FROM ticks t NOT INDEXED", id: "t.id"}).within(f, false))
	}
	parts := make([]string, len(walks))
	var args []driver.Value
	for i, w := range walks {
		parts[i] = "SELECT " + tickColumns + w.from + " CROSS JOIN instigators i ON i.n = t.instigator" + w.clause()
		args = append(args, w.args...)
	}
	order := " ORDER BY " + walks[0].id + " DESC LIMIT ?"
	if len(walks) > 1 {
		order = " ORDER BY id DESC LIMIT ?"
	}
	return strings.Join(parts, " UNION ALL ") + order, append(args, page(f.Limit, 100, 1000))
}

// tickWalk is one pass through an index.
type tickWalk struct {
	query

	from, id string
}

// within adds what f says besides the index.
func (w *tickWalk) within(f storage.TickFilter, statuses bool) *tickWalk {
	w.where(w.id+" < ?", cmp.Or(f.Before, math.MaxInt64))
	if f.Repository != "" {
		w.where("i.repository = ?", f.Repository)
	}
	if f.Kind != "" {
		w.where("i.kind = ?", string(f.Kind))
	}
	if f.Name != "" {
		w.where("i.name = ?", f.Name)
	}
	if statuses && len(f.Statuses) > 0 {
		args := make([]driver.Value, len(f.Statuses))
		for i, s := range f.Statuses {
			args[i] = string(s)
		}
		w.where("t.status IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	return w
}

const (
	oldTicks = "SELECT id, started FROM ticks INDEXED BY ticks_started WHERE status = ? AND started < ? ORDER BY started, id LIMIT ?"
	// A tick that never started is older than all.
	unstartedTicks = "SELECT id, started FROM ticks INDEXED BY ticks_started WHERE status = ? AND started IS NULL ORDER BY id LIMIT ?"
	runsOfTick     = "DELETE FROM tick_runs WHERE tick = ?1 AND run IN (SELECT value FROM json_each((SELECT runs FROM ticks WHERE id = ?1)))"
	deleteTick     = "DELETE FROM ticks WHERE id = ?"
)

// PurgeTicks implements [storage.TickStore].
func (s *Store) PurgeTicks(ctx context.Context, statuses []storage.TickStatus, before time.Time, limit int) (int, error) {
	w := &purging{before: before.UTC(), limit: page(limit, 1000, 10_000)}
	for _, status := range slices.Compact(slices.Sorted(slices.Values(statuses))) {
		if status != storage.TickStarted {
			w.statuses = append(w.statuses, string(status))
		}
	}
	err := checkTime(before)
	if err == nil {
		err = s.queue.submit(ctx, w, int(w.limit))
	}
	if err != nil {
		return 0, fmt.Errorf("purge ticks: %w", err)
	}
	return w.count, nil
}

type purging struct {
	statuses []string
	before   time.Time
	limit    int64
	count    int
}

func (w *purging) do(t *tx) error {
	type tick struct{ id, started int64 }
	var old []tick
	note := func(row []driver.Value) error {
		started := int64(math.MinInt64)
		if row[1] != nil {
			started = integer(row[1])
		}
		old = append(old, tick{integer(row[0]), started})
		return nil
	}
	for _, status := range w.statuses {
		if w.before.IsZero() { // nothing is before that
			break
		}
		if err := t.query(unstartedTicks, []driver.Value{status, w.limit}, note); err != nil {
			return err
		}
		if err := t.query(oldTicks, []driver.Value{status, w.before.UnixNano(), w.limit}, note); err != nil {
			return err
		}
	}
	slices.SortFunc(old, func(a, b tick) int { return cmp.Or(cmp.Compare(a.started, b.started), cmp.Compare(a.id, b.id)) })
	old = old[:min(len(old), int(w.limit))]
	for _, k := range old {
		if err := t.exec(runsOfTick, k.id); err != nil {
			return err
		}
		if err := t.exec(deleteTick, k.id); err != nil {
			return err
		}
	}
	w.count = len(old)
	return nil
}
