package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

const (
	// ?4 is the run.
	planCheck = `INSERT INTO asset_checks (asset, name, partition, planned, run, blocking)
			VALUES (?1, ?2, ?3, ?4, (SELECT id FROM runs WHERE n = ?4), ?5)
		ON CONFLICT DO UPDATE SET planned = excluded.planned, run = excluded.run, ended = 0, blocking = excluded.blocking`

	// ?4 is the run or null, ?6 the event. What is in progress for another run stays so.
	putCheck = `INSERT INTO asset_checks (asset, name, partition, run, blocking, evaluation, passed, severity, materialization)
			VALUES (?1, ?2, ?3, (SELECT id FROM runs WHERE n = ?4), ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT DO UPDATE SET run = CASE WHEN planned IS NULL OR planned = ?4 THEN excluded.run ELSE run END,
			planned = nullif(planned, ?4), ended = 0, blocking = excluded.blocking, evaluation = excluded.evaluation,
			passed = excluded.passed, severity = excluded.severity, materialization = excluded.materialization`

	latestOfKey = "SELECT latest FROM asset_partitions WHERE asset = ? AND partition = ?"
	latestOfAny = "SELECT latest FROM assets WHERE n = ?"
	endChecks   = "UPDATE asset_checks INDEXED BY asset_checks_planned SET planned = NULL, ended = ?2 WHERE planned = ?1"
)

// noteCheck takes a check's event into account. It is written at once, unlike what events say of assets: there are few, and
// what is the newest materialization now may not be it at the transaction's end.
func (t *tx) noteCheck(asset int64, r *row, id, run int64) error {
	d := r.check
	if r.kind == storage.AssetCheckPlanned {
		if run == 0 { // it would never end
			return nil
		}
		return t.exec(planCheck, asset, d.Check, r.partition, run, d.Blocking)
	}
	newest, err := t.newest(asset, r.partition)
	if err != nil {
		return err
	}
	return t.exec(putCheck, asset, d.Check, r.partition, orNone(run), d.Blocking, id, d.Passed, d.Severity, orNone(newest))
}

// newest is the newest materialization of a partition as of now, or of any for the empty one; 0 if there is none.
func (t *tx) newest(asset int64, partition string) (int64, error) {
	query, args := latestOfKey, []driver.Value{asset, partition}
	if partition == "" {
		if c := t.changes.assets[asset]; c != nil && c.latest != 0 {
			return c.latest, nil
		}
		query, args = latestOfAny, args[:1]
	} else if c := t.changes.partitions[assetPartition{asset, partition}]; c.latest != 0 {
		return c.latest, nil
	}
	row, err := t.c.integers(context.Background(), query, args...)
	if err != nil || row == nil {
		return 0, t.fault(err)
	}
	return row[0], nil
}

// endChecks ends what a run planned and did not make.
func (t *tx) endChecks(run int64, failed bool) error {
	ended := int64(2)
	if failed {
		ended = 1
	}
	return t.exec(endChecks, run, ended)
}

// orNone stores 0 as null.
func orNone(n int64) driver.Value {
	if n == 0 {
		return nil
	}
	return n
}

const checkQuery = `SELECT a.key, c.name, c.partition, c.run, c.planned IS NOT NULL, c.ended, c.blocking, c.evaluation, c.passed, c.severity,
		c.materialization, CASE c.partition WHEN '' THEN a.latest ELSE p.latest END
	FROM assets a CROSS JOIN asset_checks c ON c.asset = a.n
	LEFT JOIN asset_partitions p ON p.asset = c.asset AND p.partition = c.partition`

const checkOrder = " ORDER BY a.key, c.name, c.partition LIMIT ?"

func scanCheck(row []driver.Value) storage.CheckStatus {
	s := storage.CheckStatus{
		CheckKey: storage.CheckKey{Asset: text(row[0]), Check: text(row[1]), Partition: text(row[2])},
		Run:      storage.RunID(text(row[3])), Blocking: integer(row[6]) != 0,
		Evaluation: integer(row[7]), Passed: integer(row[8]) != 0, Severity: text(row[9]),
		Materialization: integer(row[10]), Latest: integer(row[11]),
	}
	switch {
	case integer(row[4]) != 0:
		s.State = storage.CheckInProgress
	case integer(row[5]) == 1:
		s.State = storage.CheckExecutionFailed
	case integer(row[5]) == 2:
		s.State = storage.CheckSkipped
	case s.Passed:
		s.State = storage.CheckSucceeded
	default:
		s.State = storage.CheckFailed
	}
	return s
}

// maxAssets is how many assets a statement names: what is more is read by several.
const maxAssets = 256

// CheckStatuses implements [storage.CheckStore].
func (s *Store) CheckStatuses(ctx context.Context, f storage.CheckFilter) ([]storage.CheckStatus, error) {
	var out []storage.CheckStatus
	limit := page(f.Limit, 1000, 10_000)
	err := s.readers.snapshot(ctx, func(c *conn) error {
		for _, q := range selectChecks(f) {
			left := limit - int64(len(out))
			if left == 0 {
				return nil
			}
			err := c.query(ctx, checkQuery+q.clause()+checkOrder, append(q.args, left), func(row []driver.Value) error {
				out = append(out, scanCheck(row))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	return out, nil
}

// selectChecks makes the statements that read the page that f chooses, one after the other: the rest of the asset at which
// the page before ended, then the assets after it. Each starts where it is to.
func selectChecks(f storage.CheckFilter) []*query {
	assets := slices.Compact(slices.Sorted(slices.Values(f.Assets)))
	start, within := slices.BinarySearch(assets, f.After.Asset)
	var out []*query
	more := func() *query {
		q := &query{}
		out = append(out, q)
		return q
	}
	if f.After != (storage.CheckKey{}) && (within || len(assets) == 0) {
		q := more()
		q.where("a.key = ?", f.After.Asset)
		q.where("(c.name, c.partition) > (?, ?)", f.After.Check, f.After.Partition)
	}
	if within && f.After != (storage.CheckKey{}) {
		start++
	}
	if len(assets) == 0 {
		more().where("a.key > ?", f.After.Asset)
	}
	for part := range slices.Chunk(assets[start:], maxAssets) {
		keys := make([]driver.Value, len(part))
		for i, key := range part {
			keys[i] = key
		}
		more().where("a.key IN (?"+strings.Repeat(",?", len(keys)-1)+")", keys...)
	}
	for _, q := range out {
		if f.Check != "" {
			q.where("c.name = ?", f.Check)
		}
		if f.Partition != "" {
			q.where("c.partition = ?", f.Partition)
		}
	}
	return out
}
