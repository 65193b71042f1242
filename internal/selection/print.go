package selection

import (
	"slices"
	"strconv"
	"strings"
)

// String writes the selection so that it parses as the same tree: with one space between words, as few parentheses and
// quotes as there can be. The zero value is "".
func (s Selection) String() string { return s.write((*printer).text) }

// Tree writes the tree as lists, in which nothing is left to precedence:
//
//	+key:"a" and not kind:<null> or b   (or (and (up * (key "a")) (not (kind null))) (name "b"))
//
// A traversal is (up N X), (down N X) or (around N M X), with "*" for all levels.
func (s Selection) Tree() string { return s.write((*printer).list) }

// piece is what is still to be written: text, or a node where only what binds as strongly as least goes without parentheses.
type piece struct {
	text  string
	node  int32
	least int
}

type printer struct {
	Selection

	left []piece // the next one last
}

func (s Selection) write(how func(p *printer, n piece)) string {
	if len(s.nodes) == 0 {
		return ""
	}
	var b strings.Builder
	p := printer{Selection: s}
	p.then(piece{node: int32(len(s.nodes) - 1)}) //nolint:gosec // fewer than the text's bytes
	for len(p.left) > 0 {
		next := p.left[len(p.left)-1]
		p.left = p.left[:len(p.left)-1]
		if next.text != "" {
			b.WriteString(next.text)
			continue
		}
		how(&p, next)
	}
	return b.String()
}

// then writes pieces before all that is left.
func (p *printer) then(pieces ...piece) {
	slices.Reverse(pieces)
	p.left = append(p.left, pieces...)
}

func text(t string) piece { return piece{text: t} }

// How strongly what is written binds.
const (
	bindsOr = iota + 1
	bindsAnd
	bindsNot
	bindsTerm
)

func (p *printer) text(at piece) {
	n := &p.nodes[at.node]
	child := func(i int32, least int) piece { return piece{node: i, least: least} }
	var out []piece
	binds := bindsTerm
	switch n.op {
	case opAll:
		out, binds = []piece{text("*")}, bindsNot // it takes no traversal
	case opName:
		out = []piece{text(nameText(p.lang, n.value.Text))}
		if isBare(n.value.Text) {
			binds = bindsNot // to a traversal with a number it is none
		}
	case opHas:
		out = []piece{text(p.hasText(n))}
	case opTraverse:
		out, binds = p.traversal(n), bindsNot
	case opRoots, opSinks:
		out = []piece{text(functions[n.op] + "("), child(n.left, 0), text(")")}
	case opNot:
		out, binds = []piece{text("not "), child(n.left, bindsNot)}, bindsNot
	case opAnd:
		out, binds = []piece{child(n.left, bindsAnd), text(" and "), child(n.right, bindsNot)}, bindsAnd
	case opOr:
		out, binds = []piece{child(n.left, bindsOr), text(" or "), child(n.right, bindsAnd)}, bindsOr
	case opOpen: // never in a tree
	}
	if binds < at.least {
		p.then(text(")"))
		p.then(out...)
		p.then(text("("))
		return
	}
	p.then(out...)
}

//nolint:gochecknoglobals // a table that nothing changes
var functions = map[op]string{opRoots: "roots", opSinks: "sinks", opNot: "not", opAnd: "and", opOr: "or"}

// traversal writes a traversal; that of a name by itself with its own signs, if it is short.
func (p *printer) traversal(n *node) []piece {
	const short = 3
	isShort := func(l levels) bool { return l == none || l == every || l > 0 && l <= short }
	if of := &p.nodes[n.left]; of.op == opName && isBare(of.value.Text) && isShort(n.up) && isShort(n.down) {
		return []piece{text(signs(n.up) + of.value.Text + signs(n.down))}
	}
	out := make([]piece, 0, 3)
	switch n.up {
	case none:
	case every:
		out = append(out, text("+"))
	default:
		out = append(out, text(strconv.Itoa(int(n.up))+"+"))
	}
	out = append(out, piece{node: n.left, least: bindsTerm})
	switch n.down {
	case none:
	case every:
		out = append(out, text("+"))
	default:
		out = append(out, text("+"+strconv.Itoa(int(n.down))))
	}
	return out
}

func signs(l levels) string {
	if l == every {
		return "*"
	}
	return strings.Repeat("+", max(int(l), 0))
}

func (p *printer) list(at piece) {
	n := &p.nodes[at.node]
	switch n.op {
	case opAll:
		p.then(text("*"))
	case opName:
		p.then(text("(name " + strconv.Quote(n.value.Text) + ")"))
	case opHas:
		p.then(text("(" + n.attribute + " " + n.value.list() + ")"))
	case opTraverse:
		switch {
		case n.up == none:
			p.then(text("(down "+n.down.String()+" "), piece{node: n.left}, text(")"))
		case n.down == none:
			p.then(text("(up "+n.up.String()+" "), piece{node: n.left}, text(")"))
		default:
			p.then(text("(around "+n.up.String()+" "+n.down.String()+" "), piece{node: n.left}, text(")"))
		}
	case opAnd, opOr:
		p.then(text("("+functions[n.op]+" "), piece{node: n.left}, text(" "), piece{node: n.right}, text(")"))
	case opRoots, opSinks, opNot, opOpen:
		p.then(text("("+functions[n.op]+" "), piece{node: n.left}, text(")"))
	}
}

// String is the number of levels, or "*".
func (l levels) String() string {
	if l == every {
		return "*"
	}
	return strconv.Itoa(int(l))
}

func (v Value) list() string {
	out := "null"
	if !v.Null {
		out = strconv.Quote(v.Text)
	}
	if v.Equals != "" {
		out += " " + strconv.Quote(v.Equals)
	}
	return out
}

// hasText writes an attribute with its value.
func (p *printer) hasText(n *node) string {
	out := n.attribute + ":"
	switch {
	case n.value.Null:
		out += "<null>"
	case n.attribute == "not_materialized_in_hours":
		return out + n.value.Text
	default:
		out += p.quoted(n.attribute, n.value.Text)
	}
	if n.value.Equals != "" {
		out += "=" + p.quoted(n.attribute, n.value.Equals)
	}
	return out
}

// quoted writes a value, with quotes if it needs them.
func (p *printer) quoted(attribute, value string) string {
	s := scanner{text: value, lang: p.lang}
	if v, err := s.value(attribute); err == nil && v.Text == value {
		return value
	}
	return `"` + value + `"`
}

// isBare reports a key that is a name by itself.
func isBare(key string) bool {
	s := scanner{text: key}
	word, _ := s.word()
	return word == key && key != "" && !isOperator(key) && strings.Trim(key, "0123456789") != ""
}

func nameText(l *Language, key string) string {
	if isBare(key) {
		return key
	}
	return l.key + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
}

// Exactly writes the selection of one asset, whatever its key. Where there is no such asset, it is an error.
func Exactly(key string) string { return nameText(Assets, key) }
