package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// A graph whose value is the list of a Map is placed like any other: at the top, within a Map, and within more graphs.
func TestGraphOfAListInOtherGraphs(t *testing.T) {
	t.Parallel()

	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) {
		return dagster.Dynamic[int]{"a": 1, "b": 2}, nil
	})
	double := dagster.NewOp1("double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })
	sum := dagster.NewOp1("sum", func(_ context.Context, list []int) (n int, err error) {
		for _, one := range list {
			n += one
		}
		return n, nil
	})
	list := dagster.NewGraph("list", func(s *dagster.Scope) dagster.Output[[]int] {
		return dagster.Map(s, keys.In(s), double.In)
	})
	outer := dagster.NewGraph("outer", func(s *dagster.Scope) dagster.Output[[]int] { return list.In(s) })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		top := sum.As("top").In(s, outer.In(s))
		mapped := dagster.Map(s, keys.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			return sum.As("of_one").In(s, dagster.Nest(s, "nested", func(s *dagster.Scope) dagster.Output[[]int] { return list.In(s) }))
		})
		return sum.In(s, dagster.FanIn[dagster.Input[int]](top, sum.As("of_all").In(s, mapped)))
	})
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)
	r, err := repo.Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := g.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 18, got)
	all, err := outer.Value(r)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 4}, all)

	_, err = repo.Execute(t.Context(), job, dagster.OpSelection("top"))
	require.ErrorContains(t, err, `step "top" needs what was mapped by "outer.list.double", which is not selected: select it`)
}

// One list cannot be a list of lists: it has to pass through an op.
func TestMapReturnsTheListOfAGraph(t *testing.T) {
	t.Parallel()

	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"a": 1}, nil })
	double := dagster.NewOp1("double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })
	list := dagster.NewGraph("list", func(s *dagster.Scope) dagster.Output[[]int] { return dagster.Map(s, keys.In(s), double.In) })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[[][]int] {
		return dagster.Map(s, keys.In(s), func(s *dagster.Scope, _ dagster.Input[int]) dagster.Output[[]int] { return list.In(s) })
	})
	err := dagster.NewRepository("r", dagster.NewJob("j", g)).Validate()
	require.ErrorContains(t, err, "map: its function returned the list of another Map: pass it through an op")
	owed := dagster.NewAsset("owed", dagster.NewGraph("outer", func(s *dagster.Scope) dagster.Output[[]int] { return list.In(s) }))
	err = dagster.NewRepository("r", owed).Validate()
	require.ErrorContains(t, err, "is the list of a Map: pass it through an op")
}
