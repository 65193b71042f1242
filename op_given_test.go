package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

func TestAGivenOpIsNotRun(t *testing.T) {
	t.Parallel()
	asked := dagster.NewOp("asked", fails[int](errors.New("asked the world")))
	inc := dagster.NewOp1("inc", addOne)
	twice := inc.As("twice")
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"a": 1}, nil })
	one, join := dagster.NewOp1("one", addOne), dagster.NewOp1("join", addAll)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		sum := join.In(s, dagster.Map(s, gen.In(s), one.In))
		return twice.In(s, inc.As("inc", dagster.After(sum)).In(s, asked.In(s)))
	})
	other := dagster.NewOp("other", number(1))
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)

	r, err := repo.Execute(t.Context(), job, asked.Given(40))
	require.NoError(t, err)
	got, err := g.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 42, got)
	assert.NotContains(t, stepStatuses(r), "asked")
	got, err = asked.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 40, got)
	assert.Equal(t, []string{"gen", "one", "join", "inc", "twice"}, r.Run().Steps)

	r, err = repo.Execute(t.Context(), job, dagster.OpSelection("*inc"), asked.Given(5))
	require.NoError(t, err, "also if it is selected")
	got, err = inc.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 6, got)

	for want, given := range map[string]dagster.RunOption{
		`given op "other": not part of it`: other.Given(1),
		`step "one" runs once for each key that "gen" makes, which is not selected: select it too`: gen.Given(dagster.Dynamic[int]{"z": 1}),
		`step "join" needs "one", which cannot be given`:                                           one.Given(1),
	} {
		r, err = repo.Execute(t.Context(), job, given)
		require.ErrorContains(t, err, want)
		assert.Empty(t, r.RunID())
	}
}

func TestReexecutionTakesNoGivenOps(t *testing.T) {
	t.Parallel()
	one, inc := dagster.NewOp("one", number(1)), dagster.NewOp1("inc", addOne)
	job := dagster.NewJob("j", dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return inc.In(s, one.In(s)) }))
	repo, on := dagster.NewRepository("r", job), dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	r, err := repo.Execute(t.Context(), job, on)
	require.NoError(t, err)
	_, err = repo.Reexecute(t.Context(), r.RunID(), dagster.AllSteps(), on, one.Given(7))
	require.ErrorContains(t, err, "no value of an op can be given")
	_, err = repo.Reexecute(t.Context(), r.RunID(), dagster.AllSteps(), on, dagster.OpSelection("inc"))
	require.ErrorContains(t, err, "select with OnlyOps")
}
