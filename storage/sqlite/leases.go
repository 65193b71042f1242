package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

const (
	oneLease = "SELECT holder, epoch, beat, ttl, info FROM leases WHERE name = ?"
	putLease = `INSERT INTO leases (name, holder, epoch, beat, ttl, info) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch, beat = excluded.beat, ttl = excluded.ttl, info = excluded.info`
)

// readLease reads the lease of that name; what nobody ever had has neither holder nor epoch.
func readLease(ctx context.Context, c *conn, name string) (storage.Lease, error) {
	l := storage.Lease{Name: name}
	err := c.query(ctx, oneLease, []driver.Value{name}, func(row []driver.Value) error {
		l.Holder, l.Epoch, l.Beat, l.TTL = text(row[0]), integer(row[1]), integer(row[2]), time.Duration(integer(row[3]))
		if info := text(row[4]); info != "" {
			l.Info = json.RawMessage(info)
		}
		return nil
	})
	return l, err
}

// lead returns an error wrapping [storage.ErrFenced] if the leadership was lost.
func (t *tx) lead(g storage.Guard) error {
	if g == (storage.Guard{}) {
		return nil
	}
	stored, err := readLease(context.Background(), t.c, g.Lease)
	if err != nil {
		return t.fault(err)
	}
	return g.Check(stored)
}

// Lease implements [storage.LeaseStore].
func (s *Store) Lease(ctx context.Context, name string) (l storage.Lease, err error) {
	err = s.readers.read(ctx, func(c *conn) (err error) {
		l, err = readLease(ctx, c, name)
		return err
	})
	if err != nil {
		return storage.Lease{}, fmt.Errorf("read lease %q: %w", name, err)
	}
	return l, nil
}

// Acquire implements [storage.LeaseStore].
func (s *Store) Acquire(ctx context.Context, l storage.Lease) (storage.Lease, error) {
	w := &acquiring{asked: l}
	err := s.queue.submit(ctx, w, 1)
	return w.lease, err
}

type acquiring struct{ asked, lease storage.Lease }

func (w *acquiring) do(t *tx) error {
	w.lease = storage.Lease{}
	stored, err := readLease(context.Background(), t.c, w.asked.Name)
	if err != nil {
		return t.fault(err)
	}
	if w.lease, err = storage.NextLease(stored, w.asked); err != nil {
		return err
	}
	put := t.execQuietly // a renewal
	if w.lease.Epoch != stored.Epoch {
		put = t.exec
	}
	l := &w.lease
	return put(putLease, l.Name, l.Holder, l.Epoch, l.Beat, int64(l.TTL), orNull(string(l.Info)))
}

// Release implements [storage.LeaseStore].
func (s *Store) Release(ctx context.Context, g storage.Guard) error {
	if err := s.queue.submit(ctx, releasing{g}, 1); err != nil {
		return fmt.Errorf("release lease %q: %w", g.Lease, err)
	}
	return nil
}

type releasing struct{ storage.Guard }

func (w releasing) do(t *tx) error {
	l, err := readLease(context.Background(), t.c, w.Lease)
	if err != nil || l.Holder == "" || l.Epoch != w.Epoch {
		return t.fault(err)
	}
	return t.exec("UPDATE leases SET holder = '', beat = beat + 1 WHERE name = ?", w.Lease)
}
