package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// Check reads the whole file and returns an error wrapping [ErrDamaged] that says what is wrong with it, nil if it is
// sound. It takes seconds for each gigabyte; others may read and write meanwhile.
func (s *Store) Check(ctx context.Context) error {
	var found []string
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, "PRAGMA quick_check(10)", nil, func(row []driver.Value) error {
			if line := text(row[0]); line != "ok" {
				found = append(found, line)
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("check store: %w", err)
	}
	if len(found) > 0 {
		return fmt.Errorf("check store: %q: %w: restore a copy, or move the file away to start anew (%s)",
			s.config.Path, ErrDamaged, strings.Join(found, "; "))
	}
	return nil
}
