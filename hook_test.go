package dagster_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

func hookErrors(r *dagster.Result) (texts []string) {
	for e := range r.Events() {
		if e.Kind == storage.HookErrored {
			texts = append(texts, e.Message)
		}
	}
	return texts
}

// A hook that does not care for its context holds up the end of its run, but not for ever.
func TestHookThatDoesNotStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		deaf := dagster.OnSuccess(dagster.From(dagster.Do(func(ctx context.Context) error {
			<-stop
			dagster.Log(ctx).Info("too late")
			return nil
		})))
		one := dagster.NewOp("one", number(1), deaf)
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return one.In(s) })
		job := dagster.NewJob("j", g, dagster.MaxRuntime(time.Minute))
		began := time.Now()
		r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
		assert.Equal(t, 90*time.Second, time.Since(began))
		require.NoError(t, err, "all its steps succeeded")
		assert.Equal(t, []string{"hook on_success: did not stop within 30s: max runtime of 1m0s exceeded"}, hookErrors(r))
		close(stop)
		synctest.Wait()
	})
}

// A hook may even end its goroutine: the others run all the same.
func TestHookThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()

	ran := false
	one := dagster.NewOp("one", number(1),
		dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { runtime.Goexit(); return nil }))),
		dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { ran = true; return nil }))))
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return one.In(s) })
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	assert.Equal(t, []string{"hook on_success: it ended its goroutine with runtime.Goexit"}, hookErrors(r))
	assert.True(t, ran)
}
