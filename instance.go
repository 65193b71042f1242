package dagster

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// Instance is where runs are recorded and values are kept. It is safe for concurrent use. Who opened its storage closes
// it, after the instance's last use.
type Instance struct {
	store  storage.Storage
	io     IOManager
	now    func() time.Time
	worker string
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

// Storage is where the instance keeps its records.
func (in *Instance) Storage() storage.Storage { return in.store }

// Load reads what is stored of the asset, in this partition or "" for an unpartitioned asset. For one that was never
// stored it returns an error wrapping [ErrNotStored]. A stream must be closed by the caller, if it is an [io.Closer].
func (a *Asset[T]) Load(ctx context.Context, in *Instance, partition string) (T, error) {
	open := newOpener(nil, nil)
	v, err := load(ctx, loading{asset: a.core, spec: &a.core.spec, partition: partition, inst: in, open: open})
	err = firstError(err, open.close())
	if err != nil {
		var none T
		return none, fmt.Errorf("load asset %s: %w", quote(a.core.key), err)
	}
	return leafValue[T]([]any{v})
}

// Report records that the asset was made elsewhere, in this partition or "" for an unpartitioned asset.
func (a *Asset[T]) Report(ctx context.Context, in *Instance, partition string, e ...metadata.Entry) error {
	event := storage.Event{
		Kind: storage.AssetMaterialization, Asset: a.core.key, Partition: partition, At: in.now(),
		Data: &storage.MaterializationData{Metadata: e, DataVersion: newRunID()},
	}
	if _, err := in.store.Append(ctx, storage.Batch{Events: []storage.Event{event}}); err != nil {
		return fmt.Errorf("report asset %s: %w", quote(a.core.key), err)
	}
	return nil
}

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
