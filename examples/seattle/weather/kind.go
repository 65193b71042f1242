package weather

import (
	"context"

	"github.com/dagster-go/dagster"
)

// Kind is what one kind of weather was like in one month.
type Kind struct {
	Month    string  `json:"month"`   // 2012-01
	Weather  string  `json:"weather"` // drizzle, rain, snow, sun or fog
	Days     int     `json:"days"`
	Rain     float64 `json:"rain_mm"` // of these days
	MeanHigh float64 `json:"mean_high_c,omitempty"`
}

// Kinds are the months by kind of weather. Its partitions have two dimensions, of which the month says which days are
// read; those of a run are all made at once.
var Kinds = dagster.NewAsset(
	"summary/kinds", dagster.ByPartition(dagster.From1(Days.Partitions(), CountKinds)), dagster.Partitioned(cells),
	dagster.Group("summary"), dagster.Kinds("json"), dagster.CodeVersion("1"),
	dagster.Description("How many days of a month had one kind of weather, and what they were like."),
)

// CountKinds counts the days of each month and kind of weather that the run is for.
func CountKinds(ctx context.Context, byKey map[string]Day) (map[string]Kind, error) {
	months := make(map[string][]Day)
	for _, d := range inOrder(byKey) {
		months[d.Date.Month()] = append(months[d.Date.Month()], d)
	}
	kinds := make(map[string]Kind)
	for _, key := range dagster.Partition(ctx).Keys {
		of, err := cells.Definition().Split(key)
		if err != nil {
			return nil, err
		}
		month := Date(of["month"]).Month()
		kinds[key] = countKind(months[month], month, of["weather"])
	}
	return kinds, nil
}

func countKind(days []Day, month, weather string) Kind {
	k := Kind{Month: month, Weather: weather}
	for _, d := range days {
		if d.Weather == weather {
			k.Days++
			k.Rain += d.Rain
			k.MeanHigh += d.High
		}
	}
	k.Rain = tenths(k.Rain)
	if k.Days > 0 {
		k.MeanHigh /= float64(k.Days)
	}
	return k
}
