package dagster_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// BenchmarkPartitionedRun is one run of a daily asset and of what reads it, for so many days; each day's part of it is
// the figure.
func BenchmarkPartitionedRun(b *testing.B) {
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(dagster.DailyPartitions("2000-01-01")))
	next := dagster.NewAsset("next", dagster.From1(day, func(_ context.Context, s string) (string, error) { return s, nil }), dagster.Partitioned(dagster.DailyPartitions("2000-01-01")))
	repo := dagster.NewRepository("r", day, next)
	for _, store := range []string{"memory", "sqlite"} {
		for _, n := range []int{1, 100, 5000} {
			b.Run(fmt.Sprintf("%s/%d", store, n), func(b *testing.B) {
				cfg := dagster.InstanceConfig{}
				if store == "sqlite" {
					s, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "dagster.db")})
					require.NoError(b, err)
					defer func() { require.NoError(b, s.Close()) }()
					cfg.Storage = s
				}
				on := dagster.OnInstance(dagster.NewInstance(cfg))
				last := time.Date(2000, 1, n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
				for b.Loop() {
					_, err := repo.Materialize(b.Context(), "*", dagster.PartitionRange("2000-01-01", last), on)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/day")
			})
		}
	}
}

// BenchmarkMonthOfHours is a run of one month out of a hundred years of hours, which its body loads none of.
func BenchmarkMonthOfHours(b *testing.B) {
	hours := dagster.NewSource[int]("hours", dagster.Partitioned(dagster.HourlyPartitions("1925-01-01-00:00")))
	month := dagster.NewAsset("month", dagster.From1(hours.Partitions().Lazy(), func(_ context.Context, in dagster.PartitionValues[int]) (int, error) {
		return in.Len(), nil
	}), dagster.Partitioned(dagster.MonthlyPartitions("1925-01-01")))
	for b.Loop() {
		repo := dagster.NewRepository("r", hours, month)
		r, err := repo.Materialize(b.Context(), "month", dagster.LatestPartition(), at2024())
		require.NoError(b, err)
		n, err := month.Value(r)
		require.NoError(b, err)
		require.Equal(b, 29*24, n)
	}
}
