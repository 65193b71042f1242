package dagster_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
)

// One function compares two assets, and says of each what it found.
func ExampleNewChecksOf() {
	orders := dagster.NewAsset("orders", dagster.From(func(context.Context) (int, error) { return 3, nil }))
	bills := dagster.NewAsset("bills", dagster.From(func(context.Context) (int, error) { return 2, nil }))
	compare := func(_ context.Context, orders, bills int) (map[dagster.CheckKey]dagster.CheckResult, error) {
		return map[dagster.CheckKey]dagster.CheckResult{
			{Asset: "orders", Check: "some"}:   {Passed: orders > 0},
			{Asset: "bills", Check: "some"}:    {Passed: bills > 0},
			{Asset: "bills", Check: "as_many"}: {Passed: bills == orders, Warn: true},
		}, nil
	}
	counts := dagster.NewChecksOf("counts", []dagster.AssetChecks{
		{Of: orders, Names: []string{"some"}},
		{Of: bills, Names: []string{"some", "as_many"}},
	}, dagster.From2(orders, bills, compare), dagster.BlockingOnly("some"))

	r, err := dagster.NewRepository("shop", orders, bills, counts).Materialize(context.Background(), "*")
	fmt.Println(err)
	same, err := counts.CheckOf(bills, "as_many").Value(r)
	fmt.Println(same.Passed, err)
	// Output:
	// <nil>
	// false <nil>
}

func TestNewChecksOf(t *testing.T) {
	t.Parallel()
	results := map[dagster.CheckKey]dagster.CheckResult{{Asset: "a", Check: "x"}: {Passed: true}, {Asset: "b", Check: "x"}: {Description: "no"}}
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	on := dagster.OnInstance(inst)
	a, b := dagster.NewAsset("a", plainNumber(1)), dagster.NewAsset("b", plainNumber(2))
	afterA, afterB := dagster.NewAsset("after_a", dagster.From1(a, inc)), dagster.NewAsset("after_b", dagster.From1(b, inc))
	set := dagster.NewChecksOf("both", []dagster.AssetChecks{{a, []string{"x"}}, {b, []string{"x"}}},
		dagster.From(func(context.Context) (map[dagster.CheckKey]dagster.CheckResult, error) { return results, nil }), dagster.Blocking())
	repo := dagster.NewRepository("r", a, b, afterA, afterB, set)
	steps := func(r *dagster.Result) map[string]executor.StepStatus {
		out := map[string]executor.StepStatus{}
		for _, s := range r.Steps() {
			out[s.Key] = s.Status
		}
		return out
	}
	r, err := repo.Materialize(t.Context(), "*", on)
	require.ErrorContains(t, err, `check "x" of asset "b" did not pass: no`)
	assert.Equal(t, map[string]executor.StepStatus{
		"a": executor.StepSucceeded, "b": executor.StepSucceeded, "both": executor.StepFailed, "after_a": executor.StepNotRun, "after_b": executor.StepNotRun,
	}, steps(r))
	infos, err := repo.Assets()
	require.NoError(t, err)
	for _, info := range infos {
		if info.Key == "a" || info.Key == "b" {
			require.Len(t, info.Checks, 1, info.Key)
			assert.Equal(t, "both", info.Checks[0].Step)
		}
	}
	all, err := repo.CheckStatuses(t.Context(), inst, "*")
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.True(t, all[0].Passed)
	assert.False(t, all[1].Passed)

	results[dagster.CheckKey{Asset: "b", Check: "x"}] = dagster.CheckResult{Passed: true}
	r, err = repo.Materialize(t.Context(), "b", on)
	require.NoError(t, err)
	assert.Len(t, steps(r), 2, "one of the assets is enough for the checks to be made")
	r, err = repo.Check(t.Context(), "*", on)
	require.NoError(t, err)
	assert.Len(t, r.Steps(), 1)

	delete(results, dagster.CheckKey{Asset: "a", Check: "x"})
	results[dagster.CheckKey{Asset: "c", Check: "x"}] = dagster.CheckResult{}
	_, err = repo.Check(t.Context(), "a", on)
	require.ErrorContains(t, err, `check "x" of asset "a" was not made`)
	require.ErrorContains(t, err, `a result of check "x" of asset "c", which is not one of "both"`)
}

func TestNewChecksOf_mistakes(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	b := dagster.NewAsset("b", dagster.From1(a, inc))
	days := dagster.NewAsset("days", dagster.From(theKey), dagster.Partitioned(testDays))
	body := dagster.From(func(context.Context) (map[dagster.CheckKey]dagster.CheckResult, error) { return nil, nil })
	x := []string{"x"}
	for name, c := range map[string]struct {
		of   []dagster.AssetChecks
		opts []dagster.CheckOption
		want string
	}{
		"of nothing":            {nil, nil, "no checks"},
		"of nil":                {[]dagster.AssetChecks{{a, x}, {nil, x}}, nil, "asset 2: nil"},
		"an asset twice":        {[]dagster.AssetChecks{{a, x}, {a, x}}, nil, `asset "a": given twice`},
		"no names":              {[]dagster.AssetChecks{{a, x}, {b, nil}}, nil, `asset "b": no names of checks`},
		"a name twice":          {[]dagster.AssetChecks{{a, []string{"x", "x"}}}, nil, `check "x" of asset "a": given twice`},
		"not listed":            {[]dagster.AssetChecks{{a, x}, {dagster.NewSource[int]("away"), x}}, nil, `it checks source "away"`},
		"partitioned otherwise": {[]dagster.AssetChecks{{a, x}, {days, x}}, nil, `it checks assets "a" and "days", which are partitioned in different ways`},
		"blocks what it needs":  {[]dagster.AssetChecks{{a, x}, {b, x}}, []dagster.CheckOption{dagster.Blocking()}, `it blocks asset "b", which it reads: that needs "a"`},
		"blocks nothing there":  {[]dagster.AssetChecks{{a, x}}, []dagster.CheckOption{dagster.BlockingOnly("y")}, `blocking: it has no check "y"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := dagster.NewChecksOf("set", c.of, body, c.opts...)
			require.ErrorContains(t, dagster.NewRepository("r", a, b, days, set).Validate(), c.want)
		})
	}
}
