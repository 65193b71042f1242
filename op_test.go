package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

type (
	day struct {
		Date string
		Rows []int
	}
	shardOf struct{ Rows []int }
	routes  struct{ Big, Small dagster.Maybe[day] }
	since   struct {
		Date string `json:"date"`
	}
)

func fetchDays(_ context.Context, s since) ([]day, error) {
	return []day{{s.Date, []int{1, 2, 3}}, {"2024-09-09", []int{4}}}, nil
}

func keyDays(_ context.Context, days []day) (dagster.Dynamic[day], error) {
	out := dagster.Dynamic[day]{}
	for _, d := range days {
		out[d.Date] = d
	}
	return out, nil
}

func cleanDay(_ context.Context, d day) (day, error) { return d, nil }

func shardDay(_ context.Context, d day) (dagster.Dynamic[shardOf], error) {
	out := dagster.Dynamic[shardOf]{}
	for i, row := range d.Rows {
		out[string(rune('a'+i))] = shardOf{[]int{row}}
	}
	return out, nil
}

func sumShard(_ context.Context, s shardOf) (int, error) {
	sum := 0
	for _, n := range s.Rows {
		sum += n
	}
	return sum, nil
}

func routeDay(_ context.Context, d day) (r routes, err error) {
	if len(d.Rows) > 2 {
		r.Big = dagster.Some(d)
	} else {
		r.Small = dagster.Some(d)
	}
	return r, nil
}

func sumDay(ctx context.Context, d day) (int, error) { return sumShard(ctx, shardOf{d.Rows}) }

func stepStatuses(r *dagster.Result) map[string]executor.StepStatus {
	out := make(map[string]executor.StepStatus)
	for _, s := range r.Steps() {
		out[s.Key] = s.Status
	}
	return out
}

// etl is days mapped over, and in each one its shards.
type etl struct {
	since *dagster.Config[since]
	fetch *dagster.Op1[since, []day]
	one   *dagster.Op1[shardOf, int]
	graph *dagster.Graph[int]
}

func newETL() etl {
	e := etl{
		since: dagster.NewConfig("since", since{Date: "2024-01-01"}),
		fetch: dagster.NewOp1("fetch", fetchDays),
		one:   dagster.NewOp1("one", sumShard),
	}
	clean, shard := dagster.NewOp1("clean", cleanDay), dagster.NewOp1("shard", shardDay)
	byDay, join := dagster.NewOp1("by_day", keyDays), dagster.NewOp1("join", addAll)
	perDay := join.As("join_day")
	e.graph = dagster.NewGraph("etl", func(s *dagster.Scope) dagster.Output[int] {
		days := e.fetch.In(s, e.since)
		sums := dagster.Map(s, byDay.In(s, days), func(s *dagster.Scope, d dagster.Input[day]) dagster.Output[int] {
			return perDay.In(s, dagster.Map(s, shard.In(s, clean.In(s, d)), e.one.In))
		})
		return join.In(s, sums)
	})
	return e
}

func TestNestedMapsAreTypedAllTheWay(t *testing.T) {
	t.Parallel()
	e := newETL()
	job := dagster.NewJob("nightly", e.graph)
	r, err := dagster.NewRepository("jobs", job).Execute(t.Context(), job, e.since.Set(since{Date: "2024-01-02"}))
	require.NoError(t, err)
	total, err := e.graph.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 10, total)
	shards, err := e.one.Values(r)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"2024-01-02/a": 1, "2024-01-02/b": 2, "2024-01-02/c": 3, "2024-09-09/a": 4}, shards)
	days, err := e.fetch.Value(r)
	require.NoError(t, err)
	assert.Len(t, days, 2)
	_, err = e.one.Value(r)
	require.ErrorContains(t, err, "it is mapped: ask for its Values")
	assert.Equal(t, "nightly", r.Run().Job)
	for _, s := range r.Steps() {
		if s.Key == "one[2024-01-02/c]" {
			assert.Equal(t, "one", s.Op)
			assert.Equal(t, "2024-01-02/c", s.MapKey)
		}
	}
	got := stepStatuses(r)
	assert.Equal(t, executor.StepSucceeded, got["one[2024-01-02/c]"])
	assert.Equal(t, executor.StepSucceeded, got["join_day[2024-09-09]"])
	assert.Len(t, got, 1+1+2+2+4+2+1)
}

