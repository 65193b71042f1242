package executortest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

func testCancel(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"early", "runs", "finishes", "retries retry |", "waits needs runs", "cleans finally runs"}.plan()
	p.Steps[3].Retry.Delay = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := &Log{}
	ready := make(chan struct{}, len(p.Steps))
	go func() {
		for range 4 {
			<-ready
		}
		cancel()
	}()
	report, err := e.Execute(ctx, executor.Request{Plan: p, Sink: log, MaxConcurrent: 8, Worker: funcWorker(func(ctx context.Context, t *executor.Task) executor.Outcome {
		ready <- struct{}{}
		switch t.Key {
		case "runs":
			<-ctx.Done()
			return executor.Outcome{Err: fmt.Errorf("query: %w", ctx.Err())}
		case "finishes":
			<-ctx.Done()
		case "retries":
			return executor.Outcome{Err: errActed}
		}
		return executor.Outcome{}
	})})
	require.NoError(t, err)
	assert.Equal(t, storage.RunCanceled, report.Status)
	assert.Zero(t, report.Stuck)
	got := outcomes(report)
	// Whether the failure was told before the cancellation is a matter of luck: then it waits for its retry.
	assert.Contains(t, []executor.StepStatus{executor.StepCanceled, executor.StepFailed}, got["retries"])
	delete(got, "retries")
	assert.Equal(t, map[string]executor.StepStatus{
		"early": executor.StepSucceeded, "runs": executor.StepCanceled, "finishes": executor.StepSucceeded,
		"waits": executor.StepNotRun, "cleans": executor.StepNotRun,
	}, got)
	require.ErrorIs(t, find(t, report, "runs").Err, context.Canceled)
	assert.Equal(t, []storage.EventKind{storage.StepStart, storage.StepFailure}, log.Kinds("runs"))
	assert.Empty(t, log.Kinds("waits"))
}

func testCancelBetweenSteps(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b needs a", "c needs b"}.plan()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	worker := funcWorker(func(context.Context, *executor.Task) executor.Outcome {
		cancel()
		return executor.Outcome{}
	})
	for _, want := range []string{"a ok, b -, c -", "a -, b -, c -"} { // the second time it is canceled from the start
		log := &Log{}
		report, err := e.Execute(ctx, executor.Request{Plan: p, Worker: worker, Sink: log})
		require.NoError(t, err)
		assert.Equal(t, want, words(report))
		assert.Equal(t, storage.RunCanceled, report.Status)
		checkLog(t, log, report)
	}
}

func testCancelAfterFailure(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b after a", "c finally a"}.plan()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	report, err := e.Execute(ctx, executor.Request{Plan: p, Worker: funcWorker(func(_ context.Context, t *executor.Task) executor.Outcome {
		if t.Key == "c" {
			cancel()
		}
		return executor.Outcome{Err: errActed}
	})})
	require.NoError(t, err)
	assert.Equal(t, storage.RunCanceled, report.Status)
	assert.Equal(t, "a failed, b -, c canceled", words(report))
}

func testTimeout(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"slow", "again retry |", "stubborn retry |", "quick"}.plan()
	for i := range p.Steps {
		p.Steps[i].Timeout = 20 * time.Millisecond
	}
	p.Steps[3].Timeout = time.Hour
	hold := make(chan struct{})
	report, log := execute(t, e, executor.Request{Plan: p, MaxConcurrent: 4, Grace: 20 * time.Millisecond, Worker: funcWorker(func(ctx context.Context, t *executor.Task) executor.Outcome {
		switch {
		case t.Key == "slow", t.Key == "again" && t.Attempt == 1:
			<-ctx.Done()
			return executor.Outcome{Err: ctx.Err()}
		case t.Key == "stubborn":
			<-hold
		}
		return executor.Outcome{}
	})})
	assert.Equal(t, "slow failed, again ok 2, stubborn failed, quick ok", words(report))
	assert.Equal(t, 1, report.Stuck)
	require.ErrorIs(t, find(t, report, "slow").Err, context.DeadlineExceeded)
	require.ErrorContains(t, find(t, report, "stubborn").Err, "did not stop within 20ms after its timeout")
	checkLog(t, log, report)
	close(hold)
}

func testAskedRetries(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"plain", "asks", "most", "less retry |||", "never retry |||"}.plan()
	for i := range p.Steps {
		p.Steps[i].Retry.Delay = time.Hour // never waited for: an attempt that asks says how long
	}
	ask := map[string]error{
		"plain": errActed, "asks": executor.RetryAfter(errActed, time.Millisecond), "most": executor.RetryUpTo(errActed, 0, 2),
		"less": executor.RetryUpTo(errActed, 0, 1), "never": fmt.Errorf("give up: %w", executor.NoRetry(errActed)),
	}
	report, log := execute(t, e, executor.Request{Plan: p, Worker: funcWorker(func(_ context.Context, t *executor.Task) executor.Outcome {
		return executor.Outcome{Err: ask[t.Key]}
	})})
	assert.Equal(t, "plain failed, asks failed 2, most failed 3, less failed 2, never failed", words(report))
	for _, s := range report.Steps {
		assert.True(t, errors.Is(s.Err, errActed), s.Key)
	}
	checkLog(t, log, report)
}
