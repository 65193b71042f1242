package cli

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// span is text in one colour.
type span struct {
	text  string
	color color
}

// line is spans side by side.
type line []span

func (l line) width() int {
	n := 0
	for _, s := range l {
		n += width(s.text)
	}
	return n
}

// text is the line without its colours.
func (l line) text() string { return l.render(style{}, 0) }

// render writes the line, cut to at most columns if that is not 0.
func (l line) render(s style, columns int) string {
	var b strings.Builder
	cut := columns > 0 && l.width() > columns
	left := columns - 1 // room for the ellipsis
	for _, sp := range l {
		w := width(sp.text)
		if cut && w > left {
			b.WriteString(s.paint(sp.color, screen().Truncate(sp.text, left, "")+"…"))
			break
		}
		left -= w
		b.WriteString(s.paint(sp.color, sp.text))
	}
	return b.String()
}

// screen measures text as most terminals show it: what is of ambiguous width takes one column.
func screen() *runewidth.Condition { return &runewidth.Condition{} }

func width(s string) int { return screen().StringWidth(s) }

// pad fills text up to columns.
func pad(text string, columns int) string {
	if n := columns - width(text); n > 0 {
		return text + strings.Repeat(" ", n)
	}
	return text
}

// table is rows of cells, aligned when it is written.
type table struct{ rows [][]span }

func (t *table) add(cells ...span) {
	for i := range cells {
		cells[i].text = oneLine(cells[i].text)
	}
	t.rows = append(t.rows, cells)
}

func (t *table) head(names ...string) {
	cells := make([]span, len(names))
	for i, n := range names {
		cells[i] = span{n, bold}
	}
	t.add(cells...)
}

// text writes the table. On a terminal rows are cut at its edge.
func (t *table) text(s style) string {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(c.text))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		for len(row) > 1 && row[len(row)-1].text == "" {
			row = row[:len(row)-1]
		}
		l := make(line, 0, len(row))
		for i, c := range row {
			if i < len(row)-1 {
				c.text = pad(c.text, widths[i]+2)
			}
			l = append(l, c)
		}
		b.WriteString(l.render(s, s.width()))
		b.WriteByte('\n')
	}
	return b.String()
}
