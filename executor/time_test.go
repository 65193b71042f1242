package executor_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/executortest"
	"github.com/dagster-go/dagster/storage"
)

func TestBackoffFreesItsSlotAndLastsAsLongAsThePolicySays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := graph([][]int{{}, {}, {}})
		p.Steps[0].Retry = executor.Retry{Max: 3, Delay: 2 * time.Second, Backoff: executor.Exponential}
		p.Steps[1].Retry = executor.Retry{Max: 1, Delay: time.Minute}
		start := time.Now()
		var tries []time.Duration
		report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: p, MaxConcurrent: 1, Worker: bodies{
			"n0": func(context.Context, *executor.Task) executor.Outcome {
				tries = append(tries, time.Since(start))
				return executor.Outcome{Err: errors.New("busy")}
			},
			"n1": func(_ context.Context, t *executor.Task) executor.Outcome {
				if t.Attempt == 1 {
					return executor.Outcome{Err: errors.New("busy")}
				}
				return executor.Outcome{}
			},
		}})
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{0, 2 * time.Second, 8 * time.Second, 22 * time.Second}, tries)
		assert.Equal(t, time.Minute, time.Since(start))
		assert.Equal(t, start.UTC(), report.Steps[2].Ended.UTC(), "the one slot was free during the waits")
		assert.Equal(t, time.Minute, report.Steps[1].Ended.Sub(report.Steps[1].Started))
	})
}

func TestAResumedRunWaitsForTheRestOfABackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := graph([][]int{{}})
		p.Steps[0].Retry = executor.Retry{Max: 1, Delay: time.Minute}
		start := time.Now()
		history := []storage.Event{
			{Kind: storage.StepStart, Step: "n0", Attempt: 1, At: start.Add(-30 * time.Second)},
			{Kind: storage.StepUpForRetry, Step: "n0", Attempt: 1, At: start.Add(-20 * time.Second), Data: &storage.FailureData{RetryIn: time.Minute}},
		}
		log := &executortest.Log{}
		report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: p, Worker: bodies{}, History: history, Sink: log})
		require.NoError(t, err)
		assert.Equal(t, 40*time.Second, time.Since(start))
		assert.Equal(t, 2, report.Steps[0].Attempts)
		assert.Equal(t, start.Add(-30*time.Second).UTC(), report.Steps[0].Started)
		assert.Equal(t, []storage.EventKind{storage.StepRestarted, storage.StepSuccess}, log.Kinds("n0"))
	})
}

func TestACanceledRunWaitsForABodyOnlyAsLongAsItsGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := graph([][]int{{}, {}, {0, 1}})
		p.Steps[1].Timeout = time.Hour // told to stop by the cancellation, in a goroutine of its own
		hold := make(chan struct{})
		late := make(chan *executor.Task, 1)
		stubborn := func(_ context.Context, t *executor.Task) executor.Outcome {
			late <- t
			<-hold
			return executor.Outcome{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		log := &executortest.Log{}
		report, err := executor.Engine{}.Execute(ctx, executor.Request{
			Plan: p, Sink: log, Grace: 5 * time.Second, MaxConcurrent: 2, Worker: bodies{"n0": stubborn, "n1": func(_ context.Context, t *executor.Task) executor.Outcome {
				<-hold
				return executor.Outcome{}
			}},
		})
		require.NoError(t, err)
		assert.Equal(t, 6*time.Second, time.Since(start))
		assert.Equal(t, storage.RunCanceled, report.Status)
		assert.Equal(t, 2, report.Stuck)
		assert.Equal(t, []executor.StepStatus{executor.StepCanceled, executor.StepCanceled, executor.StepNotRun}, statuses(report))
		for i := range 2 {
			require.ErrorIs(t, report.Steps[i].Err, context.DeadlineExceeded)
			require.ErrorContains(t, report.Steps[i].Err, "did not stop within 5s")
		}
		assert.Equal(t, []storage.EventKind{storage.StepStart, storage.StepFailure}, log.Kinds("n0"))
		(<-late).Emit(storage.Event{Kind: storage.AssetMaterialization})
		close(hold)
		synctest.Wait()
		assert.Len(t, log.Events(), 4, "what a body does after it was given up is not recorded")
	})
}

func TestATimedOutBodyHasGraceToStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := graph([][]int{{}, {}, {}})
		for i := range p.Steps {
			p.Steps[i].Timeout = time.Minute
			p.Steps[i].Retry.Max = 1
		}
		cleanUp := func(ctx context.Context, d time.Duration) {
			<-ctx.Done()
			<-time.After(d)
		}
		start := time.Now()
		report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: p, Grace: 10 * time.Second, MaxConcurrent: 3, Worker: bodies{
			"n0": func(ctx context.Context, _ *executor.Task) executor.Outcome {
				cleanUp(ctx, 9*time.Second)
				return executor.Outcome{Err: errors.New("query was stopped")}
			},
			"n1": func(ctx context.Context, _ *executor.Task) executor.Outcome {
				cleanUp(ctx, 9*time.Second)
				return executor.Outcome{} // it got through in the end
			},
			"n2": func(ctx context.Context, _ *executor.Task) executor.Outcome {
				cleanUp(ctx, 11*time.Second)
				return executor.Outcome{}
			},
		}})
		require.NoError(t, err)
		assert.Equal(t, 2*69*time.Second, time.Since(start))
		assert.Equal(t, []executor.StepStatus{executor.StepFailed, executor.StepSucceeded, executor.StepFailed}, statuses(report))
		assert.Equal(t, []int{2, 1, 1}, []int{report.Steps[0].Attempts, report.Steps[1].Attempts, report.Steps[2].Attempts})
		require.EqualError(t, report.Steps[0].Err, "timed out after 1m0s: query was stopped")
		require.EqualError(t, report.Steps[2].Err, "timed out after 1m0s: did not stop within 10s after its timeout")
		assert.Zero(t, report.Stuck, "it has stopped by the end of the run")
	})
}
