package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

func TestFinallyRunsWhateverHappened(t *testing.T) {
	t.Parallel()
	var cleaned atomic.Bool
	bad := dagster.NewOp("bad", fails[int](errors.New("no")))
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[dagster.Nothing] {
		b := bad.In(s)
		clean := dagster.NewOp("clean", dagster.Do(func(context.Context) error { cleaned.Store(true); return nil }))
		return clean.With(dagster.Finally(b)).In(s)
	})
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.ErrorContains(t, err, `step "bad": no`)
	assert.True(t, cleaned.Load())
	assert.Equal(t, storage.RunFailed, r.Status())
	assert.Equal(t, executor.StepSucceeded, stepStatuses(r)["clean"])
}

func TestRetryOfAUseGoesBeforeOpGraphAndJob(t *testing.T) {
	t.Parallel()
	attempts := func(opts, use, graph []dagster.OpOption, job ...dagster.JobOption) int {
		op := dagster.NewOp("op", fails[int](errors.New("no")), opts...)
		if use != nil {
			op = op.As("use", use...)
		}
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return op.In(s) }, graph...)
		j := dagster.NewJob("j", g, job...)
		r, err := dagster.NewRepository("r", j).Execute(t.Context(), j)
		require.Error(t, err)
		return r.Steps()[0].Attempts
	}
	retry := func(n int) dagster.StepOption { return dagster.Retry(dagster.RetryPolicy{Max: n}) }
	one := func(n int) []dagster.OpOption { return []dagster.OpOption{retry(n)} }
	assert.Equal(t, 1, attempts(nil, nil, nil))
	assert.Equal(t, 5, attempts(nil, nil, nil, retry(4)))
	assert.Equal(t, 4, attempts(nil, nil, one(3), retry(4)))
	assert.Equal(t, 3, attempts(one(2), nil, one(3), retry(4)))
	assert.Equal(t, 2, attempts(one(2), one(1), one(3), retry(4)))
	assert.Equal(t, 1, attempts(one(2), one(0), one(3), retry(4)))
}

func TestHooksRunAfterSteps(t *testing.T) {
	t.Parallel()
	var d diary
	note := func(what string) dagster.Body[dagster.Nothing] {
		return dagster.From1(dagster.Const(what), dagster.Do1(func(ctx context.Context, what string) error {
			s := dagster.Step(ctx)
			d.note(fmt.Sprintf("%s %s %v", what, s.Key, s.Err))
			return nil
		}))
	}
	ok, bad := dagster.NewOp("ok", number(1)), dagster.NewOp1("bad", func(context.Context, int) (int, error) { return 0, errors.New("no") })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return bad.In(s, ok.In(s)) })
	job := dagster.NewJob("j", g, dagster.OnSuccess(note("good")), dagster.OnFailure(note("alert")))
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.Error(t, err)
	// A hook may run beside the steps that follow: the order of the two is not promised.
	assert.ElementsMatch(t, []string{"good ok <nil>", "alert bad no"}, d.lines)
	assert.Equal(t, []storage.EventKind{
		storage.StepStart, storage.StepOutput, storage.HandledOutput, storage.StepSuccess, storage.HookCompleted, storage.HookSkipped,
	}, kinds(r, "ok"))
	assert.Equal(t, []storage.EventKind{
		storage.StepStart, storage.LoadedInput, storage.StepInput, storage.StepFailure, storage.HookSkipped, storage.HookCompleted,
	}, kinds(r, "bad"))
}

func TestHookThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	ok := dagster.NewAsset("ok", dagster.From(number(1)),
		dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { return errors.New("slack is down") }))),
		dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { panic("worse") }))))
	r, err := dagster.NewRepository("r", ok).Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, 2, countKind(r, storage.HookErrored))
}

func TestMaxRuntimeFailsARun(t *testing.T) {
	t.Parallel()
	slow := dagster.NewOp("slow", func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return slow.In(s) })
	job := dagster.NewJob("j", g, dagster.MaxRuntime(10*time.Millisecond))
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.ErrorContains(t, err, "max runtime of 10ms exceeded")
	assert.Equal(t, storage.RunFailed, r.Status())
	assert.Equal(t, storage.RunFailed, r.Run().CancelTarget)
}
