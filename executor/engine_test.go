package executor_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/storage"
)

// log keeps events in memory.
type log struct {
	mu     sync.Mutex
	events []storage.Event
}

func (l *log) Record(events ...storage.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
}

// kinds returns the kinds of a step's events.
func (l *log) kinds(step string) []storage.EventKind {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kinds []storage.EventKind
	for i := range l.events {
		if l.events[i].Step == step {
			kinds = append(kinds, l.events[i].Kind)
		}
	}
	return kinds
}

// bodies runs a function per step key; a step that has none succeeds.
type bodies map[string]func(ctx context.Context, t *executor.Task) executor.Outcome

func (b bodies) RunStep(ctx context.Context, t *executor.Task) executor.Outcome {
	if body := b[t.Key]; body != nil {
		return body(ctx, t)
	}
	return executor.Outcome{}
}

// graph makes a plan of one-output steps n0, n1, ...
func graph(deps [][]int) *executor.Plan {
	p := &executor.Plan{Steps: make([]executor.Step, len(deps))}
	for i, ds := range deps {
		s := &p.Steps[i]
		s.Key = stepName(i)
		s.Outputs = []executor.Output{{Name: "result"}}
		for _, d := range ds {
			s.Inputs = append(s.Inputs, executor.Input{Name: stepName(d), Sources: []executor.Source{{Step: d}}})
		}
	}
	return p
}

func TestEngineRunsEveryStepAfterItsSources(t *testing.T) {
	t.Parallel()
	for name, deps := range map[string][][]int{
		"chain": dags.Chain(500), "fan": dags.Fan(500), "layers": dags.Layers(500), "empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &log{}
			report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: graph(deps), Worker: bodies{}, Sink: l, MaxConcurrent: 8})
			require.NoError(t, err)
			assert.Equal(t, storage.RunSucceeded, report.Status)
			ended := map[string]bool{}
			for _, e := range l.events {
				if e.Kind == storage.StepSuccess {
					ended[e.Step] = true
					continue
				}
				i := slices.IndexFunc(report.Steps, func(s executor.StepReport) bool { return s.Key == e.Step })
				for _, d := range deps[i] {
					require.True(t, ended[stepName(d)], "%s started before %s ended", e.Step, stepName(d))
				}
			}
			assert.Len(t, l.events, 2*len(deps))
		})
	}
}

func TestFailureStopsWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	l := &log{}
	report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: graph([][]int{{}, {0}, {1}, {0}}), Sink: l, Worker: bodies{
		"n1": func(context.Context, *executor.Task) executor.Outcome {
			return executor.Outcome{Err: errors.New("no such table")}
		},
	}})
	require.NoError(t, err)
	assert.Equal(t, storage.RunFailed, report.Status)
	assert.Equal(t, []executor.StepStatus{executor.StepSucceeded, executor.StepFailed, executor.StepNotRun, executor.StepSucceeded}, statuses(report))
	require.EqualError(t, report.Steps[1].Err, "no such table")
	assert.Equal(t, []storage.EventKind{storage.StepStart, storage.StepFailure}, l.kinds("n1"))
	assert.Empty(t, l.kinds("n2"))
}

func statuses(r *executor.Report) []executor.StepStatus {
	var out []executor.StepStatus
	for _, s := range r.Steps {
		out = append(out, s.Status)
	}
	return out
}
