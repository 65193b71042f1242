package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

type order struct{ Cents int }

func readOrders(context.Context) ([]order, error) { return []order{{3}, {4}}, nil }

func sumOrders(_ context.Context, in []order) (int, error) {
	sum := 0
	for _, o := range in {
		sum += o.Cents
	}
	return sum, nil
}

func number(n int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return n, nil }
}

func fails[T any](err error) func(context.Context) (T, error) {
	return func(context.Context) (T, error) {
		var none T
		return none, err
	}
}

func plus(_ context.Context, a, b int) (int, error) { return a + b, nil }

func addAll(_ context.Context, in []int) (int, error) {
	sum := 0
	for _, n := range in {
		sum += n
	}
	return sum, nil
}

func statuses(r *dagster.Result) map[string]executor.StepStatus {
	out := make(map[string]executor.StepStatus)
	for _, s := range r.Steps() {
		out[s.Assets[0]] = s.Status
	}
	return out
}

func kinds(r *dagster.Result, step string) []storage.EventKind {
	var out []storage.EventKind
	for e := range r.Events() {
		if e.Step == step {
			out = append(out, e.Kind)
		}
	}
	return out
}

func TestMaterializeRunsWhatIsNeededFirst(t *testing.T) {
	t.Parallel()
	orders := dagster.NewAsset("orders", dagster.From(readOrders))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, sumOrders))
	repo := dagster.NewRepository("shop", revenue, orders)

	r, err := repo.Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, storage.RunSucceeded, r.Status())
	got, err := revenue.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 7, got)
	all, err := orders.Value(r)
	require.NoError(t, err)
	assert.Equal(t, []order{{3}, {4}}, all)
}

func TestStepEventsAreDagsters(t *testing.T) {
	t.Parallel()
	orders := dagster.NewAsset("raw/orders", dagster.From(readOrders))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, sumOrders))
	done := dagster.NewAsset("done", dagster.From1(revenue, dagster.Do1(func(context.Context, int) error { return nil })))
	r, err := dagster.NewRepository("shop", orders, revenue, done).Materialize(t.Context(), "*")
	require.NoError(t, err)

	assert.Equal(t, []storage.EventKind{
		storage.AssetMaterializationPlanned, storage.StepStart, storage.StepOutput,
		storage.AssetMaterialization, storage.HandledOutput, storage.StepSuccess,
	}, kinds(r, "raw__orders"))
	assert.Equal(t, []storage.EventKind{
		storage.AssetMaterializationPlanned, storage.StepStart, storage.LoadedInput, storage.StepInput, storage.StepOutput,
		storage.AssetMaterialization, storage.HandledOutput, storage.StepSuccess,
	}, kinds(r, "revenue"))
	assert.Equal(t, []storage.EventKind{
		storage.AssetMaterializationPlanned, storage.StepStart, storage.LoadedInput, storage.StepInput, storage.StepOutput,
		storage.AssetMaterialization, storage.StepSuccess,
	}, kinds(r, "done"), "nothing is stored of what has no value")
	assert.Equal(t, []storage.EventKind{storage.RunStart, storage.RunSuccess}, kinds(r, ""))

	seq := int64(0)
	for e := range r.Events() {
		seq++
		require.Equal(t, seq, e.Seq)
	}
}

func TestSelectedAssetsLoadWhatWasStored(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	a := dagster.NewAsset("a", dagster.From(func(context.Context) (int, error) { return int(runs.Add(1)), nil }))
	b := dagster.NewAsset("b", dagster.From2(a, dagster.Const(10), plus))
	repo := dagster.NewRepository("r", a, b)
	inst := dagster.NewInstance(dagster.InstanceConfig{})

	_, err := repo.Materialize(t.Context(), dagster.Select(a), dagster.OnInstance(inst))
	require.NoError(t, err)
	r, err := repo.Materialize(t.Context(), "b", dagster.OnInstance(inst))
	require.NoError(t, err)
	got, err := b.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 11, got)
	assert.EqualValues(t, 1, runs.Load())
	_, err = a.Value(r)
	require.ErrorContains(t, err, "not part of run")
	loaded, err := a.Load(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Equal(t, 1, loaded)
}

