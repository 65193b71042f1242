package shop

import (
	"context"
	"time"

	"github.com/dagster-go/dagster"
)

// How the takings are divided. Days and months are those of the shop's own time zone.
var (
	Days     = dagster.DailyPartitions("2024-01-01", dagster.TimeZone("Europe/Berlin"))
	Months   = dagster.MonthlyPartitions("2024-01-01", dagster.TimeZone("Europe/Berlin"))
	Branches = dagster.StaticPartitions("berlin", "bonn")
	Cells    = dagster.MultiPartitions(dagster.Dimensions{"branch": Branches, "day": Days})
	Clients  = dagster.DynamicPartitions("clients") // come and go while the program runs
)

// Till knows what came in.
type Till interface {
	Cents(ctx context.Context, branch string, from, to time.Time) (int, error)
}

// Tills are opened by whoever runs the assets.
var Tills = dagster.NewResource[Till]("tills", dagster.From(noTill), nil)

// Takings are what came in on a day, in cents.
var Takings = dagster.NewAsset("takings", dagster.From1(Tills, CountTakings), dagster.Partitioned(Days))

// CountTakings makes one day, and is told which.
func CountTakings(ctx context.Context, till Till) (int, error) {
	day := dagster.Partition(ctx)
	return till.Cents(ctx, "", day.Start, day.End)
}

// MonthlyTakings are made from the days of the month: the days follow from what the two are divided by.
var MonthlyTakings = dagster.NewAsset("takings/monthly", dagster.From1(Takings.Partitions(), SumDays), dagster.Partitioned(Months))

// SumDays adds up what came in, whatever it is of.
func SumDays(_ context.Context, cents map[string]int) (int, error) {
	sum := 0
	for _, c := range cents {
		sum += c
	}
	return sum, nil
}

// WeekToDate are the takings of a day and the six before it.
var WeekToDate = dagster.NewAsset("takings/week", dagster.From1(Takings.Window(-6, 0), SumDays), dagster.Partitioned(Days))

// Balance is that of the day before, and what came in. There is none before the first day.
var Balance = dagster.NewAsset("balance", dagster.From2(dagster.Previous[int](), Takings, AddToBalance), dagster.Partitioned(Days))

// AddToBalance carries the balance on.
func AddToBalance(_ context.Context, before dagster.Maybe[int], cents int) (int, error) {
	return before.Value + cents, nil // 0 of the absent
}

// ByBranch are the takings of a day in one branch: partitions of two dimensions.
var ByBranch = dagster.NewAsset("takings/branch", dagster.From1(Tills, CountBranch), dagster.Partitioned(Cells))

// CountBranch makes one day of one branch.
func CountBranch(ctx context.Context, till Till) (int, error) {
	of := dagster.Partition(ctx)
	return till.Cents(ctx, of.Dimensions["branch"], of.Start, of.End)
}

// Best is the best day so far. It is not partitioned, and reads all days, one after the other.
var Best = dagster.NewAsset("takings/best", dagster.From1(Takings.Partitions(dagster.AllowMissing()).Lazy(), FindBest))

// FindBest looks at each day by itself: they need not fit into memory.
func FindBest(_ context.Context, days dagster.PartitionValues[int]) (string, error) {
	best, most := "", 0
	err := days.Each(func(day string, cents int) error {
		if cents > most {
			best, most = day, cents
		}
		return nil
	})
	return best, err
}

// Copied has the takings in a table of another database: one statement copies all days of a run, so nothing is gained
// by calling it for each.
var Copied = dagster.NewAsset("takings/copied", dagster.From1(Tills, dagster.Do1(CopyTakings)), dagster.Partitioned(Days), dagster.SingleRun())

// CopyTakings copies the days of a run, which Start and End span.
func CopyTakings(ctx context.Context, from Till) error {
	days := dagster.Partition(ctx)
	_, err := from.Cents(ctx, "", days.Start, days.End)
	return err
}

// Letters are one for each client.
var Letters = dagster.NewAsset("letters", dagster.From(WriteLetter), dagster.Partitioned(Clients))

// WriteLetter writes to one client.
func WriteLetter(ctx context.Context) (string, error) {
	return "Dear " + dagster.Partition(ctx).Key, nil
}

// Export says where the takings of a day go.
type Export struct {
	File string `json:"file"`
}

var export = dagster.NewConfig("export", Export{})

// Exporting runs a graph for a day. Its config follows from the day.
var Exporting = dagster.NewJob("export", Exported, dagster.Partitioned(Days), dagster.PartitionConfig(exportOf))

func exportOf(day dagster.PartitionInfo) ([]dagster.ConfigValue, error) {
	return []dagster.ConfigValue{export.Set(Export{File: day.Start.Format("2006/01/02") + ".csv"})}, nil
}

// Exported is the file that was written.
var Exported = dagster.NewGraph("exported", func(s *dagster.Scope) dagster.Output[string] {
	return writeExport.In(s, export)
})

var writeExport = dagster.NewOp1("write", func(_ context.Context, to Export) (string, error) { return to.File, nil })

// Ledger is what a repository lists to keep account of the takings.
var Ledger = dagster.Defs{Takings, MonthlyTakings, WeekToDate, Balance, ByBranch, Best, Copied, Letters, Exporting}

func noTill(context.Context) (Till, error) { return silent{}, nil }

// silent is a till that nothing came into.
type silent struct{}

// Cents is nothing.
func (silent) Cents(context.Context, string, time.Time, time.Time) (int, error) { return 0, nil }
