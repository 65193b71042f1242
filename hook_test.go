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

type loudness struct {
	Level int `json:"level"`
}

// A hook has the values that a use of an op gives to configs, like the op's own body, and the run's go before them.
func TestConfigOfHooksPerUse(t *testing.T) {
	t.Parallel()

	loud := dagster.NewConfig("loud", loudness{Level: 1})
	heard := make(map[string]int)
	one := dagster.NewOp("one", number(1))
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		one.As("louder", loud.Set(loudness{Level: 3})).In(s)
		return one.In(s)
	})
	tell := dagster.OnSuccess(dagster.From1(loud, dagster.Do1(func(ctx context.Context, l loudness) error {
		heard[dagster.Step(ctx).Key] = l.Level
		return nil
	})))
	job := dagster.NewJob("j", g, tell, dagster.MaxConcurrent(1), loud.Set(loudness{Level: 2}))
	repo := dagster.NewRepository("r", job)
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	r, err := repo.Execute(t.Context(), job, on)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"one": 2, "louder": 3}, heard)
	assert.JSONEq(t, `{"config": {"loud": {"level": 2}}}`, string(r.Run().Config))

	clear(heard)
	_, err = repo.Execute(t.Context(), job, on, dagster.RunConfig([]byte(`{"config": {"loud": {"level": 4}}}`)))
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"one": 4, "louder": 4}, heard)
}
