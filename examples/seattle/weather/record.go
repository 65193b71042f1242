package weather

import (
	"cmp"
	"context"
	"slices"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Records are the days that stand out, each list with the most extreme day first.
type Records struct {
	Wettest []Day `json:"wettest"`
	Hottest []Day `json:"hottest"`
	Coldest []Day `json:"coldest"`
}

// RecordDays are the wettest, hottest and coldest days.
var RecordDays = dagster.NewAsset(
	"summary/records", dagster.From1(Table, FindRecords), dagster.Group("summary"), dagster.Kinds("json"), dagster.CodeVersion("1"),
	dagster.Description("The five wettest, hottest and coldest days."),
)

// FindRecords returns the five most extreme days of each kind; of two as extreme, the earlier comes first.
func FindRecords(ctx context.Context, days []Day) (Records, error) {
	r := Records{
		Wettest: most(days, func(d Day) float64 { return d.Rain }),
		Hottest: most(days, func(d Day) float64 { return d.High }),
		Coldest: most(days, func(d Day) float64 { return -d.Low }),
	}
	dagster.AddMetadata(
		ctx,
		metadata.Table("wettest", r.Wettest), metadata.Table("hottest", r.Hottest), metadata.Table("coldest", r.Coldest),
	)
	return r, nil
}

func most(days []Day, by func(Day) float64) []Day {
	sorted := slices.SortedStableFunc(slices.Values(days), func(a, b Day) int { return cmp.Compare(by(b), by(a)) })
	return sorted[:min(5, len(sorted))]
}
