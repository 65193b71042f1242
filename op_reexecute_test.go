package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

func TestReexecutionOfJobs(t *testing.T) { //nolint:tparallel // its parts share what is broken
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	var genRuns, oneRuns atomic.Int32
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) {
		genRuns.Add(1)
		return dagster.Dynamic[int]{"a": 1, "b": 2, "c": 3}, nil
	})
	one := dagster.NewOp1("one", func(_ context.Context, n int) (int, error) {
		oneRuns.Add(1)
		if n == 2 && broken.Load() {
			return 0, errors.New("broken")
		}
		return 10 * n, nil
	})
	join := dagster.NewOp1("join", addAll)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return join.In(s, dagster.Map(s, gen.In(s), one.In)) })

	t.Run("from failure loads what is there", func(t *testing.T) { //nolint:paralleltest // likewise
		job := dagster.NewJob("j", g)
		repo := dagster.NewRepository("r", job)
		on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
		first, err := repo.Execute(t.Context(), job, on)
		require.Error(t, err)
		broken.Store(false)
		genRuns.Store(0)
		oneRuns.Store(0)
		second, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), on)
		require.NoError(t, err)
		assert.Equal(t, map[string]executor.StepStatus{"one[b]": executor.StepSucceeded, "join": executor.StepSucceeded}, stepStatuses(second))
		got, err := g.Value(second)
		require.NoError(t, err)
		assert.Equal(t, 60, got)
		assert.Zero(t, genRuns.Load())
		assert.EqualValues(t, 1, oneRuns.Load())
		assert.Equal(t, storage.RunID(first.RunID()), second.Run().Parent)
		_, err = repo.Reexecute(t.Context(), second.RunID(), dagster.FailedSteps(), on)
		require.ErrorContains(t, err, "nothing failed in it")

		third, err := repo.Reexecute(t.Context(), second.RunID(), dagster.OnlyOps("join"), on)
		require.NoError(t, err)
		assert.Len(t, third.Steps(), 1)
		got, err = g.Value(third)
		require.NoError(t, err)
		assert.Equal(t, 60, got)
		fourth, err := repo.Reexecute(t.Context(), third.RunID(), dagster.AllSteps(), on)
		require.NoError(t, err)
		assert.Len(t, fourth.Steps(), 5)
	})

	t.Run("what is gone is made again", func(t *testing.T) { //nolint:paralleltest // likewise
		broken.Store(true)
		for _, kept := range []bool{false, true} {
			opts := []dagster.JobOption{}
			if kept {
				opts = append(opts, dagster.Durable())
			}
			job := dagster.NewJob("j", g, opts...)
			store, io1 := storage.NewMemory(), dagster.FileIO(t.TempDir())
			process := func() dagster.RunOption {
				return dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{Storage: store, IO: io1}))
			}
			broken.Store(true)
			first, err := dagster.NewRepository("r", job).Execute(t.Context(), job, process())
			require.Error(t, err)
			if !kept {
				_, err = dagster.NewRepository("r", job).Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("join"), process())
				require.ErrorContains(t, err, `needs the value of "one", which was kept in memory only and is gone`)
			}
			broken.Store(false)
			second, err := dagster.NewRepository("r", job).Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), process())
			require.NoError(t, err)
			got, err := g.Value(second)
			require.NoError(t, err)
			assert.Equal(t, 60, got)
			if kept {
				assert.Equal(t, map[string]executor.StepStatus{"one[b]": executor.StepSucceeded, "join": executor.StepSucceeded}, stepStatuses(second))
			} else {
				assert.Len(t, second.Steps(), 5)
			}
		}
	})
}

func TestReexecutionKeepsTheConfig(t *testing.T) {
	t.Parallel()
	cfg := dagster.NewConfig("limit", limits{Rows: 1})
	rows := dagster.NewOp1("rows", func(_ context.Context, l limits) (int, error) { return l.Rows, nil })
	again := rows.As("again")
	both := dagster.NewOp2("both", func(_ context.Context, a, b int) (string, error) { return fmt.Sprint(a, " ", b), nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] {
		return both.In(s, rows.In(s, cfg), again.In(s, cfg))
	})
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	first, err := repo.Execute(t.Context(), job, on, dagster.RunConfig([]byte(`{"config": {"limit": {"rows": 5}}, "ops": {"again": {"config": {"rows": 6}}}}`)))
	require.NoError(t, err)
	value := func(r *dagster.Result, err error) string {
		require.NoError(t, err)
		got, err := g.Value(r)
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, "5 6", value(first, nil))
	assert.Equal(t, "5 6", value(repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), on)))
	assert.Equal(t, "7 6", value(repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), on, cfg.Set(limits{Rows: 7}))))
	assert.Equal(t, "8 8", value(repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), on, dagster.RunConfig([]byte(`{"config": {"limit": {"rows": 8}}}`)))))

	part, err := repo.Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("both"), on)
	require.NoError(t, err)
	assert.Equal(t, "5 6", value(part, nil))
	assert.Equal(t, "5 6", value(repo.Reexecute(t.Context(), part.RunID(), dagster.AllSteps(), on)), "also after a run that did not use it")
	_, err = repo.Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("both"), on, dagster.RunConfig([]byte(`{"ops": {"nobody": {"config": {}}}}`)))
	require.ErrorContains(t, err, "ops.nobody: no step of that name")
}
