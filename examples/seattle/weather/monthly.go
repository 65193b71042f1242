package weather

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Month is the weather of one month.
type Month struct {
	Month    string  `csv:"month" json:"month"` // 2012-01
	Days     int     `csv:"days" json:"days"`
	Rain     float64 `csv:"rain_mm" json:"rain_mm"` // in all
	MeanHigh float64 `csv:"mean_high_c" json:"mean_high_c"`
	MeanLow  float64 `csv:"mean_low_c" json:"mean_low_c"`
	WetDays  int     `csv:"wet_days" json:"wet_days"`
}

// Monthly is a row for each month. Which days a month reads need not be said: those that lie in it.
var Monthly = dagster.NewAsset(
	"summary/monthly", dagster.From2(Days.Partitions(), limits, SumMonth), dagster.Partitioned(months),
	dagster.Group("summary"), dagster.Kinds("json"), dagster.CodeVersion("1"),
	dagster.Description("Temperatures and rain of each month."),
	dagster.Metadata(metadata.ColumnSchemaOf[Month](), metadata.ColumnLineage(map[string][]metadata.ColumnOf{
		"month":       {{Asset: Days.Key(), Column: "date"}},
		"rain_mm":     {{Asset: Days.Key(), Column: "rain_mm"}},
		"mean_high_c": {{Asset: Days.Key(), Column: "high_c"}},
		"mean_low_c":  {{Asset: Days.Key(), Column: "low_c"}},
	})),
)

// SumMonth sums up the days of a month.
func SumMonth(ctx context.Context, byKey map[string]Day, l Limits) (Month, error) {
	if len(byKey) == 0 {
		return Month{}, errors.New("a month without days")
	}
	m := sumMonth(inOrder(byKey), l)
	dagster.AddMetadata(ctx, metadata.Float("rain_mm", m.Rain), metadata.Int("wet_days", m.WetDays))
	return m, nil
}

func sumMonth(days []Day, l Limits) Month {
	m := Month{Month: days[0].Date.Month(), Days: len(days)}
	for _, d := range days {
		m.Rain += d.Rain
		m.MeanHigh += d.High
		m.MeanLow += d.Low
		if !l.Dry(d) {
			m.WetDays++
		}
	}
	m.Rain = tenths(m.Rain)
	m.MeanHigh /= float64(m.Days)
	m.MeanLow /= float64(m.Days)
	return m
}

// Normal is what a month of the calendar is like, over all years.
type Normal struct {
	Month    int     `json:"month"` // 1 for January
	Years    int     `json:"years"`
	MeanHigh float64 `json:"mean_high_c"`
	MeanLow  float64 `json:"mean_low_c"`
	Rain     float64 `json:"rain_mm"` // of a mean year
	Driest   float64 `json:"driest_mm"`
	Wettest  float64 `json:"wettest_mm"`
}

// Normals are the twelve months of the calendar.
var Normals = dagster.NewAsset(
	"summary/normals", dagster.From1(Monthly.Partitions(), AverageMonths), dagster.Group("summary"), dagster.Kinds("json"), dagster.CodeVersion("1"),
	dagster.Description("Each month of the calendar, averaged over the years, with its driest and its wettest year."),
)

// AverageMonths averages the months of one name over the years, each weighted by its days.
func AverageMonths(ctx context.Context, byKey map[string]Month) ([]Normal, error) {
	normals := make([]Normal, 12)
	days := make([]float64, 12)
	for _, m := range inOrder(byKey) {
		number, err := strconv.Atoi(m.Month[5:])
		if err != nil || number < 1 || number > 12 {
			return nil, fmt.Errorf("month %q: want a form like 2012-01", m.Month)
		}
		n := &normals[number-1]
		if n.Years == 0 || m.Rain < n.Driest {
			n.Driest = m.Rain
		}
		n.Wettest = max(n.Wettest, m.Rain)
		n.Years++
		n.Rain += m.Rain
		n.MeanHigh += m.MeanHigh * float64(m.Days)
		n.MeanLow += m.MeanLow * float64(m.Days)
		days[number-1] += float64(m.Days)
	}
	for i := range normals {
		n := &normals[i]
		n.Month = i + 1
		if n.Years == 0 {
			return nil, fmt.Errorf("month %d: no year has it", n.Month)
		}
		n.Rain /= float64(n.Years)
		n.MeanHigh /= days[i]
		n.MeanLow /= days[i]
	}
	dagster.AddMetadata(ctx, metadata.Rows(len(normals)), metadata.Table("normals", normals))
	return normals, nil
}
