package executortest

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// funcWorker is a worker that is a function.
type funcWorker func(ctx context.Context, t *executor.Task) executor.Outcome

// RunStep calls the function.
func (f funcWorker) RunStep(ctx context.Context, t *executor.Task) executor.Outcome { return f(ctx, t) }

func testUnusable(t *testing.T, e executor.Executor) {
	t.Helper()
	idle := funcWorker(func(context.Context, *executor.Task) executor.Outcome { return executor.Outcome{} })
	for name, r := range map[string]executor.Request{
		"no plan":           {Worker: idle},
		"no worker":         {Plan: &executor.Plan{}},
		"key taken":         {Worker: idle, Plan: &executor.Plan{Steps: []executor.Step{{Key: "a"}, {Key: "a"}}}},
		"source not before": {Worker: idle, Plan: &executor.Plan{Steps: []executor.Step{{Key: "a", Inputs: []executor.Input{{Kind: executor.After, Sources: []executor.Source{{Step: 0}}}}}}}},
		"limit of nothing":  {Worker: idle, Plan: &executor.Plan{}, TagLimits: []executor.TagLimit{{Key: "db"}}},
		"other history":     {Worker: idle, Plan: &executor.Plan{}, History: []storage.Event{{Kind: storage.StepStart, Step: "a"}}},
	} {
		_, err := e.Execute(t.Context(), r)
		assert.Error(t, err, name)
	}
}

func testPanic(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b", "c needs b"}.plan()
	report, log := execute(t, e, executor.Request{Plan: p, MaxConcurrent: 1, Worker: funcWorker(func(_ context.Context, t *executor.Task) executor.Outcome {
		if t.Key == "a" {
			panic(errActed)
		}
		return executor.Outcome{}
	})})
	assert.Equal(t, "a failed, b ok, c ok", words(report))
	err := find(t, report, "a").Err
	require.ErrorIs(t, err, errActed)
	stacked, ok := errors.AsType[interface {
		error
		StackTrace() []byte
	}](err)
	require.True(t, ok, "%T has no stack", err)
	assert.Contains(t, string(stacked.StackTrace()), "testPanic")
	checkLog(t, log, report)
}

func words(r *executor.Report) string {
	all := make([]string, 0, len(r.Steps))
	for _, s := range r.Steps {
		all = append(all, word(s))
	}
	return strings.Join(all, ", ")
}

func testGoexit(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b", "c needs b", "d retry |"}.plan()
	p.Steps[1].Timeout = time.Hour // another way to run a body
	report, log := execute(t, e, executor.Request{Plan: p, MaxConcurrent: 1, Worker: funcWorker(func(_ context.Context, t *executor.Task) executor.Outcome {
		if t.Key == "a" || t.Key == "b" || t.Attempt == 1 {
			runtime.Goexit()
		}
		return executor.Outcome{}
	})})
	assert.Equal(t, "a failed, b failed, c -, d ok 2", words(report))
	checkLog(t, log, report)
}

func testEvents(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"gen out o*", "m@gen needs gen retry |", "c needs m out o?", "z needs c"}.plan()
	worker := &actor{p, acts{"gen": "keys a", "m": "fail-once", "c": "missing o"}}
	before := time.Now()
	report, log := execute(t, e, executor.Request{Plan: p, Run: "run", Worker: worker})
	assert.Equal(t, storage.RunSucceeded, report.Status)
	got := make([]string, 0, len(log.Events()))
	for _, ev := range log.Events() {
		got = append(got, ev.Step+" "+string(ev.Kind))
		assert.Equal(t, storage.RunID("run"), ev.Run)
		assert.WithinRange(t, ev.At, before.Add(-time.Second), time.Now().Add(time.Second))
		if ev.Kind == storage.StepSuccess {
			assert.IsType(t, &storage.SuccessData{}, ev.Data)
		}
	}
	assert.Equal(t, []string{
		"gen STEP_START", "gen STEP_OUTPUT", "gen STEP_SUCCESS",
		"m[a] STEP_START", "m[a] STEP_UP_FOR_RETRY", "m[a] STEP_RESTARTED", "m[a] STEP_OUTPUT", "m[a] STEP_SUCCESS",
		"c STEP_START", "c STEP_SUCCESS", "z STEP_SKIPPED",
	}, got)
	checkLog(t, log, report)
}

func testLateEvents(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b needs a"}.plan()
	var first *executor.Task
	_, log := execute(t, e, executor.Request{Plan: p, Worker: funcWorker(func(_ context.Context, t *executor.Task) executor.Outcome {
		if t.Key == "a" {
			first = t
		} else {
			first.Emit(storage.Event{Kind: storage.LogMessage})
			t.Emit(storage.Event{Kind: storage.LogMessage})
			t.EmitAll(storage.Event{Kind: storage.StepInput}, storage.Event{Kind: storage.LoadedInput})
			first.EmitAll(storage.Event{Kind: storage.StepInput})
		}
		return executor.Outcome{}
	})})
	assert.Equal(t, []storage.EventKind{storage.StepStart, storage.StepSuccess}, log.Kinds("a"))
	assert.Equal(t, []storage.EventKind{storage.StepStart, storage.LogMessage, storage.StepInput, storage.LoadedInput, storage.StepSuccess}, log.Kinds("b"))
}

// described is an error with metadata.
type described struct{ error }

// FailureMetadata describes the failure.
func (described) FailureMetadata() []metadata.Entry { return []metadata.Entry{metadata.Int("rows", 3)} }

func testFailureData(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a retry |"}.plan()
	p.Steps[0].Retry.Delay = time.Millisecond
	report, log := execute(t, e, executor.Request{Plan: p, Worker: funcWorker(func(context.Context, *executor.Task) executor.Outcome {
		return executor.Outcome{Err: described{errActed}}
	})})
	checkLog(t, log, report)
	events := log.Events()
	require.Len(t, events, 4)
	first, ok := events[1].Data.(*storage.FailureData)
	require.True(t, ok)
	assert.Equal(t, time.Millisecond, first.RetryIn)
	last, ok := events[3].Data.(*storage.FailureData)
	require.True(t, ok)
	assert.Equal(t, errActed.Error(), last.Error.Message)
	assert.Zero(t, last.RetryIn)
	assert.Equal(t, []metadata.Entry{metadata.Int("rows", 3)}, last.Metadata)
}
