package dagster

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Instance is where runs are recorded and values are kept. It is safe for concurrent use. Who opened its storage closes
// it, after the instance's last use.
type Instance struct {
	store  storage.Storage
	io     IOManager
	now    func() time.Time
	worker string

	memories memories
}

// InstanceConfig says what an instance is made of. Its zero value keeps all in memory.
type InstanceConfig struct {
	// Storage keeps runs, events and materializations. Defaults to a new memory store.
	Storage storage.Storage

	// IO keeps values. Defaults to a new [MemoryIO].
	IO IOManager

	// Now is the clock of events and runs. Defaults to time.Now.
	Now func() time.Time

	// Worker names this process in the runs that it executes, so that another one can tell whether it still lives: see
	// [Instance.EndLost]. Defaults to host and process ID.
	Worker string
}

// NewInstance makes an instance.
func NewInstance(cfg InstanceConfig) *Instance {
	in := &Instance{store: cfg.Storage, io: cfg.IO, now: cfg.Now, worker: cfg.Worker}
	if in.store == nil {
		in.store = storage.NewMemory()
	}
	if in.io == nil {
		in.io = MemoryIO()
	}
	if in.now == nil {
		in.now = time.Now
	}
	if in.worker == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "localhost"
		}
		in.worker = fmt.Sprintf("%s/%d", host, os.Getpid())
	}
	return in
}

// Now is the time by the instance's clock.
func (in *Instance) Now() time.Time { return in.now() }

// Storage is where the instance keeps its records.
func (in *Instance) Storage() storage.Storage { return in.store }

// EndLost ends, as failed, every run whose worker is gone: a process that was killed, a machine that stopped. It returns
// those runs. Whoever still writes for one of them is refused from then on. A run that another process ends at the same
// time is left to it.
func (in *Instance) EndLost(ctx context.Context, alive func(worker string) bool) ([]storage.Run, error) {
	var ended []storage.Run
	filter := storage.RunFilter{Statuses: []storage.RunStatus{storage.RunStarting, storage.RunStarted, storage.RunCanceling}}
	for {
		runs, err := in.store.Runs(ctx, filter)
		if err != nil {
			return ended, fmt.Errorf("list runs: %w", err)
		}
		if len(runs) == 0 {
			return ended, nil
		}
		filter.Before = runs[len(runs)-1].ID
		for _, run := range runs {
			if alive(run.Worker) {
				continue
			}
			run, ok, err := in.endLost(ctx, run)
			if err != nil {
				return ended, err
			}
			if ok {
				ended = append(ended, run)
			}
		}
	}
}
