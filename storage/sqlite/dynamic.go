package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

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
	addKey     = "INSERT INTO dynamic_keys (name, key, n) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
	removeKey  = "DELETE FROM dynamic_keys WHERE name = ? AND key = ?"
)

func (w *dynamicChanges) do(t *tx) error {
	ctx := context.Background()
	for _, c := range w.changes {
		t.changed = true
		name, err := t.c.integers(ctx, addName, c.Name)
		if err != nil {
			return t.fault(err)
		}
		for _, key := range c.Remove {
			if err := t.exec(removeKey, name[0], key); err != nil {
				return err
			}
			t.bytes += 100 + len(key)
		}
		last, err := t.c.integers(ctx, dynamicEnd, name[0])
		if err != nil {
			return t.fault(err)
		}
		for i, key := range c.Add {
			if err := t.exec(addKey, name[0], key, last[0]+1+int64(i)); err != nil {
				return err
			}
			t.bytes += 100 + 2*len(key)
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