func TestBranchesNestsAndUses(t *testing.T) {
	t.Parallel()
	route := dagster.NewOp1("route", routeDay)
	big, small := dagster.NewOp1("big", sumDay), dagster.NewOp1("small", sumDay)
	join, merge := dagster.NewOp1("join", addAll), dagster.NewOp2("merge", plus)
	either := func(s *dagster.Scope, name string, d dagster.Input[day]) dagster.Output[int] {
		return dagster.Nest(s, name, func(s *dagster.Scope) dagster.Output[int] {
			r := route.In(s, d)
			b := big.In(s, dagster.WhenField(r, func(r *routes) *dagster.Maybe[day] { return &r.Big }))
			sm := small.In(s, dagster.When(dagster.Field(r, func(r *routes) *dagster.Maybe[day] { return &r.Small })))
			return join.In(s, dagster.FanIn(b, sm))
		})
	}
	report := dagster.NewGraph("report", func(s *dagster.Scope) dagster.Output[int] {
		first := either(s, "first", dagster.Const(day{"x", []int{1, 2, 3}}))
		second := either(s, "second", dagster.Const(day{"y", []int{4}}))
		return merge.In(s, first, second)
	})
	job := dagster.NewJob("branchy", report)
	r, err := dagster.NewRepository("jobs", job).Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := report.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 10, got)
	st := stepStatuses(r)
	assert.Equal(t, executor.StepSkipped, st["first.small"])
	assert.Equal(t, executor.StepSucceeded, st["first.big"])
	assert.Equal(t, executor.StepSkipped, st["second.big"])
	assert.Equal(t, []storage.EventKind{storage.StepSkipped}, kinds(r, "first.small"))
	_, err = join.Value(r)
	require.ErrorContains(t, err, `it is placed 2 times, as "first.join", "second.join"`)
}

func TestGraphsArePlacedInGraphs(t *testing.T) {
	t.Parallel()
	e := newETL()
	double := dagster.NewOp1("double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })
	outer := dagster.NewGraph("outer", func(s *dagster.Scope) dagster.Output[int] {
		return double.In(s, e.graph.In(s))
	})
	job := dagster.NewJob("j", outer)
	r, err := dagster.NewRepository("jobs", job).Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := outer.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 20, got)
	inner, err := e.graph.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 10, inner)
	assert.Contains(t, stepStatuses(r), "etl.one[2024-01-01/a]")
	assert.Contains(t, stepStatuses(r), "double")
}

func TestDynamicEdges(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, keys dagster.Dynamic[int], each func(context.Context, int) (int, error), opts ...dagster.OpOption) (*dagster.Result, error) {
		t.Helper()
		gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) { return keys, nil })
		one, join := dagster.NewOp1("one", each, opts...), dagster.NewOp1("join", addAll)
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
			return join.In(s, dagster.Map(s, gen.In(s), one.In))
		})
		job := dagster.NewJob("j", g)
		return dagster.NewRepository("r", job).Execute(t.Context(), job)
	}
	same := func(_ context.Context, n int) (int, error) { return n, nil }
	t.Run("no keys", func(t *testing.T) {
		t.Parallel()
		r, err := run(t, nil, same)
		require.NoError(t, err)
		assert.Equal(t, map[string]executor.StepStatus{"gen": executor.StepSucceeded, "join": executor.StepSucceeded}, stepStatuses(r))
	})
	t.Run("a failing key", func(t *testing.T) {
		t.Parallel()
		r, err := run(t, dagster.Dynamic[int]{"a": 1, "b": 2, "c": 3}, func(_ context.Context, n int) (int, error) {
			if n == 2 {
				return 0, errors.New("two")
			}
			return n, nil
		})
		require.ErrorContains(t, err, `step "one[b]": two`)
		assert.Equal(t, map[string]executor.StepStatus{
			"gen": executor.StepSucceeded, "one[a]": executor.StepSucceeded, "one[b]": executor.StepFailed, "one[c]": executor.StepSucceeded, "join": executor.StepNotRun,
		}, stepStatuses(r))
	})
	t.Run("invalid key", func(t *testing.T) {
		t.Parallel()
		r, err := run(t, dagster.Dynamic[int]{"a b": 1}, same)
		require.ErrorContains(t, err, `"a b"`)
		assert.Equal(t, executor.StepFailed, stepStatuses(r)["gen"])
	})
	t.Run("many keys", func(t *testing.T) {
		t.Parallel()
		many := dagster.Dynamic[int]{}
		for i := range 20_000 {
			many[strconv.Itoa(i)] = 1
		}
		r, err := run(t, many, same)
		require.NoError(t, err)
		assert.Len(t, r.Steps(), 20_002)
	})
	t.Run("retries of a key", func(t *testing.T) {
		t.Parallel()
		var n atomic.Int32
		r, err := run(t, dagster.Dynamic[int]{"a": 1, "b": 2}, func(ctx context.Context, v int) (int, error) {
			if dagster.Step(ctx).MapKey == "b" && n.Add(1) < 3 {
				return 0, errors.New("not yet")
			}
			return v, nil
		}, dagster.Retry(dagster.RetryPolicy{Max: 2}))
		require.NoError(t, err)
		assert.Equal(t, 2, countKind(r, storage.StepUpForRetry))
	})
}

