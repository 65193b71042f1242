package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// benchPartitions fills a store with an asset of so many partitions: all made but every thousandth, some failed. If
// they are scattered, every other one is made, at random.
func benchPartitions(b *testing.B, def partition.Definition, at time.Time, scattered bool) (*sqlite.Store, []string) {
	b.Helper()
	s := benchStore(b, 1)
	require.NoError(b, s.Divide(b.Context(), map[string]partition.Definition{"a": def}))
	keys := slices.Collect(def.At(at, nil).Keys())
	random := rand.New(rand.NewPCG(1, 2))
	for chunk := range slices.Chunk(keys, 10_000) {
		var events []storage.Event
		for i, key := range chunk {
			made := i%1000 != 0
			if scattered {
				made = random.IntN(2) == 0
			}
			if made {
				events = append(events, storage.Event{Kind: storage.AssetMaterialization, Asset: "a", Partition: key})
			}
			if i%5000 == 7 {
				events = append(events, storage.Event{Kind: storage.StepFailure, Asset: "a", Partition: key})
			}
		}
		_, err := s.Append(b.Context(), storage.Batch{Run: runID(0), Events: events})
		require.NoError(b, err)
	}
	return s, keys
}

func benchHours(b *testing.B, n int) (partition.Definition, time.Time) {
	b.Helper()
	start := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	d, err := partition.Windows(partition.WindowConfig{Every: partition.Hourly, Start: start.Format("2006-01-02-15:04")})
	require.NoError(b, err)
	return d, start.Add(time.Duration(n) * time.Hour)
}

// benchProduct has n partitions: so many days, each with 1000 regions. Its dimension of time comes last.
func benchProduct(b *testing.B, n int) (partition.Definition, time.Time) {
	b.Helper()
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	regions := make([]string, 1000)
	for i := range regions {
		regions[i] = "region-" + strconv.Itoa(i)
	}
	d, err := partition.Multi(map[string]partition.Definition{
		"place": partition.Must(partition.Static(regions...)),
		"when":  partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2000-01-01"})),
	})
	require.NoError(b, err)
	return d, start.AddDate(0, 0, n/1000)
}

// BenchmarkPartitionStatus measures what is known of the partitions of one asset: reading all of it, and what one more
// event costs more than it would without a partition.
func BenchmarkPartitionStatus(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		for _, shape := range []struct {
			name      string
			make      func(b *testing.B, n int) (partition.Definition, time.Time)
			scattered bool
		}{{"hours", benchHours, false}, {"scattered", benchHours, true}, {"product", benchProduct, false}} {
			b.Run(fmt.Sprintf("%d/%s", n, shape.name), func(b *testing.B) {
				def, at := shape.make(b, n)
				s, keys := benchPartitions(b, def, at, shape.scattered)
				b.Run("read", func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						st, err := s.PartitionStatus(b.Context(), "a")
						require.NoError(b, err)
						require.NotZero(b, st.Materialized.Count())
					}
				})
				b.Run("event", func(b *testing.B) { benchUpdate(b, s, keys) })
				b.Run("divide", func(b *testing.B) {
					for b.Loop() {
						b.StopTimer()
						require.NoError(b, s.Divide(b.Context(), map[string]partition.Definition{"a": {}}))
						b.StartTimer()
						require.NoError(b, s.Divide(b.Context(), map[string]partition.Definition{"a": def}))
					}
				})
			})
		}
	}
}

// benchUpdate appends pairs of events, one with a partition and one without, each in a commit of its own.
func benchUpdate(b *testing.B, s *sqlite.Store, keys []string) {
	b.Helper()
	var with, without []time.Duration
	for i := 0; b.Loop(); i++ {
		kind := []storage.EventKind{storage.AssetMaterialization, storage.StepFailure}[i/len(keys)%2]
		for _, key := range []string{keys[i*7919%len(keys)], ""} {
			e := []storage.Event{{Kind: kind, Asset: "b", Partition: key}}
			if key != "" {
				e[0].Asset = "a"
			}
			start := time.Now()
			_, err := s.Append(b.Context(), storage.Batch{Run: runID(0), Events: e})
			took := time.Since(start)
			require.NoError(b, err)
			if key != "" {
				with = append(with, took)
			} else {
				without = append(without, took)
			}
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	middle := func(d []time.Duration) float64 { return float64(d[len(d)/2].Nanoseconds()) / 1000 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(with), "with-us")
	b.ReportMetric(middle(without), "without-us")
	b.ReportMetric(middle(with)-middle(without), "more-us")
}

// BenchmarkDynamic measures a million dynamic keys: added by 100,000, read by pages of 1000, removed.
func BenchmarkDynamic(b *testing.B) {
	const n, size = 1_000_000, 100_000
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("customer-%07d", (i*7919)%n)
	}
	s := benchStore(b, 0)
	timed := func(name string, count int, f func(b *testing.B)) {
		b.Helper()
		start := time.Now()
		f(b)
		b.ReportMetric(float64(time.Since(start).Microseconds())/float64(count), name)
	}
	for b.Loop() {
		timed("add-100000-us", n/size, func(b *testing.B) {
			b.Helper()
			for chunk := range slices.Chunk(keys, size) {
				require.NoError(b, s.ChangeDynamic(b.Context(), storage.DynamicChange{Name: "n", Add: chunk}))
			}
		})
		timed("page-us", n/1000, func(b *testing.B) {
			b.Helper()
			f := storage.DynamicFilter{Name: "n"}
			for range n / 1000 {
				page, err := s.DynamicKeys(b.Context(), f)
				require.NoError(b, err)
				f.After = page[len(page)-1]
			}
		})
		timed("snapshot-us", 1, func(b *testing.B) {
			b.Helper()
			_, err := s.Snapshot(b.Context(), []string{"n"})
			require.NoError(b, err)
		})
		timed("has-us", 1, func(b *testing.B) {
			b.Helper()
			_, err := s.HasDynamic(b.Context(), "n", keys[:100])
			require.NoError(b, err)
		})
		timed("remove-100000-us", n/size, func(b *testing.B) {
			b.Helper()
			for chunk := range slices.Chunk(keys, size) {
				require.NoError(b, s.ChangeDynamic(b.Context(), storage.DynamicChange{Name: "n", Remove: chunk}))
			}
		})
	}
}
