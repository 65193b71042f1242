package weather

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Chart is a picture of the year: temperatures above, rain below.
var Chart = dagster.NewAsset(
	"report/chart", dagster.From1(Normals, DrawChart), text(".svg"), dagster.Group("report"), dagster.Kinds("svg"), dagster.CodeVersion("1"),
	dagster.Description("The year in Seattle: the band of daily temperatures by month, and the rain below it."),
)

// Blue and vermilion stay apart for every common kind of colour blindness, and in print.
const (
	blue  = "#0072b2"
	pale  = "#4f9fd0"
	red   = "#d55e00"
	band  = "#f5e3cf"
	ink   = "#222"
	faint = "#666"
	grid  = `stroke="#e3e3e3"`

	whisker = `stroke="#333" stroke-width="1.2"`
)

// Where things are, in pixels.
const (
	chartWidth, chartHeight = 880, 660
	plotLeft, plotRight     = 48.0, 760.0
	tempTop, tempFoot       = 112.0, 364.0
	rainTop, rainFoot       = 434.0, 580.0
)

// DrawChart draws the twelve months of the calendar.
func DrawChart(ctx context.Context, normals []Normal) (string, error) {
	if len(normals) != 12 {
		return "", fmt.Errorf("%d months, want 12", len(normals))
	}
	years := normals[0].Years
	wet, dry := normals[0], normals[0]
	for _, n := range normals {
		if n.Rain > wet.Rain {
			wet = n
		}
		if n.Rain < dry.Rain {
			dry = n
		}
	}
	c := newCanvas(chartWidth, chartHeight, "The year in Seattle", fmt.Sprintf(
		"Mean daily high and low of each month, and its rain, over %d years. %s is the wettest month with %d mm, %s the driest with %d mm.",
		years, monthName(wet), whole(wet.Rain), monthName(dry), whole(dry.Rain)))
	c.text(point{plotLeft, 34}, `font-size="22" font-weight="600" fill="`+ink+`"`, "The year in Seattle")
	c.text(point{plotLeft, 56}, `fill="`+faint+`"`, "Means of %d years. %s", years, contrast(wet, dry))
	drawTemperatures(c, normals)
	drawMonths(c, normals)
	drawRain(c, normals)
	picture := c.end()
	dagster.AddMetadata(ctx, metadata.Int("bytes", len(picture)), metadata.Float("wettest_month_mm", tenths(wet.Rain)), metadata.Float("driest_month_mm", tenths(dry.Rain)))
	return picture, nil
}

// contrast says how different the wettest and the driest month are.
func contrast(wet, dry Normal) string {
	if whole(dry.Rain) == 0 {
		return fmt.Sprintf("In %s no rain falls.", monthName(dry))
	}
	return fmt.Sprintf("%s brings %.0f times the rain of %s.", monthName(wet), wet.Rain/dry.Rain, monthName(dry))
}

func monthName(n Normal) string { return time.Month(n.Month).String() }

// across is where the middle of a month is.
func across(month int) float64 {
	return plotLeft + (plotRight-plotLeft)*(float64(month)-0.5)/12
}

// scale maps values from low to high to heights from foot to top, and steps are its grid lines.
type scale struct{ low, high, step, top, foot float64 }

// fit rounds the range outwards to whole steps.
func fit(low, high, step, top, foot float64) scale {
	return scale{math.Floor(low/step) * step, math.Ceil(high/step) * step, step, top, foot}
}

func (s scale) y(v float64) float64 { return s.foot - (v-s.low)/(s.high-s.low)*(s.foot-s.top) }

func (s scale) draw(c *canvas, title string) {
	c.text(point{plotLeft, s.top - 16}, `font-weight="600" fill="`+ink+`"`, "%s", title)
	for v := s.low; v <= s.high; v += s.step {
		style := grid
		if v == 0 {
			style = `stroke="#999"`
		}
		c.line(point{plotLeft, s.y(v)}, point{plotRight, s.y(v)}, style)
		c.text(point{plotLeft - 10, s.y(v) + 4.5}, `text-anchor="end" fill="`+faint+`"`, "%.0f", v)
	}
}

func drawTemperatures(c *canvas, normals []Normal) {
	low, high := normals[0].MeanLow, normals[0].MeanHigh
	for _, n := range normals {
		low, high = min(low, n.MeanLow), max(high, n.MeanHigh)
	}
	s := fit(min(low, 0), high, 5, tempTop, tempFoot)
	s.draw(c, "Temperature, °C")
	highs, lows := make([]point, len(normals)), make([]point, len(normals))
	for i, n := range normals {
		highs[i], lows[i] = point{across(n.Month), s.y(n.MeanHigh)}, point{across(n.Month), s.y(n.MeanLow)}
	}
	c.area(highs, lows, `fill="`+band+`"`)
	drawLine(c, highs, red, "mean daily high")
	drawLine(c, lows, blue, "mean daily low")
	for i, n := range normals {
		c.text(point{highs[i].x, highs[i].y - 10}, `text-anchor="middle" font-size="12" fill="`+ink+`"`, "%d", whole(n.MeanHigh))
		c.text(point{lows[i].x, lows[i].y + 19}, `text-anchor="middle" font-size="12" fill="`+ink+`"`, "%d", whole(n.MeanLow))
	}
}

// drawLine draws a line with its name at the right end, so that no legend is needed.
func drawLine(c *canvas, points []point, colour, name string) {
	c.path(points, `fill="none" stroke-width="2.5" stroke-linejoin="round" stroke="`+colour+`"`)
	for _, p := range points {
		c.circle(p, 3.5, `stroke="#fff" stroke-width="1.5" fill="`+colour+`"`)
	}
	last := points[len(points)-1]
	c.text(point{last.x + 14, last.y + 4.5}, `font-weight="600" fill="`+colour+`"`, "%s", name)
}

// drawMonths names the months between the two plots, which share them.
func drawMonths(c *canvas, normals []Normal) {
	for _, n := range normals {
		c.text(point{across(n.Month), tempFoot + 22}, `text-anchor="middle" fill="`+ink+`"`, "%s", monthName(n)[:3])
	}
}

func drawRain(c *canvas, normals []Normal) {
	wettest := 1.0
	for _, n := range normals {
		wettest = max(wettest, n.Wettest)
	}
	s := fit(0, wettest, 100, rainTop, rainFoot)
	s.draw(c, "Rain, mm a month")
	const width = 34.0
	for _, n := range normals {
		x := across(n.Month)
		c.bar(point{x - width/2, s.y(n.Rain)}, width, s.foot, `fill="`+pale+`"`)
		driest, wettest := point{x, s.y(n.Driest)}, point{x, s.y(n.Wettest)}
		c.line(driest, wettest, whisker)
		for _, end := range []point{driest, wettest} {
			c.line(point{x - 5, end.y}, point{x + 5, end.y}, whisker)
		}
		c.text(point{x, s.foot + 20}, `text-anchor="middle" font-size="12" fill="`+ink+`"`, "%d", whole(n.Rain))
	}
	side := point{plotRight + 14, s.foot + 20}
	c.text(side, `fill="`+faint+`"`, "mean, mm")
	c.text(point{plotLeft, chartHeight - 28}, `font-size="12" fill="`+faint+`"`,
		"Bars: mean of the years. Thin lines: from the driest to the wettest year.")
	c.text(point{plotLeft, chartHeight - 11}, `font-size="12" fill="`+faint+`"`, "Data: NOAA National Climatic Data Center.")
}
