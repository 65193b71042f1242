package executortest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster/executor"
)

// gauge measures how many bodies run at once, by name.
type gauge struct {
	mu   sync.Mutex
	now  map[string]int
	most map[string]int
}

func newGauge() *gauge { return &gauge{now: map[string]int{}, most: map[string]int{}} }

func (g *gauge) enter(names ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range names {
		g.now[n]++
		g.most[n] = max(g.most[n], g.now[n])
	}
}

func (g *gauge) leave(names ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range names {
		g.now[n]--
	}
}

func testMaxConcurrent(t *testing.T, e executor.Executor) {
	t.Helper()
	s := make(script, 0, 40)
	for i := range 40 {
		s = append(s, fmt.Sprint("s", i))
	}
	g := newGauge()
	meet := make(chan struct{})
	report, _ := execute(t, e, executor.Request{Plan: s.plan(), MaxConcurrent: 3, Worker: funcWorker(func(ctx context.Context, _ *executor.Task) executor.Outcome {
		g.enter("all")
		defer g.leave("all")
		select { // in pairs: fewer than two at once would never end
		case meet <- struct{}{}:
		case <-meet:
		case <-ctx.Done():
		}
		return executor.Outcome{}
	})})
	assert.Len(t, report.Steps, 40)
	assert.LessOrEqual(t, g.most["all"], 3)
	assert.GreaterOrEqual(t, g.most["all"], 2)
}

func testTagLimits(t *testing.T, e executor.Executor) {
	t.Helper()
	s := make(script, 0, 60)
	for i := range 60 {
		s = append(s, fmt.Sprint("s", i))
	}
	p := s.plan()
	for i := range p.Steps {
		p.Steps[i].Tags = map[string]string{"pool": string(rune('a' + i%3))}
		if i%2 == 0 {
			p.Steps[i].Tags["db"] = string(rune('x' + i%3))
		}
	}
	g := newGauge()
	report, _ := execute(t, e, executor.Request{
		Plan: p, MaxConcurrent: 16,
		TagLimits: []executor.TagLimit{{Key: "pool", PerValue: true, Limit: 3}, {Key: "db", Limit: 4}, {Key: "pool", Value: "b", Limit: 1}},
		Worker: funcWorker(func(_ context.Context, task *executor.Task) executor.Outcome {
			tags := p.Steps[task.Step].Tags
			names := []string{"pool" + tags["pool"]}
			if tags["db"] != "" {
				names = append(names, "db")
			}
			g.enter(names...)
			defer g.leave(names...)
			return executor.Outcome{}
		}),
	})
	for _, s := range report.Steps {
		assert.Equal(t, executor.StepSucceeded, s.Status, s.Key)
	}
	assert.LessOrEqual(t, g.most["poola"], 3)
	assert.LessOrEqual(t, g.most["poolb"], 1)
	assert.LessOrEqual(t, g.most["poolc"], 3)
	assert.LessOrEqual(t, g.most["db"], 4)
}

// testLimitsApart has a step that waits for two limits: while one of them is taken it must not keep others from the other.
func testLimitsApart(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b", "both", "waits", "last"}.plan()
	for i, tags := range []map[string]string{{"h": ""}, {"g": ""}, {"g": "", "h": ""}, {"g": ""}, nil} {
		p.Steps[i].Tags = tags
	}
	ran := map[string]chan struct{}{"waits": make(chan struct{}), "last": make(chan struct{})}
	await := func(ctx context.Context, step string) executor.Outcome {
		select {
		case <-ran[step]:
			return executor.Outcome{}
		case <-time.After(10 * time.Second):
			return executor.Outcome{Err: fmt.Errorf("%s did not run meanwhile", step)}
		case <-ctx.Done():
			return executor.Outcome{Err: ctx.Err()}
		}
	}
	report, _ := execute(t, e, executor.Request{
		Plan: p, MaxConcurrent: 8, TagLimits: []executor.TagLimit{{Key: "g", Limit: 1}, {Key: "h", Limit: 1}},
		Worker: funcWorker(func(ctx context.Context, t *executor.Task) executor.Outcome {
			switch t.Key {
			case "a":
				return await(ctx, "waits")
			case "b":
				return await(ctx, "last")
			case "waits", "last":
				close(ran[t.Key])
			}
			return executor.Outcome{}
		}),
	})
	assert.Equal(t, "a ok, b ok, both ok, waits ok, last ok", words(report))
}

func testPriority(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"root", "a needs root", "b needs root", "c needs root", "gen needs root out o*", "m@gen needs gen", "d needs root"}.plan()
	for i, priority := range []int{0, -1, 5, 0, 5, 5, 0} {
		p.Steps[i].Priority = priority
	}
	var order []string
	worker := &actor{p, acts{"gen": "keys y,x"}}
	execute(t, e, executor.Request{Plan: p, MaxConcurrent: 1, Worker: funcWorker(func(ctx context.Context, t *executor.Task) executor.Outcome {
		order = append(order, t.Key)
		return worker.RunStep(ctx, t)
	})})
	assert.Equal(t, "root b gen m[y] m[x] c d a", strings.Join(order, " "))
}
