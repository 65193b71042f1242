package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// Config of a mapped step that ended well for every key is no mistake in a run that only takes over what it made.
func TestConfigOfAMappedStepThatIsTakenOver(t *testing.T) {
	t.Parallel()

	broken := true
	loud := dagster.NewConfig("loud", loudness{Level: 1})
	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"a": 1}, nil })
	scale := dagster.NewOp2("scale", func(_ context.Context, n int, l loudness) (int, error) { return n * l.Level, nil })
	last := dagster.NewOp1("last", func(_ context.Context, list []int) (int, error) {
		if broken {
			return 0, errors.New("no")
		}
		return list[0], nil
	})
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		return last.In(s, dagster.Map(s, keys.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] { return scale.In(s, n, loud) }))
	})
	job := dagster.NewJob("j", g, loud.Set(loudness{Level: 5}))
	repo := dagster.NewRepository("r", job)
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	first, err := repo.Execute(t.Context(), job, on)
	require.Error(t, err)
	broken = false
	again, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), on)
	require.NoError(t, err)
	got, err := g.Value(again)
	require.NoError(t, err)
	require.Equal(t, 5, got)
}