func TestUpstreamThatWasNeverStoredSaysWhatToDo(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	b := dagster.NewAsset("b", dagster.From2(a, dagster.Const(10), plus))
	r, err := dagster.NewRepository("r", a, b).Materialize(t.Context(), "b")
	require.ErrorIs(t, err, dagster.ErrNotStored)
	require.ErrorContains(t, err, `load asset "a": never stored; materialize it first, or give it a value with Given`)
	assert.Equal(t, storage.RunFailed, r.Status())
}

func TestSourceThatWasNeverStoredSaysWhatToDo(t *testing.T) {
	t.Parallel()
	rates := dagster.NewSource[int]("rates")
	b := dagster.NewAsset("b", dagster.From2(rates, dagster.Const(10), plus))
	_, err := dagster.NewRepository("r", rates, b).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, `load asset "rates": never stored; it is made elsewhere: store it there first, or give it a value with Given`)
}

func TestGivenStandsInForAnAsset(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(fails[int](errors.New("must not run"))))
	rates := dagster.NewSource[int]("rates of the bank")
	b := dagster.NewAsset("b", dagster.From2(a, rates, plus))
	r, err := dagster.NewRepository("r", a, b, rates).Materialize(t.Context(), "*", a.Given(5), rates.Given(6))
	require.NoError(t, err)
	got, err := b.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 11, got)
	given, err := a.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 5, given)
}

func TestFailureStopsWhatNeedsIt(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	bad := dagster.NewAsset("bad", dagster.From(fails[int](boom)))
	below := dagster.NewAsset("below", dagster.From2(bad, dagster.Const(1), plus))
	after := dagster.NewAsset("after", dagster.From(number(1)), dagster.After(below))
	other := dagster.NewAsset("other", dagster.From(number(1)))
	r, err := dagster.NewRepository("r", bad, below, after, other).Materialize(t.Context(), "*")

	require.ErrorIs(t, err, boom)
	step, ok := errors.AsType[*dagster.StepError](err)
	require.True(t, ok)
	assert.Equal(t, "bad", step.Step)
	assert.ErrorContains(t, err, `failure: step "bad": boom`)
	assert.Equal(t, storage.RunFailed, r.Status())
	assert.Equal(t, `1 step failed: "bad"`, r.Run().Error)
	assert.Equal(t, map[string]executor.StepStatus{
		"bad": executor.StepFailed, "below": executor.StepNotRun, "after": executor.StepNotRun, "other": executor.StepSucceeded,
	}, statuses(r))
	assert.Contains(t, kinds(r, "bad"), storage.AssetFailedToMaterialize)
	assert.Equal(t, []storage.EventKind{storage.AssetMaterializationPlanned}, kinds(r, "below"))
	_, err = below.Value(r)
	require.ErrorIs(t, err, boom, "a value that is not there says why")
	got, err := other.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 1, got)
}

func TestBodiesThatMisbehaveFailTheirStepAlone(t *testing.T) {
	t.Parallel()
	panics := dagster.NewAsset("panics", dagster.From(func(context.Context) (int, error) { panic("at the disco") }))
	exits := dagster.NewAsset("exits", dagster.From(func(context.Context) (int, error) { runtime.Goexit(); return 0, nil }))
	huge := dagster.NewAsset("huge", dagster.From(fails[int](errors.New(strings.Repeat("x", 1<<20)))))
	fine := dagster.NewAsset("fine", dagster.From(number(1)))
	r, err := dagster.NewRepository("r", panics, exits, huge, fine).Materialize(t.Context(), "*", dagster.MaxConcurrent(2))
	require.Error(t, err)
	assert.Equal(t, map[string]executor.StepStatus{
		"panics": executor.StepFailed, "exits": executor.StepFailed, "huge": executor.StepFailed, "fine": executor.StepSucceeded,
	}, statuses(r))
	p, ok := errors.AsType[*executor.PanicError](err)
	require.True(t, ok)
	assert.Equal(t, "at the disco", p.Value)
	assert.Contains(t, string(p.Stack), "asset_test.go")
	for e := range r.Events() {
		if f, ok := e.Data.(*storage.FailureData); ok {
			assert.LessOrEqual(t, len(f.Error.Message), 70_000)
		}
	}
}