func TestFinallyRunsWhateverHappened(t *testing.T) {
	t.Parallel()
	var cleaned atomic.Bool
	bad := dagster.NewOp("bad", fails[int](errors.New("no")))
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[dagster.Nothing] {
		b := bad.In(s)
		clean := dagster.NewOp("clean", dagster.Do(func(context.Context) error { cleaned.Store(true); return nil }))
		return clean.With(dagster.Finally(b)).In(s)
	})
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.ErrorContains(t, err, `step "bad": no`)
	assert.True(t, cleaned.Load())
	assert.Equal(t, storage.RunFailed, r.Status())
	assert.Equal(t, executor.StepSucceeded, stepStatuses(r)["clean"])
}

func TestRetryOfAUseGoesBeforeOpGraphAndJob(t *testing.T) {
	t.Parallel()
	attempts := func(opts, use, graph []dagster.OpOption, job ...dagster.JobOption) int {
		op := dagster.NewOp("op", fails[int](errors.New("no")), opts...)
		if use != nil {
			op = op.As("use", use...)
		}
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return op.In(s) }, graph...)
		j := dagster.NewJob("j", g, job...)
		r, err := dagster.NewRepository("r", j).Execute(t.Context(), j)
		require.Error(t, err)
		return r.Steps()[0].Attempts
	}
	retry := func(n int) dagster.StepOption { return dagster.Retry(dagster.RetryPolicy{Max: n}) }
	one := func(n int) []dagster.OpOption { return []dagster.OpOption{retry(n)} }
	assert.Equal(t, 1, attempts(nil, nil, nil))
	assert.Equal(t, 5, attempts(nil, nil, nil, retry(4)))
	assert.Equal(t, 4, attempts(nil, nil, one(3), retry(4)))
	assert.Equal(t, 3, attempts(one(2), nil, one(3), retry(4)))
	assert.Equal(t, 2, attempts(one(2), one(1), one(3), retry(4)))
	assert.Equal(t, 1, attempts(one(2), one(0), one(3), retry(4)))
}

func TestHooksRunAfterSteps(t *testing.T) {
	t.Parallel()
	var d diary
	note := func(what string) dagster.Body[dagster.Nothing] {
		return dagster.From1(dagster.Const(what), dagster.Do1(func(ctx context.Context, what string) error {
			s := dagster.Step(ctx)
			d.note(fmt.Sprintf("%s %s %v", what, s.Key, s.Err))
			return nil
		}))
	}
	ok, bad := dagster.NewOp("ok", number(1)), dagster.NewOp1("bad", func(context.Context, int) (int, error) { return 0, errors.New("no") })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return bad.In(s, ok.In(s)) })
	job := dagster.NewJob("j", g, dagster.OnSuccess(note("good")), dagster.OnFailure(note("alert")))
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.Error(t, err)
	// A hook may run beside the steps that follow: the order of the two is not promised.
	assert.ElementsMatch(t, []string{"good ok <nil>", "alert bad no"}, d.lines)
	assert.Equal(t, []storage.EventKind{
		storage.StepStart, storage.StepOutput, storage.HandledOutput, storage.StepSuccess, storage.HookCompleted, storage.HookSkipped,
	}, kinds(r, "ok"))
	assert.Equal(t, []storage.EventKind{
		storage.StepStart, storage.LoadedInput, storage.StepInput, storage.StepFailure, storage.HookSkipped, storage.HookCompleted,
	}, kinds(r, "bad"))
}

func TestHookThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	ok := dagster.NewAsset("ok", dagster.From(number(1)),
		dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { return errors.New("slack is down") }))),
		dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { panic("worse") }))))
	r, err := dagster.NewRepository("r", ok).Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, 2, countKind(r, storage.HookErrored))
}

func TestOpSelection(t *testing.T) {
	t.Parallel()
	a, b := dagster.NewOp("a", number(1)), dagster.NewOp1("b", addOne)
	c := dagster.NewOp2("c", plus)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		x := a.In(s)
		return c.In(s, x, b.In(s, x))
	})
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)
	r, err := repo.Execute(t.Context(), job, dagster.OpSelection("*b"))
	require.NoError(t, err)
	assert.Len(t, r.Steps(), 2)
	assert.Equal(t, []string{"a", "b"}, r.Run().Steps)
	_, err = c.Value(r)
	require.ErrorContains(t, err, "not part of run")

	r, err = repo.Execute(t.Context(), job, dagster.OpSelection("c"))
	require.ErrorContains(t, err, `step "c" needs the value of "a", which is not selected`)
	require.ErrorContains(t, err, `step "c" needs the value of "b"`)
	assert.Empty(t, r.RunID())

	r, err = repo.Execute(t.Context(), job, dagster.OpSelection("c"), a.Given(10), b.Given(20))
	require.NoError(t, err)
	got, err := c.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 30, got)
	_, err = repo.Execute(t.Context(), job, dagster.OpSelection("d"))
	require.ErrorContains(t, err, `no op "d"`)
}

func TestConfigPerUseJobAndRun(t *testing.T) {
	t.Parallel()
	cfg := dagster.NewConfig("limit", limits{Rows: 1})
	rows := dagster.NewOp1("rows", func(_ context.Context, l limits) (int, error) { return l.Rows, nil })
	again := rows.As("again", cfg.Set(limits{Rows: 50}))
	both := dagster.NewOp2("both", func(_ context.Context, a, b int) (string, error) { return fmt.Sprint(a, " ", b), nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] {
		return both.In(s, rows.In(s, cfg), again.In(s, cfg))
	})
	plain, set := dagster.NewJob("plain", g), dagster.NewJob("set", g, cfg.Set(limits{Rows: 7}))
	repo := dagster.NewRepository("r", plain, set)
	tests := []struct {
		name string
		job  *dagster.Job
		opts []dagster.RunOption
		want string
	}{
		{"defaults", plain, nil, "1 50"},
		{"of the job", set, nil, "7 50"},
		{"of the run", set, []dagster.RunOption{cfg.Set(limits{Rows: 9})}, "9 9"},
		{"run config", set, []dagster.RunOption{dagster.RunConfig([]byte(`{"config": {"limit": {"rows": 9}}}`))}, "9 9"},
		{"run config of a step", set, []dagster.RunOption{dagster.RunConfig([]byte(`{"ops": {"again": {"config": {"rows": 3}}}}`))}, "7 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := repo.Execute(t.Context(), tt.job, tt.opts...)
			require.NoError(t, err)
			got, err := g.Value(r)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)

			again, err := repo.Execute(t.Context(), tt.job, dagster.RunConfig(r.Run().Config))
			require.NoError(t, err, "what is recorded means the same again")
			got, err = g.Value(again)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	_, err := repo.Execute(t.Context(), plain, dagster.RunConfig([]byte(`{"ops": {"nobody": {"config": {}}, "both": {"config": {}}, "again": {"config": {"row": 1}}}}`)))
	require.ErrorContains(t, err, "ops.nobody: no step of that name")
	require.ErrorContains(t, err, "ops.both.config: the step takes no config")
	require.ErrorContains(t, err, "ops.again.config.row: unknown field")
}

func TestMaxRuntimeFailsARun(t *testing.T) {
	t.Parallel()
	slow := dagster.NewOp("slow", func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return slow.In(s) })
	job := dagster.NewJob("j", g, dagster.MaxRuntime(10*time.Millisecond))
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.ErrorContains(t, err, "max runtime of 10ms exceeded")
	assert.Equal(t, storage.RunFailed, r.Status())
	assert.Equal(t, storage.RunFailed, r.Run().CancelTarget)
}

