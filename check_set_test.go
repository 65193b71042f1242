package dagster_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// Two checks that one pass over the rows makes.
func ExampleNewChecks() {
	orders := dagster.NewAsset("orders", dagster.From(func(context.Context) ([]int, error) { return []int{20, -1, 35}, nil }))
	totals := dagster.NewChecks("totals", orders, []string{"positive", "small"}, dagster.From1(orders,
		func(_ context.Context, rows []int) (map[string]dagster.CheckResult, error) {
			positive, small := true, true
			for _, total := range rows {
				positive, small = positive && total > 0, small && total < 1000
			}
			return map[string]dagster.CheckResult{"positive": {Passed: positive}, "small": {Passed: small}}, nil
		}), dagster.BlockingOnly("small"))
	r, err := dagster.NewRepository("shop", orders, totals).Materialize(context.Background(), "*")
	fmt.Println(err)
	for _, name := range []string{"positive", "small"} {
		result, _ := totals.Check(name).Value(r)
		fmt.Println(name, result.Passed)
	}
	// Output:
	// <nil>
	// positive false
	// small true
}

func sets(results map[string]dagster.CheckResult) dagster.Body[map[string]dagster.CheckResult] {
	return dagster.From(func(context.Context) (map[string]dagster.CheckResult, error) { return results, nil })
}

func TestNewChecks_block(t *testing.T) {
	t.Parallel()
	results := map[string]dagster.CheckResult{"x": {Passed: true}, "y": {Description: "no"}}
	for name, tt := range map[string]struct {
		opts []dagster.CheckOption
		ends bool
	}{
		"none":     {nil, false},
		"all":      {[]dagster.CheckOption{dagster.Blocking()}, true},
		"other":    {[]dagster.CheckOption{dagster.BlockingOnly("x")}, false},
		"this":     {[]dagster.CheckOption{dagster.BlockingOnly("y")}, true},
		"warnings": {[]dagster.CheckOption{dagster.Blocking(), dagster.Warning()}, false},
	} {
		inst := dagster.NewInstance(dagster.InstanceConfig{})
		a := dagster.NewAsset("a", plainNumber(1))
		b := dagster.NewAsset("b", dagster.From1(a, inc))
		set := dagster.NewChecks("both", a, []string{"x", "y"}, sets(results), tt.opts...)
		repo := dagster.NewRepository("r", a, b, set)
		r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
		steps := map[string]executor.StepStatus{}
		for _, s := range r.Steps() {
			steps[s.Key] = s.Status
		}
		if tt.ends {
			require.ErrorContains(t, err, `step "both": check "y" of asset "a" did not pass: no`, name)
			assert.Equal(t, map[string]executor.StepStatus{"a": executor.StepSucceeded, "both": executor.StepFailed, "b": executor.StepNotRun}, steps)
		} else {
			require.NoError(t, err, name)
			assert.Equal(t, executor.StepSucceeded, steps["b"])
		}
		all, err := repo.CheckStatuses(t.Context(), inst, "*")
		require.NoError(t, err)
		require.Len(t, all, 2)
		assert.Equal(t, storage.CheckSucceeded, all[0].State)
		assert.Equal(t, storage.CheckFailed, all[1].State)
		st, err := set.Check("y").Status(t.Context(), inst, "")
		require.NoError(t, err)
		assert.Equal(t, all[1], st)
	}
}

func TestNewChecks_wrongNames(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	a := dagster.NewAsset("a", plainNumber(1))
	set := dagster.NewChecks("both", a, []string{"x", "y"}, sets(map[string]dagster.CheckResult{"x": {Passed: true}, "z": {}}))
	_, err := dagster.NewRepository("r", a, set).Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.ErrorContains(t, err, `check "y" of asset "a" was not made`)
	require.ErrorContains(t, err, `a result of check "z" of asset "a", which is not one of "both"`)
	for name, want := range map[string]storage.CheckState{"x": storage.CheckSucceeded, "y": storage.CheckExecutionFailed} {
		st, err := set.Check(name).Status(t.Context(), inst, "")
		require.NoError(t, err)
		assert.Equal(t, want, st.State, name)
	}
}

func TestNewChecks_mistakes(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1), dagster.Checks("own"))
	single := dagster.NewCheck("x", a, dagster.From(passes))
	for want, defs := range map[string][]dagster.Definition{
		"no names of checks":                 {dagster.NewChecks("s", a, nil, sets(nil))},
		`check "x": given twice`:             {dagster.NewChecks("s", a, []string{"x", "x"}, sets(nil))},
		`blocking: it has no check "z"`:      {dagster.NewChecks("s", a, []string{"x"}, sets(nil), dagster.BlockingOnly("z"))},
		`check "x": there is check "a:x"`:    {single, dagster.NewChecks("s", a, []string{"x"}, sets(nil))},
		`check "own": there is asset "a"`:    {dagster.NewChecks("s", a, []string{"own"}, sets(nil))},
		`its step would be named "a"`:        {dagster.NewChecks("a", a, []string{"x"}, sets(nil))},
		"nil":                                {dagster.NewChecks("s", a, []string{"x"}, nil)},
		`its step would be named "a_x" like`: {dagster.NewChecks("s", a, []string{"x"}, sets(nil)), single},
	} {
		require.ErrorContains(t, dagster.NewRepository("r", append(defs, a)...).Validate(), want)
	}
}

func TestNewChecks_alone(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	set := dagster.NewChecks("both", a, []string{"x", "y"}, sets(map[string]dagster.CheckResult{"x": {Passed: true}, "y": {}}))
	repo := dagster.NewRepository("r", a, set, set.Check("y"))
	for _, name := range []string{"y", "both"} {
		r, err := repo.Check(t.Context(), "*", dagster.OnlyChecks(name))
		require.NoError(t, err)
		require.Len(t, r.Steps(), 1)
		assert.Equal(t, "both", r.Steps()[0].Key)
	}
	_, err := repo.Check(t.Context(), "*", dagster.OnlyChecks("z"))
	require.ErrorContains(t, err, `no check "z"`)
	r, err := repo.Check(t.Context(), "*")
	require.NoError(t, err)
	_, err = set.Check("z").Value(r)
	require.ErrorContains(t, err, "it checks nothing")
	assert.Equal(t, "a", set.Asset())
	assert.Equal(t, "both", set.Name())
}
