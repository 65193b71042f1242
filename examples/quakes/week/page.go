package week

import (
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
)

// Week is what the report says.
type Week struct {
	First     string    `json:"first"`
	Last      string    `json:"last"`
	Count     int       `json:"count"`
	Largest   Quake     `json:"largest"`
	Dates     []string  `json:"dates"`
	Most      []Summary `json:"most"`      // the regions, by count
	Strongest []Summary `json:"strongest"` // by energy
	Fits      []Fit     `json:"fits"`
}

var (
	sumWeek   = dagster.NewOp4("sum_week", SumWeek)
	writePage = dagster.NewOp2("write_page", WritePage)
)

// SumWeek puts together what the report says. The quakes are in order of time.
func SumWeek(_ context.Context, quakes []Quake, most, strongest []Summary, fits []Fit) (Week, error) {
	w := Week{
		First: quakes[0].Date(), Last: quakes[len(quakes)-1].Date(), Count: len(quakes), Largest: largest(quakes),
		Most: most, Strongest: strongest, Fits: fits,
	}
	for _, q := range quakes {
		if n := len(w.Dates); n == 0 || w.Dates[n-1] != q.Date() {
			w.Dates = append(w.Dates, q.Date())
		}
	}
	return w, nil
}

//go:embed report.html
var page string

// WritePage writes the page, its numbers and its picture.
func WritePage(_ context.Context, w Week, picture string) ([]File, error) {
	html, err := template.New("page").Funcs(template.FuncMap{
		"day":     longDay,
		"share":   func(joules float64) float64 { return 100 * joules / total(w.Most) },
		"times":   func(b float64) float64 { return math.Pow(10, b) },
		"picture": func() template.HTML { return template.HTML(picture) }, //nolint:gosec // made by DrawWeek, of numbers
	}).Parse(page)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := html.Execute(&b, w); err != nil {
		return nil, err
	}
	figures, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return nil, err
	}
	return []File{{"index.html", b.String()}, {numbers, string(figures)}, {"week.svg", picture}}, nil
}

func longDay(date string) (string, error) {
	t, err := time.Parse(time.DateOnly, date)
	return t.Format("2 January 2006"), err
}

// total is the energy of all regions.
func total(regions []Summary) (joules float64) {
	for _, r := range regions {
		joules += r.Energy
	}
	return joules
}
