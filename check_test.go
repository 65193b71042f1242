package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

func passes(context.Context) (dagster.CheckResult, error) {
	return dagster.CheckResult{Passed: true}, nil
}

func plainNumber(n int) dagster.Body[int] {
	return dagster.From(func(context.Context) (int, error) { return n, nil })
}

func inc(_ context.Context, n int) (int, error) { return n + 1, nil }

func positive(_ context.Context, n int) (dagster.CheckResult, error) {
	return dagster.CheckResult{Passed: n > 0, Description: fmt.Sprintf("it is %d", n), Metadata: []metadata.Entry{metadata.Int("n", n)}}, nil
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for n, passed := range map[int]bool{1: true, -1: false} {
		a := dagster.NewAsset("a", plainNumber(n))
		b := dagster.NewAsset("b", dagster.From1(a, inc))
		check := dagster.NewCheck("positive", a, dagster.From1(a, positive))
		r, err := dagster.NewRepository("r", a, b, check).Materialize(t.Context(), "*")
		require.NoError(t, err, "it does not block")
		got, err := check.Value(r)
		require.NoError(t, err)
		want := dagster.CheckResult{Passed: passed, Description: fmt.Sprintf("it is %d", n), Metadata: []metadata.Entry{metadata.Int("n", n)}}
		assert.Equal(t, want, got)
		_, err = b.Value(r)
		require.NoError(t, err)
	}
}

func TestCheck_blocking(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(-1))
	b := dagster.NewAsset("b", dagster.From1(a, inc))
	c := dagster.NewAsset("c", dagster.From1(b, inc))
	beside := dagster.NewAsset("beside", plainNumber(1))
	check := dagster.NewCheck("positive", a, dagster.From1(a, positive), dagster.Blocking(), dagster.Retry(dagster.RetryPolicy{Max: 5}))
	repo := dagster.NewRepository("r", a, b, c, beside, check)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.ErrorContains(t, err, `step "a_positive": check "positive" of asset "a" did not pass: it is -1`)
	statuses := map[string]executor.StepStatus{}
	for _, s := range r.Steps() {
		statuses[s.Key] = s.Status
		assert.LessOrEqual(t, s.Attempts, 1, "a check that did not pass is not tried again")
	}
	assert.Equal(t, map[string]executor.StepStatus{
		"a": executor.StepSucceeded, "a_positive": executor.StepFailed, "b": executor.StepNotRun, "c": executor.StepNotRun, "beside": executor.StepSucceeded,
	}, statuses)

	again, err := repo.Reexecute(t.Context(), r.RunID(), dagster.FailedSteps(), dagster.OnInstance(inst), a.Given(3))
	require.NoError(t, err)
	got, err := check.Value(again)
	require.NoError(t, err)
	assert.True(t, got.Passed)
	n, err := c.Value(again)
	require.NoError(t, err)
	assert.Equal(t, 5, n)
	assert.Equal(t, []string{"b", "c"}, again.Run().Assets)
}

func TestCheck_warnNeverBlocks(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(-1))
	b := dagster.NewAsset("b", dagster.From1(a, inc))
	check := dagster.NewCheck("c", a, dagster.From(func(context.Context) (dagster.CheckResult, error) {
		return dagster.CheckResult{Warn: true}, nil
	}), dagster.Blocking())
	r, err := dagster.NewRepository("r", a, b, check).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := check.Value(r)
	require.NoError(t, err)
	assert.Equal(t, dagster.CheckResult{Warn: true}, got)
}

func TestCheck_panics(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	check := dagster.NewCheck("c", a, dagster.From(func(context.Context) (dagster.CheckResult, error) { panic("boom") }))
	r, err := dagster.NewRepository("r", a, check).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, "boom")
	_, err = check.Value(r)
	require.ErrorContains(t, err, "not made by run")
}

