package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// graphAssets are an asset that a graph computes, of which one copy of a step fails while broken, and one that needs it.
func graphAssets(broken *bool, opts ...dagster.OpOption) (repo *dagster.Repository, last *dagster.Asset[int]) {
	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) {
		return dagster.Dynamic[int]{"a": 1, "b": 2, "c": 3}, nil
	})
	work := dagster.NewOp1("work", func(_ context.Context, n int) (int, error) {
		if n == 2 && *broken {
			return 0, errors.New("no luck")
		}
		return 10 * n, nil
	})
	aside := dagster.NewOp1("aside", func(_ context.Context, n int) (int, error) { return n, nil })
	sum := dagster.NewOp1("sum", func(_ context.Context, list []int) (n int, err error) {
		for _, one := range list {
			n += one
		}
		return n, nil
	})
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		list := dagster.Map(s, keys.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			aside.In(s, n)
			return work.In(s, n)
		})
		return dagster.Nest(s, "end", func(s *dagster.Scope) dagster.Output[int] { return sum.In(s, list) })
	}, opts...)
	before := dagster.NewAsset("before", dagster.From(func(context.Context) (int, error) { return 1, nil }))
	computed := dagster.NewAsset("computed", g)
	last = dagster.NewAsset("last", dagster.From2(before, computed, func(_ context.Context, a, b int) (int, error) { return a + b, nil }))
	return dagster.NewRepository("r", before, computed, last), last
}

func ran(r *dagster.Result) []string {
	var keys []string
	for _, s := range r.Steps() {
		keys = append(keys, s.Key)
	}
	return keys
}

// Of an asset that a graph computes only the steps run again that did not end well, also when that fails once more.
func TestFailedStepsOfAGraphAsset(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]dagster.OpOption{"in memory": nil, "durable": {dagster.Durable()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			broken := true
			repo, last := graphAssets(&broken, opts...)
			on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
			first, err := repo.Materialize(t.Context(), "*", on)
			require.ErrorContains(t, err, `step "computed.work[b]": no luck`)
			second, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), on)
			require.ErrorContains(t, err, `step "computed.work[b]": no luck`)
			assert.Equal(t, []string{"computed.work[b]", "computed.end.sum", "last"}, ran(second))
			broken = false
			third, err := repo.Reexecute(t.Context(), second.RunID(), dagster.FailedSteps(), on)
			require.NoError(t, err)
			assert.Equal(t, []string{"computed.work[b]", "computed.end.sum", "last"}, ran(third))
			got, err := last.Value(third)
			require.NoError(t, err)
			assert.Equal(t, 61, got)
			assert.Equal(t, []string{"computed.work", "computed.end.sum", "last"}, third.Run().Steps)
		})
	}
}

// What the steps made is gone with the process that ran them, and is made again, as far as it is needed.
func TestFailedStepsOfAGraphAssetInAnotherProcess(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		opts []dagster.OpOption
		ran  []string
	}{
		"in memory": {nil, []string{"computed.keys", "computed.work[a]", "computed.work[b]", "computed.work[c]", "computed.end.sum", "last"}},
		"durable":   {[]dagster.OpOption{dagster.Durable()}, []string{"computed.work[b]", "computed.end.sum", "last"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			broken := true
			repo, last := graphAssets(&broken, want.opts...)
			store, io := storage.NewMemory(), dagster.MemoryIO()
			process := func() dagster.RunOption {
				return dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{Storage: store, IO: io}))
			}
			first, err := repo.Materialize(t.Context(), "*", process())
			require.Error(t, err)
			broken = false
			again, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), process())
			require.NoError(t, err)
			assert.Equal(t, want.ran, ran(again))
			got, err := last.Value(again)
			require.NoError(t, err)
			assert.Equal(t, 61, got)
		})
	}
}
