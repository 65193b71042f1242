// Package sqlite keeps the records of runs in one SQLite file, which several processes of one machine may use at once.
//
// Every method that writes returns when what it wrote is on the disk. Requests that arrive while a transaction is
// written go into the next one together, so that many small writes cost about as much as a few large ones.
// The file can be read with any SQLite shell: the view "log" shows the events.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Config says where a store is and how it behaves.
type Config struct {
	// Path is the file, no URI; it and its directory are created, for this user alone, if they do not exist.
	Path string

	// Readers is how many reads go on at once. Defaults to 4.
	Readers int

	// BusyTimeout is how long a request waits for other processes that write. Defaults to 10 seconds.
	BusyTimeout time.Duration

	// PollInterval is how often [Store.Watch] looks for what other processes wrote. Defaults to 100 milliseconds.
	PollInterval time.Duration
}

func (c Config) withDefaults() Config {
	if c.Readers <= 0 {
		c.Readers = 4
	}
	if c.BusyTimeout <= 0 {
		c.BusyTimeout = 10 * time.Second
	}
	if c.PollInterval <= 0 {
		c.PollInterval = 100 * time.Millisecond
	}
	return c
}

// Store is a [storage.Storage] in one SQLite file. All methods may be called at once.
//
// A call whose context ends while its request still waits to be written returns the context's error, and nothing of
// it is stored. Once the request is being written, the call waits for the outcome, which takes a commit, and returns it.
type Store struct {
	config  Config
	kinds   *kinds
	readers *readers
	queue   *queue
	signal  *signal

	definitions *definitions

	writer       *conn
	checkpointer *conn

	stop      context.CancelFunc
	ended     sync.WaitGroup
	closeOnce sync.Once
	closeErr  error
}

var (
	_ storage.Storage = (*Store)(nil)
	_ storage.Watcher = (*Store)(nil)
)

// Open opens the store in the file c.Path, or makes one. The error says what to do next; it wraps [ErrDamaged],
// [ErrNewer], [ErrReadOnly], [ErrFull] or [ErrUnsupported] where that is the reason. ctx bounds the opening alone.
func Open(ctx context.Context, c Config) (*Store, error) {
	return open(ctx, c.withDefaults(), production())
}

func open(ctx context.Context, c Config, e environment) (*Store, error) {
	path, err := prepare(c.Path, e)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", c.Path, err)
	}
	c.Path = path
	s, err := start(ctx, c, e)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", path, explain(path, err))
	}
	return s, nil
}

// start opens the connections to a file that exists and starts the goroutines that own them.
func start(ctx context.Context, c Config, e environment) (*Store, error) {
	w, err := dial(ctx, c.Path, session{busy: c.BusyTimeout, cacheKiB: 32 << 10})
	if err != nil {
		return nil, err
	}
	if err := upgrade(ctx, w, c, e); err != nil {
		return nil, errors.Join(err, w.close())
	}
	s := &Store{config: c, kinds: newKinds(), queue: newQueue(), signal: newSignal(), definitions: newDefinitions(), writer: w}
	if err := s.kinds.load(ctx, w); err != nil {
		return nil, errors.Join(err, w.close())
	}
	s.readers = newReaders(c)
	if s.checkpointer, err = dial(ctx, c.Path, session{busy: time.Second, cacheKiB: 1 << 10}); err != nil {
		return nil, errors.Join(err, w.close())
	}

	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	cp := newCheckpointer(c.Path, s.checkpointer)
	wr := newWriter(w, s, e.version(), cp)
	s.ended.Go(wr.loop)
	s.ended.Go(func() { cp.loop(background) })
	return s, nil
}

// Close waits for what is being written and frees the store; requests that come later are refused with
// [storage.ErrClosed]. Closing twice is fine.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.queue.close()
		s.stop()
		s.ended.Wait()
		// One after the other: the last one leaves a file without a log, which two at once would leave to each other.
		s.closeErr = errors.Join(s.readers.close(), s.checkpointer.close(), s.writer.close())
	})
	return s.closeErr
}
