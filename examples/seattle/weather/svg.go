package weather

import (
	"fmt"
	"html"
	"strings"
)

// canvas writes an SVG picture, one element a line. Its unit is a pixel at the picture's own size.
type canvas struct{ b strings.Builder }

type point struct{ x, y float64 }

// newCanvas starts a picture with a title and a description for those who cannot see it.
func newCanvas(width, height int, title, description string) *canvas {
	c := &canvas{}
	c.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img" `+
		`font-family="system-ui, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif" font-size="13">`, width, height)
	c.add("<title>%s</title>\n<desc>%s</desc>", html.EscapeString(title), html.EscapeString(description))
	c.add(`<rect width="%d" height="%d" fill="#fff"/>`, width, height)
	return c
}

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.b, format+"\n", args...) }

// end returns the picture.
func (c *canvas) end() string {
	c.add("</svg>")
	return c.b.String()
}

// text writes at a point; style is more attributes, such as the anchor.
func (c *canvas) text(at point, style, format string, args ...any) {
	c.add(`<text x="%.1f" y="%.1f" %s>%s</text>`, at.x, at.y, style, html.EscapeString(fmt.Sprintf(format, args...)))
}

func (c *canvas) line(a, b point, style string) {
	c.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`, a.x, a.y, b.x, b.y, style)
}

func (c *canvas) circle(at point, r float64, style string) {
	c.add(`<circle cx="%.1f" cy="%.1f" r="%.1f" %s/>`, at.x, at.y, r, style)
}

// bar is a rectangle that stands on y = foot, with rounded upper corners.
func (c *canvas) bar(top point, width, foot float64, style string) {
	r := min(3, (foot-top.y)/2)
	c.add(`<path d="M%.1f %.1fV%.1fq0 %.1f %.1f %.1fh%.1fq%.1f 0 %.1f %.1fV%.1fz" %s/>`,
		top.x, foot, top.y+r, -r, r, -r, width-2*r, r, r, r, foot, style)
}

// path joins points by straight lines.
func (c *canvas) path(points []point, style string) { c.add(`<path d="%s" %s/>`, route(points), style) }

// area is what lies between two lines of points.
func (c *canvas) area(upper, lower []point, style string) {
	back := make([]point, len(lower))
	for i, p := range lower {
		back[len(lower)-1-i] = p
	}
	c.add(`<path d="%s%sz" %s/>`, route(upper), strings.Replace(route(back), "M", "L", 1), style)
}

func route(points []point) string {
	var b strings.Builder
	for i, p := range points {
		letter := 'L'
		if i == 0 {
			letter = 'M'
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", letter, p.x, p.y)
	}
	return b.String()
}
