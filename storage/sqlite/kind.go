package sqlite

import (
	"context"
	"database/sql/driver"
	"maps"
	"sync/atomic"

	"github.com/dagster-go/dagster/storage"
)

// kinds knows the numbers under which kinds of events are stored. New ones come, none changes.
type kinds struct {
	known atomic.Pointer[kindTable]
}

type kindTable struct {
	numbers map[storage.EventKind]driver.Value
	names   map[int64]storage.EventKind
}

func newKinds() *kinds {
	k := &kinds{}
	k.known.Store(&kindTable{})
	return k
}

// load reads the table; others may use k meanwhile.
func (k *kinds) load(ctx context.Context, c *conn) error {
	t := &kindTable{numbers: make(map[storage.EventKind]driver.Value), names: make(map[int64]storage.EventKind)}
	err := c.query(ctx, "SELECT n, name FROM kinds", nil, func(row []driver.Value) error {
		kind := storage.EventKind(text(row[1]))
		t.numbers[kind], t.names[integer(row[0])] = row[0], kind
		return nil
	})
	if err != nil {
		return err
	}
	// Of two that load at once the one that knows less must not win.
	for {
		old := k.known.Load()
		if len(old.names) > len(t.names) {
			return nil
		}
		maps.Copy(t.names, old.names)
		maps.Copy(t.numbers, old.numbers)
		if k.known.CompareAndSwap(old, t) {
			return nil
		}
	}
}

// number returns the number of a kind, nil for one that was never stored.
func (k *kinds) number(kind storage.EventKind) driver.Value {
	return k.known.Load().numbers[kind]
}

// name returns the kind of a number that was read through c.
func (k *kinds) name(ctx context.Context, c *conn, n int64) (storage.EventKind, error) {
	if name, ok := k.known.Load().names[n]; ok {
		return name, nil
	}
	err := k.load(ctx, c)
	return k.known.Load().names[n], err
}

// intern gives a kind that this release does not know a number. Others see it when the transaction is committed.
func (t *tx) intern(kind storage.EventKind) (driver.Value, error) {
	t.interned = true
	row, err := t.c.integers(context.Background(),
		"INSERT INTO kinds (n, name) SELECT max(n, 999) + 1, ? FROM (SELECT max(n) AS n FROM kinds) WHERE true ON CONFLICT (name) DO UPDATE SET name = name RETURNING n",
		string(kind))
	if err != nil {
		return nil, err
	}
	return row[0], nil
}
