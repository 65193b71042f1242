package checks_test

import (
	"context"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/checks"
	"github.com/dagster-go/dagster/metadata"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bounds  checks.Bounds
		text    string
		in, out []float64
	}{
		{checks.Bounds{}, "any number", []float64{0, math.Inf(1)}, []float64{math.NaN()}},
		{checks.AtLeast(1), "1 or more", []float64{1, 2}, []float64{0.9, math.NaN()}},
		{checks.AtMost(1.5), "1.5 or less", []float64{1.5, -2}, []float64{1.6}},
		{checks.Between(-1, 1), "-1 to 1", []float64{-1, 0, 1}, []float64{-1.1, 1.1}},
		{checks.Exactly(3), "3", []float64{3}, []float64{2, 4}},
	} {
		assert.Equal(t, tt.text, tt.bounds.String())
		for _, n := range tt.in {
			assert.True(t, tt.bounds.Has(n), "%v %v", tt.bounds, n)
		}
		for _, n := range tt.out {
			assert.False(t, tt.bounds.Has(n), "%v %v", tt.bounds, n)
		}
	}
}

func TestMistakesAreReported(t *testing.T) {
	t.Parallel()
	a := orders()
	for want, check := range map[string]*dagster.Check{
		"bounds 2 to 1: no number is in them": checks.RowCount(a, checks.Between(2, 1)),
		"a bound is not a number":             checks.RecordedRowCount(a, checks.AtLeast(math.NaN())),
		"share 1.5: want 0 to 1":              checks.NullShare(a, "x", 1.5, func(order) bool { return true }),
		"nil function":                        checks.Unique[order, string](a, "id", nil),
		"fails after 1s: want 1m0s or longer": checks.FreshWithin(a, time.Second),
		`"Nowhere"`:                           checks.FreshBy(a, "@daily", time.Hour, "Nowhere"),
	} {
		require.ErrorContains(t, dagster.NewRepository("shop", a, check).Validate(), want)
	}
}

// result makes an asset that says something of itself, and a check of it.
func result(t *testing.T, declare func(a dagster.AnyAsset) *dagster.Check, said ...metadata.Entry) dagster.CheckResult {
	t.Helper()
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		dagster.AddMetadata(ctx, said...)
		return 0, nil
	}))
	check := declare(a)
	r, err := dagster.NewRepository("r", a, check).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := check.Value(r)
	require.NoError(t, err)
	return got
}

func TestMetadataValueOfEveryNumber(t *testing.T) {
	t.Parallel()
	check := func(a dagster.AnyAsset) *dagster.Check { return checks.MetadataValue(a, "my key", checks.AtLeast(5)) }
	for _, e := range []metadata.Entry{metadata.Int("my key", 5), metadata.Float("my key", 5.5), metadata.BigInt("my key", new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil))} {
		assert.True(t, result(t, check, e).Passed, e)
	}
	for _, e := range []metadata.Entry{metadata.Int("my key", 4), metadata.Text("my key", "9"), metadata.Int("other", 9)} {
		assert.False(t, result(t, check, e).Passed, e)
	}
	assert.Equal(t, `its newest materialization has no number "my key"`, result(t, check).Description)
}

// What is not made in this run, and was never made, does not pass.
func TestNeverMade(t *testing.T) {
	t.Parallel()
	a := dagster.NewSource[[]order]("orders")
	for _, check := range []*dagster.Check{checks.FreshWithin(a, time.Hour), checks.RecordedRowCount(a, checks.AtLeast(0))} {
		r, err := dagster.NewRepository("r", a, check).Check(t.Context(), "orders")
		require.NoError(t, err)
		got, err := check.Value(r)
		require.NoError(t, err)
		assert.Equal(t, dagster.CheckResult{Description: "it was never materialized"}, got)
	}
}

func TestColumnsWithoutASchema(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	a := dagster.NewSource[int]("a")
	check := checks.Columns(a, checks.AnyChange)
	repo := dagster.NewRepository("r", a, check)
	for _, step := range []struct {
		say  []metadata.Entry
		want string
	}{
		{nil, "there is nothing to compare with"},
		{[]metadata.Entry{metadata.ColumnSchemaOf[order]()}, `its last materialization but one has no "dagster/column_schema"`},
		{[]metadata.Entry{metadata.ColumnSchemaOf[order]()}, "no column has changed"},
		{[]metadata.Entry{metadata.ColumnSchema(metadata.Column{Name: "ID"}, metadata.Column{Name: "new"})}, "Customer is removed, Total is removed, new is added"},
		{nil, `its newest materialization has no "dagster/column_schema"`},
	} {
		require.NoError(t, a.Report(t.Context(), inst, "", step.say...))
		r, err := repo.Check(t.Context(), "a", dagster.OnInstance(inst))
		require.NoError(t, err)
		got, err := check.Value(r)
		require.NoError(t, err)
		assert.Equal(t, step.want, got.Description)
	}
}

// A check of a partition looks at what is recorded of that partition.
func TestRecordedRowCountOfPartitions(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	days := dagster.StaticPartitions("x", "y")
	rows := map[string]int{"x": 5, "y": 0}
	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		dagster.AddMetadata(ctx, metadata.Rows(100), metadata.PartitionRows(rows[dagster.Partition(ctx).Key]))
		return 0, nil
	}), dagster.Partitioned(days))
	check := checks.RecordedRowCount(a, checks.AtLeast(1))
	repo := dagster.NewRepository("r", a, check)
	for _, key := range []string{"x", "y"} {
		_, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst), dagster.PartitionKey(key))
		require.NoError(t, err)
	}
	for key, passed := range map[string]bool{"x": true, "y": false} {
		st, err := check.Status(t.Context(), inst, key)
		require.NoError(t, err)
		assert.Equal(t, passed, st.Passed, key)
	}
}

func TestNoRows(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(func(context.Context) ([]order, error) { return nil, nil }))
	for _, check := range []*dagster.Check{
		checks.NullShare(a, "x", 0, func(order) bool { return true }), checks.Unique(a, "x", func(o order) string { return o.ID }),
		checks.Values(a, "x", checks.AtLeast(1), func(order) float64 { return 0 }),
	} {
		r, err := dagster.NewRepository("r", a, check).Materialize(t.Context(), "*")
		require.NoError(t, err)
		got, err := check.Value(r)
		require.NoError(t, err)
		assert.True(t, got.Passed, check.Name())
	}
}
