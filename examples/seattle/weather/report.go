package weather

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Page is the report as one page of HTML, the picture in it.
var Page = dagster.NewAsset(
	"report/page", dagster.From5(Yearly, DrySpells, RecordDays, Chart, limits, WritePage), text(".html"),
	dagster.Group("report"), dagster.Kinds("html"),
	dagster.Description("What a person wants to know of the weather, on one page: the picture, the years, the dry spells, the records."),
)

//go:embed report.html
var pageSource string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{"day": longDate, "whole": whole}).Parse(pageSource))

// longDate writes 2012-01-31 as 31 January 2012.
func longDate(d Date) (string, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t.Format("2 January 2006"), err
}

// report is what the page shows.
type report struct {
	Days        int
	First, Last int
	RainAYear   float64
	Years       []Year
	Spells      []Spell
	Records     Records
	Chart       template.HTML
	Limits      Limits
}

// WritePage writes the report. The chart is trusted: it is put into the page as it is.
func WritePage(ctx context.Context, years []Year, spells []Spell, records Records, chart string, l Limits) (string, error) {
	if len(years) == 0 {
		return "", errors.New("no year to report on")
	}
	r := report{
		Years: years, First: years[0].Year, Last: years[len(years)-1].Year, Spells: spells, Records: records, Limits: l,
		Chart: template.HTML(chart), //nolint:gosec // made by DrawChart, which escapes
	}
	for _, y := range years {
		r.Days += y.Days
		r.RainAYear += y.Rain / float64(len(years))
	}
	var b strings.Builder
	if err := pageTemplate.Execute(&b, r); err != nil {
		return "", err
	}
	dagster.AddMetadata(ctx, metadata.Int("bytes", b.Len()), metadata.Float("rain_a_year_mm", tenths(r.RainAYear)))
	return b.String(), nil
}
