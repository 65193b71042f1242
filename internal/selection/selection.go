// Package selection parses and evaluates selections of a graph's nodes.
//
// The grammar so far is a union of terms:
//
//	selection = term { "or" term }
//	term      = "*" | [ "+" ] key [ "+" ]
//	key       = name | "key:" name | "key:" quoted | quoted
//
// "+key" is the key and all that it is made from, "key+" the key and all that is made from it. A name is letters,
// digits, "_", "-", ".", and "/"; any other key is quoted, with no escapes. Here the rest of the language will live.
package selection

import (
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/internal/nearest"
)

// Selection is a parsed selection. Its zero value selects nothing.
type Selection struct{ terms []term }

type term struct {
	all      bool
	key      string
	up, down bool
	at       int // where in the text, for errors
}

// Graph is what a selection is evaluated on: nodes 0..n-1 and their edges.
type Graph struct {
	Index    func(key string) (node int, ok bool)
	Up, Down [][]int32
}

// Error is a selection that cannot be read, or that names something the graph has not.
type Error struct {
	Text string
	At   int // byte offset
	What string
}

func (e *Error) Error() string {
	return fmt.Sprintf("selection %q: at %d: %s", e.Text, e.At+1, e.What)
}

// Quote writes a key so that it parses as that key, whatever is in it but a quote.
func Quote(key string) string { return `key:"` + key + `"` }

// Parse reads a selection.
func Parse(text string) (Selection, error) {
	p := parser{text: text}
	return p.parse()
}

type parser struct {
	text string
	at   int
}

func (p *parser) parse() (Selection, error) {
	var s Selection
	for {
		t, err := p.term()
		if err != nil {
			return Selection{}, err
		}
		s.terms = append(s.terms, t)
		p.space()
		if p.at == len(p.text) {
			return s, nil
		}
		start := p.at
		if word := p.name(); word != "or" && word != "OR" {
			return Selection{}, &Error{p.text, start, `want "or" or the end`}
		}
	}
}

func (p *parser) term() (term, error) {
	p.space()
	t := term{at: p.at}
	if p.take("*") {
		t.all = true
		return t, nil
	}
	t.up = p.take("+")
	p.space()
	t.at = p.at
	p.take("key:")
	var err error
	if t.key, err = p.key(); err != nil {
		return t, err
	}
	p.space()
	t.down = p.take("+")
	return t, nil
}

func (p *parser) key() (string, error) {
	if p.take(`"`) {
		key, _, ok := strings.Cut(p.text[p.at:], `"`)
		if !ok {
			return "", &Error{p.text, p.at - 1, "quote without an end"}
		}
		p.at += len(key) + 1
		return key, nil
	}
	if key := p.name(); key != "" {
		return key, nil
	}
	return "", &Error{p.text, p.at, `want an asset key, "+" or "*"; a key with other signs than letters, digits, "_-./" is quoted`}
}

func (p *parser) name() string {
	start := p.at
	for p.at < len(p.text) && isName(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_-./", c) >= 0
}

func (p *parser) take(s string) bool {
	if !strings.HasPrefix(p.text[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// Resolve returns which nodes of g are selected. A key that g has not is an [*Error] that names the nearest one it has.
func (s Selection) Resolve(text string, g Graph, known func() []string) ([]bool, error) {
	in := make([]bool, len(g.Up))
	for _, t := range s.terms {
		if t.all {
			for i := range in {
				in[i] = true
			}
			continue
		}
		node, ok := g.Index(t.key)
		if !ok {
			what := fmt.Sprintf("no asset %q", t.key)
			if near := nearest.Name(t.key, known()); near != "" {
				what += fmt.Sprintf("; is it %q?", near)
			}
			return nil, &Error{text, t.at, what}
		}
		in[node] = true
		if t.up {
			reach(in, g.Up, node)
		}
		if t.down {
			reach(in, g.Down, node)
		}
	}
	return in, nil
}

// reach marks all nodes that can be reached from a node. It keeps its own marks: a node that another term selected has
// not been followed from here.
func reach(in []bool, edges [][]int32, from int) {
	seen := make([]bool, len(in))
	stack := []int32{int32(from)} //nolint:gosec // an index of in
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n], in[n] = true, true
		stack = append(stack, edges[n]...)
	}
}
