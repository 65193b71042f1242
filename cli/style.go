package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// style is what the output can show.
type style struct {
	terminal *os.File // nil if the output is none
	color    bool
	moves    bool // the cursor can be moved
}

func newStyle(w io.Writer, getenv func(string) string) style {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return style{}
	}
	smart := getenv("TERM") != "dumb"
	return style{terminal: f, moves: smart, color: smart && getenv("NO_COLOR") == ""}
}

// size is the terminal's width and height, those of old if it does not tell.
func (s style) size() (width, height int) {
	width, height, err := term.GetSize(int(s.terminal.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// width is how much of a line fits, 0 if there is no bound.
func (s style) width() int {
	if s.terminal == nil {
		return 0
	}
	w, _ := s.size()
	return w
}

// color is a way to stand out.
type color string

// The colours are the terminal's own, so that they suit its background.
const (
	plain  color = ""
	bold   color = "\x1b[1m"
	dim    color = "\x1b[2m"
	red    color = "\x1b[31m"
	green  color = "\x1b[32m"
	yellow color = "\x1b[33m"
	cyan   color = "\x1b[36m"
)

const reset = "\x1b[0m"

func (s style) paint(c color, text string) string {
	if !s.color || c == plain || text == "" {
		return text
	}
	return string(c) + text + reset
}