func TestAssetsBackedByGraphs(t *testing.T) {
	t.Parallel()
	raw := dagster.NewSource[[]day]("raw/days")
	byDay, sum, join := dagster.NewOp1("by_day", keyDays), dagster.NewOp1("sum_day", sumDay), dagster.NewOp1("join", addAll)
	total := dagster.NewAsset("days/total", dagster.NewGraph("whatever", func(s *dagster.Scope) dagster.Output[int] {
		return join.In(s, dagster.Map(s, byDay.In(s, raw), sum.In))
	}), dagster.CodeVersion("1"))
	next := dagster.NewAsset("next", dagster.From1(total, addOne))
	repo := dagster.NewRepository("r", raw, total, next)
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	require.NoError(t, raw.Store(t.Context(), inst, "", []day{{"a", []int{1}}, {"b", []int{2, 3}}}))
	r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.NoError(t, err)
	got, err := next.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 7, got)
	assert.Contains(t, stepStatuses(r), "days__total.sum_day[a]")
	m := made(t, inst, "days/total")
	require.Len(t, m.Provenance.Inputs, 1)
	assert.Equal(t, "raw/days", m.Provenance.Inputs[0].Asset)
	assert.Equal(t, "1", m.Provenance.CodeVersion)
	assert.Equal(t, m.DataVersion, made(t, inst, "next").Provenance.Inputs[0].DataVersion)
}

type splitOrders struct {
	Paid    []order
	Open    []order
	Refunds dagster.Maybe[[]order]
}

func TestMultiAssets(t *testing.T) {
	t.Parallel()
	orders := dagster.NewAsset("orders", dagster.From(readOrders))
	var wanted []string
	body := func(ctx context.Context, in []order) (splitOrders, error) {
		wanted = nil
		for _, key := range []string{"orders/paid", "orders/open", "orders/refunds"} {
			if dagster.Wanted(ctx, key) {
				wanted = append(wanted, key)
			}
		}
		return splitOrders{Paid: in[:1], Open: in[1:]}, nil
	}
	split := dagster.NewMultiAsset("split_orders", dagster.From1(orders, body))
	paid := dagster.Part(split, "orders/paid", func(s *splitOrders) *[]order { return &s.Paid }, dagster.Group("sales"))
	open := dagster.Part(split, "orders/open", func(s *splitOrders) *[]order { return &s.Open })
	refunds := dagster.SkippablePart(split, "orders/refunds", func(s *splitOrders) *dagster.Maybe[[]order] { return &s.Refunds })
	revenue := dagster.NewAsset("revenue", dagster.From1(paid, sumOrders))
	returned := dagster.NewAsset("returned", dagster.From1(refunds, sumOrders))
	repo := dagster.NewRepository("r", orders, paid, open, refunds, revenue, returned)
	r, err := repo.Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := revenue.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 3, got)
	assert.Equal(t, map[string]executor.StepStatus{
		"orders": executor.StepSucceeded, "split_orders": executor.StepSucceeded, "revenue": executor.StepSucceeded, "returned": executor.StepSkipped,
	}, stepStatuses(r))
	assert.Len(t, wanted, 3)

	r, err = repo.Materialize(t.Context(), dagster.Select(paid), orders.Given([]order{{5}, {6}}))
	require.NoError(t, err)
	both, err := open.Value(r)
	require.NoError(t, err, "what cannot be subset is made whole")
	assert.Equal(t, []order{{6}}, both)

	sub := dagster.NewMultiAsset("split_orders", dagster.From1(orders, body), dagster.Subsettable())
	subPaid := dagster.Part(sub, "orders/paid", func(s *splitOrders) *[]order { return &s.Paid })
	subOpen := dagster.Part(sub, "orders/open", func(s *splitOrders) *[]order { return &s.Open })
	_, err = dagster.NewRepository("r", orders, subPaid, subOpen).Materialize(t.Context(), dagster.Select(subOpen), orders.Given([]order{{5}, {6}}))
	require.NoError(t, err)
	assert.Equal(t, []string{"orders/open"}, wanted)
}

