package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// What a body says of its value is recorded with the output of its step: of a copy, of what has no value, and of what is
// only mapped over.
func TestMetadataOfOpsIsRecorded(t *testing.T) {
	t.Parallel()
	gen := dagster.NewOp("gen", func(ctx context.Context) (dagster.Dynamic[int], error) {
		dagster.AddMetadata(ctx, metadata.Int("keys", 2))
		return dagster.Dynamic[int]{"a": 1, "b": 2}, nil
	})
	one := dagster.NewOp1("one", func(ctx context.Context, n int) (int, error) {
		dagster.AddMetadata(ctx, metadata.Int("n", n))
		return n, nil
	})
	join := dagster.NewOp1("join", addAll)
	tell := dagster.NewOp1("tell", dagster.Do1(func(ctx context.Context, n int) error {
		dagster.AddMetadata(ctx, metadata.Int("told", n))
		return nil
	}))
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		sum := join.In(s, dagster.Map(s, gen.In(s), one.In))
		tell.In(s, sum)
		return sum
	})
	job := dagster.NewJob("j", g)
	repo, on := dagster.NewRepository("r", job), dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	r, err := repo.Execute(t.Context(), job, on)
	require.NoError(t, err)
	said := make(map[string][]metadata.Entry)
	for e := range r.Events() {
		if d, ok := e.Data.(*storage.OutputData); ok && e.Kind == storage.StepOutput && len(d.Metadata) > 0 {
			said[e.Step] = append(said[e.Step], d.Metadata...)
		}
	}
	assert.Equal(t, map[string][]metadata.Entry{
		"gen": {metadata.Int("keys", 2)}, "one[a]": {metadata.Int("n", 1)}, "one[b]": {metadata.Int("n", 2)}, "tell": {metadata.Int("told", 3)},
	}, said)
	again, err := repo.Reexecute(t.Context(), r.RunID(), dagster.OnlyOps("join"), on)
	require.NoError(t, err)
	got, err := join.Value(again)
	require.NoError(t, err)
	assert.Equal(t, 3, got)
}
