package cli

import (
	"bytes"
	"fmt"
	"strings"
)

// painter draws a block of lines at the end of a terminal, and above it lines that stay. It is of one goroutine.
type painter struct {
	drawn []int // widths of the lines of the block on the screen
}

// draw replaces the block on a screen of that size, which has to be asked for each time: what was drawn on a wider one
// has since been broken into more rows.
func (p *painter) draw(a *app, columns, rows int, stay, block []line) {
	if len(stay) == 0 && len(block) == 0 && len(p.drawn) == 0 {
		return
	}
	var b bytes.Buffer
	if up := drawnRows(p.drawn, columns); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", min(up, rows-1))
	}
	b.WriteString("\r\x1b[J")
	for _, s := range stay {
		b.WriteString(strings.TrimRight(s.render(a.style, 0), " "))
		b.WriteString("\r\n")
	}
	p.drawn = p.drawn[:0]
	for _, s := range block {
		b.WriteString(s.render(a.style, columns-1)) // a row that is full would leave the cursor in doubt
		b.WriteString("\r\n")
		p.drawn = append(p.drawn, min(s.width(), columns-1))
	}
	_ = write(a.Stdout, b.String()) // the run matters more than what is shown of it
}

func drawnRows(widths []int, columns int) int {
	n := 0
	for _, w := range widths {
		n += max(1, (w+columns-1)/columns)
	}
	return n
}
