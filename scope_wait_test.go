package dagster_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// Nothing is read of what is only waited for, and so it may be inside of a Map that the step itself is not in.
func TestEveryCopyInsideOfAMapIsWaitedFor(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var done []int
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) {
		return dagster.Dynamic[int]{"a": 1, "b": 2, "c": 3}, nil
	})
	note := dagster.NewOp1("note", dagster.Do1(func(_ context.Context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		done = append(done, n)
		return nil
	}))
	inc, join := dagster.NewOp1("inc", addOne), dagster.NewOp1("join", addAll)
	count := dagster.NewOp("count", func(context.Context) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return len(done), nil
	})
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		var noted dagster.Output[dagster.Nothing]
		join.In(s, dagster.Map(s, gen.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			noted = note.In(s, n)
			return inc.In(s, n)
		}))
		return count.As("count", dagster.After(noted)).In(s)
	})
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := g.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 3, got)
}

func TestWhatIsWaitedForBelongsToTheGraph(t *testing.T) {
	t.Parallel()
	op, inc := dagster.NewOp("op", number(1)), dagster.NewOp1("inc", addOne)
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) { return nil, nil })
	var stolen dagster.Output[int]
	dagster.NewGraph("thief", func(s *dagster.Scope) dagster.Output[int] { stolen = op.In(s); return stolen })
	tests := []struct {
		name string
		wire func(s *dagster.Scope) dagster.Output[int]
		want string
	}{
		{"after another graph's output", func(s *dagster.Scope) dagster.Output[int] {
			return op.As("op", dagster.After(stolen)).In(s)
		}, `op "op": after: an output of graph "thief"`},
		{"finally another graph's output", func(s *dagster.Scope) dagster.Output[int] {
			return op.As("op", dagster.Finally(stolen)).In(s)
		}, `op "op": finally: an output of graph "thief"`},
		{"of another map", func(s *dagster.Scope) dagster.Output[int] {
			keys := gen.In(s)
			var inner dagster.Output[int]
			dagster.Map(s, keys, func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] { inner = inc.In(s, n); return inner })
			dagster.Map(s, keys, inc.As("other", dagster.After(inner)).In)
			return op.In(s)
		}, `op "other": after: an output that belongs to another scope`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := dagster.NewRepository("r", dagster.NewJob("j", dagster.NewGraph("g", tt.wire))).Validate()
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestAGraphIsPlacedTwiceInNests(t *testing.T) {
	t.Parallel()
	op, join := dagster.NewOp("op", number(1)), dagster.NewOp1("join", addAll)
	part := dagster.NewGraph("part", func(s *dagster.Scope) dagster.Output[int] { return op.In(s) })
	twice := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		return join.In(s, dagster.FanIn(part.In(s), part.In(s)))
	})
	err := dagster.NewRepository("r", dagster.NewJob("j", twice)).Validate()
	require.ErrorContains(t, err, "place it in a Nest of another name")

	job := dagster.NewJob("j", dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		return join.In(s, dagster.FanIn(dagster.Nest(s, "one", part.In), dagster.Nest(s, "two", part.In)))
	}))
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := join.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 2, got)
	assert.Contains(t, stepStatuses(r), "two.part.op")
}
