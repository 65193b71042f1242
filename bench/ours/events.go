package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// eventCases measure the event log in SQLite: appends of one event a call by one and by four processes, each to a
// run of its own, and reading it back.
func eventCases(ctx context.Context, every bool) error {
	n, readN := 1000, 20_000
	if every {
		n, readN = 4000, 100_000
	}
	for _, kind := range []string{"step", "asset"} {
		for _, writers := range []int{1, 4} {
			if err := appendCase(ctx, kind, writers, n); err != nil {
				return err
			}
		}
	}
	return series(ctx, "events/read", task{Case: "read", N: readN}, 3, []metric{
		{"events_per_s", "", "events/s"},
		{"cpu_us_per_event", "/cpu", "cpu us/event"},
		{"tail_ms", "/tail", "ms"},
	})
}

func appendCase(ctx context.Context, kind string, writers, n int) error {
	var rates, cpus []float64
	for range 3 {
		rate, cpu, err := writeTogether(ctx, task{Case: "append", N: n / writers, Kind: kind}, writers)
		if err != nil {
			return err
		}
		rates, cpus = append(rates, rate), append(cpus, cpu)
	}
	name := fmt.Sprintf("events/append/%s/%d", kind, writers)
	return firstError(emit(name, n, "events/s", rates), emit(name+"/cpu", n, "cpu us/event", cpus))
}

// writeTogether starts writers on one store and lets them go at once. It returns the events per second of all together,
// and the microseconds of CPU that an event took.
func writeTogether(ctx context.Context, t task, writers int) (rate, cpu float64, err error) {
	dir, err := os.MkdirTemp(os.Getenv("BENCH_TMP"), "bench-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = firstError(err, os.RemoveAll(dir)) }()
	t.Path = filepath.Join(dir, "dagster.db")
	store, err := sqlite.Open(ctx, sqlite.Config{Path: t.Path}) // makes the file before the writers race for it
	if err == nil {
		err = store.Close()
	}
	if err != nil {
		return 0, 0, err
	}

	children := make([]*running, writers)
	for i := range children {
		if children[i], err = start(ctx, t); err != nil {
			return 0, 0, err
		}
	}
	var first, last, used float64
	for _, c := range children {
		if err := c.open(); err != nil {
			return 0, 0, err
		}
	}
	for _, c := range children {
		got, err := c.wait()
		if err != nil {
			return 0, 0, err
		}
		if first == 0 || got["begin"] < first {
			first = got["begin"]
		}
		last = max(last, got["end"])
		used += got["cpu"]
	}
	total := float64(writers * t.N)
	return total / (last - first), used / total * 1e6, nil
}

// appendAlone is one writer: it gets ready, waits for its input to close, and appends n events.
func appendAlone(ctx context.Context, t task) (figures, error) {
	store, err := sqlite.Open(ctx, sqlite.Config{Path: t.Path})
	if err != nil {
		return nil, err
	}
	run, err := newRun(ctx, store)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return nil, err
	}

	begin, stop := time.Now(), watch()
	for i := range t.N {
		if _, err := store.Append(ctx, storage.Batch{Run: run, Events: []storage.Event{event(t.Kind, i)}}); err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
	}
	wall, cpu := stop()
	at := float64(begin.UnixNano()) / 1e9
	return figures{"begin": at, "end": at + wall, "cpu": cpu}, store.Close()
}

// readBack fills a run and reads it page by page, then its end.
func readBack(ctx context.Context, t task) (_ figures, err error) {
	store, remove, err := newStore(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = firstError(err, store.Close(), remove()) }()
	run, err := newRun(ctx, store)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	for done := 0; done < t.N; done += 1000 {
		batch := make([]storage.Event, min(1000, t.N-done))
		for i := range batch {
			batch[i] = event("step", done+i)
		}
		if last, err = store.Append(ctx, storage.Batch{Run: run, Events: batch}); err != nil {
			return nil, err
		}
	}

	stop := watch()
	n, err := count(ctx, store, run)
	if err != nil || n != t.N {
		return nil, firstError(err, fmt.Errorf("read %d events, want %d", n, t.N))
	}
	wall, cpu := stop()
	stop = watch()
	tail, err := store.Events(ctx, storage.EventFilter{Run: run, After: last - 100, Limit: 1000})
	if err != nil || len(tail) != 100 {
		return nil, firstError(err, fmt.Errorf("read %d events at the end, want 100", len(tail)))
	}
	tailWall, _ := stop()
	return figures{
		"events_per_s":     float64(n) / wall,
		"cpu_us_per_event": cpu / float64(n) * 1e6,
		"tail_ms":          tailWall * 1e3,
	}, nil
}

func newRun(ctx context.Context, store storage.RunStore) (storage.RunID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	run := storage.RunID(id.String())
	return run, store.CreateRun(ctx, storage.Run{ID: run, Job: "bench_job"})
}

// event is what Dagster would store: a step's success, or a materialization of one of a hundred assets.
func event(kind string, i int) storage.Event {
	step := fmt.Sprintf("step_%d", i)
	e := storage.Event{
		Kind: storage.StepSuccess, Step: step, Attempt: 1, At: time.Now(),
		Message: fmt.Sprintf("Finished execution of step %q in 1.5ms.", step),
		Data:    &storage.SuccessData{Duration: 1500 * time.Microsecond},
	}
	if kind == "asset" {
		e.Kind, e.Asset = storage.AssetMaterialization, fmt.Sprintf("asset_%d", i%100)
		e.Data = &storage.MaterializationData{}
	}
	return e
}