// A check that reads what comes after its asset waits for it, and one that blocks goes before what it blocks.
func TestCheck_order(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	b := dagster.NewAsset("b", dagster.From1(a, inc))
	z := dagster.NewAsset("z", plainNumber(5))
	same := dagster.NewCheck("same", a, dagster.From2(a, b, func(_ context.Context, x, y int) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: y == x+1}, nil
	}))
	less := dagster.NewCheck("less", a, dagster.From2(a, z, func(_ context.Context, x, y int) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: x < y}, nil
	}), dagster.Blocking())
	r, err := dagster.NewRepository("r", a, b, z, same, less).Materialize(t.Context(), "*")
	require.NoError(t, err)
	at := map[string]int{}
	for i, s := range r.Steps() {
		at[s.Key] = i
	}
	assert.Less(t, at["z"], at["a_less"])
	assert.Less(t, at["a_less"], at["b"])
	assert.Less(t, at["b"], at["a_same"])
	for _, c := range []*dagster.Check{same, less} {
		got, err := c.Value(r)
		require.NoError(t, err)
		assert.True(t, got.Passed, c.Name())
	}
}

func TestRepositoryCheck(t *testing.T) {
	t.Parallel()
	rates := dagster.NewSource[int]("rates")
	a := dagster.NewAsset("a", dagster.From1(rates, inc))
	one := dagster.NewCheck("one", rates, dagster.From1(rates, positive))
	two := dagster.NewCheck("two", a, dagster.From(passes))
	three := dagster.NewCheck("three", a, dagster.From(passes))
	repo := dagster.NewRepository("r", rates, a, one, two, three)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	on := dagster.OnInstance(inst)
	require.NoError(t, rates.Store(t.Context(), inst, "", 2))
	r, err := repo.Check(t.Context(), "rates or a", on)
	require.NoError(t, err)
	assert.Len(t, r.Steps(), 3)
	assert.Empty(t, r.Run().Assets, "nothing is made")
	r, err = repo.Check(t.Context(), "a", on, dagster.OnlyChecks("three"))
	require.NoError(t, err)
	assert.Len(t, r.Steps(), 1)
	_, err = repo.Check(t.Context(), "a", on, dagster.OnlyChecks("four"))
	require.ErrorContains(t, err, `no check "four"`)
	_, err = dagster.NewRepository("none", rates).Check(t.Context(), "rates", on)
	require.ErrorContains(t, err, "no checks to make")
	r, err = repo.Materialize(t.Context(), "a", on)
	require.NoError(t, err)
	assert.Len(t, r.Steps(), 3, "what is made elsewhere is not checked by a run of others")
}

