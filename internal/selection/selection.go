// Package selection parses, prints and evaluates selections of a graph's nodes: assets, ops, steps of a run.
//
// The grammar is Dagster's (AssetSelection.g4 of 1.13), with more that Dagster refuses; what Dagster accepts means the same:
//
//	expr  = "*" | term | up term | term down | up term down | "not" expr | expr "and" expr | expr "or" expr
//	term  = attribute ":" value | ("roots" | "sinks") "(" expr ")" | "(" expr ")" | "key" "=" exact
//	up    = [ digits ] "+"         down = "+" [ digits ]
//	value = "<null>" | '"' any sign but '"' '"' | letters, digits, "_" and "/", no digit in front
//	name  = { "+" } word { "+" } | "*" word | word "*" | "*" word "*" ...
//
// "not" goes before "and", and that before "or"; the three are in lower or upper case. A name is a term by itself: a "+" before
// or behind it is one level, "*" all of them, which is Dagster's older clause. A key that has other signs than a word is exactly
// key="...", with \" and \\ inside of it. A name and an exact key must be there, key:x need not.
//
// Nothing here recurses, so that no text is too deep; all takes time in proportion to the text.
package selection

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Selection is a parsed selection: a tree. It is immutable, and safe for concurrent use. Its zero value selects nothing.
type Selection struct {
	text  string
	lang  *Language
	nodes []node // children before parents: the last is the whole
}

// op says what a node of the tree does.
type op uint8

const (
	opAll      op = iota // "*"
	opName               // one node, which must be there
	opHas                // an attribute with a value
	opTraverse           // up and down from left
	opRoots              // of left
	opSinks
	opNot
	opAnd // left and right
	opOr
	opOpen // only on the parser's stack: "("
)

type node struct {
	op          op
	at          int32 // in the text
	left, right int32
	up, down    levels // of opTraverse
	attribute   string
	value       Value
}

// levels is how far a traversal goes.
type levels int32

const (
	none  levels = -1
	every levels = math.MaxInt32
)

// Value is what an attribute is compared with.
type Value struct {
	Text string
	Null bool // <null>: Text is empty

	// Equals is what follows "=" in tag:key=value; without one it is empty, which means the same.
	Equals string
}

// Language is the words of one kind of graph; the grammar is the same for all.
type Language struct {
	noun       string
	key        string // the attribute that is the nodes' name, in which "*" stands for any signs
	attributes []string
}

// Assets, Ops and Steps are the languages that there are. A step is one of a run.
//
//nolint:gochecknoglobals // tables that nothing changes
var (
	Assets = &Language{"asset", "key", []string{
		"key", "tag", "owner", "group", "kind", "is", "status", "column", "table_name", "column_tag", "code_location",
		"changed_in_branch", "partitions", "automation_type", "sensor", "schedule", "job", "not_materialized_in_hours",
	}}
	Ops   = &Language{"op", "name", []string{"name", "kind"}}
	Steps = &Language{"step", "name", []string{"name", "status"}}
)

// Attributes are the attributes of a language, in the order in which they are documented.
func (l *Language) Attributes() []string { return slices.Clone(l.attributes) }

// Error is a selection that cannot be read, or that cannot be answered by a graph.
type Error struct {
	Text string
	At   int // byte offset in Text
	What string
}

// Error shows the text, the place, counted in characters from 1, and what was expected there.
func (e *Error) Error() string {
	const most = 200
	shown := fmt.Sprintf("%q", e.Text)
	if len(e.Text) > most {
		shown = fmt.Sprintf("of %d bytes", len(e.Text))
	}
	return fmt.Sprintf("selection %s: at %d: %s", shown, e.Place(), e.What)
}

// Place is the place in the text, counted in characters from 1.
func (e *Error) Place() int { return utf8.RuneCountInString(e.Text[:e.At]) + 1 }

// Parse reads a selection of assets, or returns an [*Error].
func Parse(text string) (Selection, error) { return Assets.Parse(text) }

// Parse reads a selection in a language, or returns an [*Error].
func (l *Language) Parse(text string) (Selection, error) {
	p := parser{scanner: scanner{text: text, lang: l}}
	err := p.parse()
	if err != nil {
		if s, ok := oldTag(text, l); ok {
			return s, nil
		}
		return Selection{}, err
	}
	return Selection{text: text, lang: l, nodes: p.nodes}, nil
}

// oldTag reads tag:key=value whose key or value should have been quoted. Dagster takes it as a whole selection only: then so do we.
func oldTag(text string, l *Language) (Selection, bool) {
	rest, ok := strings.CutPrefix(text, "tag:")
	if !ok || !slices.Contains(l.attributes, "tag") || strings.ContainsAny(rest, " \t\r\n\"()*+,&|!") {
		return Selection{}, false
	}
	key, value, _ := strings.Cut(rest, "=")
	if strings.Contains(value, "=") {
		return Selection{}, false
	}
	n := node{op: opHas, attribute: "tag", value: Value{Text: key, Equals: value}}
	return Selection{text: text, lang: l, nodes: []node{n}}, true
}
