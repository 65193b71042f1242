package dagster_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// declare makes a graph of assets, each one more than the sum of what it reads.
func declare(graph [][]int) dagster.Defs {
	handles := make([]*dagster.Asset[int], len(graph))
	defs := make(dagster.Defs, len(graph))
	for i, ups := range graph {
		key := fmt.Sprintf("n%d", i)
		switch len(ups) {
		case 0:
			handles[i] = dagster.NewAsset(key, dagster.From(func(context.Context) (int, error) { return 1, nil }))
		case 1:
			handles[i] = dagster.NewAsset(key, dagster.From1(handles[ups[0]], func(_ context.Context, a int) (int, error) { return (a + 1) % 1000, nil }))
		case 2:
			handles[i] = dagster.NewAsset(key, dagster.From2(handles[ups[0]], handles[ups[1]], func(_ context.Context, a, b int) (int, error) { return (a + b + 1) % 1000, nil }))
		default:
			parts := make([]*dagster.Asset[int], len(ups))
			for k, up := range ups {
				parts[k] = handles[up]
			}
			handles[i] = dagster.NewAsset(key, dagster.From1(dagster.FanIn(parts...), addAll))
		}
		defs[i] = handles[i]
	}
	return defs
}

var shapes = []struct {
	name  string
	graph func(n int) [][]int
}{{"chain", dags.Chain}, {"layers", dags.Layers}}

func BenchmarkMaterialize(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range []int{100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				repo := dagster.NewRepository("bench", declare(shape.graph(n)))
				require.NoError(b, repo.Validate())
				b.ReportAllocs()
				for b.Loop() {
					_, err := repo.Materialize(b.Context(), "*")
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
			})
		}
	}
}

func BenchmarkMaterializeSQLite(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range []int{100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				repo := dagster.NewRepository("bench", declare(shape.graph(n)))
				store, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "dagster.db")})
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, store.Close()) })
				inst := dagster.NewInstance(dagster.InstanceConfig{Storage: store})
				var last *dagster.Result
				for b.Loop() {
					last, err = repo.Materialize(b.Context(), "*", dagster.OnInstance(inst))
					require.NoError(b, err)
				}
				events := 0
				for range last.Events() {
					events++
				}
				require.Equal(b, storage.RunSucceeded, last.Status())
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
				b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkRepository declares, validates and plans; the plan is that of everything.
func BenchmarkRepository(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			graph := dags.Layers(n)
			b.ReportAllocs()
			for b.Loop() {
				repo := dagster.NewRepository("bench", declare(graph))
				require.NoError(b, dagster.PlanAll(repo))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/asset")
		})
	}
}
