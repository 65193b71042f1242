package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
)

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
