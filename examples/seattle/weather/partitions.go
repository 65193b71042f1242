package weather

import (
	"maps"
	"slices"

	"github.com/dagster-go/dagster"
)

// What is partitioned is made by the day, by the month, or by the month and the kind of weather.
var (
	days   = dagster.DailyPartitions("2012-01-01", dagster.Until("2016-01-01"))
	months = dagster.MonthlyPartitions("2012-01-01", dagster.Until("2016-01-01"))
	cells  = dagster.MultiPartitions(dagster.Dimensions{"month": months, "weather": dagster.StaticPartitions(kinds...)})
)

// inOrder are the values of partitions in the order of their keys.
func inOrder[T any](byKey map[string]T) []T {
	out := make([]T, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		out = append(out, byKey[key])
	}
	return out
}
