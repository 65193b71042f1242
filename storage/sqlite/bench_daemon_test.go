package sqlite_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

func benchInstigator(n int) storage.Instigator {
	return storage.Instigator{
		InstigatorID: storage.InstigatorID{Repository: "shop", Kind: storage.SensorInstigator, Name: fmt.Sprintf("sensor_%06d", n)},
		Declared:     true, Timing: "30s", Next: time.Unix(int64(1_700_000_000+n%3600), 0), Cursor: `{"seen":"2026-01-02T03:04:05Z"}`,
	}
}

// benchInstigators stores n of them.
func benchInstigators(b *testing.B, s *sqlite.Store, n int) {
	b.Helper()
	for from := 0; from < n; from += 1000 {
		var list []storage.Instigator
		for i := from; i < min(n, from+1000); i++ {
			list = append(list, benchInstigator(i))
		}
		require.NoError(b, s.SetInstigators(b.Context(), storage.Guard{}, list))
	}
}

// BenchmarkCommitTick measures durable ticks under a lease, each of an instigator of its own.
func BenchmarkCommitTick(b *testing.B) {
	for _, runs := range []int{0, 1} {
		for _, committers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%druns/%dcommitters", runs, committers), func(b *testing.B) {
				s := benchStore(b, 0)
				benchInstigators(b, s, committers)
				leader, err := s.Acquire(b.Context(), storage.Lease{Name: "daemon", Holder: "me"})
				require.NoError(b, err)
				var all sync.WaitGroup
				b.ResetTimer()
				for c := range committers {
					all.Go(func() {
						i := benchInstigator(c)
						for n := range max(1, b.N/committers) {
							i.Version++
							i.Next = i.Next.Add(30 * time.Second)
							t := storage.TickCommit{Lead: leader.Guard(), Instigator: i, Tick: storage.Tick{
								Status: storage.TickSkipped, At: i.Next, Started: i.Next, Ended: i.Next, Reason: "nothing new",
							}}
							if runs > 0 {
								id := fmt.Sprintf("run-%04d-%08d", c, n)
								t.Tick.Status = storage.TickSuccess
								t.Runs = []storage.NewRun{{Run: queued(id), Key: id, Events: []storage.Event{{Kind: storage.RunEnqueued}}}}
							}
							if _, err := s.CommitTick(b.Context(), t); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ticks/s")
			})
		}
	}
}

func queued(id string) storage.Run {
	return storage.Run{
		ID: storage.RunID(id), Repository: "shop", Job: "nightly", Status: storage.RunQueued,
		Tags: map[string]string{"dagster/sensor_name": "sensor", "dagster/run_key": id}, Assets: []string{"orders"},
	}
}

// BenchmarkDue reads the 100 instigators that are due the longest, and when the next one is.
func BenchmarkDue(b *testing.B) {
	for _, n := range []int{2000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := benchStore(b, 0)
			benchInstigators(b, s, n)
			for b.Loop() {
				list, err := s.Instigators(b.Context(), storage.InstigatorFilter{Due: time.Unix(1_700_010_000, 0), Limit: 100})
				require.NoError(b, err)
				require.Len(b, list, 100)
				_, err = s.NextDue(b.Context())
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkClaim claims a place and frees it with the end of the step, with so many that wait for another pool.
func BenchmarkClaim(b *testing.B) {
	for _, waiting := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("%dwaiting", waiting), func(b *testing.B) {
			s := benchStore(b, 1)
			require.NoError(b, s.SetPool(b.Context(), storage.Pool{Name: "full"}))
			require.NoError(b, s.SetPool(b.Context(), storage.Pool{Name: "db", Limit: 10}))
			ask := func(step string, pools ...string) bool {
				held, err := s.Claim(b.Context(), storage.Claim{Run: runID(0), Step: step, Pools: pools}, -1)
				require.NoError(b, err)
				return held
			}
			for n := range waiting {
				require.False(b, ask("waits-"+strconv.Itoa(n), "full"))
			}
			for b.Loop() {
				require.True(b, ask("step", "db"))
				_, err := s.Append(b.Context(), storage.Batch{Run: runID(0), Events: []storage.Event{{Kind: storage.StepSuccess, Step: "step"}}})
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkQueue reads 100,000 queued runs page by page, as one who begins to lead does.
func BenchmarkQueue(b *testing.B) {
	const n = 100_000
	s := benchStore(b, 0)
	benchInstigators(b, s, 1)
	i := benchInstigator(0)
	for from := 0; from < n; from += 1000 {
		c := storage.TickCommit{Instigator: i, Tick: storage.Tick{Status: storage.TickSuccess}}
		c.Instigator.Version = int64(1 + from/1000)
		for k := from; k < from+1000; k++ {
			c.Runs = append(c.Runs, storage.NewRun{Run: queued(fmt.Sprintf("run-%08d", k))})
		}
		_, err := s.CommitTick(b.Context(), c)
		require.NoError(b, err)
	}
	b.ResetTimer()
	for b.Loop() {
		f, read := storage.RunFilter{Statuses: []storage.RunStatus{storage.RunQueued}, Limit: 1000}, 0
		for {
			page, err := s.Runs(b.Context(), f)
			require.NoError(b, err)
			if len(page) == 0 {
				break
			}
			read += len(page)
			f.Before = page[len(page)-1].ID
		}
		require.Equal(b, n, read)
	}
}
