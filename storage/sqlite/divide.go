package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// Divide implements [storage.PartitionStore].
func (s *Store) Divide(ctx context.Context, assets map[string]partition.Definition) error {
	w := &dividing{assets: map[string]partition.Definition{}, texts: map[partition.Fingerprint]string{}}
	err := s.readers.read(ctx, func(c *conn) error {
		for asset, d := range assets {
			known, err := isDivided(ctx, c, asset, d)
			if err != nil {
				return err
			}
			if !known {
				w.assets[asset] = d
			}
		}
		return nil
	})
	for _, d := range w.assets {
		if err != nil {
			break
		}
		var text []byte
		text, err = d.MarshalJSON()
		w.texts[d.Fingerprint()] = string(text)
	}
	if err == nil && len(w.assets) > 0 {
		err = s.queue.submit(ctx, w, 10*len(w.assets))
	}
	if err != nil {
		return fmt.Errorf("divide assets: %w", err)
	}
	return nil
}

const divisionOf = `SELECT d.n, d.fingerprint, v.strays FROM divisions v CROSS JOIN definitions d ON d.n = v.definition WHERE v.asset = ?`

func isDivided(ctx context.Context, c *conn, asset string, d partition.Definition) (same bool, err error) {
	err = c.query(ctx, divisionOf, []driver.Value{asset}, func(row []driver.Value) error {
		same = text(row[1]) == d.Fingerprint().String()
		return nil
	})
	return same, err
}

type dividing struct {
	assets map[string]partition.Definition
	texts  map[partition.Fingerprint]string
}

func (w *dividing) do(t *tx) error {
	for _, asset := range slices.Sorted(maps.Keys(w.assets)) {
		d := w.assets[asset]
		if err := t.exec("INSERT INTO definitions (fingerprint, definition) VALUES (?, ?) ON CONFLICT DO NOTHING",
			d.Fingerprint().String(), w.texts[d.Fingerprint()]); err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO divisions (asset, definition) SELECT ?, n FROM definitions WHERE fingerprint = ?
			ON CONFLICT DO UPDATE SET definition = excluded.definition`, asset, d.Fingerprint().String()); err != nil {
			return err
		}
	}
	return nil
}

// PartitionStatus implements [storage.PartitionStore].
func (s *Store) PartitionStatus(ctx context.Context, asset string) (storage.PartitionStatus, error) {
	var out storage.PartitionStatus
	err := s.readers.snapshot(ctx, func(c *conn) (err error) {
		out, err = s.status(ctx, c, asset)
		return err
	})
	if err != nil {
		return storage.PartitionStatus{}, fmt.Errorf("partitions of asset %q: %w", asset, err)
	}
	return out, nil
}

func (s *Store) status(ctx context.Context, c *conn, asset string) (out storage.PartitionStatus, err error) {
	definition := ""
	err = c.query(ctx, `SELECT d.definition FROM divisions v CROSS JOIN definitions d ON d.n = v.definition WHERE v.asset = ?`, []driver.Value{asset},
		func(row []driver.Value) error {
			definition = text(row[0])
			return nil
		})
	if err != nil {
		return out, err
	}
	if definition == "" {
		return out, storage.ErrNotDivided
	}
	if out.Definition, err = partition.ParseDefinition([]byte(definition)); err != nil {
		return out, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if names := out.Definition.DynamicNames(); len(names) > 0 {
		if out.Keys, err = dynamicSnapshot(ctx, c, names); err != nil {
			return out, err
		}
	}
	set := out.Definition.At(time.Time{}, out.Keys)
	var keys [3][]string
	err = c.query(ctx, `SELECT partition, latest IS NOT NULL, failed, planned IS NOT NULL FROM asset_partitions
		WHERE asset = (SELECT n FROM assets WHERE key = ?) AND partition > ''`, []driver.Value{asset}, func(row []driver.Value) error {
		key := text(row[0])
		known := set.Knows(key)
		if !known {
			out.Unknown++
			return nil
		}
		for i := range keys {
			if integer(row[i+1]) != 0 {
				keys[i] = append(keys[i], key)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	for i, to := range []*partition.Subset{&out.Materialized, &out.Failed, &out.InProgress} {
		if *to, err = set.Of(keys[i]...); err != nil {
			return out, err
		}
	}
	return out, nil
}

// WipePartitions implements [storage.PartitionStore].
func (s *Store) WipePartitions(ctx context.Context, w storage.Wipe) error {
	if err := s.queue.submit(ctx, &wiping{w}, len(w.Keys)+10); err != nil {
		return fmt.Errorf("wipe partitions of asset %q: %w", w.Asset, err)
	}
	return nil
}

type wiping struct{ storage.Wipe }

const (
	wipeEnd = ` SET latest = NULL, latest_copy = NULL, failed = 0`
	wipeOne = "UPDATE asset_partitions" + wipeEnd + " WHERE asset = ? AND partition = ?"
	wipeAll = "UPDATE asset_partitions" + wipeEnd + " WHERE asset = ?"
	dropOne = "DELETE FROM asset_partitions WHERE asset = ? AND partition = ? AND latest IS NULL AND failed = 0 AND planned IS NULL"
	dropAll = "DELETE FROM asset_partitions WHERE asset = ? AND latest IS NULL AND failed = 0 AND planned IS NULL"
)

func (w *wiping) do(t *tx) error {
	if err := t.flush(); err != nil {
		return err
	}
	row, err := t.c.integers(context.Background(), "SELECT n FROM assets WHERE key = ?", w.Asset)
	if err != nil || row == nil {
		return t.fault(err)
	}
	if w.All {
		if err := t.exec(wipeAll, row[0]); err != nil {
			return err
		}
		return t.exec(dropAll, row[0])
	}
	for _, key := range w.Keys {
		if err := t.exec(wipeOne, row[0], key); err != nil {
			return err
		}
		if err := t.exec(dropOne, row[0], key); err != nil {
			return err
		}
	}
	return nil
}
