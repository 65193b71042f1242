package dagster_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/dags"
)

// wire makes a graph of ops, each one more than the sum of what it reads.
func wire(graph [][]int) func(s *dagster.Scope) dagster.Output[int] {
	return func(s *dagster.Scope) dagster.Output[int] {
		out := make([]dagster.Output[int], len(graph))
		root := dagster.NewOp("root", func(context.Context) (int, error) { return 1, nil })
		one := dagster.NewOp1("one", func(_ context.Context, a int) (int, error) { return (a + 1) % 1000, nil })
		all := dagster.NewOp1("all", addAll)
		for i, ups := range graph {
			name := fmt.Sprintf("n%d", i)
			switch len(ups) {
			case 0:
				out[i] = root.As(name).In(s)
			case 1:
				out[i] = one.As(name).In(s, out[ups[0]])
			default:
				parts := make([]dagster.Output[int], len(ups))
				for k, up := range ups {
					parts[k] = out[up]
				}
				out[i] = all.As(name).In(s, dagster.FanIn(parts...))
			}
		}
		return out[len(out)-1]
	}
}

// nested is a chain in graphs of ten steps each.
func nested(n int) func(s *dagster.Scope) dagster.Output[int] {
	return func(s *dagster.Scope) dagster.Output[int] {
		root := dagster.NewOp("root", func(context.Context) (int, error) { return 1, nil })
		one := dagster.NewOp1("one", func(_ context.Context, a int) (int, error) { return (a + 1) % 1000, nil })
		last := root.In(s)
		for i := range n / 10 {
			last = dagster.Nest(s, fmt.Sprintf("g%d", i), func(s *dagster.Scope) dagster.Output[int] {
				at := last
				for k := range 10 {
					at = one.As(fmt.Sprintf("n%d", k)).In(s, at)
				}
				return at
			})
		}
		return last
	}
}

func BenchmarkJob(b *testing.B) {
	shapes := []struct {
		name string
		wire func(n int) func(s *dagster.Scope) dagster.Output[int]
	}{
		{"chain", func(n int) func(s *dagster.Scope) dagster.Output[int] { return wire(dags.Chain(n)) }},
		{"fan", func(n int) func(s *dagster.Scope) dagster.Output[int] { return wire(dags.Fan(n)) }},
		{"nested", nested},
	}
	for _, shape := range shapes {
		for _, n := range []int{1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				job := dagster.NewJob("bench", dagster.NewGraph("bench", shape.wire(n)))
				repo := dagster.NewRepository("bench", job)
				require.NoError(b, repo.Validate())
				b.ReportAllocs()
				for b.Loop() {
					_, err := repo.Execute(b.Context(), job)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
			})
		}
	}
}

func BenchmarkDynamic(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			keys := make(dagster.Dynamic[int], n)
			for i := range n {
				keys[fmt.Sprintf("k%06d", i)] = i % 100
			}
			gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) { return keys, nil })
			one, join := dagster.NewOp1("one", addOne), dagster.NewOp1("join", addAll)
			job := dagster.NewJob("bench", dagster.NewGraph("bench", func(s *dagster.Scope) dagster.Output[int] {
				return join.In(s, dagster.Map(s, gen.In(s), one.In))
			}))
			repo := dagster.NewRepository("bench", job)
			b.ReportAllocs()
			for b.Loop() {
				_, err := repo.Execute(b.Context(), job)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
		})
	}
}

// BenchmarkGraphBuild declares a graph, validates it and plans it.
func BenchmarkGraphBuild(b *testing.B) {
	const n = 10_000
	b.Run(strconv.Itoa(n), func(b *testing.B) {
		graph := dags.Layers(n)
		b.ReportAllocs()
		for b.Loop() {
			job := dagster.NewJob("bench", dagster.NewGraph("bench", wire(graph)))
			require.NoError(b, dagster.PlanJob(dagster.NewRepository("bench", job), job))
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/node")
	})
}
