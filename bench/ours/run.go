package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/bench/internal/dags"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// runCases measure one run of n trivial assets: with all records in memory, and in a SQLite file.
func runCases(ctx context.Context, every bool) error {
	for _, kind := range []string{"memory", "sqlite"} {
		for _, shape := range []string{"chain", "fan", "layered"} {
			ns := sizes(every, []int{100}, 1000, 10_000)
			if shape == "layered" && !every {
				ns = []int{100, 1000}
			}
			for _, n := range ns {
				t := task{Case: "run", N: n, Shape: shape, Kind: kind}
				err := series(ctx, "run/"+kind+"/"+shape, t, 5, []metric{
					{"ms_per_step", "", "ms/step"},
					{"cpu_ms_per_step", "/cpu", "cpu ms/step"},
					{"events_per_s", "/events", "events/s"},
					{"events", "/events/count", "events"},
					{"peak_rss_mib", "/peak_rss", "MiB"},
				})
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func run(ctx context.Context, t task) (_ figures, err error) {
	store := storage.Storage(storage.NewMemory())
	if t.Kind == "sqlite" {
		var remove func() error
		if store, remove, err = newStore(ctx); err != nil {
			return nil, err
		}
		defer func() { err = firstError(err, remove()) }()
	}
	repo := repository(dags.Shapes()[t.Shape](t.N))
	if err := repo.Validate(); err != nil {
		return nil, err
	}
	inst := dagster.NewInstance(dagster.InstanceConfig{Storage: store})

	stop := watch()
	result, err := repo.Materialize(ctx, "*", dagster.OnInstance(inst))
	wall, cpu := stop()
	if err != nil {
		return nil, err
	}
	events, err := count(ctx, store, storage.RunID(result.RunID()))
	return figures{
		"ms_per_step":     wall * 1e3 / float64(t.N),
		"cpu_ms_per_step": cpu * 1e3 / float64(t.N),
		"events_per_s":    float64(events) / wall,
		"events":          float64(events),
	}, firstError(err, store.Close())
}

// newStore opens a SQLite store in a new folder: on a real disk, as a file system in memory makes commits free.
func newStore(ctx context.Context) (storage.Storage, func() error, error) {
	dir, err := os.MkdirTemp(os.Getenv("BENCH_TMP"), "bench-")
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, "dagster.db")})
	if err != nil {
		return nil, nil, firstError(err, os.RemoveAll(dir))
	}
	return store, func() error { return os.RemoveAll(dir) }, nil
}

// count reads all events of a run, page by page.
func count(ctx context.Context, store storage.EventStore, run storage.RunID) (int, error) {
	n, after := 0, int64(0)
	for {
		page, err := store.Events(ctx, storage.EventFilter{Run: run, After: after, Limit: 1000})
		if err != nil {
			return 0, fmt.Errorf("read events: %w", err)
		}
		if len(page) == 0 {
			return n, nil
		}
		n += len(page)
		after = page[len(page)-1].ID
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