func TestRetriesUntilItSucceeds(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int32
	flaky := dagster.NewAsset("flaky", dagster.From(func(ctx context.Context) (int, error) {
		n := attempts.Add(1)
		if int(n) != dagster.Step(ctx).Attempt {
			return 0, errors.New("attempt is not the one counted")
		}
		if n < 3 {
			return 0, errors.New("not yet")
		}
		return int(n), nil
	}), dagster.Retry(dagster.RetryPolicy{Max: 2}))
	r, err := dagster.NewRepository("r", flaky).Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, 3, r.Steps()[0].Attempts)
	assert.Equal(t, 2, countKind(r, storage.StepUpForRetry))
}

func countKind(r *dagster.Result, kind storage.EventKind) int {
	n := 0
	for e := range r.Events() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestFailureAndNoRetryAreFinal(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"failure":  &dagster.Failure{Description: "no date", Metadata: []metadata.Entry{metadata.Int("rows", 3)}},
		"no retry": dagster.NoRetry(errors.New("gone")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := dagster.NewAsset("a", dagster.From(fails[int](err)), dagster.Retry(dagster.RetryPolicy{Max: 5}))
			r, got := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
			require.ErrorIs(t, got, err)
			assert.Equal(t, 1, r.Steps()[0].Attempts)
		})
	}
}

func TestFailureShowsItsMetadata(t *testing.T) {
	t.Parallel()
	want := []metadata.Entry{metadata.Int("rows", 3)}
	a := dagster.NewAsset("a", dagster.From(fails[int](&dagster.Failure{Description: "bad rows", Metadata: want})))
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, "bad rows")
	for e := range r.Events() {
		if f, ok := e.Data.(*storage.FailureData); ok && e.Kind == storage.StepFailure {
			assert.Equal(t, want, f.Metadata)
		}
	}
}

func TestSkippableLeavesOutWhatNeedsIt(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context) (dagster.Maybe[int], error) { return dagster.Maybe[int]{}, nil }
	something := func(context.Context) (dagster.Maybe[int], error) { return dagster.Some(2), nil }
	news := dagster.NewAsset("news", dagster.Skippable(dagster.From(nothing)))
	olds := dagster.NewAsset("olds", dagster.Skippable(dagster.From(something)))
	below := dagster.NewAsset("below", dagster.From2(news, dagster.Const(1), plus))
	all := dagster.NewAsset("all", dagster.From1(dagster.FanIn(news, olds), addAll))
	none := dagster.NewAsset("none", dagster.From1(dagster.FanIn(news), addAll))
	maybe := dagster.NewAsset("maybe", dagster.From1(dagster.Optional(news), func(_ context.Context, n dagster.Maybe[int]) (bool, error) { return n.OK, nil }))
	r, err := dagster.NewRepository("r", news, olds, below, all, none, maybe).Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, map[string]executor.StepStatus{
		"news": executor.StepSucceeded, "olds": executor.StepSucceeded, "below": executor.StepSkipped,
		"all": executor.StepSucceeded, "none": executor.StepSkipped, "maybe": executor.StepSucceeded,
	}, statuses(r))
	sum, err := all.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 2, sum)
	was, err := maybe.Value(r)
	require.NoError(t, err)
	assert.False(t, was)
	_, err = news.Value(r)
	require.ErrorIs(t, err, storage.ErrNotMaterialized)
}

