package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

func TestFinallyRunsAgainWithWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{false, true} {
		var cleaned, kept []string
		broken := true
		first := dagster.NewOp("first", number(1))
		second := dagster.NewOp1("second", func(_ context.Context, n int) (int, error) {
			if broken {
				return 0, errors.New("no")
			}
			return n + 1, nil
		})
		after := func(name string, list *[]string, opts ...dagster.OpOption) *dagster.Op0[dagster.Nothing] {
			return dagster.NewOp(name, dagster.Do(func(context.Context) error { *list = append(*list, name); return nil }), opts...)
		}
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
			one := first.In(s)
			two := second.In(s, one)
			after("after_first", &kept, dagster.Finally(one)).In(s)
			after("behind", &cleaned, dagster.Finally(after("after_second", &cleaned, dagster.Finally(two)).In(s))).In(s)
			return two
		})
		opts := []dagster.JobOption{dagster.MaxConcurrent(1)}
		if durable {
			opts = append(opts, dagster.Durable())
		}
		job := dagster.NewJob("j", g, opts...)
		store, files := storage.NewMemory(), dagster.FileIO(t.TempDir())
		process := func() dagster.RunOption {
			return dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{Storage: store, IO: files}))
		}
		failed, err := dagster.NewRepository("r", job).Execute(t.Context(), job, process())
		require.Error(t, err)
		broken = false
		r, err := dagster.NewRepository("r", job).Reexecute(t.Context(), failed.RunID(), dagster.FailedSteps(), process())
		require.NoError(t, err)
		assert.Equal(t, []string{"after_second", "behind", "after_second", "behind"}, cleaned)
		assert.Equal(t, executor.StepSucceeded, stepStatuses(r)["behind"])
		if durable {
			assert.Equal(t, []string{"after_first"}, kept, "what it waits for is loaded, and not run again")
		} else {
			assert.Equal(t, []string{"after_first", "after_first"}, kept, "what it waits for was gone, and ran again")
		}
	}
}

// A branch that was not taken stays so: it is not run without the values that it had no need of.
func TestWhatWasSkippedStaysSoWhenAFailedRunIsRunAgain(t *testing.T) {
	t.Parallel()
	for _, mapped := range []bool{false, true} {
		broken := true
		gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[day], error) {
			return dagster.Dynamic[day]{"a": {Rows: []int{1, 2, 3}}, "b": {Rows: []int{4}}}, nil
		})
		route, big, small := dagster.NewOp1("route", routeDay), dagster.NewOp1("big", sumDay), dagster.NewOp1("small", sumDay)
		deeper := dagster.NewOp1("deeper", addOne)
		join := dagster.NewOp1("join", func(ctx context.Context, n []int) (int, error) {
			if broken && dagster.Step(ctx).MapKey != "a" {
				return 0, errors.New("no")
			}
			return addAll(ctx, n)
		})
		total := dagster.NewOp1("total", addAll)
		either := func(s *dagster.Scope, d dagster.Input[day]) dagster.Output[int] {
			r := route.In(s, d)
			b := big.In(s, dagster.When(dagster.Field(r, func(r *routes) *dagster.Maybe[day] { return &r.Big })))
			sm := small.In(s, dagster.When(dagster.Field(r, func(r *routes) *dagster.Maybe[day] { return &r.Small })))
			return join.In(s, dagster.FanIn(deeper.In(s, b), sm))
		}
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
			if mapped {
				return total.In(s, dagster.Map(s, gen.In(s), either))
			}
			return either(s, dagster.Const(day{Rows: []int{4}}))
		})
		job := dagster.NewJob("j", g)
		repo, on := dagster.NewRepository("r", job), dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
		failed, err := repo.Execute(t.Context(), job, on)
		require.Error(t, err)
		if !mapped {
			_, err = big.Value(failed)
			require.EqualError(t, err, `value of op "big": step "big": skipped`)
		}
		broken = false
		r, err := repo.Reexecute(t.Context(), failed.RunID(), dagster.FailedSteps(), on)
		require.NoError(t, err)
		got, err := g.Value(r)
		require.NoError(t, err)
		if mapped {
			assert.Equal(t, 11, got)
			assert.Equal(t, map[string]executor.StepStatus{"join[b]": executor.StepSucceeded, "total": executor.StepSucceeded}, stepStatuses(r))
		} else {
			assert.Equal(t, 4, got)
			assert.Equal(t, map[string]executor.StepStatus{"join": executor.StepSucceeded}, stepStatuses(r))
		}
	}
}
