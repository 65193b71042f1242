package engine_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	gotaskflow "github.com/noneback/go-taskflow"

	"github.com/dagster-go/dagster/bench/internal/dags"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

const steps = 1000

// BenchmarkEngine is a run by our engine: checked plan, retries, skips and outcomes included, events thrown away.
func BenchmarkEngine(b *testing.B) {
	eachShape(b, func(b *testing.B, graph [][]int) {
		b.Helper()

		plan := planOf(graph)
		for b.Loop() {
			var w counter
			report, err := executor.Engine{}.Execute(b.Context(), executor.Request{
				Plan: plan, Worker: &w, Sink: nowhere{}, MaxConcurrent: runtime.GOMAXPROCS(0),
			})
			if err != nil || report.Status != storage.RunSucceeded || w.n.Load() != steps {
				b.Fatal(err, report.Status, w.n.Load())
			}
		}
	})
}

// BenchmarkGoTaskflow is the same graph in github.com/noneback/go-taskflow, whose tasks return nothing and can't fail.
func BenchmarkGoTaskflow(b *testing.B) {
	eachShape(b, func(b *testing.B, graph [][]int) {
		b.Helper()

		for b.Loop() {
			b.StopTimer()
			var n atomic.Int64
			flow := flowOf(graph, &n)
			pool := gotaskflow.NewExecutor(uint(runtime.GOMAXPROCS(0)))
			b.StartTimer()
			pool.Run(flow).Wait()
			if n.Load() != steps {
				b.Fatal(n.Load())
			}
		}
	})
}

func eachShape(b *testing.B, run func(b *testing.B, graph [][]int)) {
	b.Helper()

	shapes := dags.Shapes()
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		b.Run(fmt.Sprintf("%s/%d", name, steps), func(b *testing.B) {
			b.ReportAllocs()
			run(b, shapes[name](steps))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*steps), "ns/step")
		})
	}
}

func planOf(graph [][]int) *executor.Plan {
	plan := &executor.Plan{Steps: make([]executor.Step, len(graph))}
	for i, reads := range graph {
		step := executor.Step{Key: strconv.Itoa(i), Outputs: []executor.Output{{Name: "result"}}}
		if len(reads) > 0 {
			sources := make([]executor.Source, len(reads))
			for k, r := range reads {
				sources[k] = executor.Source{Step: r}
			}
			step.Inputs = []executor.Input{{Name: "in", Sources: sources, Kind: executor.FanIn}}
		}
		plan.Steps[i] = step
	}
	return plan
}

func flowOf(graph [][]int, n *atomic.Int64) *gotaskflow.TaskFlow {
	flow := gotaskflow.NewTaskFlow("bench")
	tasks := make([]*gotaskflow.Task, len(graph))
	for i, reads := range graph {
		tasks[i] = flow.NewTask(strconv.Itoa(i), func() { n.Add(1) })
		for _, r := range reads {
			tasks[r].Precede(tasks[i])
		}
	}
	return flow
}

// counter is a worker whose steps do nothing but count.
type counter struct{ n atomic.Int64 }

func (c *counter) RunStep(context.Context, *executor.Task) executor.Outcome {
	c.n.Add(1)
	return executor.Outcome{}
}

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Record(...storage.Event) {}
