package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

// WipePartitions implements [storage.PartitionStore].
func (s *Store) WipePartitions(ctx context.Context, w storage.Wipe) error {
	if err := s.queue.submit(ctx, &wiping{w}, len(w.Keys)+10); err != nil {
		return fmt.Errorf("wipe partitions of asset %q: %w", w.Asset, err)
	}
	return nil
}

type wiping struct{ storage.Wipe }

const (
	wipe       = "UPDATE asset_partitions SET latest = NULL, latest_copy = NULL, failed = 0 WHERE asset = ?"
	wipeOne    = wipe + " AND partition = ? RETURNING planned IS NOT NULL"
	forget     = "DELETE FROM asset_partitions WHERE asset = ? AND planned IS NULL"
	wipeSets   = "UPDATE partition_sets SET materialized = NULL, failed = NULL WHERE asset = ?"
	dropSets   = "DELETE FROM partition_sets WHERE asset = ? AND in_progress IS NULL"
	setStrays  = "UPDATE divisions SET strays = ? WHERE asset = ?"
	assetByKey = "SELECT n FROM assets WHERE key = ?"
)

func (w *wiping) do(t *tx) error {
	if err := t.flush(); err != nil {
		return err
	}
	n, err := t.c.integers(context.Background(), assetByKey, w.Asset)
	if err != nil || n == nil {
		return t.fault(err)
	}
	d, err := t.division(n[0])
	if err != nil {
		return err
	}
	if w.All {
		return w.all(t, n[0], d)
	}
	for _, key := range w.Keys {
		existed := false
		var is partitionState
		t.changed, t.told = true, true
		err := t.query(wipeOne, []driver.Value{n[0], key}, func(row []driver.Value) error {
			existed, is.inProgress = true, integer(row[0]) != 0
			return nil
		})
		if err == nil && existed {
			err = t.placed(assetPartition{n[0], key}, d.place(key), true, is)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// all wipes without looking at each key: what is left are those in progress.
func (w *wiping) all(t *tx, asset int64, d *division) error {
	for _, query := range []string{wipe, forget, wipeSets, dropSets} {
		if err := t.exec(query, asset); err != nil {
			return err
		}
	}
	strays := int64(0)
	err := t.query(partitionsOf, []driver.Value{asset}, func(row []driver.Value) error {
		if d.place(text(row[0])).stray {
			strays++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.exec(setStrays, strays, w.Asset)
}
