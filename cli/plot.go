package cli

import (
	"math"
	"strconv"
	"strings"

	"github.com/dagster-go/dagster"
)

// How large a plot is.
const (
	plotRows   = 10
	leastPlot  = 16 // columns
	plotNumber = 12 // columns of the numbers at its side, at most
)

// plot draws points from left to right, each as far from the next as from the one before: a mark for each value, or for the
// last of several that share a column, and a line between them. The largest and the smallest value stand at the side, the first and
// the last point below.
func plot(points []dagster.Point, columns int) string {
	if len(points) == 0 {
		return "No values.\n"
	}
	low, high := points[0].Value, points[0].Value
	for _, p := range points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	side := max(width(plotText(low)), width(plotText(high)))
	across := max(columns-side-2, leastPlot)
	rows := plotRows
	if low == high {
		rows = 1
	}
	c := newPlotCanvas(rows, across)
	x := func(i int) int {
		if len(points) == 1 {
			return 0
		}
		return int(math.Round(float64(i) * float64(min(across, len(points)*4)-1) / float64(len(points)-1)))
	}
	y := func(v float64) int {
		if low == high {
			return 0
		}
		return int(math.Round((high/2 - v/2) / (high/2 - low/2) * float64(rows-1))) // halves, so that the largest numbers do not overflow
	}
	for i := 1; i < len(points); i++ {
		c.line(x(i-1), y(points[i-1].Value), x(i), y(points[i].Value))
	}
	for i, p := range points {
		c.cells[y(p.Value)][x(i)] = '●'
	}
	var b strings.Builder
	for i, row := range c.cells {
		label := ""
		switch i {
		case 0:
			label = plotText(high)
		case rows - 1:
			label = plotText(low)
		}
		b.WriteString(strings.Repeat(" ", side-width(label)) + label + " ┤" + strings.TrimRight(string(row), " ") + "\n")
	}
	b.WriteString(strings.Repeat(" ", side+1) + "└" + strings.Repeat("─", x(len(points)-1)+1) + "\n")
	first, last := plotName(&points[0]), plotName(&points[len(points)-1])
	under := strings.Repeat(" ", side+2) + first
	if len(points) > 1 {
		under += strings.Repeat(" ", max(x(len(points)-1)+1-width(first)-width(last), 2)) + last
	}
	return b.String() + under + "\n"
}

// plotName is what a point is called: its partition, or when it was.
func plotName(p *dagster.Point) string {
	if p.Partition != "" {
		return oneLine(p.Partition)
	}
	return local(p.At)
}

// plotText is a number, short enough to stand at the side.
func plotText(v float64) string {
	if text := strconv.FormatFloat(v, 'f', -1, 64); len(text) <= plotNumber {
		return text
	}
	return strconv.FormatFloat(v, 'g', 5, 64)
}

// plotCanvas is the cells of a plot.
type plotCanvas struct{ cells [][]rune }

func newPlotCanvas(rows, columns int) *plotCanvas {
	c := &plotCanvas{cells: make([][]rune, rows)}
	for i := range c.cells {
		c.cells[i] = []rune(strings.Repeat(" ", columns))
	}
	return c
}

// line draws what lies between two cells.
func (c *plotCanvas) line(x0, y0, x1, y1 int) {
	steps := max(x1-x0, y1-y0, y0-y1)
	for i := 1; i < steps; i++ {
		x := x0 + int(math.Round(float64((x1-x0)*i)/float64(steps)))
		y := y0 + int(math.Round(float64((y1-y0)*i)/float64(steps)))
		if c.cells[y][x] == ' ' {
			c.cells[y][x] = '·'
		}
	}
}
