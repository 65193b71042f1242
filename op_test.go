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

type splitOrders struct {
	Paid    []order
	Open    []order
	Refunds dagster.Maybe[[]order]
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