func TestAssetJobs(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	b := dagster.NewAsset("b", dagster.From1(a, addOne))
	job := dagster.NewAssetJob("refresh", "a+", dagster.Tags(map[string]string{"team": "data"}))
	r, err := dagster.NewRepository("r", a, b, job).Execute(t.Context(), job, dagster.RunTags(map[string]string{"by": "me"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, r.Run().Assets)
	assert.Equal(t, "refresh", r.Run().Job)
	assert.Equal(t, map[string]string{"team": "data", "by": "me"}, r.Run().Tags)
}

func TestReexecutionOfJobs(t *testing.T) { //nolint:tparallel // its parts share what is broken
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	var genRuns, oneRuns atomic.Int32
	gen := dagster.NewOp("gen", func(context.Context) (dagster.Dynamic[int], error) {
		genRuns.Add(1)
		return dagster.Dynamic[int]{"a": 1, "b": 2, "c": 3}, nil
	})
	one := dagster.NewOp1("one", func(_ context.Context, n int) (int, error) {
		oneRuns.Add(1)
		if n == 2 && broken.Load() {
			return 0, errors.New("broken")
		}
		return 10 * n, nil
	})
	join := dagster.NewOp1("join", addAll)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return join.In(s, dagster.Map(s, gen.In(s), one.In)) })

	t.Run("from failure loads what is there", func(t *testing.T) { //nolint:paralleltest // likewise
		job := dagster.NewJob("j", g)
		repo := dagster.NewRepository("r", job)
		on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
		first, err := repo.Execute(t.Context(), job, on)
		require.Error(t, err)
		broken.Store(false)
		genRuns.Store(0)
		oneRuns.Store(0)
		second, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), on)
		require.NoError(t, err)
		assert.Equal(t, map[string]executor.StepStatus{"one[b]": executor.StepSucceeded, "join": executor.StepSucceeded}, stepStatuses(second))
		got, err := g.Value(second)
		require.NoError(t, err)
		assert.Equal(t, 60, got)
		assert.Zero(t, genRuns.Load())
		assert.EqualValues(t, 1, oneRuns.Load())
		assert.Equal(t, storage.RunID(first.RunID()), second.Run().Parent)
		_, err = repo.Reexecute(t.Context(), second.RunID(), dagster.FailedSteps(), on)
		require.ErrorContains(t, err, "nothing failed in it")

		third, err := repo.Reexecute(t.Context(), second.RunID(), dagster.OnlyOps("join"), on)
		require.NoError(t, err)
		assert.Len(t, third.Steps(), 1)
		got, err = g.Value(third)
		require.NoError(t, err)
		assert.Equal(t, 60, got)
		fourth, err := repo.Reexecute(t.Context(), third.RunID(), dagster.AllSteps(), on)
		require.NoError(t, err)
		assert.Len(t, fourth.Steps(), 5)
	})

	t.Run("what is gone is made again", func(t *testing.T) { //nolint:paralleltest // likewise
		broken.Store(true)
		for _, kept := range []bool{false, true} {
			opts := []dagster.JobOption{}
			if kept {
				opts = append(opts, dagster.Durable())
			}
			job := dagster.NewJob("j", g, opts...)
			store, io1 := storage.NewMemory(), dagster.FileIO(t.TempDir())
			process := func() dagster.RunOption {
				return dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{Storage: store, IO: io1}))
			}
			broken.Store(true)
			first, err := dagster.NewRepository("r", job).Execute(t.Context(), job, process())
			require.Error(t, err)
			if !kept {
				_, err = dagster.NewRepository("r", job).Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("join"), process())
				require.ErrorContains(t, err, `needs the value of "one", which was kept in memory only and is gone`)
			}
			broken.Store(false)
			second, err := dagster.NewRepository("r", job).Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), process())
			require.NoError(t, err)
			got, err := g.Value(second)
			require.NoError(t, err)
			assert.Equal(t, 60, got)
			if kept {
				assert.Equal(t, map[string]executor.StepStatus{"one[b]": executor.StepSucceeded, "join": executor.StepSucceeded}, stepStatuses(second))
			} else {
				assert.Len(t, second.Steps(), 5)
			}
		}
	})
}

