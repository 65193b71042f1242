package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// ChangeDynamic implements [storage.PartitionStore].
func (s *Store) ChangeDynamic(ctx context.Context, changes ...storage.DynamicChange) error {
	if err := storage.CheckDynamic(changes); err != nil {
		return err
	}
	w := &dynamicChanges{changes: changes}
	keys := 0
	for _, c := range changes {
		keys += len(c.Add) + len(c.Remove)
	}
	if err := s.queue.submit(ctx, w, keys+len(changes)); err != nil {
		return fmt.Errorf("change dynamic partitions: %w", err)
	}
	return nil
}

type dynamicChanges struct{ changes []storage.DynamicChange }

const (
	addName    = "INSERT INTO dynamic_names (name) VALUES (?) ON CONFLICT DO UPDATE SET name = name RETURNING n"
	dynamicEnd = "SELECT coalesce(max(n), 0) FROM dynamic_keys INDEXED BY dynamic_keys_order WHERE name = ?"
)

// keyBatch is how many keys one statement adds or removes: half of the cost of a row is the way into the library.
const keyBatch = 64

// addKeys adds so many keys, ?3 and on, to the name ?1, numbered from ?2 on.
func addKeys(count int) string {
	var q strings.Builder
	q.WriteString("INSERT INTO dynamic_keys (name, key, n) VALUES ")
	for i := range count {
		if i > 0 {
			q.WriteString(", ")
		}
		fmt.Fprintf(&q, "(?1, ?%d, ?2 + %d)", i+3, i)
	}
	q.WriteString(" ON CONFLICT DO NOTHING")
	return q.String()
}

// removeKeys removes so many keys of a name.
func removeKeys(count int) string {
	return "DELETE FROM dynamic_keys WHERE name = ? AND key IN (?" + strings.Repeat(", ?", count-1) + ")"
}

// eachBatch calls f with keys, many at a time and then one at a time, so that there are but two forms of a statement.
func eachBatch(keys []string, f func(at int, batch []string) error) error {
	for at := 0; at < len(keys); {
		size := 1
		if len(keys)-at >= keyBatch {
			size = keyBatch
		}
		if err := f(at, keys[at:at+size]); err != nil {
			return err
		}
		at += size
	}
	return nil
}

func (w *dynamicChanges) do(t *tx) error { return t.changeDynamic(w.changes) }

func (t *tx) changeDynamic(changes []storage.DynamicChange) error {
	many := [2]string{addKeys(keyBatch), removeKeys(keyBatch)}
	one := [2]string{addKeys(1), removeKeys(1)}
	for _, c := range changes {
		t.changed, t.told = true, true
		name, err := t.c.integers(context.Background(), addName, c.Name)
		if err != nil {
			return t.fault(err)
		}
		run := func(of int, batch []string, args ...driver.Value) error {
			for _, key := range batch {
				args = append(args, key)
				t.bytes += 100 + 2*len(key)
			}
			if len(batch) == 1 {
				return t.exec(one[of], args...)
			}
			return t.exec(many[of], args...)
		}
		err = eachBatch(c.Remove, func(_ int, batch []string) error { return run(1, batch, name[0]) })
		if err != nil {
			return err
		}
		last, err := t.c.integers(context.Background(), dynamicEnd, name[0])
		if err != nil {
			return t.fault(err)
		}
		err = eachBatch(c.Add, func(at int, batch []string) error { return run(0, batch, name[0], last[0]+1+int64(at)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// DynamicKeys implements [storage.PartitionStore].
func (s *Store) DynamicKeys(ctx context.Context, f storage.DynamicFilter) ([]string, error) {
	var out []string
	err := s.readers.snapshot(ctx, func(c *conn) error {
		after, err := dynamicPlace(ctx, c, f)
		if err != nil {
			return err
		}
		query, args := selectDynamic(f, after)
		return c.query(ctx, query, args, func(row []driver.Value) error {
			out = append(out, text(row[0]))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("dynamic partitions %q: %w", f.Name, err)
	}
	return out, nil
}

const placeOfKey = "SELECT n FROM dynamic_keys WHERE name = (SELECT n FROM dynamic_names WHERE name = ?) AND key = ?"

// dynamicPlace is where the page before ended.
func dynamicPlace(ctx context.Context, c *conn, f storage.DynamicFilter) (int64, error) {
	if f.After == "" {
		return 0, nil
	}
	row, err := c.integers(ctx, placeOfKey, f.Name, f.After)
	if err == nil && row == nil {
		err = fmt.Errorf("after %q: %w", f.After, partition.ErrKey)
	}
	if err != nil {
		return 0, err
	}
	return row[0], nil
}

func selectDynamic(f storage.DynamicFilter, after int64) (string, []driver.Value) {
	q := &query{}
	q.where("name = (SELECT n FROM dynamic_names WHERE name = ?)", f.Name)
	q.where("n > ?", after)
	if f.Prefix != "" {
		q.where("key >= ?", f.Prefix)
		if end := successor(f.Prefix); end != "" {
			q.where("key < ?", end)
		}
	}
	return "SELECT key FROM dynamic_keys INDEXED BY dynamic_keys_order" + q.clause() + " ORDER BY n LIMIT ?",
		append(q.args, page(f.Limit, 1000, 10_000))
}

// HasDynamic implements [storage.PartitionStore].
func (s *Store) HasDynamic(ctx context.Context, name string, keys []string) ([]bool, error) {
	has := make([]bool, len(keys))
	err := s.readers.snapshot(ctx, func(c *conn) error {
		for i, key := range keys {
			row, err := c.integers(ctx, placeOfKey, name, key)
			if err != nil {
				return err
			}
			has[i] = row != nil
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dynamic partitions %q: %w", name, err)
	}
	return has, nil
}

// Snapshot implements [storage.PartitionStore].
func (s *Store) Snapshot(ctx context.Context, names []string) (*partition.Snapshot, error) {
	var out *partition.Snapshot
	err := s.readers.snapshot(ctx, func(c *conn) (err error) {
		out, err = dynamicSnapshot(ctx, c, names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read dynamic partitions: %w", err)
	}
	return out, nil
}

const allDynamic = `SELECT key FROM dynamic_keys INDEXED BY dynamic_keys_order
	WHERE name = (SELECT n FROM dynamic_names WHERE name = ?) ORDER BY n`

func dynamicSnapshot(ctx context.Context, c *conn, names []string) (*partition.Snapshot, error) {
	lists := make(map[string][]string, len(names))
	for _, name := range names {
		list := []string{}
		err := c.query(ctx, allDynamic, []driver.Value{name}, func(row []driver.Value) error {
			list = append(list, text(row[0]))
			return nil
		})
		if err != nil {
			return nil, err
		}
		lists[name] = list
	}
	return partition.NewSnapshot(lists)
}
