package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// exampleDays are a year of days, so that the examples print the same whenever they run.
var exampleDays = dagster.DailyPartitions("2024-01-01", dagster.Until("2025-01-01"))

// dayNumber is a body: it makes the partition that its context names.
func dayNumber(ctx context.Context) (int, error) { return dagster.Partition(ctx).Start.YearDay(), nil }

func countDays(_ context.Context, days map[string]int) (int, error) { return len(days), nil }

// A body makes one partition, and is told which.
func ExamplePartitioned() {
	day := dagster.NewAsset("day", dagster.From(dayNumber), dagster.Partitioned(exampleDays))
	repo := dagster.NewRepository("calendar", day)

	r, err := repo.Materialize(context.Background(), "day", dagster.PartitionKey("2024-02-03"))
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := day.Value(r)
	fmt.Println(n, err)
	// Output: 34 <nil>
}

// A month reads its days: which these are follows from what the months and the days are.
func ExampleAsset_Partitions() {
	day := dagster.NewAsset("day", dagster.From(dayNumber), dagster.Partitioned(exampleDays))
	month := dagster.NewAsset("month", dagster.From1(day.Partitions(), countDays),
		dagster.Partitioned(dagster.MonthlyPartitions("2024-01-01", dagster.Until("2025-01-01"))))
	repo := dagster.NewRepository("calendar", day, month)

	inst := dagster.NewInstance(dagster.InstanceConfig{})
	ctx, on := context.Background(), dagster.OnInstance(inst)
	if _, err := repo.Materialize(ctx, "day", dagster.PartitionRange("2024-02-01", "2024-02-29"), on); err != nil {
		fmt.Println(err)
		return
	}
	r, err := repo.Materialize(ctx, "month", dagster.PartitionKey("2024-02-01"), on)
	if err != nil {
		fmt.Println(err)
		return
	}
	days, err := month.Value(r)
	fmt.Println(days, err)
	// Output: 29 <nil>
}

// What the asset made the day before is an input of the next day.
func ExamplePrevious() {
	sum := dagster.NewAsset("sum", dagster.From1(dagster.Previous[int](), func(_ context.Context, before dagster.Maybe[int]) (int, error) {
		return before.Value + 1, nil
	}), dagster.Partitioned(exampleDays))

	r, err := dagster.NewRepository("calendar", sum).Materialize(context.Background(), "sum", dagster.PartitionRange("2024-01-01", "2024-01-31"))
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := sum.Values(r)
	fmt.Println(all["2024-01-31"], err)
	// Output: 31 <nil>
}

// One call makes all partitions of a run: a file is read once, however many days are picked from it.
func ExampleByPartition() {
	read := func(ctx context.Context) (map[string]string, error) {
		days := make(map[string]string)
		for _, key := range dagster.Partition(ctx).Keys {
			days[key] = "the row of " + key
		}
		return days, nil
	}
	day := dagster.NewAsset("day", dagster.ByPartition(dagster.From(read)), dagster.Partitioned(exampleDays))

	r, err := dagster.NewRepository("calendar", day).Materialize(context.Background(), "day", dagster.PartitionsIn("[2024-01-30...2024-02-01], 2024-02-05"))
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := day.Values(r)
	fmt.Println(slices.Sorted(maps.Keys(all)), err)
	// Output: [2024-01-30 2024-01-31 2024-02-01 2024-02-05] <nil>
}

