package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// pageWidth is where comments are broken.
const pageWidth = 100

// Example is a YAML file that shows what can be configured, with the values that hold if nothing is. What has no value,
// or none that may be shown, stands in comments; what has to be given has a placeholder. The zero value is empty.
type Example struct {
	text  []byte
	live  int      // lines that are no comments
	off   []int    // columns at which lines become comments, and comments in them
	dash  bool     // the next line begins an item
	names []string // of the fields around

	// shown are the types whose fields or cases stand further up: in comments they are not repeated, so that the file is
	// not longer than the types are. Those that are open are around the next line.
	shown, open map[*node]bool
}

// Bytes returns the file.
func (e *Example) Bytes() []byte { return e.text }

// Comment writes a text into lines of comment.
func (e *Example) Comment(indent int, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if e.dash {
		indent -= 2 // beside the item, not in it
	}
	for _, line := range wrap(text, pageWidth-indent) {
		e.write(indent, strings.TrimSuffix("# "+line, " "))
	}
}

// Blank writes an empty line.
func (e *Example) Blank() { e.text = append(e.text, '\n') }

// Object writes a name with the fields that body writes, indented by two more. It becomes a comment if they all are.
func (e *Example) Object(indent int, name string, body func()) {
	e.block(indent, yamlText(name)+":", "", false, body)
}

// Config writes a name with a value of the schema's type. The variables of secrets are named after config.
func (e *Example) Config(indent int, name, config, doc string, s *Schema, value any) {
	e.open, e.shown = map[*node]bool{}, map[*node]bool{}
	e.names = []string{config}
	v := reflect.New(s.root.typ).Elem()
	if value != nil {
		v.Set(reflect.ValueOf(value))
	}
	e.Comment(indent, doc)
	e.named(indent, name, s.root, nil, (&field{node: s.root}).missing(v), v)
}

// write writes one line, whatever it is.
func (e *Example) write(indent int, text string) {
	at := 0
	for _, column := range e.off {
		e.text = append(e.text, strings.Repeat(" ", column-at)+"# "...)
		at = column
	}
	e.text = append(e.text, strings.Repeat(" ", indent-at)...)
	e.text = append(append(e.text, text...), '\n')
}

// line writes a line that means something, with a note.
func (e *Example) line(indent int, text, note string) {
	if len(e.off) == 0 {
		e.live++
	}
	if e.dash {
		e.dash, indent, text = false, indent-2, "- "+text
	}
	if note != "" {
		text += "  # " + oneLine(note)
	}
	e.write(indent, text)
}

// commented makes comments of what is written meanwhile, if it is none yet.
func (e *Example) commented(indent int, write func()) {
	if len(e.off) > 0 {
		write()
		return
	}
	e.instead(indent, write)
}

// instead makes comments of what is written meanwhile, also in a comment: it excludes what is there already.
func (e *Example) instead(indent int, write func()) {
	e.off = append(e.off, indent)
	write()
	e.off = e.off[:len(e.off)-1]
}

// block writes a line with more lines below it. A name above comments alone would have no value: it becomes one of them,
// or is an empty object if it is needed.
func (e *Example) block(indent int, text, note string, need bool, body func()) {
	start, live := len(e.text), e.live
	e.line(indent, text, note)
	inner := e.live
	body()
	if len(e.off) > 0 || e.live > inner {
		return
	}
	e.text, e.live = e.text[:start], live
	if need {
		e.line(indent, text+" {}", note)
		e.commented(indent+2, body)
		return
	}
	e.commented(indent, func() {
		e.line(indent, text, note)
		body()
	})
}

// named writes a value below its name. It is needed if without it the configuration is not complete.
func (e *Example) named(indent int, name string, n *node, enum []string, need bool, v reflect.Value) {
	absent := false
	for range maxDepth { // a type may be a pointer to itself
		if n.kind != kindPointer {
			break
		}
		n = n.elem
		if absent = absent || v.IsNil(); absent {
			v = reflect.Zero(n.typ)
		} else {
			v = v.Elem()
		}
	}
	put := func() { e.value(indent, name, n, enum, need, v) }
	if absent && !need {
		e.commented(indent, put)
		return
	}
	put()
}

