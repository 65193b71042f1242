package shop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/shop"
)

// hours is a till into which ten cents come each hour, in every branch.
type hours struct{}

func (hours) Cents(_ context.Context, branch string, from, to time.Time) (int, error) {
	cents := int(to.Sub(from).Hours()) * 10
	if branch == "" {
		cents *= 2
	}
	return cents, nil
}

// books is a repository, and an instance whose clock stands in April.
func books() (*dagster.Repository, *dagster.Instance) {
	now := func() time.Time { return time.Date(2024, 4, 15, 12, 0, 0, 0, time.UTC) }
	repo := dagster.NewRepository("shop", shop.Ledger, shop.Tills.Replace(hours{}))
	return repo, dagster.NewInstance(dagster.InstanceConfig{Now: now})
}

// A body is told its partition by the context, in a test too.
func TestCountTakings(t *testing.T) {
	t.Parallel()

	day := time.Date(2024, 2, 3, 0, 0, 0, 0, time.UTC)
	ctx := dagster.WithPartition(t.Context(), dagster.PartitionInfo{Key: "2024-02-03", Start: day, End: day.AddDate(0, 0, 1)})
	cents, err := shop.CountTakings(ctx, hours{})
	require.NoError(t, err)
	assert.Equal(t, 480, cents)
}

func TestMonthsAreMadeFromDays(t *testing.T) {
	t.Parallel()

	repo, inst := books()
	ctx, on := t.Context(), dagster.OnInstance(inst)
	r, err := repo.Materialize(ctx, "takings", dagster.PartitionRange("2024-03-01", "2024-03-31"), on)
	require.NoError(t, err)
	days, err := shop.Takings.Values(r)
	require.NoError(t, err)
	assert.Len(t, days, 31)
	r, err = repo.Materialize(ctx, "takings/monthly", dagster.PartitionKey("2024-03-01"), on)
	require.NoError(t, err)
	march, err := shop.MonthlyTakings.Value(r)
	require.NoError(t, err)
	assert.Equal(t, (31*24-1)*20, march, "in March the clocks are set forward")
}

func TestOtherPartitionsOfTheLedger(t *testing.T) {
	t.Parallel()

	repo, inst := books()
	ctx, on := t.Context(), dagster.OnInstance(inst)
	b, err := repo.Backfill(ctx, "takings", dagster.MissingPartitions(), on)
	require.NoError(t, err)
	assert.Len(t, b.Runs, 105)
	for sel, key := range map[dagster.Selection]string{"takings/week": "2024-01-10", "balance": "2024-01-01", "takings/branch": "bonn|2024-02-03"} {
		_, err := repo.Materialize(ctx, sel, dagster.PartitionKey(key), on)
		require.NoError(t, err)
	}
	week, err := shop.WeekToDate.Load(ctx, inst, "2024-01-10")
	require.NoError(t, err)
	assert.Equal(t, 7*480, week)
	_, err = repo.Materialize(ctx, "balance", dagster.PartitionRange("2024-01-02", "2024-01-31"), on)
	require.NoError(t, err)
	balance, err := shop.Balance.Load(ctx, inst, "2024-01-31")
	require.NoError(t, err)
	assert.Equal(t, 31*480, balance)
	bonn, err := shop.ByBranch.Load(ctx, inst, "bonn|2024-02-03")
	require.NoError(t, err)
	assert.Equal(t, 240, bonn)
	b, err = repo.Backfill(ctx, "takings/copied", dagster.EveryPartition(), on)
	require.NoError(t, err)
	assert.Len(t, b.Runs, 1, "all in one statement")
	r, err := repo.Materialize(ctx, "takings/best", on)
	require.NoError(t, err)
	best, err := shop.Best.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "2024-01-01", best)
}

func TestLettersToClients(t *testing.T) {
	t.Parallel()

	repo, inst := books()
	ctx, on := t.Context(), dagster.OnInstance(inst)
	err := inst.Change(ctx, shop.Clients.Add("Ada", "Alan"), shop.Clients.Remove("Bob"))
	require.NoError(t, err)
	b, err := repo.Backfill(ctx, "letters", dagster.MissingPartitions(), on)
	require.NoError(t, err)
	assert.Len(t, b.Runs, 2)
	status, err := shop.Letters.PartitionStatus(ctx, inst)
	require.NoError(t, err)
	assert.Equal(t, "[Ada...Alan]", status.Materialized.String())
}

func TestExportOfADay(t *testing.T) {
	t.Parallel()

	repo, inst := books()
	r, err := repo.Execute(t.Context(), shop.Exporting, dagster.PartitionKey("2024-02-03"), dagster.OnInstance(inst))
	require.NoError(t, err)
	file, err := shop.Exported.Value(r)
	require.NoError(t, err)
	assert.Equal(t, "2024/02/03.csv", file)
}
