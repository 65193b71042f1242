package storage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/storagetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storage.Storage { return storage.NewMemory() })
}

func TestMemoryShared(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(*testing.T) (a, b storage.Storage) {
		m := storage.NewMemory()
		return unclosed{m, m}, m
	})
}

// unclosed is one of two handles on the same memory.
type unclosed struct {
	storage.Storage
	storage.Watcher
}

func (unclosed) Close() error { return nil }

func BenchmarkAppend(b *testing.B) {
	const total, batch = 80_000, 256
	r := storage.Run{ID: "01930000-0000-7000-8000-000000000000", Status: storage.RunStarting}
	for b.Loop() {
		b.StopTimer()
		m := storage.NewMemory()
		if err := m.CreateRun(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		batches := make([][]storage.Event, 0, total/batch+1)
		for n := 0; n < total; n += batch {
			events := make([]storage.Event, min(batch, total-n))
			for i := range events {
				events[i] = eventOfStep(n + i)
			}
			batches = append(batches, events)
		}
		b.StartTimer()
		for _, events := range batches {
			if _, err := m.Append(b.Context(), storage.Batch{Run: r.ID, Events: events}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*total), "ns/event")
}

// eventOfStep is the n-th event of a run whose steps have eight each, one of them a materialization.
func eventOfStep(n int) storage.Event {
	kinds := []storage.EventKind{
		storage.StepStart, storage.LoadedInput, storage.StepInput, storage.StepOutput, storage.AssetMaterialization,
		storage.HandledOutput, storage.LogMessage, storage.StepSuccess,
	}
	e := storage.Event{Kind: kinds[n%8], Step: keys[n/8%len(keys)], Attempt: 1, At: start}
	if e.Kind == storage.AssetMaterialization {
		e.Asset = e.Step
	}
	return e
}

var (
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	keys  = func() []string {
		keys := make([]string, 10_000)
		for i := range keys {
			keys[i] = fmt.Sprintf("asset_%05d", i)
		}
		return keys
	}()
)