// Keys of dynamic partitions come and go while the program runs.
func ExampleDynamicPartitions() {
	customers := dagster.DynamicPartitions("customers")
	letter := dagster.NewAsset("letter", dagster.From(func(ctx context.Context) (string, error) {
		return "Dear " + dagster.Partition(ctx).Key, nil
	}), dagster.Partitioned(customers))
	repo := dagster.NewRepository("shop", letter)

	inst := dagster.NewInstance(dagster.InstanceConfig{})
	ctx := context.Background()
	if err := inst.Change(ctx, customers.Add("Ada", "Alan"), customers.Remove("Bob")); err != nil {
		fmt.Println(err)
		return
	}
	r, err := repo.Materialize(ctx, "letter", dagster.EveryPartition(), dagster.OnInstance(inst))
	if err != nil {
		fmt.Println(err)
		return
	}
	letters, err := letter.Values(r)
	fmt.Println(letters["Ada"], letters["Alan"], err)
	// Output: Dear Ada Dear Alan <nil>
}

// Partitions of two dimensions are all combinations of their keys.
func ExampleMultiPartitions() {
	cells := dagster.MultiPartitions(dagster.Dimensions{"day": exampleDays, "region": dagster.StaticPartitions("eu", "us")})
	sales := dagster.NewAsset("sales", dagster.From(func(ctx context.Context) (string, error) {
		of := dagster.Partition(ctx)
		return of.Dimensions["region"] + fmt.Sprintf(" in week %d", week(of.Start)), nil
	}), dagster.Partitioned(cells))

	r, err := dagster.NewRepository("shop", sales).Materialize(context.Background(), "sales", dagster.PartitionKey("2024-02-03|us"))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := sales.Value(r)
	fmt.Println(text, err)
	// Output: us in week 5 <nil>
}

func week(t time.Time) int {
	_, n := t.ISOWeek()
	return n
}

// A range is one run; the body is called for one partition after the other.
func ExamplePartitionRange() {
	day := dagster.NewAsset("day", dagster.From(dayNumber), dagster.Partitioned(exampleDays))
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	r, err := dagster.NewRepository("calendar", day).Materialize(
		context.Background(), "day", dagster.PartitionRange("2024-01-01", "2024-01-31"), dagster.OnInstance(inst))
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := day.PartitionStatus(context.Background(), inst)
	fmt.Println(len(r.Partitions()), "of a run,", status.In(storage.PartitionMissing, inst.Now()), "missing", err)
	// Output: 31 of a run, [2024-02-01...2024-12-31] missing <nil>
}

// A backfill has a run for each partition: one that fails does not keep the others from being made.
func ExampleRepository_Backfill() {
	day := dagster.NewAsset("day", dagster.From(func(ctx context.Context) (int, error) {
		if dagster.Partition(ctx).Key == "2024-01-02" {
			return 0, errors.New("no data")
		}
		return dayNumber(ctx)
	}), dagster.Partitioned(exampleDays))

	b, err := dagster.NewRepository("calendar", day).Backfill(context.Background(), "day", dagster.PartitionsIn("[2024-01-01...2024-01-03]"))
	for _, r := range b.Runs {
		fmt.Println(r.Partitions(), r.Status())
	}
	fmt.Println(err != nil)
	// Output:
	// [2024-01-01] SUCCESS
	// [2024-01-02] FAILURE
	// [2024-01-03] SUCCESS
	// true
}

// The config of a job's run follows from its partition.
func ExamplePartitionConfig() {
	type source struct {
		File string `json:"file"`
	}
	from := dagster.NewConfig("source", source{})
	read := dagster.NewOp1("read", func(_ context.Context, s source) (string, error) { return "read " + s.File, nil })
	g := dagster.NewGraph("load", func(s *dagster.Scope) dagster.Output[string] { return read.In(s, from) })
	job := dagster.NewJob("load", g, dagster.Partitioned(exampleDays), dagster.PartitionConfig(func(p dagster.PartitionInfo) ([]dagster.ConfigValue, error) {
		return []dagster.ConfigValue{from.Set(source{File: p.Start.Format("2006/01/02") + ".csv"})}, nil
	}))

	r, err := dagster.NewRepository("loads", job).Execute(context.Background(), job, dagster.PartitionKey("2024-02-03"))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := read.Value(r)
	fmt.Println(text, err)
	// Output: read 2024/02/03.csv <nil>
}
