package sqlite

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
)

const (
	// checkpointEvery is how many bytes of events are written before the log is copied into the file.
	checkpointEvery = 8 << 20

	// maxLog is the size from which the log is emptied, though writers wait for that.
	maxLog = 64 << 20
)

// checkpointer copies the log into the file in the background, so that no commit has to. It is the only place of this
// process that does.
type checkpointer struct {
	path    string
	c       *conn
	written atomic.Int64
	wake    chan struct{}

	// writing is held by the writer during a transaction. Emptying the log needs a moment in which nobody writes, and
	// SQLite's way to wait for one does not find it between the transactions of a busy writer.
	writing sync.Mutex
}

func newCheckpointer(path string, c *conn) *checkpointer {
	return &checkpointer{path: path, c: c, wake: make(chan struct{}, 1)}
}

// wrote is told how much a transaction wrote.
func (p *checkpointer) wrote(bytes int) {
	if p.written.Add(int64(bytes)) < checkpointEvery {
		return
	}
	p.written.Store(0)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// loop works until ctx ends.
func (p *checkpointer) loop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			p.checkpoint(ctx)
		}
	}
}

// checkpoint may do less than all of it, when others read or write: the next one goes on. If the disk is full, writers
// learn of it themselves.
func (p *checkpointer) checkpoint(ctx context.Context) {
	if err := p.c.exec(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return
	}
	if log, err := os.Stat(p.path + "-wal"); err != nil || log.Size() < maxLog {
		return
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	_ = p.c.exec(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
}
