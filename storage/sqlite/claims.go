package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dagster-go/dagster/storage"
)

const (
	freeStep = "DELETE FROM claims WHERE run = ? AND step = ?"
	freeRun  = "DELETE FROM claims WHERE run = ?"

	oneClaim = "SELECT n, priority, held IS NOT NULL, pools FROM claims WHERE run = ? AND step = ?"
	putClaim = `INSERT INTO claims (run, step, epoch, priority, asked, pools) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET epoch = excluded.epoch, priority = excluded.priority, pools = excluded.pools RETURNING n`
	putPlace   = "INSERT INTO places (pool, waits, rank, claim) VALUES (?, 1, ?, ?)"
	dropPlaces = "DELETE FROM places WHERE claim = ?"
	holdClaim  = "UPDATE claims SET held = ? WHERE n = ?"
	holdPlaces = "UPDATE places INDEXED BY places_claim SET waits = 0, rank = 0 WHERE claim = ?"
	keepEpoch  = "UPDATE claims SET epoch = ? WHERE n = ?"

	claimColumns = "r.id, c.epoch, c.step, c.pools, c.priority, c.asked, c.held"
	claimsOf     = "SELECT " + claimColumns + ` FROM places p CROSS JOIN claims c ON c.n = p.claim CROSS JOIN runs r ON r.n = c.run
		WHERE p.pool = ? ORDER BY p.waits, p.rank, p.claim`
	allClaims = "SELECT " + claimColumns + ` FROM claims c CROSS JOIN runs r ON r.n = c.run
		ORDER BY c.held IS NULL, iif(c.held IS NULL, -c.priority, 0), c.n`
)

// Claim implements [storage.PoolStore].
func (s *Store) Claim(ctx context.Context, c storage.Claim, byDefault int) (held bool, err error) {
	w := &claiming{Claim: c, byDefault: byDefault, now: time.Now().UnixNano()}
	w.Pools = storage.PoolNames(c.Pools)
	form, err := json.Marshal(w.Pools)
	if err == nil {
		w.form = string(form)
		err = s.queue.submit(ctx, w, 4)
	}
	if err != nil {
		return false, fmt.Errorf("claim for step %q of run %q: %w", c.Step, c.Run, err)
	}
	return w.held, nil
}

type claiming struct {
	storage.Claim

	byDefault int
	form      string // of the pools
	now       int64
	held      bool
}

func (w *claiming) do(t *tx) error {
	h, err := t.heldRun(w.Run, w.Epoch)
	if err != nil {
		return err
	}
	if w.held = len(w.Pools) == 0; w.held {
		return nil
	}
	n, was, same := int64(0), false, false
	err = t.query(oneClaim, []driver.Value{h.n, w.Step}, func(row []driver.Value) error {
		n, was = integer(row[0]), integer(row[2]) != 0
		same = integer(row[1]) == int64(w.Priority) && text(row[3]) == w.form
		return nil
	})
	if err != nil {
		return err
	}
	if was {
		w.held = true
		return t.execQuietly(keepEpoch, w.Epoch, n)
	}
	if !same {
		if n, err = w.wait(t, h); err != nil {
			return err
		}
	}
	if w.held, err = w.admitted(t, n); err != nil || !w.held {
		return err
	}
	if err := t.exec(holdClaim, w.now, n); err != nil {
		return err
	}
	return t.exec(holdPlaces, n)
}

// wait stores the claim as one that waits.
func (w *claiming) wait(t *tx, h *held) (int64, error) {
	h.claims = true
	t.changed, t.told = true, true
	n, err := t.c.integers(context.Background(), putClaim, h.n, w.Step, w.Epoch, int64(w.Priority), w.now, w.form)
	if err != nil {
		return 0, t.fault(err)
	}
	if err := t.exec(dropPlaces, n[0]); err != nil {
		return 0, err
	}
	for _, pool := range w.Pools {
		if err := t.exec(putPlace, pool, -int64(w.Priority), n[0]); err != nil {
			return 0, err
		}
	}
	return n[0], nil
}

// errEnough ends the reading of rows.
var errEnough = errors.New("enough rows")

// admitted asks [storage.Admit], and gives it what it reads.
func (w *claiming) admitted(t *tx, n int64) (bool, error) {
	var failed error
	free := func(pool string) (int, bool) {
		limit, held := int64(w.byDefault), int64(0)
		err := t.query(onePool, []driver.Value{pool}, func(row []driver.Value) error {
			if row[0] != nil {
				limit = integer(row[0])
			}
			held = integer(row[1])
			return nil
		})
		failed = errors.Join(failed, err)
		return int(limit - held), limit >= 0
	}
	ahead := func(yield func([]string) bool) {
		query, args := selectAhead(w.Pools, -int64(w.Priority), n)
		last := int64(0)
		err := t.c.query(context.Background(), query, args, func(row []driver.Value) error {
			if integer(row[1]) == last { // it shares several pools
				return nil
			}
			last = integer(row[1])
			var pools []string
			if err := json.Unmarshal([]byte(text(row[2])), &pools); err != nil {
				return fmt.Errorf("claim %d: %w: %w", last, ErrDamaged, err)
			}
			if !yield(pools) {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			failed = errors.Join(failed, t.fault(err))
		}
	}
	held := storage.Admit(w.Pools, ahead, free)
	return held && failed == nil, failed
}

// selectAhead makes the statement that reads who waits for one of the pools and comes before the claim n. One walk a pool, merged.
func selectAhead(pools []string, rank, n int64) (string, []driver.Value) {
	const walk = `SELECT p.rank AS rank, p.claim AS claim, c.pools FROM places p CROSS JOIN claims c ON c.n = p.claim
		WHERE p.pool = ? AND p.waits = 1 AND (p.rank, p.claim) < (?, ?)`
	parts, args := make([]string, len(pools)), make([]driver.Value, 0, 3*len(pools))
	for i, pool := range pools {
		parts[i] = walk
		args = append(args, pool, rank, n)
	}
	if len(pools) == 1 {
		return walk + " ORDER BY p.rank, p.claim", args
	}
	return strings.Join(parts, " UNION ALL ") + " ORDER BY rank, claim", args
}

// Withdraw implements [storage.PoolStore].
func (s *Store) Withdraw(ctx context.Context, run storage.RunID, step string) error {
	if err := s.queue.submit(ctx, withdrawing{run, step}, 2); err != nil {
		return fmt.Errorf("withdraw the claim of step %q of run %q: %w", step, run, err)
	}
	return nil
}

type withdrawing struct {
	run  storage.RunID
	step string
}

func (w withdrawing) do(t *tx) error {
	h, err := t.run(w.run)
	if err != nil || h == nil {
		return err
	}
	return t.exec(freeStep, h.n, w.step)
}

// Claims implements [storage.PoolStore].
func (s *Store) Claims(ctx context.Context, pool string) ([]storage.Claim, error) {
	query, args := claimsOf, []driver.Value{pool}
	if pool == "" {
		query, args = allClaims, nil
	}
	var out []storage.Claim
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, query, args, func(row []driver.Value) error {
			x := storage.Claim{
				Run: storage.RunID(text(row[0])), Epoch: integer(row[1]), Step: text(row[2]), Priority: int(integer(row[4])),
				Asked: moment(row[5]), Held: moment(row[6]),
			}
			if err := json.Unmarshal([]byte(text(row[3])), &x.Pools); err != nil {
				return fmt.Errorf("claim of run %q: %w: %w", x.Run, ErrDamaged, err)
			}
			out = append(out, x)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read claims on pool %q: %w", pool, err)
	}
	return out, nil
}