func TestWrongGraphsAreReported(t *testing.T) {
	t.Parallel()
	op := dagster.NewOp("op", number(1))
	inc := dagster.NewOp1("inc", addOne)
	dyn := dagster.NewOp("dyn", func(context.Context) (dagster.Dynamic[int], error) { return nil, nil })
	var stolen dagster.Output[int]
	thief := dagster.NewGraph("thief", func(s *dagster.Scope) dagster.Output[int] { stolen = op.In(s); return stolen })
	tests := []struct {
		name string
		wire func(s *dagster.Scope) dagster.Output[int]
		want string
	}{
		{"another graph's output", func(s *dagster.Scope) dagster.Output[int] { return inc.In(s, stolen) }, `an output of graph "thief"`},
		{"same name twice", func(s *dagster.Scope) dagster.Output[int] { op.In(s); return op.In(s) }, "name: taken in this scope at"},
		{"no output", func(*dagster.Scope) dagster.Output[int] { return dagster.Output[int]{} }, "its function returned no output"},
		{"another scope's output", func(*dagster.Scope) dagster.Output[int] { return stolen }, "returned an output of another scope"},
		{"nil input", func(s *dagster.Scope) dagster.Output[int] { return inc.In(s, nil) }, `op "inc": input 1: nil`},
		{"bad name", func(s *dagster.Scope) dagster.Output[int] { return op.As("a-b").In(s) }, `op "a-b": name: only letters`},
		{"output of a map used outside", func(s *dagster.Scope) dagster.Output[int] {
			var inner dagster.Output[int]
			dagster.Map(s, dyn.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
				inner = inc.In(s, n)
				return inner
			})
			return inc.As("outer").In(s, inner)
		}, "an output that belongs to another scope"},
		{"map over a constant", func(s *dagster.Scope) dagster.Output[int] {
			dagster.Map(s, dagster.Const(dagster.Dynamic[int]{}), inc.In)
			return op.In(s)
		}, "only what an op makes can be mapped over"},
		{"nil nest", func(s *dagster.Scope) dagster.Output[int] { return dagster.Nest[int](s, "n", nil) }, `nest "n": nil`},
		{"option", func(s *dagster.Scope) dagster.Output[int] { return op.As("o", dagster.Timeout(-1)).In(s) }, "timeout -1ns: not positive"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := dagster.NewRepository("r", dagster.NewJob("j", dagster.NewGraph("g", tt.wire))).Validate()
			require.ErrorContains(t, err, tt.want)
			assert.Contains(t, err.Error(), "op_test.go:")
		})
	}
	require.NoError(t, dagster.NewRepository("r", dagster.NewJob("j", thief)).Validate())
	require.ErrorContains(t, dagster.NewRepository("r", dagster.NewJob("j", nil)).Validate(), `job "j": nil graph`)
	require.ErrorContains(t, dagster.NewRepository("r", dagster.NewJob("j", thief), dagster.NewJob("j", thief)).Validate(), `job "j": name: taken by the job declared at`)
	require.ErrorContains(t, dagster.NewRepository("r", dagster.NewAssetJob("j", "nothing")).Validate(), `no asset "nothing"`)
	listed := dagster.NewAsset("list", dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[[]int] { return dagster.Map(s, dyn.In(s), inc.In) }))
	require.ErrorContains(t, dagster.NewRepository("r", listed).Validate(), "is the list of a Map: pass it through an op")
}

