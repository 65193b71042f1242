package week

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
)

var (
	drawWeek = dagster.NewOp1("draw_week", DrawWeek)
	drawDay  = dagster.NewOp1("draw_day", DrawDay)
)

// Colours that stay apart for every common kind of colour blindness, and in print.
const (
	shallow = "#d55e00"
	deep    = "#0072b2"
	grid    = `stroke="#e3e3e3"`
)

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="system-ui, 'DejaVu Sans', Arial, sans-serif" font-size="13">` +
	"\n<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"

// dot is a quake at a place of a picture: the larger the quake the larger, and blue if it was deeper than 70 km.
func dot(b *strings.Builder, x, y float64, q Quake) {
	colour := shallow
	if q.Depth >= 70 {
		colour = deep
	}
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s" fill-opacity="0.5"/>`+"\n", x, y, 1.2+math.Pow(max(q.Magnitude, 0), 2)/5, colour)
}

// DrawWeek draws every quake by time and magnitude, and names the three largest.
func DrawWeek(_ context.Context, quakes []Quake) (string, error) {
	const width, height, left, right, top, foot = 880, 430, 40.0, 860.0, 50.0, 390.0
	first := quakes[0].Time.UTC().Truncate(24 * time.Hour)
	across := quakes[len(quakes)-1].Time.Sub(first).Hours()
	x := func(t time.Time) float64 { return left + (right-left)*t.Sub(first).Hours()/across }
	y := func(magnitude float64) float64 { return foot - (foot-top)*(magnitude+1)/8 }
	var b strings.Builder
	fmt.Fprintf(&b, svgHead, width, height, "Earthquakes by time and magnitude")
	fmt.Fprintf(&b, `<text x="%g" y="24" font-size="18" font-weight="600">%d earthquakes by time and magnitude</text>`+"\n", left, len(quakes))
	for m := -1.0; m <= 7; m++ {
		fmt.Fprintf(&b, `<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" %s/><text x="%g" y="%.1f" text-anchor="end" fill="#666">%g</text>`+"\n",
			left, right, y(m), y(m), grid, left-8, y(m)+4.5, m)
	}
	for at := first; x(at) < right-30; at = at.Add(24 * time.Hour) {
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%g" y2="%g" %s/><text x="%.1f" y="%g" fill="#666">%s</text>`+"\n",
			x(at), x(at), top, foot, grid, x(at)+4, foot+20, at.Format("2 Jan"))
	}
	for _, q := range quakes {
		dot(&b, x(q.Time), y(q.Magnitude), q)
	}
	for _, q := range threeLargest(quakes) {
		anchor := "start"
		if x(q.Time) > (left+right)/2 {
			anchor = "end"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%.1f %s</text>`+"\n", x(q.Time), y(q.Magnitude)-12, anchor, q.Magnitude, html.EscapeString(q.Region()))
	}
	return b.String() + "</svg>\n", nil
}

func threeLargest(quakes []Quake) []Quake {
	sorted := slices.SortedStableFunc(slices.Values(quakes), func(a, b Quake) int { return cmp.Compare(b.Magnitude, a.Magnitude) })
	return sorted[:min(3, len(sorted))]
}

// DrawDay draws the quakes of a day where they were, with east to the right.
func DrawDay(_ context.Context, day Day) (File, error) {
	const width, height = 360, 204
	var b strings.Builder
	fmt.Fprintf(&b, svgHead, width, height, "Earthquakes of "+day.Date)
	fmt.Fprintf(&b, `<text x="4" y="17" font-weight="600">%s</text><text x="356" y="17" text-anchor="end" fill="#666">%d</text>`+"\n", day.Date, len(day.Quakes))
	for d := 0; d <= 360; d += 30 {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="24" y2="204" %s/>`, d, d, grid)
	}
	for d := 0; d <= 180; d += 30 {
		fmt.Fprintf(&b, `<line x1="0" x2="360" y1="%d" y2="%d" %s/>`+"\n", 24+d, 24+d, grid)
	}
	for _, q := range day.Quakes {
		dot(&b, q.Longitude+180, 114-q.Latitude, q)
	}
	b.WriteString("</svg>\n")
	return File{day.Date + ".svg", b.String()}, nil
}
