package cron_test

import (
	"fmt"
	"time"

	"github.com/dagster-go/dagster/internal/cron"
)

// A report at half past two, around the night in which clocks go forward.
func Example() {
	nightly, err := cron.Parse("30 2 * * *")
	if err != nil {
		panic(err)
	}
	berlin, err := cron.Zone("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	from := time.Date(2025, time.March, 29, 0, 0, 0, 0, time.UTC)
	for at := range nightly.In(berlin).Between(from, from.AddDate(0, 0, 3)) {
		fmt.Println(at)
	}
	// Output:
	// 2025-03-29 02:30:00 +0100 CET
	// 2025-03-30 03:00:00 +0200 CEST
	// 2025-03-31 02:30:00 +0200 CEST
}

// A text that can't be read says where and what may stand there.
func ExampleFieldError() {
	_, err := cron.Parse("0 24 * * *")
	fmt.Println(err)
	// Output:
	// parse cron "0 24 * * *": hour "24": want 0-23; lists, ranges and steps of them; or *
}
