package cli_test

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// screen is as much of a terminal as the live display uses. A narrower window breaks rows anew, as most terminals do.
type screen struct {
	columns int
	rows    []screenRow
	at      struct{ row, column int }
	partial []byte
	maximum int // of the rows that the cursor went up at once
}

type screenRow struct {
	text    []rune
	wrapped bool // it goes on in the next row
}

func newScreen(columns int) *screen { return &screen{columns: columns, rows: make([]screenRow, 1)} }

// Write shows bytes.
func (s *screen) Write(p []byte) (int, error) {
	in := append(s.partial, p...)
	for len(in) > 0 {
		n := s.step(in)
		if n == 0 {
			break
		}
		in = in[n:]
	}
	s.partial = append([]byte{}, in...)
	return len(p), nil
}

// step shows the first sign, and returns its length: 0 if it is not complete.
func (s *screen) step(in []byte) int {
	switch in[0] {
	case '\r':
		s.at.column = 0
		return 1
	case '\n':
		s.rows[s.at.row].wrapped = false
		s.down()
		return 1
	case 0x1b:
		return s.control(in)
	}
	if !utf8.FullRune(in) {
		return 0
	}
	r, n := utf8.DecodeRune(in)
	if s.at.column == s.columns {
		s.rows[s.at.row].wrapped = true
		s.down()
		s.at.column = 0
	}
	row := &s.rows[s.at.row]
	for len(row.text) <= s.at.column {
		row.text = append(row.text, ' ')
	}
	row.text[s.at.column] = r
	s.at.column++
	return n
}

func (s *screen) down() {
	if s.at.row++; s.at.row == len(s.rows) {
		s.rows = append(s.rows, screenRow{})
	}
}

func (s *screen) control(in []byte) int {
	end := strings.IndexFunc(string(in), func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
	if end < 0 {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimPrefix(string(in[1:end]), "["))
	switch in[end] {
	case 'A':
		s.maximum = max(s.maximum, n)
		s.at.row = max(s.at.row-n, 0)
	case 'J':
		s.rows = s.rows[:s.at.row+1]
		row := &s.rows[s.at.row]
		row.text, row.wrapped = row.text[:min(len(row.text), s.at.column)], false
	case 'm':
	default:
		panic("the display uses " + strconv.Quote(string(in[:end+1])))
	}
	return end + 1
}

// resize breaks rows anew; the cursor, which stands at the start of an empty row, stays there.
func (s *screen) resize(columns int) {
	var whole []string
	line := ""
	for _, r := range s.rows {
		line += string(r.text)
		if !r.wrapped {
			whole = append(whole, line)
			line = ""
		}
	}
	s.columns, s.rows = columns, nil
	for _, l := range whole {
		text := []rune(l)
		for len(text) > columns {
			s.rows = append(s.rows, screenRow{text: text[:columns], wrapped: true})
			text = text[columns:]
		}
		s.rows = append(s.rows, screenRow{text: text})
	}
	s.at.row = len(s.rows) - 1
}

func (s *screen) String() string {
	var b strings.Builder
	for _, r := range s.rows {
		b.WriteString(strings.TrimRight(string(r.text), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
