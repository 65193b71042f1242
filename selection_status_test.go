package dagster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

func TestSelection_status(t *testing.T) {
	t.Parallel()
	inst := in2024()
	on := dagster.OnInstance(inst)
	repo := func(code string) *dagster.Repository {
		a := versioned("a", code, "")
		b := versioned("b", "1", "", a)
		bad := dagster.NewAsset("bad", dagster.From(func(context.Context) (int, error) { return 0, errors.New("boom") }))
		never := versioned("never", "1", "")
		day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
		return dagster.NewRepository("r", a, b, bad, never, day, dagster.NewSource[int]("source"))
	}
	_, err := repo("1").Materialize(t.Context(), "a or b", on)
	require.NoError(t, err)
	_, err = repo("1").Materialize(t.Context(), "bad", on)
	require.Error(t, err)
	_, err = repo("1").Materialize(t.Context(), "day", on, dagster.PartitionKey("2024-01-01"))
	require.NoError(t, err)
	for sel, want := range map[dagster.Selection][]string{
		"status:fresh":                    {"b"},
		"status:stale":                    {"a"},
		"status:missing":                  {"bad", "never", "day"},
		"status:failed":                   {"bad"},
		"status:materialized":             {"a", "b"},
		"status:stale or status:failed":   {"a", "bad"},
		"key:a+ and not status:stale":     {"b"},
		"status:missing and not key:day ": {"bad", "never"},
	} {
		got, err := repo("2").SelectedOn(t.Context(), inst, sel)
		require.NoError(t, err, sel)
		assert.ElementsMatch(t, want, got, sel)
	}
	_, err = repo("2").SelectedOn(t.Context(), inst, "status:odd")
	require.ErrorContains(t, err, "odd")
	require.ErrorContains(t, err, "materialized")
	_, err = repo("2").Selected("status:stale")
	require.Error(t, err, "there is no instance to ask")
	r, err := repo("2").Materialize(t.Context(), "status:stale", on)
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, madeBy(r))
}