func TestOptionalReadsWhatIsStored(t *testing.T) {
	t.Parallel()
	source := dagster.NewSource[int]("source")
	is := func(_ context.Context, n dagster.Maybe[int]) (dagster.Maybe[int], error) { return n, nil }
	a := dagster.NewAsset("a", dagster.From1(dagster.Optional(source), is))
	repo := dagster.NewRepository("r", source, a)
	r, err := repo.Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := a.Value(r)
	require.NoError(t, err)
	assert.Equal(t, dagster.Maybe[int]{}, got)

	r, err = repo.Materialize(t.Context(), "*", source.Given(4))
	require.NoError(t, err)
	got, err = a.Value(r)
	require.NoError(t, err)
	assert.Equal(t, dagster.Some(4), got)
}

func TestFanInFieldAndConst(t *testing.T) {
	t.Parallel()
	type split struct{ Low, High int }
	pair := dagster.NewAsset("pair", dagster.From(func(context.Context) (split, error) { return split{1, 20}, nil }))
	var parts []*dagster.Asset[int]
	for _, key := range []string{"p1", "p2", "p3"} {
		parts = append(parts, dagster.NewAsset(key, dagster.From(number(len(parts)))))
	}
	total := dagster.NewAsset("total", dagster.From3(
		dagster.FanIn(parts...),
		dagster.Field(pair, func(s *split) *int { return &s.High }),
		dagster.Const(300),
		func(_ context.Context, parts []int, high, c int) (int, error) {
			return parts[0] + parts[1] + parts[2] + high + c, nil
		},
	))
	defs := dagster.Defs{pair, total}
	for _, p := range parts {
		defs = append(defs, p)
	}
	r, err := dagster.NewRepository("r", defs).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := total.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 323, got)
}

func TestAfterOrdersWithoutData(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(s string) func(context.Context) error {
		return func(context.Context) error { order = append(order, s); return nil }
	}
	first := dagster.NewAsset("z_first", dagster.From(dagster.Do(note("first"))))
	second := dagster.NewAsset("a_second", dagster.From(dagster.Do(note("second"))), dagster.After(first))
	r, err := dagster.NewRepository("r", second, first).Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, []string{"first", "second"}, order)
	_, err = first.Value(r)
	require.NoError(t, err, "Nothing is the value of what has none")
}

func TestTimeoutEndsAnAttempt(t *testing.T) {
	t.Parallel()
	slow := dagster.NewAsset("slow", dagster.From(func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}), dagster.Timeout(10*time.Millisecond))
	r, err := dagster.NewRepository("r", slow).Materialize(t.Context(), "*")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, storage.RunFailed, r.Status())
}

func TestCancelEndsTheRunAsCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	slow := dagster.NewAsset("slow", dagster.From(func(ctx context.Context) (int, error) {
		cancel(stop)
		<-ctx.Done()
		return 0, ctx.Err()
	}))
	after := dagster.NewAsset("after", dagster.From2(slow, dagster.Const(1), plus))
	r, err := dagster.NewRepository("r", slow, after).Materialize(ctx, "*")
	require.ErrorIs(t, err, stop)
	assert.Equal(t, storage.RunCanceled, r.Status())
	assert.Equal(t, map[string]executor.StepStatus{"slow": executor.StepCanceled, "after": executor.StepNotRun}, statuses(r))
	assert.Equal(t, []storage.EventKind{storage.RunStart, storage.RunCancelingEvt, storage.RunCanceledEvt}, kinds(r, ""))
}

func TestARunIsRecordedWithWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{Worker: "me"})
	a := dagster.NewAsset("a", dagster.From(number(1)))
	var seen []storage.Event
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*", dagster.OnInstance(inst),
		dagster.RunTags(map[string]string{"team": "data"}), dagster.OnEvents(func(e []storage.Event) { seen = append(seen, e...) }))
	require.NoError(t, err)
	run, err := inst.Storage().Run(t.Context(), storage.RunID(r.RunID()))
	require.NoError(t, err)
	assert.Equal(t, "r", run.Repository)
	assert.Equal(t, []string{"a"}, run.Assets)
	assert.Equal(t, map[string]string{"team": "data"}, run.Tags)
	assert.Equal(t, "me", run.Worker)
	assert.Equal(t, storage.RunSucceeded, run.Status)
	assert.False(t, run.Ended.Before(run.Started))
	assert.True(t, slices.IsSortedFunc(seen, func(a, b storage.Event) int { return int(a.ID - b.ID) }))
	assert.Len(t, seen, 5, "all that the engine recorded")
}

func TestANilPointerReturnedAsAnErrorFailsTheStep(t *testing.T) {
	t.Parallel()
	var path *fs.PathError
	var failure *dagster.Failure
	a := dagster.NewAsset("a", dagster.From(fails[int](path)))
	b := dagster.NewAsset("b", dagster.From(fails[int](failure)), dagster.Timeout(time.Minute))
	c := dagster.NewAsset("c", dagster.From(fails[int](fmt.Errorf("read: %w", path))), dagster.Retry(dagster.RetryPolicy{Max: 1}))
	d := dagster.NewAsset("d", dagster.From(number(1)), dagster.OnSuccess(dagster.From(dagster.Do(func(context.Context) error { return path }))))
	r, err := dagster.NewRepository("r", a, b, c, d).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, `step "a": *fs.PathError is no usable error: panic: runtime error`)
	require.ErrorContains(t, err, `step "b": `)
	require.ErrorContains(t, err, `step "c", attempt 2: `)
	assert.Equal(t, map[string]executor.StepStatus{
		"a": executor.StepFailed, "b": executor.StepFailed, "c": executor.StepFailed, "d": executor.StepSucceeded,
	}, statuses(r))
}

func TestARunFailsIfWhoWatchesItPanics(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*", dagster.OnInstance(inst), dagster.OnEvents(func([]storage.Event) { panic("no screen") }))
	require.ErrorContains(t, err, "panic: no screen")
	run, err := inst.Storage().Run(t.Context(), storage.RunID(r.RunID()))
	require.NoError(t, err)
	assert.Equal(t, storage.RunFailed, run.Status)
}

func TestOptionsThatNameNothingAreRefused(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	stranger := dagster.NewAsset("stranger", dagster.From(number(1)))
	db := dagster.NewResource("db", dagster.From(number(1)), nil)
	cfg := dagster.NewConfig("cfg", order{})
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*", stranger.Given(1), db.Replace(2), cfg.Set(order{}),
		dagster.MaxConcurrent(0), dagster.OnInstance(nil), nil)
	require.Error(t, err)
	for _, want := range []string{
		`given asset "stranger": not in the repository`, `replace resource "db": unknown resource`,
		`set config "cfg": unknown config`, "max concurrent 0: not positive", "on instance: nil", "run option: nil",
	} {
		require.ErrorContains(t, err, want)
	}
	assert.Empty(t, r.RunID())
	assert.Equal(t, err, r.Err())
}

func TestBadSelections(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("raw/orders", dagster.From(number(1)))
	src := dagster.NewSource[int]("src")
	repo := dagster.NewRepository("r", a, src)
	for sel, want := range map[dagster.Selection]string{
		"raw/order": `no asset "raw/order"; is it "raw/orders"?`,
		"":          "want an asset key",
		"a b":       `want "and", "or" or the end`,
		`key:"x`:    "quote without an end",
		"src":       "nothing to run",
	} {
		_, err := repo.Materialize(t.Context(), sel)
		require.ErrorContains(t, err, want, "selection %q", sel)
	}
}
