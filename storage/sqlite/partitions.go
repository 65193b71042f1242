package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/storage"
)

// partitionChange is what events say of one partition: how its row is to change, whatever there is in it. Zero fields
// leave the row as it is.
type partitionChange struct {
	latest int64 // the newest materialization
	failed verdict
	plan   planChange
	run    int64 // that the change of the plan is about
}

// verdict is how the newest attempt ended.
type verdict uint8

const (
	unheard verdict = iota
	succeeded
	failed
)

// planChange is what becomes of the run that a partition is in progress for.
type planChange uint8

const (
	planKept   planChange = iota
	planSet               // to the run
	planGone              // to none
	planGoneIf            // to none, if it is the run
)

// notePartition takes an event into account that names a partition; run is 0 for none.
func (a *assetChanges) notePartition(t *tx, at assetPartition, kind storage.EventKind, id, run int64) error {
	c := a.partitions[at]
	a.keyed = a.keyed || at.key != ""
	switch kind {
	case storage.AssetMaterializationPlanned:
		if run == 0 { // it would never end
			return nil
		}
		c.plan, c.run = planSet, run
		a.partitions[at] = c
		return nil
	case storage.AssetMaterialization:
		c.latest, c.failed = id, succeeded
	default:
		c.failed = failed
	}
	switch {
	case run == 0 || at.key == "" || c.plan == planGone:
	case c.plan == planKept:
		c.plan, c.run = planGoneIf, run
	case c.run == run && c.plan == planSet:
		c.plan = planGone
	case c.run != run && c.plan == planGoneIf:
		// Two conditions on what is stored don't fit into one change.
		if err := a.flushPartitions(t); err != nil {
			return err
		}
		c = partitionChange{latest: c.latest, failed: c.failed, plan: planGoneIf, run: run}
	}
	a.partitions[at] = c
	return nil
}

const (
	putWhole = `INSERT INTO asset_partitions (asset, partition, latest) VALUES (?, '', ?)
		ON CONFLICT DO UPDATE SET latest = excluded.latest, latest_copy = NULL`

	// ?3 the newest materialization, ?4 whether the newest attempt failed, both null for no change. ?5 the kind of
	// change of the plan, ?6 the run that it is about.
	putPartition = `INSERT INTO asset_partitions (asset, partition, latest, failed, planned)
			VALUES (?1, ?2, ?3, coalesce(?4, 0), CASE ?5 WHEN 1 THEN ?6 END)
		ON CONFLICT DO UPDATE SET latest = coalesce(?3, latest), latest_copy = CASE WHEN ?3 IS NULL THEN latest_copy END,
			failed = coalesce(?4, failed),
			planned = CASE ?5 WHEN 0 THEN planned WHEN 1 THEN ?6 WHEN 2 THEN NULL ELSE nullif(planned, ?6) END
		RETURNING latest IS NOT NULL, failed, planned IS NOT NULL`
)

// flushPartitions writes what was noted of partitions, in the order of the table.
func (a *assetChanges) flushPartitions(t *tx) error {
	order := slices.SortedFunc(maps.Keys(a.partitions), func(x, y assetPartition) int {
		return cmp.Or(cmp.Compare(x.asset, y.asset), cmp.Compare(x.key, y.key))
	})
	for _, p := range order {
		c := a.partitions[p]
		var err error
		if p.key == "" {
			err = t.exec(putWhole, p.asset, c.latest)
		} else {
			err = t.putPartition(p, c)
		}
		if err != nil {
			return err
		}
	}
	a.clearPartitions()
	return nil
}

func (t *tx) putPartition(p assetPartition, c partitionChange) error {
	args := []driver.Value{p.asset, p.key, nil, nil, int64(c.plan), c.run}
	if c.latest != 0 {
		args[2] = c.latest
	}
	if c.failed != unheard {
		args[3] = c.failed == failed
	}
	d, err := t.division(p.asset)
	if err != nil {
		return err
	}
	at, existed := d.place(p.key), false
	if at.stray {
		row, err := t.c.integers(context.Background(), "SELECT 1 FROM asset_partitions WHERE asset = ? AND partition = ?", p.asset, p.key)
		if err != nil {
			return t.fault(err)
		}
		existed = row != nil
	}
	var is partitionState
	t.changed = true
	err = t.query(putPartition, args, func(row []driver.Value) error {
		is = partitionState{integer(row[0]) != 0, integer(row[1]) != 0, integer(row[2]) != 0}
		return nil
	})
	if err != nil {
		return err
	}
	return t.placed(p, at, existed, is)
}

// partitionState is what is known of a partition.
type partitionState struct{ materialized, failed, inProgress bool }

// placed is called with what is known of a partition after its row has changed. Whether the row existed before matters
// for strays alone.
func (t *tx) placed(p assetPartition, at place, existed bool, is partitionState) error {
	exists := is != partitionState{}
	if !exists {
		if err := t.exec(dropPartition, p.asset, p.key); err != nil {
			return err
		}
	}
	switch {
	case at.numbered:
		return t.setAt(p.asset, at.line, at.position, is)
	case at.stray && exists && !existed:
		t.strays[p.asset]++
	case at.stray && !exists && existed:
		t.strays[p.asset]--
	}
	return nil
}

// flushStrays writes how many keys came to be known or forgotten that have no place.
func (t *tx) flushStrays() error {
	for _, asset := range slices.Sorted(maps.Keys(t.strays)) {
		if n := t.strays[asset]; n != 0 {
			if err := t.exec("UPDATE divisions SET strays = strays + ? WHERE asset = (SELECT key FROM assets WHERE n = ?)", n, asset); err != nil {
				return err
			}
		}
	}
	clear(t.strays)
	return nil
}

const (
	plansOfRun = `SELECT asset, partition, latest IS NOT NULL, failed FROM asset_partitions INDEXED BY asset_partitions_planned
		WHERE planned = ?`
	endPlans      = "UPDATE asset_partitions SET planned = NULL, failed = max(failed, ?2) WHERE planned = ?1"
	dropPartition = "DELETE FROM asset_partitions WHERE asset = ? AND partition = ?"
)

// endPlans ends what a run planned and did not make.
func (t *tx) endPlans(run int64, failed bool) error {
	if t.changes.keyed {
		if err := t.changes.flushPartitions(t); err != nil {
			return err
		}
	}
	type ended struct {
		assetPartition
		partitionState
	}
	var list []ended
	err := t.query(plansOfRun, []driver.Value{run}, func(row []driver.Value) error {
		list = append(list, ended{
			assetPartition{integer(row[0]), text(row[1])},
			partitionState{materialized: integer(row[2]) != 0, failed: failed || integer(row[3]) != 0},
		})
		return nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	if err := t.exec(endPlans, run, failed); err != nil {
		return err
	}
	for _, e := range list {
		d, err := t.division(e.asset)
		if err == nil {
			err = t.placed(e.assetPartition, d.place(e.key), true, e.partitionState)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
