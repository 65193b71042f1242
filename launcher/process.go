package launcher

import (
	"context"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// The environment of a worker and of whatever it starts says whose they are.
const (
	// InstanceVar names the instance, see [ProcessConfig].
	InstanceVar = "DAGSTER_INSTANCE"
	// RunVar is the ID of the run.
	RunVar = "DAGSTER_RUN"
	// EpochVar is the epoch of the run's worker.
	EpochVar = "DAGSTER_EPOCH"

	// warmVar tells a process that it is started before there is a run, and should say when it is ready.
	warmVar = "DAGSTER_WARM"
)

// ProcessConfig is what [NewProcess] needs.
type ProcessConfig struct {
	// Home is the folder where the launcher keeps a file for each worker, by which a later launcher finds it again. It is made
	// if it is missing. All launchers of an instance on a machine share it.
	Home string

	// Instance marks the processes of an instance. Two instances on a machine must not have the same.
	Instance string

	// Path is the program that a worker is. It calls [Await] for what to do. Defaults to this one.
	Path string

	// Args are its arguments. They get a zero Request for a process that is started before there is a run. Defaults to none.
	Args func(q Request) []string

	// Env is added to the environment of this process. Dir is the folder that a worker starts in. Defaults to this process's.
	Env []string
	Dir string

	// Logs is the folder for what workers print: each gets RUN/EPOCH in it, where [Await] keeps stdout and stderr, and start.log
	// has what was printed before. Defaults to nowhere.
	Logs string

	// MaxLogBytes is how much is kept of each stream of a worker. Defaults to 64 MiB.
	MaxLogBytes int64

	// Concurrent is how many workers are started at once; more wait. Defaults to 8.
	Concurrent int

	// Warm is how many processes are kept that have started and wait for a run: the next launches take these, and don't wait for a program
	// to start. Each costs the memory of the program with its definitions. Until one is ready a launch starts its own.
	// Defaults to none.
	Warm int

	// Timeout is how long the start of one may take. Defaults to 30 seconds.
	Timeout time.Duration

	// Exited is told of each worker that has ended, as soon as the system knows. It may be called by several goroutines at once, and
	// Close waits for it. Defaults to nobody.
	Exited func(End)

	// Warn is told what went wrong that hinders no run: a folder for logs that can't be written, or, with no run, a process that ended
	// before there was one. Defaults to nobody.
	Warn func(run storage.RunID, err error)
}

func (c *ProcessConfig) fill() {
	if c.Args == nil {
		c.Args = func(Request) []string { return nil }
	}
	if c.MaxLogBytes <= 0 {
		c.MaxLogBytes = 64 << 20
	}
	if c.Concurrent <= 0 {
		c.Concurrent = 8
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Exited == nil {
		c.Exited = func(End) {}
	}
	if c.Warn == nil {
		c.Warn = func(storage.RunID, error) {}
	}
}

var (
	_ Launcher = (*Process)(nil)
	_ Keeper   = (*Process)(nil)
)

// start runs f, and returns early when ctx ends: then undo gets what f returns later, if anything.
func start[T any](ctx context.Context, f func() (T, error), undo func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				undo(r.value)
			}
		}()
		var none T
		return none, ctx.Err()
	}
}
