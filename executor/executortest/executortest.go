// Package executortest is the contract of an [executor.Executor] as tests: whoever writes one runs [Test] on it.
package executortest

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// Test runs the contract on executors that open returns: what follows from what, in which events it is told, what bodies may do,
// how a run is canceled, limited and resumed. Executors are used by parallel tests.
func Test(t *testing.T, open func(t *testing.T) executor.Executor) {
	t.Helper()
	t.Run("plans", func(t *testing.T) {
		for _, c := range planCases() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(t, open(t))
			})
		}
	})
	for name, test := range map[string]func(t *testing.T, e executor.Executor){
		"an unusable plan is an error":                   testUnusable,
		"a panic fails its step alone":                   testPanic,
		"a body that ends its goroutine fails its step":  testGoexit,
		"events are complete and in order":               testEvents,
		"events of an ended attempt are dropped":         testLateEvents,
		"a failure is told with its cause and metadata":  testFailureData,
		"no more steps run at once than allowed":         testMaxConcurrent,
		"tag limits hold":                                testTagLimits,
		"tag limits do not hold each other up":           testLimitsApart,
		"higher priority first, then plan order":         testPriority,
		"cancellation stops what runs and what waits":    testCancel,
		"cancellation does not change a failure":         testCancelAfterFailure,
		"no step starts after the cancellation":          testCancelBetweenSteps,
		"a timeout fails the attempt":                    testTimeout,
		"retries can be asked for and forbidden":         testAskedRetries,
		"sources name what was made":                     testSources,
		"a run is resumed from every prefix of its log":  testResume,
		"an interrupted last attempt is not tried again": testInterruptedLast,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Log is a sink that keeps what it is given.
type Log struct {
	mu     sync.Mutex
	events []storage.Event
}

// Record keeps events.
func (l *Log) Record(events ...storage.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
}

// Events returns what was recorded so far.
func (l *Log) Events() []storage.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// Kinds returns the kinds of a step's events.
func (l *Log) Kinds(step string) (kinds []storage.EventKind) {
	for _, e := range l.Events() {
		if e.Step == step {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// execute runs a plan and expects no error.
func execute(t *testing.T, e executor.Executor, r executor.Request) (*executor.Report, *Log) {
	t.Helper()
	l := &Log{}
	r.Sink = l
	report, err := e.Execute(t.Context(), r)
	require.NoError(t, err)
	return report, l
}

// outcomes returns how each step ended, by key.
func outcomes(r *executor.Report) map[string]executor.StepStatus {
	out := make(map[string]executor.StepStatus, len(r.Steps))
	for _, s := range r.Steps {
		out[s.Key] = s.Status
	}
	return out
}

// find returns the report of a step.
func find(t *testing.T, r *executor.Report, key string) executor.StepReport {
	t.Helper()
	i := slices.IndexFunc(r.Steps, func(s executor.StepReport) bool { return s.Key == key })
	require.GreaterOrEqual(t, i, 0, "report has no step %q", key)
	return r.Steps[i]
}

// checkLog holds a log against a report: it must say the same, in an order that makes sense.
func checkLog(t *testing.T, l *Log, r *executor.Report) {
	t.Helper()
	last := map[string]storage.EventKind{}
	attempts := map[string]int{}
	for _, e := range l.Events() {
		switch e.Kind {
		case storage.StepStart, storage.StepRestarted:
			assert.Equal(t, attempts[e.Step]+1, e.Attempt, "attempt of %s", e.Step)
			assert.Equal(t, e.Attempt > 1, e.Kind == storage.StepRestarted, "%s begins attempt %d of %s", e.Kind, e.Attempt, e.Step)
			attempts[e.Step]++
		default:
			assert.Equal(t, attempts[e.Step], e.Attempt, "attempt of %s of %s", e.Kind, e.Step)
		}
		assert.NotContains(t, []storage.EventKind{storage.StepSuccess, storage.StepFailure, storage.StepSkipped}, last[e.Step], "%s after its end has %s", e.Step, e.Kind)
		assert.False(t, e.At.IsZero(), "time of %s of %s", e.Kind, e.Step)
		last[e.Step] = e.Kind
	}
	for _, s := range r.Steps {
		want := map[executor.StepStatus]storage.EventKind{
			executor.StepSucceeded: storage.StepSuccess, executor.StepFailed: storage.StepFailure, executor.StepSkipped: storage.StepSkipped,
		}[s.Status]
		if s.Status != executor.StepCanceled {
			assert.Equal(t, want, last[s.Key], "last event of %s, which is %s", s.Key, s.Status)
		}
		assert.Equal(t, s.Attempts, attempts[s.Key], "attempts of %s", s.Key)
		assert.Equal(t, s.Status == executor.StepFailed || s.Status == executor.StepCanceled, s.Err != nil, "error of %s: %v", s.Key, s.Err)
	}
}
