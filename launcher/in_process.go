package launcher

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// InProcess executes runs in goroutines of this process: for tests, and for programs that embed everything. What keeps ignoring
// the end of its context can't be killed. Close cancels what runs and waits for it.
type InProcess struct {
	config InProcessConfig
	slots  chan struct{}
	ctx    context.Context //nolint:containedctx // the life of the launcher, which its runs end with
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	tasks  map[storage.RunID]*task
	exits  exits
}

// InProcessConfig is what [NewInProcess] needs.
type InProcessConfig struct {
	// Run executes a run until it is done. It returns early when ctx ends. A panic ends it as an error does.
	Run func(ctx context.Context, q Request) error

	// Limit is how many runs are executed at once; more are launched but wait. Defaults to no limit.
	Limit int

	// Exited is told of each worker that ended, on that worker's goroutine: Close waits for it. Defaults to nobody.
	Exited func(End)
}

// errGoexit is the end of a run whose goroutine ended without returning.
var errGoexit = errors.New("run ended its goroutine with runtime.Goexit")

// task is one goroutine that executes a run.
type task struct {
	epoch  int64
	cancel context.CancelFunc
	asked  bool
	before chan struct{} // closed when the worker that this one replaced has ended; nil if there was none
	ended  chan struct{}
}

var _ Launcher = (*InProcess)(nil)

// NewInProcess returns a launcher that calls c.Run.
func NewInProcess(c InProcessConfig) *InProcess {
	l := &InProcess{config: c, tasks: map[storage.RunID]*task{}}
	if c.Limit > 0 {
		l.slots = make(chan struct{}, c.Limit)
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// Launch executes the run in a goroutine of its own. The worker of an earlier epoch is canceled, and the new one begins when it
// has ended.
//
//nolint:contextcheck // the run outlives the context of the request
func (l *InProcess) Launch(ctx context.Context, q Request) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("launch run %q: %w", q.Run, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("launch run %q: %w", q.Run, ErrClosed)
	}
	t := &task{epoch: q.Epoch, ended: make(chan struct{})}
	if old := l.tasks[q.Run]; old != nil {
		switch {
		case old.epoch == q.Epoch:
			return nil
		case old.epoch > q.Epoch:
			return fmt.Errorf("launch run %q: %w", q.Run, ErrStale)
		}
		old.asked = true
		old.cancel()
		t.before = old.ended
	}
	var own context.Context
	own, t.cancel = context.WithCancel(l.ctx)
	l.tasks[q.Run] = t
	l.done.Go(func() { l.work(own, q, t) })
	return nil
}

func (l *InProcess) work(ctx context.Context, q Request, t *task) {
	defer t.cancel()
	err := errGoexit // unless it returns
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
		l.bury(q, t, err)
	}()
	err = l.execute(ctx, q, t)
}

// bury does what follows from the end of a worker.
func (l *InProcess) bury(q Request, t *task, err error) {
	exit := &Exit{}
	if err != nil {
		exit.Code, exit.Said = 1, err.Error()
	}
	l.mu.Lock()
	exit.Asked = t.asked
	if l.tasks[q.Run] == t {
		delete(l.tasks, q.Run)
		l.exits.add(q.Run, q.Epoch, exit)
	}
	l.mu.Unlock()
	defer close(t.ended)
	if l.config.Exited != nil {
		l.config.Exited(End{Run: q.Run, Epoch: q.Epoch, Exit: exit})
	}
}

// execute waits for its turn and runs what it is there for.
func (l *InProcess) execute(ctx context.Context, q Request, t *task) error {
	if t.before != nil {
		<-t.before
	}
	if l.slots != nil {
		select {
		case l.slots <- struct{}{}:
			defer func() { <-l.slots }()
		case <-ctx.Done():
			return fmt.Errorf("wait for a free worker: %w", context.Cause(ctx))
		}
	}
	return l.config.Run(ctx, q)
}

// Terminate cancels the context of the run's worker. Nothing can kill a goroutine, so the grace means nothing here.
func (l *InProcess) Terminate(ctx context.Context, run storage.RunID, _ time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("terminate run %q: %w", run, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tasks[run]
	if t == nil {
		return false, nil
	}
	t.asked = true
	t.cancel()
	return true, nil
}

// Health says whether a goroutine executes the run, or how the last one of it ended. Only the latest thousand ends are kept.
func (l *InProcess) Health(ctx context.Context, run storage.RunID) (Health, error) {
	if err := ctx.Err(); err != nil {
		return Health{}, fmt.Errorf("health of run %q: %w", run, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tasks[run]; t != nil {
		return Health{State: Running, Epoch: t.epoch}, nil
	}
	return l.exits.health(run), nil
}

// Close cancels all workers and waits until they have ended.
func (l *InProcess) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	return rest(ctx, &l.done)
}

// rest waits for a group to be done, or for the end of ctx.
func rest(ctx context.Context, group *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close launcher: %w", ctx.Err())
	}
}
