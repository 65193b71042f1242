package weather

import (
	"context"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/io/csv"
	"github.com/dagster-go/dagster/metadata"
)

// Year is the weather of one year.
type Year struct {
	Year      int     `csv:"year" json:"year"`
	Days      int     `csv:"days" json:"days"`
	Rain      float64 `csv:"rain_mm" json:"rain_mm"`
	WetDays   int     `csv:"wet_days" json:"wet_days"`
	MeanHigh  float64 `csv:"mean_high_c" json:"mean_high_c"`
	MeanLow   float64 `csv:"mean_low_c" json:"mean_low_c"`
	HotDays   int     `csv:"hot_days" json:"hot_days"`
	FrostDays int     `csv:"frost_days" json:"frost_days"` // with a low of 0 °C or less
}

// Yearly compares the years.
var Yearly = dagster.NewAsset(
	"summary/yearly", dagster.From2(Table, limits, SumYears), dagster.StoredAs(".csv", csv.Encode[Year], csv.Decode[Year]),
	dagster.Group("summary"), dagster.Kinds("csv"), dagster.CodeVersion("1"),
	dagster.Description("The years side by side: rain, temperatures, hot days and days of frost."),
)

// SumYears sums up the days of each year. The days are in order.
func SumYears(ctx context.Context, days []Day, l Limits) ([]Year, error) {
	var years []Year
	for of := range runs(days, Date.Year) {
		years = append(years, sumYear(of, l))
	}
	dagster.AddMetadata(ctx, metadata.Rows(len(years)), metadata.Table("years", years))
	return years, nil
}

func sumYear(days []Day, l Limits) Year {
	y := Year{Year: days[0].Date.Year(), Days: len(days)}
	for _, d := range days {
		y.Rain += d.Rain
		y.MeanHigh += d.High
		y.MeanLow += d.Low
		if !l.Dry(d) {
			y.WetDays++
		}
		if d.High >= l.HotFrom {
			y.HotDays++
		}
		if d.Low <= 0 {
			y.FrostDays++
		}
	}
	y.Rain = tenths(y.Rain)
	y.MeanHigh /= float64(y.Days)
	y.MeanLow /= float64(y.Days)
	return y
}