func TestCheck_reportedByTheBody(t *testing.T) {
	t.Parallel()
	report := func(names ...string) dagster.Body[int] {
		return dagster.From(func(ctx context.Context) (int, error) {
			for _, name := range names {
				dagster.ReportCheck(ctx, name, dagster.CheckResult{Passed: name != "bad"})
			}
			return 1, nil
		})
	}
	for name, c := range map[string]struct {
		asset *dagster.Asset[int]
		want  string
	}{
		"all":      {dagster.NewAsset("a", report("x", "y"), dagster.Checks("x"), dagster.BlockingChecks("y")), ""},
		"bad":      {dagster.NewAsset("a", report("bad"), dagster.Checks("bad")), ""},
		"blocks":   {dagster.NewAsset("a", report("bad"), dagster.BlockingChecks("bad")), `check "bad" of asset "a" did not pass`},
		"missing":  {dagster.NewAsset("a", report("x"), dagster.Checks("x", "y")), `check "y" of asset "a" was not reported`},
		"another":  {dagster.NewAsset("a", report("x", "z"), dagster.Checks("x")), `reported checks that are not named by Checks: "z"`},
		"unnamed":  {dagster.NewAsset("a", report("x")), `reported checks that are not named by Checks: "x"`},
		"nothing":  {dagster.NewAsset("a", report()), ""},
		"twice":    {dagster.NewAsset("a", report("bad", "bad"), dagster.Checks("bad")), ""},
		"no names": {dagster.NewAsset("a", report(), dagster.Checks()), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := dagster.NewRepository("r", c.asset).Materialize(t.Context(), "*")
			made := 0
			for e := range r.Events() {
				if e.Kind == storage.AssetMaterialization {
					made++
				}
			}
			assert.Equal(t, 1, made)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCheck_partitioned(t *testing.T) {
	t.Parallel()
	day := dagster.NewAsset("day", dagster.From(theKey), dagster.Partitioned(testDays))
	after := dagster.NewAsset("after", dagster.From1(day, func(_ context.Context, s string) (string, error) { return s, nil }), dagster.Partitioned(testDays))
	check := dagster.NewCheck("not_second", day, dagster.From1(day, func(ctx context.Context, v string) (dagster.CheckResult, error) {
		if v != dagster.Partition(ctx).Key {
			return dagster.CheckResult{}, errors.New("another partition")
		}
		return dagster.CheckResult{Passed: v != "2024-01-02"}, nil
	}), dagster.Blocking())
	repo := dagster.NewRepository("r", day, after, check)
	r, err := repo.Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-01-03"), at2024())
	require.ErrorContains(t, err, `partition "2024-01-02": check "not_second" of asset "day" did not pass`)
	got, err := check.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]dagster.CheckResult{"2024-01-01": {Passed: true}, "2024-01-02": {}, "2024-01-03": {Passed: true}}, got)
	_, err = check.Value(r)
	require.ErrorContains(t, err, "for 3 partitions")
	r, err = repo.Materialize(t.Context(), "*", dagster.PartitionKey("2024-01-03"), at2024())
	require.NoError(t, err)
	one, err := check.Value(r)
	require.NoError(t, err)
	assert.True(t, one.Passed)
}

func TestCheck_mistakes(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	b := dagster.NewAsset("b", dagster.From1(a, inc))
	other := dagster.NewAsset("other", plainNumber(1))
	for name, c := range map[string]struct {
		defs []dagster.Definition
		want string
	}{
		"name":         {[]dagster.Definition{dagster.NewCheck("no-dash", a, dagster.From(passes))}, "only letters"},
		"no asset":     {[]dagster.Definition{dagster.NewCheck("c", nil, dagster.From(passes))}, "asset: nil"},
		"no body":      {[]dagster.Definition{dagster.NewCheck("c", a, nil)}, "nil body"},
		"nil option":   {[]dagster.Definition{dagster.NewCheck("c", a, dagster.From(passes), nil)}, "nil option"},
		"twice":        {[]dagster.Definition{dagster.NewCheck("c", a, dagster.From(passes)), dagster.NewCheck("c", a, dagster.From(passes))}, `its step would be named "a_c" like that of check "a:c"`},
		"an own one":   {[]dagster.Definition{dagster.NewAsset("x", plainNumber(1), dagster.Checks("c")), dagster.NewCheck("c", a, dagster.From(passes))}, ""},
		"not there":    {[]dagster.Definition{dagster.NewCheck("c", other, dagster.From(passes))}, `it checks asset "other", declared at`},
		"reads others": {[]dagster.Definition{dagster.NewCheck("c", a, dagster.From1(other, positive))}, `it reads asset "other", declared at`},
		"blocks":       {[]dagster.Definition{dagster.NewCheck("c", a, dagster.From1(b, positive), dagster.Blocking())}, `it blocks asset "b", which it reads`},
		"as a step":    {[]dagster.Definition{dagster.NewAsset("a_c", plainNumber(1)), dagster.NewCheck("c", a, dagster.From(passes))}, `its step would be named "a_c" like that of asset "a_c"`},
		"own twice":    {[]dagster.Definition{dagster.NewAsset("x", plainNumber(1), dagster.Checks("c", "c"))}, `check "c": given twice`},
		"a graph": {[]dagster.Definition{dagster.NewCheck("c", a, dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[dagster.CheckResult] {
			return dagster.NewOp("op", passes).In(s)
		}))}, "made by a function"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := dagster.NewRepository("r", append(c.defs, a, b)...).Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCheck_thousandOfOneAsset(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", plainNumber(1))
	defs := []dagster.Definition{a, dagster.NewAsset("b", dagster.From1(a, inc))}
	for i := range 1000 {
		defs = append(defs, dagster.NewCheck(fmt.Sprintf("c%d", i), a, dagster.From1(a, positive), dagster.Blocking()))
	}
	r, err := dagster.NewRepository("r", defs...).Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Len(t, r.Steps(), 1002)
}
