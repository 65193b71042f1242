package dagster_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// noSides is an op that takes no branch.
func noSides(name string) *dagster.Op0[sides] {
	return dagster.NewOp(name, func(context.Context) (sides, error) { return sides{}, nil })
}

func evenOf(s dagster.Output[sides]) dagster.Input[int] {
	return dagster.When(dagster.Field(s, func(s *sides) *dagster.Maybe[int] { return &s.Even }))
}

// What waits for several together is skipped if all of them were, and not for each of them.
func TestAfterAFanInWaitsForAllOfIt(t *testing.T) {
	t.Parallel()
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		none, one := evenOf(noSides("none").In(s)), dagster.NewOp("one", number(1)).In(s)
		dagster.NewOp("together", number(1), dagster.After(dagster.FanIn(none, dagster.Input[int](one)))).In(s)
		dagster.NewOp("nothing", number(1), dagster.After(dagster.FanIn(none))).In(s)
		dagster.NewOp("each", number(1), dagster.After(none, one)).In(s)
		return one
	})
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	st := stepStatuses(r)
	assert.Equal(t, executor.StepSucceeded, st["together"])
	assert.Equal(t, executor.StepSkipped, st["nothing"])
	assert.Equal(t, executor.StepSkipped, st["each"])
}

func TestInputsAreRecordedWhenAllAreLoaded(t *testing.T) {
	t.Parallel()
	a, b, sum := dagster.NewOp("a", number(1)), dagster.NewOp("b", number(2)), dagster.NewOp2("sum", plus)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return sum.In(s, a.In(s), b.In(s)) })
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	assert.Equal(t, []storage.EventKind{
		storage.StepStart, storage.LoadedInput, storage.LoadedInput, storage.StepInput, storage.StepInput,
		storage.StepOutput, storage.HandledOutput, storage.StepSuccess,
	}, kinds(r, "sum"))
}

func TestWhatIsMappedNeedsWhatItIsMappedOver(t *testing.T) {
	t.Parallel()
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"a": 1}, nil })
	one, two, join := dagster.NewOp1("one", addOne), dagster.NewOp1("two", addOne), dagster.NewOp1("join", addAll)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		return join.In(s, dagster.Map(s, gen.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			return two.In(s, one.In(s, n))
		}))
	})
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)
	for op, want := range map[string]string{
		"two":  `step "two" runs once for each key that "gen" makes, which is not selected: select it too`,
		"join": `step "join" needs what was mapped by "two", which is not selected: select it`,
	} {
		r, err := repo.Execute(t.Context(), job, dagster.OpSelection(op))
		require.ErrorContains(t, err, want)
		assert.Empty(t, r.RunID(), "nothing runs")
	}
}

func TestReservedNames(t *testing.T) {
	t.Parallel()
	const why = "reserved: it means something in run config"
	graph := func(name string) *dagster.Graph[int] {
		return dagster.NewGraph(name, dagster.NewOp("op", number(1)).In)
	}
	require.ErrorContains(t, dagster.NewRepository("r", dagster.NewJob("config", graph("g"))).Validate(), why)
	require.ErrorContains(t, dagster.NewRepository("r", dagster.NewJob("j", graph("output"))).Validate(), why)
	require.ErrorContains(t, dagster.NewRepository("r", dagster.NewAsset("type", dagster.From(number(1)))).Validate(), why)
	require.NoError(t, dagster.NewRepository("r", dagster.NewAsset("raw/type", dagster.From(number(1))), dagster.NewSource[int]("input")).Validate())
}

// rerunJob is two steps in a row, and one beside them, that fail as long as they are told to.
type rerunJob struct {
	failing map[string]*atomic.Bool
	job     *dagster.Job
	repo    *dagster.Repository
	on      dagster.RunOption
}

func newRerunJob() *rerunJob {
	j := &rerunJob{failing: map[string]*atomic.Bool{"a": {}, "b": {}, "c": {}}, on: dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))}
	body := func(name string) error {
		if j.failing[name].Load() {
			return errors.New("down")
		}
		return nil
	}
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		a := dagster.NewOp("a", func(context.Context) (int, error) { return 1, body("a") }).In(s)
		b := dagster.NewOp1("b", func(_ context.Context, n int) (int, error) { return n + 1, body("b") }).In(s, a)
		skipped := dagster.NewOp1("skipped", addOne).In(s, evenOf(noSides("none").In(s)))
		return dagster.NewOp1("c", func(_ context.Context, n []int) (int, error) { return len(n), body("c") }).In(s, dagster.FanIn(b, skipped))
	})
	j.job = dagster.NewJob("j", g)
	j.repo = dagster.NewRepository("r", j.job)
	return j
}

func TestWhatWasSkippedStaysSkippedInAReexecution(t *testing.T) {
	t.Parallel()
	j := newRerunJob()
	j.failing["b"].Store(true)
	first, err := j.repo.Execute(t.Context(), j.job, j.on)
	require.Error(t, err)
	assert.Equal(t, executor.StepNotRun, stepStatuses(first)["c"], "a fan-in of what was skipped and what failed")
	j.failing["b"].Store(false)
	second, err := j.repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), j.on)
	require.NoError(t, err)
	assert.Equal(t, map[string]executor.StepStatus{"b": executor.StepSucceeded, "c": executor.StepSucceeded}, stepStatuses(second))
	assert.Equal(t, []string{"b", "c"}, second.Run().Steps)
}

func TestChosenStepsNeedWhatWasMade(t *testing.T) {
	t.Parallel()
	j := newRerunJob()
	j.failing["b"].Store(true)
	first, err := j.repo.Execute(t.Context(), j.job, j.on)
	require.Error(t, err)
	r, err := j.repo.Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("c"), j.on)
	require.ErrorContains(t, err, `step "c" needs the value of "b", which is not selected`)
	assert.Empty(t, r.RunID(), "nothing runs")
}

// A step that a run was asked for, and did not come to, is left to do, whatever a run before had made of it.
func TestWhatARunDidNotComeToIsLeftToDo(t *testing.T) {
	t.Parallel()
	j := newRerunJob()
	first, err := j.repo.Execute(t.Context(), j.job, j.on)
	require.NoError(t, err)
	j.failing["a"].Store(true)
	second, err := j.repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), j.on)
	require.Error(t, err)
	j.failing["a"].Store(false)
	third, err := j.repo.Reexecute(t.Context(), second.RunID(), dagster.FailedSteps(), j.on)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, third.Run().Steps)

	j.failing["c"].Store(true)
	one, err := j.repo.Reexecute(t.Context(), third.RunID(), dagster.OnlyOps("c"), j.on)
	require.Error(t, err)
	assert.Equal(t, []string{"c"}, one.Run().Steps)
}
