package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
)

func sayHello(context.Context) (string, error) { return "hello", nil }

func helloJob(name string, opts ...dagster.JobOption) *dagster.Job {
	return dagster.NewJob(name, dagster.NewGraph("greet", dagster.NewOp("hello", sayHello).In), opts...)
}

func ExampleNewSchedule() {
	early := dagster.NewSchedule("early", "30 2 * * mon-fri", helloJob("nightly"),
		dagster.TimeZone("Europe/Berlin"), dagster.AlsoAt("0 12 L * *"), dagster.Running())
	infos, err := dagster.NewRepository("shop", early).Schedules()
	if err != nil {
		fmt.Println(err)
		return
	}
	for at := range infos[0].Ticks(time.Date(2024, 3, 29, 0, 0, 0, 0, time.UTC)) {
		fmt.Println(infos[0].Job, at.Format("Mon 2 Jan 15:04 MST"))
		if at.Month() == time.April {
			break
		}
	}
	// Output:
	// nightly Fri 29 Mar 02:30 CET
	// nightly Sun 31 Mar 12:00 CEST
	// nightly Mon 1 Apr 02:30 CEST
}

func ExampleNewPartitionSchedule() {
	days := dagster.DailyPartitions("2024-01-01", dagster.TimeZone("America/New_York"))
	daily := dagster.NewPartitionSchedule("daily", helloJob("refresh", dagster.Partitioned(days)), dagster.AtHour(5))

	at := time.Date(2024, 3, 12, 9, 0, 0, 0, time.UTC) // 5:00 in New York
	tick, err := daily.Evaluate(context.Background(), dagster.TickInfo{At: at})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tick.Requests[0].Partition, tick.Requests[0].Tags["dagster/partition"])
	// Output: 2024-03-11 2024-03-11
}

// What a schedule decides is tested by asking it at a time that the test chooses.
func ExampleRequests() {
	decide := func(ctx context.Context, cities []string) ([]dagster.RunRequest, error) {
		at := dagster.Tick(ctx).At
		if at.Weekday() == time.Sunday {
			return nil, dagster.SkipTick("nobody works on Sunday")
		}
		var requests []dagster.RunRequest
		for _, city := range cities {
			requests = append(requests, dagster.RunRequest{Key: city + at.Format("-2006-01-02"), Tags: map[string]string{"city": city}})
		}
		return requests, nil
	}
	cities := dagster.NewResource("cities", dagster.From(func(context.Context) ([]string, error) { return nil, errors.New("no network") }), nil)
	work := dagster.NewSchedule("work", "0 6 * * *", helloJob("report"), dagster.Requests(dagster.From1(cities, decide)))

	for day := 2; day <= 3; day++ {
		at := time.Date(2024, 3, day, 6, 0, 0, 0, time.UTC)
		tick, err := work.Evaluate(context.Background(), dagster.TickInfo{At: at}, cities.Replace([]string{"rome", "oslo"}))
		fmt.Println(len(tick.Requests), tick.Skip, err)
	}
	// Output:
	// 2  <nil>
	// 0 nobody works on Sunday <nil>
}

func ExampleWithTick() {
	keyOf := func(ctx context.Context) string { return dagster.Tick(ctx).At.Format(time.DateOnly) }
	ctx := dagster.WithTick(context.Background(), dagster.TickInfo{At: time.Date(2024, 3, 5, 6, 0, 0, 0, time.UTC)})
	fmt.Println(keyOf(ctx))
	// Output: 2024-03-05
}