func (e *Example) value(indent int, name string, n *node, enum []string, need bool, v reflect.Value) {
	key := yamlText(name) + ":"
	switch {
	case n.kind == kindObject && e.above(n):
		e.line(indent, key+" {}", asAbove)
	case n.kind == kindObject && len(n.fields) == 0:
		e.line(indent, key+" {}", note(n, enum, need))
	case n.kind == kindObject:
		e.block(indent, key, "", need, func() { e.fields(indent+2, n, v) })
	case n.kind == kindUnion:
		e.union(indent, key, n, need, v)
	case n.elem != nil && n.elem.structured():
		e.several(indent, key, n, need, v)
	default:
		e.scalar(indent, key, n, enum, need, v)
	}
}

// pointee is the node below pointers.
func (n *node) pointee() *node {
	for range maxDepth {
		if n.kind != kindPointer {
			break
		}
		n = n.elem
	}
	return n
}

const asAbove = "as above"

// above reports whether there is nothing new to say of a type, here.
func (e *Example) above(n *node) bool { return e.open[n] || e.shown[n] && len(e.off) > 0 }

// structured reports whether values are shown field by field.
func (n *node) structured() bool {
	n = n.pointee()
	return n.kind == kindObject && len(n.fields) > 0 || n.kind == kindUnion
}

func (e *Example) fields(indent int, n *node, v reflect.Value) {
	e.open[n], e.shown[n] = true, true
	defer delete(e.open, n)
	for i := range n.fields {
		f := &n.fields[i]
		member := f.of(v)
		below := !member.IsValid() // an embedded nil
		if below {
			member = reflect.Zero(f.node.typ)
		}
		need := f.missing(member)
		put := func() {
			e.Comment(indent, f.doc)
			e.inside(f.name, func() { e.named(indent, f.name, f.node, f.enum, need, member) })
		}
		if below && !need {
			e.commented(indent, put)
			continue
		}
		put()
	}
}

// inside remembers a name for what is below it.
func (e *Example) inside(name string, write func()) {
	outer := e.names
	e.names = append(slices.Clip(outer), name)
	write()
	e.names = outer
}

// union writes the case that a value is of, and the others as comments.
func (e *Example) union(indent int, key string, n *node, need bool, v reflect.Value) {
	chosen := slices.IndexFunc(n.cases, func(c unionCase) bool {
		_, ok := c.holds(v)
		return ok
	})
	put := func() { e.cases(indent, key, n, need, max(chosen, 0), v) }
	if chosen < 0 && !need {
		e.commented(indent, put)
		return
	}
	put()
}

func (e *Example) cases(indent int, key string, n *node, need bool, chosen int, v reflect.Value) {
	if e.above(n) && len(e.off) > 0 {
		e.line(indent, key+" null", note(n, nil, need)+", "+asAbove)
		return
	}
	again := e.shown[n]
	e.shown[n] = true
	e.line(indent, key, note(n, nil, need))
	for i := range n.cases {
		c := &n.cases[i]
		one := func() {
			e.inside(c.name, func() { e.named(indent+2, c.name, c.node, nil, true, c.under(v)) })
		}
		switch {
		case i == chosen:
			one()
		case !again:
			e.instead(indent+2, one)
		}
	}
}

// several writes a list or a map of what has fields: what there is in a line each, and as a comment one with all fields.
func (e *Example) several(indent int, key string, n *node, need bool, v reflect.Value) {
	text, ok := n.given(nil, v)
	if v.Len() == 0 && need {
		e.scalar(indent, key, n, nil, need, v)
		return
	}
	put := func() {
		again := e.shown[n.elem.pointee()]
		if again && v.Len() == 0 {
			e.line(indent, key+" "+n.empty(), note(n, nil, need)+", "+asAbove)
			return
		}
		e.line(indent, key, note(n, nil, need))
		e.items(indent+2, tree(text))
		if n.kind != kindArray && !again {
			e.commented(indent+2, func() { e.another(indent+2, n) })
		}
	}
	if !ok || v.Len() == 0 {
		text = json.RawMessage(n.redacted(v))
		e.commented(indent, put)
		return
	}
	put()
}

