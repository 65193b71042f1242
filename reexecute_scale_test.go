package dagster_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// What is taken over of many copies takes time in proportion to how many there are: if each were looked for among all of
// them, this would take minutes.
func TestReexecuteAfterManyCopies(t *testing.T) {
	t.Parallel()

	const n = 40_000
	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) {
		d := make(dagster.Dynamic[int], n)
		for i := range n {
			d["k"+strconv.Itoa(i)] = 1
		}
		return d, nil
	})
	same := dagster.NewOp1("same", func(_ context.Context, n int) (int, error) { return n, nil })
	sum := dagster.NewOp1("sum", func(_ context.Context, list []int) (int, error) { return len(list), nil })
	g := dagster.NewGraph("many", func(s *dagster.Scope) dagster.Output[int] {
		return sum.In(s, dagster.Map(s, keys.In(s), same.In))
	})
	job := dagster.NewJob("count", g)
	repo := dagster.NewRepository("r", job)
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	first, err := repo.Execute(t.Context(), job, on)
	require.NoError(t, err)

	began := time.Now()
	again, err := repo.Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("sum"), on)
	require.NoError(t, err)
	assert.Less(t, time.Since(began), 30*time.Second)
	assert.Len(t, again.Steps(), 1)
	got, err := g.Value(again)
	require.NoError(t, err)
	assert.Equal(t, n, got)
}
