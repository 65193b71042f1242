package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var files embed.FS

// applicationID marks the file as ours: "DGST".
const applicationID = 0x44475354

// pageSize is half of what is usual: a commit writes whole pages, and most of those that it touches it changes little.
// Appends write half as many bytes as with 4096 (1.1 KB an event where 256 writers store one each, instead of 2.0).
const pageSize = 2048

// migration is one step from a version of the schema to the next.
type migration struct {
	version int64 // 1, 2, ...
	name    string
	script  string
	rewrite bool // it changes what is stored, so a copy of the file is made before
}

// embedded returns the migrations of this release. A script whose first line is "-- rewrite" changes data.
func embedded() ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	list := make([]migration, 0, len(names))
	for _, name := range names {
		script, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version != int64(len(list))+1 {
			return nil, fmt.Errorf("migration %q is not number %d", name, len(list)+1)
		}
		m := migration{version: version, name: base, script: string(script)}
		m.rewrite = strings.HasPrefix(m.script, "-- rewrite\n")
		list = append(list, m)
	}
	return list, nil
}

// version is the version of the schema that this release writes.
func (e environment) version() int64 {
	list, err := e.migrations()
	if err != nil {
		return 0
	}
	return int64(len(list))
}

// upgrade brings the file to the version of this release. Each migration is a transaction of its own, so one that
// was killed is simply done again at the next start.
func upgrade(ctx context.Context, c *conn, cfg Config, e environment) error {
	list, err := e.migrations()
	if err != nil {
		return err
	}
	have, err := schemaVersion(ctx, c, cfg.Path)
	if err != nil {
		return err
	}
	if have > int64(len(list)) {
		return tooNew(cfg.Path, have, int64(len(list)))
	}
	if have == 0 {
		if err := c.exec(ctx, fmt.Sprintf("PRAGMA page_size = %d", pageSize)); err != nil {
			return err
		}
	}
	if err := startLog(ctx, c, cfg); err != nil {
		return err
	}
	for _, m := range list[have:] {
		m.rewrite = m.rewrite && have > 0 // of a new file there is nothing to copy
		if err := m.apply(ctx, c, cfg); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, explain(cfg.Path, err))
		}
	}
	return nil
}

func tooNew(path string, have, know int64) error {
	return fmt.Errorf("%s: %w: it has schema %d, this release knows up to %d: use the newer release, or restore the copy made before the upgrade",
		path, ErrNewer, have, know)
}

// schemaVersion returns 0 for an empty file, and refuses one that another program made.
func schemaVersion(ctx context.Context, c *conn, path string) (int64, error) {
	row, err := c.integers(ctx, `SELECT count(*), coalesce(sum(name = 'schema_version'), 0) FROM sqlite_schema WHERE type = 'table'`)
	switch {
	case err != nil:
		return 0, err
	case row[0] == 0:
		return 0, nil
	case row[1] == 0:
		return 0, fmt.Errorf("%s: %w: it is a database of another program: choose another path", path, ErrUnsupported)
	}
	row, err = c.integers(ctx, "SELECT max(version) FROM schema_version")
	if err != nil {
		return 0, err
	}
	return row[0], nil
}

// startLog switches the file to a write-ahead log. The switch does not wait for others who do the same, so this does.
func startLog(ctx context.Context, c *conn, cfg Config) error {
	ctx, cancel := context.WithTimeout(ctx, cfg.BusyTimeout)
	defer cancel()
	for {
		err := explain(cfg.Path, c.exec(ctx, "PRAGMA journal_mode = WAL"))
		if err == nil || !errors.Is(err, ErrBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// apply does m, unless another process was faster.
func (m migration) apply(ctx context.Context, c *conn, cfg Config) error {
	if err := c.exec(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	if err := m.applyLocked(ctx, c, cfg); err != nil {
		return errors.Join(err, c.exec(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return c.exec(ctx, "COMMIT")
}

func (m migration) applyLocked(ctx context.Context, c *conn, cfg Config) error {
	have, err := schemaVersion(ctx, c, cfg.Path)
	if err != nil || have >= m.version {
		return err
	}
	if have == 0 {
		err := c.script(ctx, fmt.Sprintf(`PRAGMA application_id = %d;
			CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL) STRICT`, applicationID))
		if err != nil {
			return err
		}
	}
	if m.rewrite {
		if err := backUp(ctx, cfg, have); err != nil {
			return fmt.Errorf("copy the file: %w", explain(cfg.Path, err))
		}
	}
	if err := c.script(ctx, m.script); err != nil {
		return err
	}
	return c.exec(ctx, "INSERT INTO schema_version VALUES (?, ?, ?)", m.version, m.name, time.Now().UTC().Format(time.RFC3339))
}

// backUp copies the file, as it is at version, to its name with ".v" and the version. The caller holds the lock, so the
// copy is exactly what the migration starts from; one that an earlier attempt left is replaced.
func backUp(ctx context.Context, cfg Config, version int64) (err error) {
	target := fmt.Sprintf("%s.v%d", cfg.Path, version)
	partial := target + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeFile(partial); err != nil {
		return err
	}
	// A connection within a transaction cannot copy: this one sees what was committed.
	c, err := dial(ctx, cfg.Path, session{busy: cfg.BusyTimeout, cacheKiB: 8 << 10})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.exec(ctx, "VACUUM INTO ?", partial); err != nil {
		return err
	}
	return os.Rename(partial, target)
}
