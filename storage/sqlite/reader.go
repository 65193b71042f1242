package sqlite

import (
	"context"
	"errors"
	"sync"

	"github.com/dagster-go/dagster/storage"
)

// readers are connections that read, opened when they are first needed.
type readers struct {
	config Config
	slots  chan *conn // nil stands for one that is not open
	closed chan struct{}
	once   sync.Once
}

func newReaders(c Config) *readers {
	r := &readers{config: c, slots: make(chan *conn, c.Readers), closed: make(chan struct{})}
	for range c.Readers {
		r.slots <- nil
	}
	return r
}

// read calls f with a connection of its own. What f reads in one statement is one state of the store.
func (r *readers) read(ctx context.Context, f func(c *conn) error) error {
	select {
	case <-r.closed:
		return storage.ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var c *conn
	select {
	case c = <-r.slots:
	case <-r.closed:
		return storage.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { r.slots <- c }()
	if c == nil {
		var err error
		if c, err = dial(ctx, r.config.Path, session{busy: r.config.BusyTimeout, cacheKiB: 8 << 10, readOnly: true}); err != nil {
			return err
		}
	}
	return explain(r.config.Path, f(c))
}

// snapshot is read for f that reads in several statements: all of them see one state of the store.
func (r *readers) snapshot(ctx context.Context, f func(c *conn) error) error {
	return r.read(ctx, func(c *conn) error {
		if err := c.exec(ctx, "BEGIN"); err != nil {
			return err
		}
		defer func() { _ = c.exec(context.WithoutCancel(ctx), "ROLLBACK") }()
		return f(c)
	})
}

// close waits for what is being read.
func (r *readers) close() error {
	var errs []error
	r.once.Do(func() {
		close(r.closed)
		for range cap(r.slots) {
			if c := <-r.slots; c != nil {
				errs = append(errs, c.close())
			}
		}
	})
	return errors.Join(errs...)
}