// empty is a list or a map without items.
func (n *node) empty() string {
	if n.kind == kindMap {
		return "{}"
	}
	return "[]"
}

func (e *Example) items(indent int, text tree) {
	switch {
	case len(text) == 0:
	case text.token() == tokenList:
		for _, item := range text.items() {
			e.line(indent, "- "+flow(item), "")
		}
	case text.token() == tokenObject:
		for name, item := range text.members() {
			e.line(indent, yamlText(name)+": "+flow(item), "")
		}
	}
}

// another writes an item with all its fields.
func (e *Example) another(indent int, n *node) {
	item := n.elem.pointee()
	if n.kind == kindMap {
		e.named(indent, "NAME", item, nil, false, reflect.Zero(item.typ))
		return
	}
	if item.kind == kindUnion {
		e.anotherCase(indent, item)
		return
	}
	e.dash = true
	e.fields(indent+2, item, reflect.Zero(item.typ))
}

// anotherCase writes an item for each case.
func (e *Example) anotherCase(indent int, n *node) {
	e.shown[n] = true
	for i := range n.cases {
		c := &n.cases[i]
		one := func() {
			e.dash = true
			e.inside(c.name, func() { e.named(indent+2, c.name, c.node, nil, true, c.defaults) })
		}
		if i == 0 {
			one()
			continue
		}
		e.instead(indent, one)
	}
}

func (e *Example) scalar(indent int, key string, n *node, enum []string, need bool, v reflect.Value) {
	text, ok := n.given(enum, v)
	value := "null"
	switch {
	case need:
		value, ok = e.blank(n, enum, v)
	case ok && string(text) != "null":
		value = n.flow(tree(text))
	case ok:
		value, _ = e.blank(n, enum, v)
		ok = false
	default:
		if hides := n.redacted(v); len(hides) > 0 {
			value = n.flow(hides)
		}
	}
	put := func() { e.line(indent, key+" "+value, note(n, enum, need)) }
	if !ok {
		e.commented(indent, put)
		return
	}
	put()
}

// redacted returns a value as it may be shown, or nothing.
func (n *node) redacted(v reflect.Value) tree {
	r := redactor{b: &bytes.Buffer{}}
	if r.redact(n, v, 0) != nil {
		return nil
	}
	return tree(r.b.Bytes())
}

func (n *node) flow(v tree) string {
	if n.kind == kindDuration || n.kind == kindSize {
		return amount(v)
	}
	return flow(v)
}

// blank is something to put in the place of a value that is zero, and whether that would be accepted.
func (e *Example) blank(n *node, enum []string, zero reflect.Value) (string, bool) {
	switch n.kind {
	case kindSecret:
		return "{env: " + yamlText(variable(e.names)) + "}", true
	case kindList, kindMap:
		return n.empty(), true
	case kindBytes:
		return `""`, true
	case kindTime:
		return `"2006-01-02T15:04:05Z"`, true
	case kindString:
		if len(enum) > 0 {
			return yamlText(enum[0]), true
		}
		return `""`, true
	default:
		text, ok := n.given(enum, zero)
		if !ok {
			return "null", false
		}
		return n.flow(tree(text)), true
	}
}

// note says what a value has to be.
func note(n *node, enum []string, need bool) string {
	text := n.described(enum)
	if need {
		text += ", required"
	}
	return text
}

func (n *node) described(enum []string) string {
	n = n.pointee()
	switch n.kind {
	case kindObject:
		return "object"
	case kindUnion:
		return "one of " + strings.Join(n.caseNames(), ", ")
	case kindList, kindArray:
		if n.loops {
			return "list"
		}
		return "list of " + n.elem.described(enum)
	case kindMap:
		if n.loops {
			return "map"
		}
		return "map of " + n.elem.described(enum)
	case kindAny:
		return "anything"
	case kindText, kindOpaque:
		return n.typ.String()
	case kindString:
		if len(enum) > 0 {
			return "one of " + strings.Join(enum, ", ")
		}
		return "string"
	case kindSecret:
		return "secret"
	case kindDuration:
		return "duration"
	case kindSize:
		return "size"
	case kindTime:
		return "time"
	default:
		return n.want()
	}
}
