package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

// maxHeld bounds what a writer remembers of runs and of assets.
const maxHeld = 1 << 14

// tx is the transaction in hand, and what the writer knows as long as no other process writes.
type tx struct {
	c       *conn
	path    string
	kinds   *kinds
	version int64

	definitions *definitions

	known     bool  // the rest was read, and nothing undone since
	seen      int64 // data_version then
	lastEvent int64
	lastRun   int64
	lastTick  int64
	commits   int64
	runs      map[storage.RunID]*held
	assets    map[string]int64
	divisions map[int64]*division // by asset; nil for one that is not divided

	rows     buffer
	changes  assetChanges
	sets     map[setKey]*setRow
	strays   map[int64]int64 // how many more there are, by asset
	bytes    int             // of events, roughly
	changed  bool            // something is to be committed
	told     bool            // and those who watch are to be told of it
	interned bool            // a new kind of event was among it
}

// held is what decides whether events of a run are taken.
type held struct {
	n      int64
	status storage.RunStatus
	epoch  int64
	seq    int64 // of its last event
	claims bool  // it may have some
}

func newTx(c *conn, path string, k *kinds, d *definitions, version int64) *tx {
	return &tx{
		c: c, path: path, kinds: k, definitions: d, version: version,
		runs: make(map[storage.RunID]*held), assets: make(map[string]int64), divisions: make(map[int64]*division),
		changes: newAssetChanges(), sets: make(map[setKey]*setRow), strays: make(map[int64]int64),
	}
}

// begin starts a transaction as the only writer of the file. Deferred transactions are no choice: one that first reads
// and then writes fails as soon as another process wrote in between.
func (t *tx) begin() error {
	ctx := context.Background()
	if err := t.c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return explain(t.path, err)
	}
	t.bytes, t.changed, t.told, t.interned = 0, false, false, false
	if err := t.refresh(ctx); err != nil {
		return errors.Join(explain(t.path, err), t.rollback())
	}
	return nil
}

// refresh forgets what it knew if another connection wrote since.
func (t *tx) refresh(ctx context.Context) error {
	row, err := t.c.integers(ctx, "PRAGMA data_version")
	if err != nil {
		return err
	}
	if t.known && row[0] == t.seen {
		if len(t.runs) > maxHeld {
			clear(t.runs)
		}
		if len(t.assets) > maxHeld {
			clear(t.assets)
			clear(t.divisions)
		}
		return nil
	}
	seen := row[0]
	row, err = t.c.integers(ctx, "SELECT last_event, last_run, commits, (SELECT max(version) FROM schema_version), last_tick FROM counters")
	if err != nil {
		return err
	}
	if row[3] != t.version {
		return tooNew(t.path, row[3], t.version)
	}
	clear(t.runs)
	clear(t.assets)
	clear(t.divisions)
	t.known, t.seen, t.lastEvent, t.lastRun, t.commits, t.lastTick = true, seen, row[0], row[1], row[2], row[4]
	return nil
}

// exec runs a statement that can only fail with the database.
func (t *tx) exec(query string, args ...driver.Value) error {
	t.told = true
	return t.execQuietly(query, args...)
}

// execQuietly is exec for what is of no interest to those who watch.
func (t *tx) execQuietly(query string, args ...driver.Value) error {
	t.changed = true
	return t.fault(t.c.exec(context.Background(), query, args...))
}

// affected is exec that returns how many rows it changed, and is of interest only if there were any.
func (t *tx) affected(query string, args ...driver.Value) (int, error) {
	if err := t.execQuietly(query, args...); err != nil {
		return 0, err
	}
	n, err := t.c.integers(context.Background(), "SELECT changes()")
	if err != nil {
		return 0, t.fault(err)
	}
	t.told = t.told || n[0] > 0
	return int(n[0]), nil
}

func (t *tx) query(query string, args []driver.Value, each func(row []driver.Value) error) error {
	return t.fault(t.c.query(context.Background(), query, args, each))
}

// fault marks an error as the database's.
func (t *tx) fault(err error) error {
	if err == nil {
		return nil
	}
	return &databaseError{err: explain(t.path, err)}
}

// commit makes the transaction durable; it reports whether there was anything in it to tell of.
func (t *tx) commit() (told bool, err error) {
	ctx := context.Background()
	if !t.changed {
		return false, explain(t.path, t.c.exec(ctx, "ROLLBACK"))
	}
	if err := t.flush(); err != nil {
		return false, err
	}
	if t.told {
		t.commits++
		err = t.c.exec(ctx, "UPDATE counters SET last_event = ?, last_run = ?, last_tick = ?, commits = ?", t.lastEvent, t.lastRun, t.lastTick, t.commits)
	}
	if err == nil {
		err = t.c.exec(ctx, "COMMIT")
	}
	if err != nil {
		return false, explain(t.path, err)
	}
	if t.interned {
		return t.told, explain(t.path, t.kinds.load(ctx, t.c))
	}
	return t.told, nil
}

// flush writes what was gathered of the transaction.
func (t *tx) flush() error {
	if err := t.rows.flush(t.c); err != nil {
		return t.fault(err)
	}
	if err := t.changes.flush(t); err != nil {
		return err
	}
	if len(t.sets) == 0 && len(t.strays) == 0 {
		return nil
	}
	if err := t.flushSets(); err != nil {
		return err
	}
	return t.flushStrays()
}

// rollback undoes the transaction, also in memory.
func (t *tx) rollback() error {
	t.known = false
	t.rows.reset()
	t.changes.reset()
	clear(t.sets)
	clear(t.strays)
	// A full disk or an I/O error has undone it already.
	if !t.inTransaction() {
		return nil
	}
	return explain(t.path, t.c.exec(context.Background(), "ROLLBACK"))
}

// inTransaction reports whether the connection is still in a transaction.
func (t *tx) inTransaction() bool {
	c, ok := t.c.raw.(interface{ AutoCommit() bool })
	return ok && !c.AutoCommit()
}

// run returns what is known of the run named id; nil if there is none.
func (t *tx) run(id storage.RunID) (*held, error) {
	if h := t.runs[id]; h != nil {
		return h, nil
	}
	var h *held
	err := t.query(`SELECT n, status, epoch, coalesce((SELECT seq FROM events WHERE run = r.n ORDER BY id DESC LIMIT 1), 0),
			EXISTS (SELECT 1 FROM claims WHERE run = r.n)
		FROM runs r WHERE id = ?`, []driver.Value{string(id)}, func(row []driver.Value) error {
		h = &held{
			n: integer(row[0]), status: storage.RunStatus(text(row[1])), epoch: integer(row[2]), seq: integer(row[3]),
			claims: integer(row[4]) != 0,
		}
		return nil
	})
	if err != nil || h == nil {
		return nil, err
	}
	t.runs[id] = h
	return h, nil
}

// heldRun is mustRun for a worker, who must hold the run.
func (t *tx) heldRun(id storage.RunID, epoch int64) (*held, error) {
	h, err := t.mustRun(id)
	if err == nil && (h.status.Terminal() || h.epoch != epoch) {
		err = fmt.Errorf("it is %s in epoch %d, not %d: %w", h.status, h.epoch, epoch, storage.ErrFenced)
	}
	return h, err
}

// mustRun is run for callers that cannot go on without.
func (t *tx) mustRun(id storage.RunID) (*held, error) {
	h, err := t.run(id)
	if err == nil && h == nil {
		err = fmt.Errorf("run %q: %w", id, storage.ErrRunNotFound)
	}
	return h, err
}
