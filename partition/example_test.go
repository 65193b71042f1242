package partition_test

import (
	"fmt"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// The working days of a month, in the zone of the business.
func Example() {
	days, err := partition.Windows(partition.WindowConfig{
		Every:     partition.Daily,
		Start:     "2024-03-01",
		Zone:      "America/New_York",
		Exclude:   []string{"0 0 * * sat,sun"},
		ExcludeAt: []string{"2024-03-29"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	set := days.At(time.Date(2024, 4, 1, 12, 0, 0, 0, time.UTC), nil)
	last, _ := set.Last()
	eighth, _ := set.Nth(7)
	number, ok := set.Index("2024-03-11")
	fmt.Println(set.Count(), last, eighth, number, ok, set.Has("2024-03-10"))
	window, err := days.WindowOf("2024-03-08")
	fmt.Println(window, err)
	// Output:
	// 20 2024-03-28 2024-03-12 6 true false
	// 2024-03-08T00:00:00-05:00/2024-03-09T00:00:00-05:00 <nil>
}

// An hour that comes twice has two keys, and one that is left out has none.
func ExampleWindows() {
	hours := partition.Must(partition.Windows(partition.WindowConfig{
		Every: partition.Hourly, Start: "2024-11-03-00:00", Zone: "America/New_York", EndOffset: 1,
	}))
	for key := range hours.At(time.Date(2024, 11, 3, 7, 30, 0, 0, time.UTC), nil).Keys() {
		fmt.Println(key)
	}
	// Output:
	// 2024-11-03-00:00
	// 2024-11-03-01:00
	// 2024-11-03-01:00-0500
	// 2024-11-03-02:00
}

func ExampleMulti() {
	regions := partition.Must(partition.Static("eu", "us"))
	customers := partition.Must(partition.Dynamic("customers"))
	days := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2024-01-01"}))
	cells := partition.Must(partition.Multi(map[string]partition.Definition{"customer": customers, "day": days, "region": regions}))
	keys, err := partition.NewSnapshot(map[string][]string{"customers": {"ann", "bob"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	set := cells.At(time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC), keys)
	first, _ := set.First()
	next, _ := set.Next(first)
	fmt.Println(set.Count(), first, next)
	fmt.Println(cells.Split("bob|2024-01-02|eu"))
	// Output:
	// 8 ann|2024-01-01|eu ann|2024-01-01|us
	// map[customer:bob day:2024-01-02 region:eu] <nil>
}
