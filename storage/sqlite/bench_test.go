package sqlite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// stepEvents are what one step of a run records.
func stepEvents(step, asset string) []storage.Event {
	at := time.Date(2024, 1, 2, 3, 4, 5, 678901234, time.UTC)
	return []storage.Event{
		{Kind: storage.StepStart, Step: step, Attempt: 1, At: at},
		{Kind: storage.LoadedInput, Step: step, Attempt: 1, At: at, Data: &storage.InputData{Input: "orders", FromStep: "orders", Output: "result", IOManager: "io_manager"}},
		{Kind: storage.StepInput, Step: step, Attempt: 1, At: at, Data: &storage.InputData{Input: "orders", FromStep: "orders", Output: "result"}},
		{Kind: storage.LogMessage, Step: step, Attempt: 1, At: at, Message: "read 12345 rows of orders", Data: &storage.LogData{Level: "INFO"}},
		{Kind: storage.StepOutput, Step: step, Attempt: 1, At: at, Data: &storage.OutputData{Output: "result", IOManager: "io_manager"}},
		{Kind: storage.HandledOutput, Step: step, Attempt: 1, At: at, Data: &storage.OutputData{Output: "result", IOManager: "io_manager"}},
		{Kind: storage.AssetMaterialization, Step: step, Attempt: 1, Asset: asset, At: at, Data: &storage.MaterializationData{
			DataVersion: "b3f5a9c07d11",
			Provenance: &storage.Provenance{
				CodeVersion: "v7",
				Inputs:      []storage.InputVersion{{Asset: "orders", DataVersion: "aa00bb11cc22", Event: 1234}},
			},
		}},
		{Kind: storage.StepSuccess, Step: step, Attempt: 1, At: at, Data: &storage.SuccessData{Duration: 1234567}},
	}
}

func benchStore(b *testing.B, runs int) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "dagster.db")})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	for i := range runs {
		require.NoError(b, s.CreateRun(b.Context(), storage.Run{ID: runID(i), Job: "bench", Status: storage.RunStarting}))
	}
	return s
}

func runID(i int) storage.RunID { return storage.RunID(fmt.Sprintf("run-%08d", i)) }

// BenchmarkAppend measures durable appends: each of the producers waits for the one event that it appended.
func BenchmarkAppend(b *testing.B) {
	for _, producers := range []int{1, 16, 256} {
		b.Run(strconv.Itoa(producers)+"producers", func(b *testing.B) {
			s := benchStore(b, producers)
			appendAll(b, s, 1, producers, 1)
		})
	}
	b.Run("256producers/256runs", func(b *testing.B) {
		s := benchStore(b, 256)
		appendAll(b, s, 256, 256, 1)
	})
	// One run that records steps as fast as they can be stored: batches of many steps at once, two in flight.
	for _, steps := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("bulk/%dsteps", steps), func(b *testing.B) {
			s := benchStore(b, 2)
			appendAll(b, s, 2, 2, 8*steps)
		})
	}
}

// appendAll appends b.N events in batches of size, and reports events a second and how long an append took.
func appendAll(b *testing.B, s *sqlite.Store, runs, producers, size int) {
	b.Helper()
	rounds := max(1, b.N/producers/size)
	var steps []storage.Event
	for i := range 1000 {
		asset := "asset_" + strconv.Itoa(i)
		steps = append(steps, stepEvents("make_"+asset, asset)...)
	}
	took := make([][]time.Duration, producers)
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for p := range producers {
		wg.Go(func() {
			for round := range rounds {
				batch := make([]storage.Event, size)
				first := (p*rounds + round) * size
				for i := range batch {
					batch[i] = steps[(first+i)%len(steps)]
				}
				start := time.Now()
				if _, err := s.Append(b.Context(), storage.Batch{Run: runID(p % runs), Events: batch}); err != nil {
					b.Error(err)
					return
				}
				took[p] = append(took[p], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(len(all)*size)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-us")
}

// BenchmarkEvents reads the events of one run among many, page by page.
func BenchmarkEvents(b *testing.B) {
	s := benchStore(b, 10)
	for i := range 2000 {
		_, err := s.Append(b.Context(), storage.Batch{Run: runID(i % 10), Events: stepEvents("make_orders", "orders")})
		require.NoError(b, err)
	}
	b.ReportAllocs()
	read := 0
	for b.Loop() {
		after := int64(0)
		for {
			page, err := s.Events(b.Context(), storage.EventFilter{Run: runID(3), After: after})
			require.NoError(b, err)
			if len(page) == 0 {
				break
			}
			read += len(page)
			after = page[len(page)-1].ID
		}
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "events/s")
}
