package weather

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Extremes are what no day in Seattle goes beyond.
type Extremes struct {
	MostRain float64 `json:"most_rain_mm"`
	Hottest  float64 `json:"hottest_c"`
	Coldest  float64 `json:"coldest_c"`
}

var extremes = dagster.NewConfig("extremes", Extremes{MostRain: 150, Hottest: 45, Coldest: -20})

// Plausible says whether the days may be true. If not, no summary and no report is made of them.
var Plausible = dagster.NewCheck(
	"plausible", Table, dagster.From2(Table, extremes, LookAtDays), dagster.Blocking(),
	dagster.Description("No day has more rain, or is hotter or colder, than days in Seattle are."),
)

// LookAtDays finds days that go beyond the extremes.
func LookAtDays(_ context.Context, days []Day, e Extremes) (dagster.CheckResult, error) {
	var beyond []Day
	for _, d := range days {
		if d.Rain > e.MostRain || d.High > e.Hottest || d.Low < e.Coldest {
			beyond = append(beyond, d)
		}
	}
	if len(beyond) == 0 {
		return dagster.CheckResult{Passed: true, Description: fmt.Sprintf("all of %d days", len(days))}, nil
	}
	return dagster.CheckResult{
		Description: fmt.Sprintf("%d of %d days, the first of them %s", len(beyond), len(days), beyond[0].Date),
		Metadata:    []metadata.Entry{metadata.Int("days", len(beyond)), metadata.Table("beyond", beyond[:min(5, len(beyond))])},
	}, nil
}

// Alike says whether the years are like each other. It only warns: a dry year is possible.
var Alike = dagster.NewCheck(
	"alike", Yearly, dagster.From1(Yearly, CompareYears),
	dagster.Description("No year has a third more or less rain than all have on average."),
)

// CompareYears finds the year whose rain is farthest from the mean.
func CompareYears(_ context.Context, years []Year) (dagster.CheckResult, error) {
	mean := 0.0
	for _, y := range years {
		mean += y.Rain / float64(len(years))
	}
	out := dagster.CheckResult{Passed: true, Warn: true}
	farthest := 0.0
	for _, y := range years {
		off := (y.Rain - mean) / mean
		if max(off, -off) < farthest {
			continue
		}
		farthest = max(off, -off)
		out.Passed = farthest <= 1.0/3
		out.Description = fmt.Sprintf("%d is farthest from the mean, by %+.0f %%", y.Year, 100*off)
	}
	return out, nil
}
