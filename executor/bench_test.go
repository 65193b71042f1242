package executor_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/storage"
)

func shapes() []struct {
	name  string
	build func(int) [][]int
} {
	return []struct {
		name  string
		build func(int) [][]int
	}{{"chain", dags.Chain}, {"fan", dags.Fan}, {"layers", dags.Layers}}
}

func eachShape(b *testing.B, run func(b *testing.B, deps [][]int)) {
	b.Helper()
	for _, shape := range shapes() {
		for _, n := range []int{100, 1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				b.ReportAllocs()
				deps := shape.build(n)
				before := cpuTime(b)
				run(b, deps)
				b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N)/float64(n), "cpu-ns/step")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/step")
			})
		}
	}
}

// cpuTime is what the process has used: it says more than the clock where others use the machine too.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// appender is the fastest sink that keeps every event: chunks of memory under a lock, used again by the next run.
type appender struct {
	mu     sync.Mutex
	chunks [][]storage.Event
	at     int // the chunk being filled
}

func (a *appender) Record(events ...storage.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at < len(a.chunks) && len(a.chunks[a.at])+len(events) > cap(a.chunks[a.at]) {
		a.at++
	}
	if a.at == len(a.chunks) {
		a.chunks = append(a.chunks, make([]storage.Event, 0, max(4096, len(events))))
	}
	a.chunks[a.at] = append(a.chunks[a.at], events...)
}

// reset forgets the events and returns how many there were.
func (a *appender) reset() (n int) {
	for i := range a.chunks {
		n += len(a.chunks[i])
		a.chunks[i] = a.chunks[i][:0]
	}
	a.at = 0
	return n
}

// recorded is a step that says all that a real one does; its payloads are the same each time.
type recorded struct {
	inputs  [][]*storage.InputData
	output  *storage.OutputData
	edges   int
	ignored atomic.Int64
}

func newRecorded(deps [][]int) *recorded {
	w := &recorded{inputs: make([][]*storage.InputData, len(deps)), output: &storage.OutputData{Output: "result"}}
	for i, ds := range deps {
		for _, d := range ds {
			w.inputs[i] = append(w.inputs[i], &storage.InputData{Input: stepName(d), FromStep: stepName(d), Output: "result"})
			w.edges++
		}
	}
	return w
}

func (w *recorded) RunStep(_ context.Context, t *executor.Task) executor.Outcome {
	for i, in := range w.inputs[t.Step] {
		if len(t.Sources(i)) != 1 {
			w.ignored.Add(1)
		}
		t.EmitAll(storage.Event{Kind: storage.LoadedInput, Data: in}, storage.Event{Kind: storage.StepInput, Data: in})
	}
	t.EmitAll(storage.Event{Kind: storage.StepOutput, Data: w.output}, storage.Event{Kind: storage.HandledOutput, Data: w.output})
	return executor.Outcome{}
}

// BenchmarkCompile lays plans out, as is done once for a plan that is run often.
func BenchmarkCompile(b *testing.B) {
	eachShape(b, func(b *testing.B, deps [][]int) {
		b.Helper()
		plan := graph(deps)
		for b.Loop() {
			if _, err := machine.Compile(plan); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEngine runs whole plans with all their events.
func BenchmarkEngine(b *testing.B) {
	eachShape(b, func(b *testing.B, deps [][]int) {
		b.Helper()
		plan, w, sink := graph(deps), newRecorded(deps), &appender{}
		g, err := machine.Compile(plan)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			report, err := executor.Engine{}.Execute(b.Context(), executor.Request{Graph: g, Worker: w, Sink: sink})
			if events := sink.reset(); err != nil || report.Status != storage.RunSucceeded || events != 4*len(deps)+2*w.edges {
				b.Fatal(err, report.Status, events)
			}
		}
	})
}

// BenchmarkEngineAlone runs whole plans whose steps do and say nothing.
func BenchmarkEngineAlone(b *testing.B) {
	eachShape(b, func(b *testing.B, deps [][]int) {
		b.Helper()
		plan := graph(deps)
		for b.Loop() {
			if _, err := (executor.Engine{}).Execute(b.Context(), executor.Request{Plan: plan, Worker: bodies(nil)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFloor is what one writes by hand without any engine: a goroutine per ready node, no events, no order, no report.
func BenchmarkFloor(b *testing.B) {
	eachShape(b, func(b *testing.B, deps [][]int) {
		b.Helper()
		next := make([][]int, len(deps))
		for i, ds := range deps {
			for _, d := range ds {
				next[d] = append(next[d], i)
			}
		}
		for b.Loop() {
			wait := make([]atomic.Int32, len(deps))
			var g errgroup.Group
			var run func(i int)
			run = func(i int) {
				for _, n := range next[i] {
					if wait[n].Add(-1) == 0 {
						g.Go(func() error { run(n); return nil })
					}
				}
			}
			for i, ds := range deps {
				wait[i].Store(int32(len(ds)))
			}
			for i, ds := range deps {
				if len(ds) == 0 {
					g.Go(func() error { run(i); return nil })
				}
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
