package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

// The numbers of assets whose latest materializations one statement reads, large first. Few sizes, so that the statements stay
// prepared.
const (
	largeLatest = 256
	midLatest   = 16
)

const latestOf = "SELECT p.latest_copy, " + eventColumns + ` FROM assets a
	CROSS JOIN asset_partitions p ON p.asset = a.n AND p.partition = ''
	LEFT JOIN events e ON e.id = p.latest LEFT JOIN runs r ON r.n = e.run
	WHERE p.latest IS NOT NULL AND a.key IN (?`

func selectLatest(size int) string { return latestOf + strings.Repeat(",?", size-1) + ")" }

// LatestMaterializations implements [storage.AssetStore].
func (s *Store) LatestMaterializations(ctx context.Context, assets []string) (map[string]storage.Event, error) {
	out := make(map[string]storage.Event, len(assets))
	err := s.readers.snapshot(ctx, func(c *conn) error {
		args := make([]driver.Value, 0, largeLatest)
		for rest := assets; len(rest) > 0; {
			size := 1
			switch {
			case len(rest) >= largeLatest:
				size = largeLatest
			case len(rest) >= midLatest:
				size = midLatest
			}
			args = args[:0]
			for _, key := range rest[:size] {
				args = append(args, key)
			}
			rest = rest[size:]
			err := c.query(ctx, selectLatest(size), args, func(row []driver.Value) error {
				e, err := s.kinds.scanLatest(ctx, c, row)
				out[e.Asset] = e
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read latest materializations: %w", err)
	}
	return out, nil
}