func TestDeepAndWideGraphs(t *testing.T) {
	t.Parallel()
	inc := dagster.NewOp1("inc", addOne)
	zero := dagster.NewOp("zero", number(0))
	var deep func(s *dagster.Scope, n int, in dagster.Input[int]) dagster.Output[int]
	deep = func(s *dagster.Scope, n int, in dagster.Input[int]) dagster.Output[int] {
		out := inc.In(s, in)
		if n == 0 {
			return out
		}
		return dagster.Nest(s, "n", func(s *dagster.Scope) dagster.Output[int] { return deep(s, n-1, out) })
	}
	g := dagster.NewGraph("deep", func(s *dagster.Scope) dagster.Output[int] { return deep(s, 500, zero.In(s)) })
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := g.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 501, got)
	assert.Contains(t, stepStatuses(r), strings.Repeat("n.", 500)+"inc")
}

func TestLargeValuesPassBetweenOpsAsStreams(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	dir := t.TempDir()
	files := dagster.NewResource("files", dagster.From(func(context.Context) (dagster.IOManager, error) { return dagster.FileIO(dir), nil }), nil)
	length := func(_ context.Context, r io.Reader) (int64, error) { return io.Copy(io.Discard, r) }
	big := dagster.NewOp("big", func(context.Context) (io.Reader, error) { return io.LimitReader(zeros{}, size), nil }, dagster.StoredIn(files))
	table := dagster.NewOp("table", readOrders)
	kept := table.As("kept", dagster.StoredIn(files))
	sum := dagster.NewOp2("sum", func(_ context.Context, a, b int64) (int64, error) { return a + b, nil })
	count := dagster.NewOp1("count", length)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int64] {
		return sum.In(s, count.In(s, big.In(s)), count.As("raw").In(s, dagster.LoadedBy[io.Reader](kept.In(s), files)))
	})
	job := dagster.NewJob("j", g)
	r, err := dagster.NewRepository("r", job).Execute(t.Context(), job)
	require.NoError(t, err)
	got, err := g.Value(r)
	require.NoError(t, err)
	assert.EqualValues(t, size+len(`[{"Cents":3},{"Cents":4}]`)+1, got)

	bad := dagster.NewJob("bad", dagster.NewGraph("bad", func(s *dagster.Scope) dagster.Output[int64] {
		return count.In(s, dagster.LoadedBy[io.Reader](table.In(s), files))
	}))
	r, err = dagster.NewRepository("r", bad).Execute(t.Context(), bad)
	require.ErrorContains(t, err, `the value of step "table" is kept in memory only`)
	assert.Empty(t, r.RunID())
}

func TestReexecutionKeepsTheConfig(t *testing.T) {
	t.Parallel()
	cfg := dagster.NewConfig("limit", limits{Rows: 1})
	rows := dagster.NewOp1("rows", func(_ context.Context, l limits) (int, error) { return l.Rows, nil })
	again := rows.As("again")
	both := dagster.NewOp2("both", func(_ context.Context, a, b int) (string, error) { return fmt.Sprint(a, " ", b), nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] {
		return both.In(s, rows.In(s, cfg), again.In(s, cfg))
	})
	job := dagster.NewJob("j", g)
	repo := dagster.NewRepository("r", job)
	on := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	first, err := repo.Execute(t.Context(), job, on, dagster.RunConfig([]byte(`{"config": {"limit": {"rows": 5}}, "ops": {"again": {"config": {"rows": 6}}}}`)))
	require.NoError(t, err)
	value := func(r *dagster.Result, err error) string {
		require.NoError(t, err)
		got, err := g.Value(r)
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, "5 6", value(first, nil))
	assert.Equal(t, "5 6", value(repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), on)))
	assert.Equal(t, "7 6", value(repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), on, cfg.Set(limits{Rows: 7}))))
	assert.Equal(t, "8 8", value(repo.Reexecute(t.Context(), first.RunID(), dagster.AllSteps(), on, dagster.RunConfig([]byte(`{"config": {"limit": {"rows": 8}}}`)))))

	part, err := repo.Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("both"), on)
	require.NoError(t, err)
	assert.Equal(t, "5 6", value(part, nil))
	assert.Equal(t, "5 6", value(repo.Reexecute(t.Context(), part.RunID(), dagster.AllSteps(), on)), "also after a run that did not use it")
	_, err = repo.Reexecute(t.Context(), first.RunID(), dagster.OnlyOps("both"), on, dagster.RunConfig([]byte(`{"ops": {"nobody": {"config": {}}}}`)))
	require.ErrorContains(t, err, "ops.nobody: no step of that name")
}
