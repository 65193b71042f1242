package partition

import (
	"errors"
	"fmt"
	"strings"
)

// ErrSyntax reports a text that is no list of keys and ranges.
var ErrSyntax = errors.New("partition: not a list of keys and ranges")

const dots = "..."

// String returns the keys as text: single ones and ranges, with commas between them, such as
//
//	[2024-01-01...2024-01-31], 2024-02-05
//
// In several dimensions each entry has one key or range a dimension, such as eu|[2024-01-01...2024-01-31]. A key that
// holds a character with a meaning is in double quotes. [Set.Parse] reads it back.
func (s Subset) String() string {
	var out strings.Builder
	sp := s.axes()
	multi := len(sp.axes) > 1
	s.node().boxes(make([]*node, 0, len(sp.axes)), func(sides []*node) bool {
		for _, last := range sides[len(sides)-1].runs {
			if out.Len() > 0 {
				out.WriteString(", ")
			}
			for i, side := range sides {
				r := side.runs[0]
				if i == len(sides)-1 {
					r = last
				}
				if i > 0 {
					out.WriteString(separator)
				}
				writeSide(&out, sp.axes[i], r, multi)
			}
		}
		return true
	})
	return out.String()
}

func writeSide(out *strings.Builder, a axis, r run, multi bool) {
	from, _ := a.key(r.low)
	if r.high == r.low+1 {
		out.WriteString(quote(from, multi))
		return
	}
	to, _ := a.key(r.high - 1)
	out.WriteString("[" + quote(from, multi) + dots + quote(to, multi) + "]")
}

func quote(key string, multi bool) string {
	special := `,[]"\` + "\n\r\t"
	if multi {
		special += separator
	}
	if key != "" && !strings.ContainsAny(key, special) && !strings.Contains(key, dots) &&
		!strings.HasPrefix(key, ".") && !strings.HasSuffix(key, ".") && strings.TrimSpace(key) == key {
		return key
	}
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(key) + `"`
}

// Parse reads keys and ranges as [Subset.String] writes them, in any order and with any space around them. Ranges of
// several dimensions may also have whole keys as ends, such as [eu|2024-01-01...us|2024-01-31]. The error wraps
// [ErrSyntax], or [ErrKey] for what is no key.
func (s Set) Parse(text string) (Subset, error) {
	p := &spanParser{text: text, set: s}
	var parts []*node
	if p.space(); p.text == "" {
		return s.None(), nil
	}
	for {
		n, err := p.entry()
		if err != nil {
			return s.None(), fmt.Errorf("parse %q: %w", text, err)
		}
		parts = append(parts, n)
		p.space()
		if p.text == "" {
			return Subset{s.space, union(parts)}, nil
		}
		if !p.take(",") {
			return s.None(), fmt.Errorf("parse %q: want a comma at %q: %w", text, p.text, ErrSyntax)
		}
	}
}

type spanParser struct {
	text string
	set  Set
}

func (p *spanParser) space() { p.text = strings.TrimLeft(p.text, " \t\r\n") }

func (p *spanParser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.text, token)
	p.text = rest
	return ok
}

// entry reads one key or range of each dimension, or a range with whole keys.
func (p *spanParser) entry() (*node, error) {
	axes := len(p.set.space.axes)
	sides := make([]*node, 0, axes)
	for {
		from, to, err := p.side()
		if err != nil {
			return nil, err
		}
		if len(sides) == 0 && axes > 1 && len(from) == axes && len(to) == axes {
			return p.product(from, to)
		}
		if len(from) != 1 || len(to) != 1 || len(sides) == axes {
			return nil, fmt.Errorf("want %d dimensions: %w", axes, ErrSyntax)
		}
		n, err := p.set.axisRange(len(sides), from[0], to[0])
		if err != nil {
			return nil, err
		}
		sides = append(sides, n)
		if len(sides) == axes {
			return box(sides), nil
		}
		if p.space(); !p.take(separator) {
			return nil, fmt.Errorf("want %d dimensions: %w", axes, ErrSyntax)
		}
	}
}

func (p *spanParser) product(from, to []string) (*node, error) {
	sides := make([]*node, len(from))
	for i := range sides {
		n, err := p.set.axisRange(i, from[i], to[i])
		if err != nil {
			return nil, err
		}
		sides[i] = n
	}
	return box(sides), nil
}

// axisRange is the range between two keys of one axis.
func (s Set) axisRange(i int, from, to string) (*node, error) {
	a := s.space.axes[i]
	low, ok := a.position(from)
	if !ok {
		return nil, fmt.Errorf("key %q: %w", from, ErrKey)
	}
	high, ok := a.position(to)
	if !ok {
		return nil, fmt.Errorf("key %q: %w", to, ErrKey)
	}
	if end := a.end(); from != to && (min(low, high) < 0 || max(low, high) > end) {
		return nil, fmt.Errorf("range %q to %q reaches beyond what can exist: %w", from, to, ErrKey)
	}
	n := &node{}
	n.add(low, high+1, nil)
	return n, nil
}

// side reads a key, which is both ends then, or a range. Ends have several parts only within a range.
func (p *spanParser) side() (from, to []string, err error) {
	if p.space(); !p.take("[") {
		key, err := p.key(false)
		return []string{key}, []string{key}, err
	}
	if from, err = p.keys(); err != nil {
		return nil, nil, err
	}
	if !p.take(dots) {
		return nil, nil, fmt.Errorf("want %q at %q: %w", dots, p.text, ErrSyntax)
	}
	if to, err = p.keys(); err != nil {
		return nil, nil, err
	}
	if !p.take("]") {
		return nil, nil, fmt.Errorf("want %q at %q: %w", "]", p.text, ErrSyntax)
	}
	return from, to, nil
}

func (p *spanParser) keys() ([]string, error) {
	for keys := []string(nil); ; {
		p.space()
		key, err := p.key(true)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
		if p.space(); len(p.set.space.axes) == 1 || !p.take(separator) {
			return keys, nil
		}
	}
}

// key reads a key up to what can't be part of it.
func (p *spanParser) key(inRange bool) (string, error) {
	if p.take(`"`) {
		return p.quoted()
	}
	stops := []string{",", "[", "]", `"`}
	if len(p.set.space.axes) > 1 {
		stops = append(stops, separator)
	}
	if inRange {
		stops = append(stops, dots)
	}
	end := len(p.text)
	for _, stop := range stops {
		if i := strings.Index(p.text[:end], stop); i >= 0 {
			end = i
		}
	}
	key := strings.TrimRight(p.text[:end], " \t\r\n")
	if key == "" {
		return "", fmt.Errorf("want a key at %q: %w", p.text, ErrSyntax)
	}
	p.text = p.text[end:]
	return key, nil
}

func (p *spanParser) quoted() (string, error) {
	var key strings.Builder
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.text = p.text[i+1:]
			return key.String(), nil
		case c == '\\' && i+1 < len(p.text):
			i++
			key.WriteByte(p.text[i])
		default:
			key.WriteByte(c)
		}
	}
	return "", fmt.Errorf("want %q at the end: %w", `"`, ErrSyntax)
}
