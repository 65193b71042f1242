package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

// position is where a run stands among the others; the zero value stands for the newest end.
type position struct {
	id      string
	created int64
}

func startOf(ctx context.Context, c *conn, id storage.RunID) (position, error) {
	if id == "" {
		return position{}, nil
	}
	row, err := c.integers(ctx, "SELECT created FROM runs WHERE id = ?", string(id))
	if err == nil && row == nil {
		err = fmt.Errorf("older than run %q: %w", id, storage.ErrRunNotFound)
	}
	if err != nil {
		return position{}, err
	}
	return position{id: string(id), created: row[0]}, nil
}

// selectRuns makes the statement that reads the page of f that starts after before. It walks one index, the narrowest
// that f allows, newest first, and stops at the end of the page; the other conditions are looked up on the way.
// Where f needs several walks they are merged: each is in order, and so is the whole.
func selectRuns(f storage.RunFilter, before position) (string, []driver.Value) {
	limit := page(f.Limit, 100, 1000)
	walks := walksOf(f, before)
	if len(walks) == 1 {
		w := walks[0]
		order := fmt.Sprintf(" ORDER BY %[1]s.created DESC, %[1]s.id DESC LIMIT ?", w.table)
		return w.text() + order, append(w.args, limit)
	}
	parts := make([]string, 0, len(walks))
	var args []driver.Value
	for _, w := range walks {
		parts = append(parts, w.text())
		args = append(args, w.args...)
	}
	return strings.Join(parts, " UNION ALL ") + " ORDER BY created DESC, id DESC LIMIT ?", append(args, limit)
}

// walk is one pass through an index.
type walk struct {
	query

	from  string
	table string // the one whose order counts
}

func (w *walk) text() string { return "SELECT " + runColumns + w.from + w.clause() }

func walksOf(f storage.RunFilter, before position) []*walk {
	switch {
	case f.Root != "":
		line := &walk{from: " FROM runs r INDEXED BY runs_root", table: "r"}
		line.where("r.root = ?", string(f.Root))
		root := &walk{from: " FROM runs r", table: "r"}
		root.where("r.id = ? AND r.root IS NOT r.id", string(f.Root))
		return []*walk{line.filter(f, before), root.filter(f, before)}
	case len(f.Tags) > 0:
		keys := slices.Sorted(maps.Keys(f.Tags))
		w := &walk{from: " FROM run_tags d CROSS JOIN runs r ON r.id = d.id", table: "d"}
		w.where("d.key = ? AND d.value = ?", keys[0], f.Tags[keys[0]])
		f.Tags = maps.Clone(f.Tags)
		delete(f.Tags, keys[0])
		return []*walk{w.filter(f, before)}
	case f.Asset != "":
		w := &walk{from: " FROM run_assets d CROSS JOIN runs r ON r.id = d.id", table: "d"}
		w.where("d.asset = ?", f.Asset)
		f.Asset = ""
		return []*walk{w.filter(f, before)}
	case f.Job != "":
		return []*walk{(&walk{from: " FROM runs r INDEXED BY runs_job", table: "r"}).filter(f, before)}
	case len(f.Statuses) > 0:
		return statusWalks(f, before)
	default:
		return []*walk{(&walk{from: " FROM runs r INDEXED BY runs_created", table: "r"}).filter(f, before)}
	}
}

func statusWalks(f storage.RunFilter, before position) []*walk {
	statuses := slices.Compact(slices.Sorted(slices.Values(f.Statuses)))
	walks := make([]*walk, 0, len(statuses))
	for _, status := range statuses {
		f.Statuses = []storage.RunStatus{status}
		walks = append(walks, (&walk{from: " FROM runs r INDEXED BY runs_status", table: "r"}).filter(f, before))
	}
	return walks
}

// filter adds what f says besides the index, and where the page starts.
func (w *walk) filter(f storage.RunFilter, before position) *walk {
	for _, k := range slices.Sorted(maps.Keys(f.Tags)) {
		w.where("EXISTS (SELECT 1 FROM run_tags t WHERE t.key = ? AND t.value = ? AND t.created = r.created AND t.id = r.id)",
			k, f.Tags[k])
	}
	if f.Asset != "" {
		w.where("EXISTS (SELECT 1 FROM run_assets t WHERE t.asset = ? AND t.created = r.created AND t.id = r.id)", f.Asset)
	}
	if f.Job != "" {
		w.where("r.job = ?", f.Job)
	}
	if f.Repository != "" {
		w.where("r.repository = ?", f.Repository)
	}
	switch len(f.Statuses) {
	case 0:
	case 1:
		w.where("r.status = ?", string(f.Statuses[0]))
	default:
		args := make([]driver.Value, 0, len(f.Statuses))
		for _, s := range f.Statuses {
			args = append(args, string(s))
		}
		w.where("r.status IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	if before.id != "" {
		w.where("("+w.table+".created, "+w.table+".id) < (?, ?)", before.created, before.id)
	}
	return w
}
