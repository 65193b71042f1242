package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"time"
)

// maxStatements bounds what a connection keeps prepared: filters can take any number of shapes.
const maxStatements = 128

// conn is one connection, used by one goroutine at a time. It speaks to the driver without database/sql, which
// costs about as much per row as the insert itself, and it keeps its statements prepared.
type conn struct {
	raw   driver.Conn
	stmts map[string]driver.StmtQueryContext
	args  []driver.NamedValue
}

// session says how a connection behaves.
type session struct {
	busy     time.Duration
	readOnly bool
	cacheKiB int
}

// dial opens a connection to a file that exists.
func dial(ctx context.Context, path string, s session) (*conn, error) {
	name := url.URL{
		Scheme:   "file",
		Path:     path,
		RawQuery: fmt.Sprintf("mode=rw&_mutex=no&_busy_timeout=%d", s.busy.Milliseconds()),
	}
	raw, err := connect(name.String())
	if err != nil {
		return nil, explain(path, err)
	}
	c := &conn{raw: raw, stmts: make(map[string]driver.StmtQueryContext)}
	pragmas := []string{
		"PRAGMA foreign_keys = ON",
		"PRAGMA mmap_size = 0",
		"PRAGMA synchronous = FULL",
		fmt.Sprintf("PRAGMA cache_size = -%d", s.cacheKiB),
		// The checkpointer does it in the background; this is what happens if it cannot keep up.
		"PRAGMA wal_autocheckpoint = 65536",
	}
	if s.readOnly {
		pragmas = append(pragmas, "PRAGMA query_only = ON")
	}
	for _, p := range pragmas {
		if err := c.exec(ctx, p); err != nil {
			return nil, errors.Join(explain(path, err), c.close())
		}
	}
	return c, nil
}

func (c *conn) prepare(query string) (driver.StmtQueryContext, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	if len(c.stmts) >= maxStatements {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	p, err := c.raw.Prepare(query)
	if err != nil {
		return nil, err
	}
	s, ok := p.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.Join(fmt.Errorf("prepare %q: driver cannot query", query), p.Close())
	}
	c.stmts[query] = s
	return s, nil
}

// query calls each for every row; the row is valid until each returns.
func (c *conn) query(ctx context.Context, query string, args []driver.Value, each func(row []driver.Value) error) error {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	rows, err := c.run(ctx, query, c.args)
	if err != nil {
		return err
	}
	return errors.Join(scan(rows, each), rows.Close())
}

func scan(rows driver.Rows, each func(row []driver.Value) error) error {
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
}

// exec runs one statement and forgets the rows that it gives.
func (c *conn) exec(ctx context.Context, query string, args ...driver.Value) error {
	return c.query(ctx, query, args, func([]driver.Value) error { return nil })
}

// script runs several statements, which take no arguments.
func (c *conn) script(ctx context.Context, statements string) error {
	e, ok := c.raw.(driver.ExecerContext)
	if !ok {
		return errors.New("driver cannot run a script")
	}
	_, err := e.ExecContext(ctx, statements, nil)
	return err
}

// run takes the first step of a statement: one that gives no rows is done with it.
func (c *conn) run(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args)
}

// integers returns the first row of a query whose columns are numbers, with 0 for null; nil if it gives none.
func (c *conn) integers(ctx context.Context, query string, args ...driver.Value) ([]int64, error) {
	var out []int64
	err := c.query(ctx, query, args, func(row []driver.Value) error {
		if out == nil {
			for _, v := range row {
				out = append(out, integer(v))
			}
		}
		return nil
	})
	return out, err
}

func (c *conn) forget() error {
	var errs []error
	for q, s := range c.stmts {
		if p, ok := s.(driver.Stmt); ok {
			errs = append(errs, p.Close())
		}
		delete(c.stmts, q)
	}
	return errors.Join(errs...)
}

func (c *conn) close() error {
	return errors.Join(c.forget(), c.raw.Close())
}

func text(v driver.Value) string {
	s, _ := v.(string)
	return s
}

func integer(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

// orNull stores what is empty as null, which takes no room in a row.
func orNull(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

// checkTime refuses a time that does not fit into nanoseconds since 1970: before 1678 or after 2262.
func checkTime(t time.Time) error {
	if s := t.Unix(); !t.IsZero() && (s <= math.MinInt64/1_000_000_000 || s >= math.MaxInt64/1_000_000_000) {
		return fmt.Errorf("time %s is out of range", t)
	}
	return nil
}

// nanoseconds is how a time is stored; the zero time is null.
func nanoseconds(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

func moment(v driver.Value) time.Time {
	n, ok := v.(int64)
	if !ok {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
