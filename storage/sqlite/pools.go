package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

const (
	putPool  = "INSERT INTO pools (name, most) VALUES (?, ?) ON CONFLICT DO UPDATE SET most = excluded.most"
	dropPool = "DELETE FROM pools WHERE name = ?"
	allPools = `SELECT p.name, (SELECT most FROM pools WHERE name = p.name), (SELECT count(*) FROM places WHERE pool = p.name AND waits = 0),
			(SELECT count(*) FROM places WHERE pool = p.name AND waits = 1)
		FROM (SELECT name FROM pools UNION SELECT pool FROM places) p ORDER BY p.name`
	onePool = "SELECT (SELECT most FROM pools WHERE name = ?1), count(*) FROM places WHERE pool = ?1 AND waits = 0"
)

// SetPool implements [storage.PoolStore].
func (s *Store) SetPool(ctx context.Context, p storage.Pool) error {
	if err := s.queue.submit(ctx, settingPool{p}, 1); err != nil {
		return fmt.Errorf("set the limit of pool %q: %w", p.Name, err)
	}
	return nil
}

type settingPool struct{ storage.Pool }

func (w settingPool) do(t *tx) error {
	if w.Limit < 0 {
		return t.exec(dropPool, w.Name)
	}
	return t.exec(putPool, w.Name, int64(w.Limit))
}

// Pools implements [storage.PoolStore].
func (s *Store) Pools(ctx context.Context, byDefault int) ([]storage.PoolState, error) {
	var out []storage.PoolState
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, allPools, nil, func(row []driver.Value) error {
			p := storage.PoolState{Pool: storage.Pool{Name: text(row[0]), Limit: int(integer(row[1]))}, Held: int(integer(row[2])), Waiting: int(integer(row[3]))}
			if row[1] == nil {
				p.Limit, p.Default = max(byDefault, -1), true
			}
			out = append(out, p)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read pools: %w", err)
	}
	return out, nil
}
