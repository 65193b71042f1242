package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

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
	is, err := readDivision(ctx, c, asset)
	if err != nil {
		return out, err
	}
	if is.mark == "" {
		return out, storage.ErrNotDivided
	}
	d, err := s.definitions.read(ctx, c, is.mark)
	if err == nil && d == nil {
		err = storage.ErrNotDivided
	}
	if err != nil {
		return out, err
	}
	out.Definition, out.Unknown = d.definition, is.strays
	if names := out.Definition.DynamicNames(); len(names) > 0 {
		if out.Keys, err = dynamicSnapshot(ctx, c, names); err != nil {
			return out, err
		}
	}
	if !d.numbered {
		return out, statusByKey(ctx, c, is.asset, &out)
	}
	lines, err := readSets(ctx, c, is.asset)
	if err != nil {
		return out, err
	}
	for i, to := range []*partition.Subset{&out.Materialized, &out.Failed, &out.InProgress} {
		sets := make(map[string]*partition.Positions, len(lines))
		for line, l := range lines {
			sets[line] = &l[i]
		}
		*to = d.grid.Subset(out.Keys, sets)
	}
	for line, l := range lines {
		if !d.grid.HasLine(out.Keys, line) {
			out.Unknown += l.count()
		}
	}
	return out, nil
}

// statusByKey reads what is known of an asset whose keys are all dynamic, and so have no numbers.
func statusByKey(ctx context.Context, c *conn, asset int64, out *storage.PartitionStatus) error {
	set := out.Definition.At(time.Time{}, out.Keys)
	var keys [3][]string
	err := c.query(ctx, partitionsOf, []driver.Value{asset}, func(row []driver.Value) error {
		key := text(row[0])
		if !set.Knows(key) {
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
	for i, to := range []*partition.Subset{&out.Materialized, &out.Failed, &out.InProgress} {
		if err == nil {
			*to, err = set.Of(keys[i]...)
		}
	}
	return err
}
