package dagster_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

func report(ctx context.Context) (int, error) {
	dagster.Log(ctx).With(zap.String("by", "report")).Warn("read", zap.Int("rows", 3), zap.Error(errors.New("half of it")))
	dagster.AddMetadata(ctx, metadata.Rows(3), metadata.Text("note", "first"))
	dagster.AddMetadata(ctx, metadata.Text("note", "second"))
	for i := range int64(1000) {
		dagster.Progress(ctx, i+1, 1000)
	}
	dagster.SetDataVersion(ctx, "v7")
	return len(dagster.Run(ctx).ID) + dagster.Step(ctx).Attempt, nil
}

func TestBodyRunsOutsideOfARun(t *testing.T) {
	t.Parallel()
	got, err := report(t.Context())
	require.NoError(t, err)
	assert.Zero(t, got)
}

func TestBodyReportsToItsRun(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(report))
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := a.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 36+1, got)
	assert.Equal(t, []metadata.Entry{metadata.Rows(3), metadata.Text("note", "second")}, r.Metadata(a))

	var log, progress []storage.Event
	for e := range r.Events() {
		switch e.Kind {
		case storage.LogMessage:
			log = append(log, e)
		case storage.Progress:
			progress = append(progress, e)
		case storage.AssetMaterialization:
			m, ok := e.Data.(*storage.MaterializationData)
			require.True(t, ok)
			assert.Equal(t, "v7", m.DataVersion)
		default:
		}
	}
	require.Len(t, log, 1)
	assert.Equal(t, "read", log[0].Message)
	assert.Equal(t, "a", log[0].Step)
	assert.Equal(t, &storage.LogData{Level: "WARN", Fields: []metadata.Entry{
		metadata.Text("by", "report"), metadata.Int("rows", 3), metadata.Text("error", "half of it"),
	}}, log[0].Data)
	require.NotEmpty(t, progress)
	assert.Less(t, len(progress), 100, "only what a person can follow is recorded")
	last, ok := progress[len(progress)-1].Data.(*storage.ProgressData)
	require.True(t, ok)
	assert.Equal(t, &storage.ProgressData{Done: 1000, Total: 1000}, last)
}

func TestContextEndsWithTheRunAndKeepsItsValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "outer")
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (string, error) {
		s, _ := ctx.Value(key{}).(string)
		return s, nil
	}))
	r, err := dagster.NewRepository("r", a).Materialize(ctx, "*")
	require.NoError(t, err)
	got, err := a.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "outer", got)
}

func TestWhatIsSaidAfterTheStepChangesNothing(t *testing.T) {
	t.Parallel()
	left := make(chan context.Context, 1)
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		left <- ctx
		dagster.AddMetadata(ctx, metadata.Int("rows", 1))
		return 1, nil
	}))
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.NoError(t, err)
	dagster.AddMetadata(<-left, metadata.Int("rows", 2))
	assert.Equal(t, []metadata.Entry{metadata.Int("rows", 1)}, r.Metadata(a))
}

func TestOfManyEntriesWithOneKeyTheLaterHolds(t *testing.T) {
	t.Parallel()
	const n = 10_000
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		for i := range 3 * n {
			dagster.AddMetadata(ctx, metadata.Int(strconv.Itoa(i%n), i))
		}
		dagster.AddMetadataTo(ctx, "a", metadata.Int("7", -1), metadata.Int("more", 1))
		return 1, nil
	}))
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.NoError(t, err)
	want := make([]metadata.Entry, 0, n+1)
	for i := range n {
		want = append(want, metadata.Int(strconv.Itoa(i), 2*n+i))
	}
	want[7] = metadata.Int("7", -1)
	assert.Equal(t, append(want, metadata.Int("more", 1)), r.Metadata(a))
}
