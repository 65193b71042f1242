package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

type halves struct {
	Left  int
	Right dagster.Maybe[int]
}

// A result knows the parts that a graph made, whether one step or several went before, and after a failure.
func TestValuesOfPartsThatAGraphMakes(t *testing.T) {
	t.Parallel()

	broken := true
	one := dagster.NewOp("one", number(1))
	cut := dagster.NewOp1("cut", func(ctx context.Context, n int) (halves, error) {
		if broken {
			return halves{}, errors.New("no knife")
		}
		dagster.AddMetadataTo(ctx, "left", metadata.Int("rows", n))
		return halves{Left: n, Right: dagster.Some(n + 1)}, nil
	})
	both := dagster.NewMultiAsset("both", dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[halves] {
		return cut.In(s, one.In(s))
	}))
	left := dagster.Part(both, "left", func(h *halves) *int { return &h.Left })
	right := dagster.SkippablePart(both, "right", func(h *halves) *dagster.Maybe[int] { return &h.Right })
	repo := dagster.NewRepository("r", left, right)
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))

	first, err := repo.Materialize(t.Context(), "*", on)
	require.Error(t, err)
	_, err = left.Value(first)
	require.ErrorContains(t, err, "no knife")
	broken = false
	again, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), on)
	require.NoError(t, err)
	assert.Equal(t, []string{"both.cut"}, ran(again))
	for want, part := range map[int]*dagster.Asset[int]{1: left, 2: right} {
		got, err := part.Value(again)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	assert.Equal(t, []metadata.Entry{metadata.Int("rows", 1)}, again.Metadata(left))
}
