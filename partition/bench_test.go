package partition_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
)

func benchNow() time.Time { return time.Date(2025, 6, 15, 10, 30, 0, 0, time.UTC) }

func windows(tb testing.TB, c partition.WindowConfig) partition.Definition {
	tb.Helper()

	d, err := partition.Windows(c)
	require.NoError(tb, err)
	return d
}

// hourly has so many windows of an hour at benchNow, across changes of the clock.
func hourly(tb testing.TB, count int) partition.Definition {
	tb.Helper()

	zone, err := time.LoadLocation("America/New_York")
	require.NoError(tb, err)
	start := benchNow().Truncate(time.Hour).Add(-time.Duration(count) * time.Hour).In(zone).Format("2006-01-02-15:04")
	return windows(tb, partition.WindowConfig{Every: partition.Hourly, Start: start, Zone: "America/New_York"})
}

func daily(tb testing.TB, exclude ...string) partition.Definition {
	tb.Helper()

	return windows(tb, partition.WindowConfig{Every: partition.Daily, Start: "1900-01-01", Zone: "America/New_York", Exclude: exclude})
}

func multi(tb testing.TB) partition.Definition {
	tb.Helper()

	regions := make([]string, 1000)
	for i := range regions {
		regions[i] = fmt.Sprintf("region-%03d", i)
	}
	static, err := partition.Static(regions...)
	require.NoError(tb, err)
	d, err := partition.Multi(map[string]partition.Definition{"day": daily(tb), "region": static})
	require.NoError(tb, err)
	return d
}

func BenchmarkPartitions(b *testing.B) {
	defs := []struct {
		name string
		def  partition.Definition
	}{
		{"hourly", hourly(b, 1_000_000)},
		{"daily", daily(b)},
		{"daily_excluded", daily(b, "0 0 * * 0,6", "0 0 1 * *")},
		{"multi", multi(b)},
	}
	for _, d := range defs {
		set := d.def.At(benchNow(), nil)
		count := set.Count()
		b.Run(d.name+"/count", func(b *testing.B) {
			for b.Loop() {
				d.def.At(benchNow(), nil).Count()
			}
			b.ReportMetric(float64(count), "keys")
		})
		b.Run(d.name+"/nth", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				set.Nth(i * 7919 % count)
			}
		})
		keys := make([]string, 1024)
		for i := range keys {
			keys[i], _ = set.Nth(i * 7919 % count)
		}
		b.Run(d.name+"/index", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				set.Index(keys[i%len(keys)])
			}
		})
		from, _ := set.Nth(count / 10)
		to, _ := set.Nth(count / 10 * 9)
		b.Run(d.name+"/range", func(b *testing.B) {
			for b.Loop() {
				if _, err := set.Range(from, to); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPartitionsFirstUse(b *testing.B) {
	for b.Loop() {
		daily(b, "0 0 * * 0,6").At(benchNow(), nil).Count()
	}
}

func BenchmarkMapping(b *testing.B) {
	for _, count := range []int{1000, 1_000_000} {
		up := hourly(b, count).At(benchNow(), nil)
		start, _ := up.First()
		down := windows(b, partition.WindowConfig{Every: partition.Daily, Start: start[:10], Zone: "America/New_York"}).At(benchNow(), nil)
		b.Run(fmt.Sprintf("daily_to_hourly/%d", count), func(b *testing.B) {
			link, err := partition.Overlap(0, 0).Link(up, down)
			require.NoError(b, err)
			all := down.All()
			for b.Loop() {
				found, _ := link.Up(all)
				link.Down(found)
			}
		})
	}
}

func BenchmarkSubset(b *testing.B) {
	def := hourly(b, 1_000_000)
	set := def.At(benchNow(), nil)
	half := func(from, to int) partition.Subset {
		first, _ := set.Nth(from)
		last, _ := set.Nth(to)
		s, err := set.Range(first, last)
		require.NoError(b, err)
		return s
	}
	for _, shape := range []struct {
		name string
		x, y partition.Subset
	}{
		{"dense", half(0, 600_000), half(400_000, 999_999)},
		{"50000runs", scattered(b, set, 1, 50_000), scattered(b, set, 2, 50_000)},
		{"random", scattered(b, set, 1, 400_000), scattered(b, set, 2, 400_000)},
	} {
		name := func(op string) string { return op + "/1000000/" + shape.name }
		b.Run(name("union"), func(b *testing.B) {
			for b.Loop() {
				shape.x.Union(shape.y)
			}
		})
		b.Run(name("difference"), func(b *testing.B) {
			for b.Loop() {
				shape.x.Difference(shape.y)
			}
		})
		stored, err := shape.x.MarshalBinary()
		require.NoError(b, err)
		b.Run(name("serialize"), func(b *testing.B) {
			for b.Loop() {
				if _, err := shape.x.AppendBinary(make([]byte, 0, len(stored))); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(stored)), "bytes")
		})
		b.Run(name("read"), func(b *testing.B) {
			for b.Loop() {
				if _, err := def.Decode(stored, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// scattered draws about so many keys.
func scattered(b *testing.B, set partition.Set, seed uint64, count int) partition.Subset {
	b.Helper()

	random := rand.New(rand.NewPCG(seed, seed))
	keys := make([]string, count)
	for i := range keys {
		keys[i], _ = set.Nth(random.IntN(set.Count()))
	}
	s, err := set.Of(keys...)
	require.NoError(b, err)
	return s
}
