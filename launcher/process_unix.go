//go:build unix

package launcher

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/storage"
)

// Process starts each worker as a process, the leader of a group of its own. Workers don't depend on it: they live on when it is closed
// and when its process is killed, and a launcher with the same home takes them over.
//
// A worker that ends leaves nothing behind: what remains of its group is killed, and after an end that was not clean so is
// what left the group, found by the environment that it inherited.
// On systems without /proc it works but for that, and a worker that was not started by this launcher is Unknown.
type Process struct {
	config  ProcessConfig
	records *records
	deaths  *process.Deaths
	turns   chan struct{}
	pool    *pool
	life    context.Context //nolint:containedctx // of the launcher, which what it does ends with
	end     context.CancelFunc
	done    sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	workers map[storage.RunID]*worker
	exits   exits
}

// NewProcess returns a launcher of processes. It fails if the home can't be made.
func NewProcess(c ProcessConfig) (*Process, error) {
	c.fill()
	if c.Path == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("new launcher: %w", err)
		}
		c.Path = self
	}
	r, err := openRecords(c.Home)
	if err != nil {
		return nil, fmt.Errorf("new launcher: %w", err)
	}
	p := &Process{
		config: c, records: r, deaths: process.NewDeaths(),
		turns: make(chan struct{}, c.Concurrent), workers: map[storage.RunID]*worker{},
	}
	p.life, p.end = context.WithCancel(context.Background())
	p.pool = newPool(p)
	return p, nil
}

// Launch starts a process for the run. An error of the system names the program.
func (p *Process) Launch(ctx context.Context, q Request) error {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	if err := p.launch(ctx, q); err != nil {
		return fmt.Errorf("launch run %q: %w", q.Run, err)
	}
	return nil
}

func (p *Process) launch(ctx context.Context, q Request) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, mine, err := p.claim(q)
		if err != nil {
			return err
		}
		if mine {
			err := p.begin(ctx, q, w)
			p.settle(w, err)
			return err
		}
		if w.epoch > q.Epoch {
			return ErrStale
		}
		if err := wait(ctx, w.settled); err != nil {
			return err
		}
		if w.epoch == q.Epoch {
			return w.err
		}
		p.stop(w, 0)
		if err := wait(ctx, w.ended); err != nil {
			return fmt.Errorf("end the worker of epoch %d: %w", w.epoch, err)
		}
	}
}

// claim returns the worker of a run, a new one of the caller's if it has none.
func (p *Process) claim(q Request) (w *worker, mine bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch w, err := p.find(q.Run); {
	case p.closed:
		return nil, false, ErrClosed
	case err != nil:
		return nil, false, err
	case w != nil:
		return w, false, nil
	}
	w = newWorker(q.Run, q.Epoch)
	p.workers[q.Run] = w
	return w, true, nil
}

// find returns the worker of a run, also one that another launcher started; nil if there is none. p.mu is held.
func (p *Process) find(run storage.RunID) (*worker, error) {
	if w := p.workers[run]; w != nil {
		return w, nil
	}
	r, err := p.records.read(run)
	if err != nil || r == nil {
		return nil, err
	}
	return p.adopt(r)
}

// settle says how the start of a worker went.
func (p *Process) settle(w *worker, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.err = err
	close(w.settled)
	if err != nil {
		delete(p.workers, w.run)
		close(w.ended)
		return
	}
	p.watch(w)
}

// Terminate sends SIGTERM to the worker's group, and SIGKILL to it once grace has passed. Close forgets graces that have not passed.
func (p *Process) Terminate(ctx context.Context, run storage.RunID, grace time.Duration) (bool, error) {
	p.mu.Lock()
	w, err := p.find(run)
	p.mu.Unlock()
	if err == nil && w != nil {
		err = wait(ctx, w.settled)
	}
	if err != nil {
		return false, fmt.Errorf("terminate run %q: %w", run, err)
	}
	return w != nil && w.err == nil && p.stop(w, grace), nil
}

// Health says whether the run's process lives. How the latest thousand ended is remembered.
func (p *Process) Health(ctx context.Context, run storage.RunID) (Health, error) {
	if err := ctx.Err(); err != nil {
		return Health{}, fmt.Errorf("health of run %q: %w", run, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w, err := p.find(run)
	switch {
	case err != nil:
		return Health{State: Unknown}, fmt.Errorf("health of run %q: %w", run, err)
	case w == nil:
		return p.exits.health(run), nil
	case w.elsewhere:
		return Health{State: Unknown, Epoch: w.epoch}, nil
	default:
		return Health{State: Running, Epoch: w.epoch, PID: w.id.PID}, nil
	}
}

// Close stops watching. Workers live on; processes that wait for a run end.
func (p *Process) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	for _, w := range p.workers {
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	p.mu.Unlock()
	p.pool.close()
	p.end()
	if err := rest(ctx, &p.done); err != nil {
		return err
	}
	return p.records.close()
}

// wait waits for a channel to be closed.
func wait(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
