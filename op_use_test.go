package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// An output can be waited for only where it is wired, by a use of the op that nobody outside has a handle of.
func TestAUseUnderTheOpsOwnNameIsTheOp(t *testing.T) {
	t.Parallel()
	first, second := dagster.NewOp("first", number(1)), dagster.NewOp1("second", addOne)
	last := dagster.NewOp1("last", addOne)
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"a": 1, "b": 2}, nil })
	one := dagster.NewOp1("one", addOne)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		waits := dagster.After(first.In(s))
		dagster.Map(s, gen.In(s), one.As("one", waits).In)
		other := second.As("other", waits).In(s, dagster.Const(10))
		return last.In(s, dagster.Field(second.As("second", waits, dagster.After(other)).In(s, dagster.Const(20)), func(n *int) *int { return n }))
	})
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)

	r, err := repo.Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := second.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 21, got, "and not that of the use that is named otherwise")
	mapped, err := one.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"a": 2, "b": 3}, mapped)

	r, err = repo.Execute(t.Context(), job, dagster.OpSelection("last"), second.Given(41))
	require.NoError(t, err)
	got, err = last.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 42, got)
}
