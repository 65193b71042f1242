package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/partition"
)

// Divide implements [storage.PartitionStore].
func (s *Store) Divide(ctx context.Context, assets map[string]partition.Definition) error {
	w := &dividing{assets: map[string]*division{}, forms: map[string]string{}}
	err := s.readers.snapshot(ctx, func(c *conn) error {
		for asset, d := range assets {
			is, err := readDivision(ctx, c, asset)
			if err != nil {
				return err
			}
			if v := s.definitions.of(d); v.mark != is.mark {
				w.assets[asset] = v
			}
		}
		return nil
	})
	if err == nil && len(w.assets) > 0 {
		if err = w.encode(); err == nil {
			err = s.queue.submit(ctx, w, 10*len(w.assets))
		}
	}
	if err != nil {
		return fmt.Errorf("divide assets: %w", err)
	}
	return nil
}

type dividing struct {
	assets map[string]*division
	forms  map[string]string // of definitions, by mark
}

func (w *dividing) encode() error {
	for asset, d := range w.assets {
		if w.forms[d.mark] != "" {
			continue
		}
		form, err := d.definition.MarshalJSON()
		if err != nil {
			return fmt.Errorf("asset %q: %w", asset, err)
		}
		w.forms[d.mark] = string(form)
	}
	return nil
}

func (w *dividing) do(t *tx) error {
	if err := t.flush(); err != nil {
		return err
	}
	for _, asset := range slices.Sorted(maps.Keys(w.assets)) {
		is, err := readDivision(context.Background(), t.c, asset)
		if err != nil {
			return t.fault(err)
		}
		d := w.assets[asset]
		if is.mark == d.mark { // another was faster
			continue
		}
		if err := w.divide(t, asset, d); err != nil {
			return err
		}
	}
	return nil
}

// divide makes what is kept of an asset anew from the rows of its partitions.
func (w *dividing) divide(t *tx, asset string, d *division) error {
	if err := t.exec("INSERT INTO definitions (fingerprint, definition) VALUES (?, ?) ON CONFLICT DO NOTHING", d.mark, w.forms[d.mark]); err != nil {
		return err
	}
	n, err := t.c.integers(context.Background(), "SELECT n FROM assets WHERE key = ?", asset)
	if err != nil {
		return t.fault(err)
	}
	strays := int64(0)
	if n != nil {
		t.divisions[n[0]] = d
		if err := t.exec("DELETE FROM partition_sets WHERE asset = ?", n[0]); err != nil {
			return err
		}
		if strays, err = t.rebuild(n[0], d); err != nil {
			return err
		}
	}
	return t.exec(`INSERT INTO divisions (asset, definition, strays) SELECT ?, n, ? FROM definitions WHERE fingerprint = ?
		ON CONFLICT DO UPDATE SET definition = excluded.definition, strays = excluded.strays`, asset, strays, d.mark)
}

const partitionsOf = `SELECT partition, latest IS NOT NULL, failed, planned IS NOT NULL FROM asset_partitions
	WHERE asset = ? AND partition > ''`

// rebuild fills the sets of an asset, which are empty, and returns how many keys have no place in them.
func (t *tx) rebuild(asset int64, d *division) (strays int64, err error) {
	if !d.numbered {
		return 0, nil
	}
	type known struct {
		position int
		is       partitionState
	}
	// The rows come in the order of their keys, which may be far from that of their places.
	lines := map[string][]known{}
	err = t.query(partitionsOf, []driver.Value{asset}, func(row []driver.Value) error {
		at := d.place(text(row[0]))
		if at.stray {
			strays++
			return nil
		}
		is := partitionState{integer(row[1]) != 0, integer(row[2]) != 0, integer(row[3]) != 0}
		lines[at.line] = append(lines[at.line], known{at.position, is})
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		list := lines[line]
		slices.SortFunc(list, func(a, b known) int { return a.position - b.position })
		for _, k := range list {
			if err := t.setAt(asset, line, k.position, k.is); err != nil {
				return 0, err
			}
		}
	}
	return strays, t.flushSets()
}
