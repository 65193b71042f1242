package schema

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/nearest"
)

// Case is one of the types that a field of an interface type may hold. In JSON it is an object whose only name is that of
// the case, and whose value is that of the type.
type Case struct {
	Interface reflect.Type
	Name      string

	// Value is what JSON for the case is decoded on top of, where no value of the same case is there already.
	Value any
}

// unionCase is a case of a node.
type unionCase struct {
	name     string
	node     *node // of the struct, also where the case is a pointer to it
	pointer  bool
	defaults reflect.Value // of the node's type
}

// holds reports whether a value of the interface is of the case, and returns it; nil pointers are of none.
func (c *unionCase) holds(v reflect.Value) (reflect.Value, bool) {
	if !v.IsValid() || v.IsNil() {
		return v, false
	}
	v = v.Elem()
	if c.pointer {
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return v, false
		}
		if v.Type().Elem() != c.node.typ {
			return v, false
		}
		return v.Elem(), true
	}
	return v, v.Type() == c.node.typ
}

// under is what JSON for the case is decoded on top of, in a field that holds v.
func (c *unionCase) under(v reflect.Value) reflect.Value {
	if held, ok := c.holds(v); ok {
		return held
	}
	return c.defaults
}

// buildUnion finds the cases of an interface.
func (b *builder) buildUnion(path string, n *node) {
	n.kind = kindUnion
	for _, c := range b.cases {
		if c.Interface == n.typ {
			b.used[c.Interface] = true
			b.buildCase(path, n, c)
		}
	}
	if len(n.cases) == 0 {
		b.mistake(path, "no cases are known of %s, it needs one for each type that it may hold", n.typ)
	}
}

func (b *builder) buildCase(path string, n *node, c Case) {
	v := reflect.ValueOf(c.Value)
	switch {
	case !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil():
		b.mistake(path, "case %q of %s: nil", c.Name, n.typ)
		return
	case !v.Type().Implements(n.typ):
		b.mistake(path, "case %q of %s: %s does not implement it", c.Name, n.typ, v.Type())
		return
	case !plainName(c.Name):
		b.mistake(path, `case %q of %s: a name is letters, digits, "_", "-" and "/"`, cut(c.Name), n.typ)
		return
	}
	made := unionCase{name: c.Name, pointer: v.Kind() == reflect.Pointer}
	if made.pointer {
		v = v.Elem()
	}
	made.defaults = v
	for i := range n.cases {
		other := &n.cases[i]
		switch {
		case other.name == c.Name:
			b.mistake(path, "case %q of %s: given twice", c.Name, n.typ)
			return
		case other.defaults.Type() == v.Type() && other.pointer == made.pointer:
			b.mistake(path, "case %q of %s: %s is already the case %q", c.Name, n.typ, reflect.TypeOf(c.Value), other.name)
			return
		}
	}
	made.node = b.build(path+"."+c.Name, v.Type())
	n.cases = append(n.cases, made)
}

// checkCases reports the cases that no field of the type can hold.
func (b *builder) checkCases(root string) {
	said := map[reflect.Type]bool{}
	for _, c := range b.cases {
		switch {
		case c.Interface == nil || b.used[c.Interface] || said[c.Interface]:
			continue
		case c.Interface.Kind() != reflect.Interface:
			b.mistake(root, "case %q: %s is not an interface", c.Name, c.Interface)
		default:
			b.mistake(root, "case %q: no field is a %s", c.Name, c.Interface)
		}
		said[c.Interface] = true
	}
}

func (n *node) caseNames() []string {
	names := make([]string, len(n.cases))
	for i := range n.cases {
		names[i] = n.cases[i].name
	}
	return names
}

// union takes an object with one member, the name of a case.
func (d *decoder) union(at *place, n *node, in tree, into reflect.Value) {
	want := "object with one of " + strings.Join(n.caseNames(), ", ")
	if in.token() != tokenObject {
		d.mismatch(at, want, in)
		return
	}
	var names []string
	var body tree
	for name, value := range in.members() {
		if !slices.Contains(names, name) {
			names, body = append(names, name), value
		}
	}
	switch len(names) {
	case 0:
		d.add(at, "want %s, got none", want)
		return
	case 1:
	default:
		d.severalCases(at, n, want, names)
		return
	}
	for i := range n.cases {
		if c := &n.cases[i]; c.name == names[0] {
			d.chosen(at.member(c.name), c, body, into)
			return
		}
	}
	d.unknownCase(at.member(names[0]), n, names[0])
}

// severalCases repeats only the names that are known: the others may be anything.
func (d *decoder) severalCases(at *place, n *node, want string, names []string) {
	known := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(n.caseNames(), name) })
	if len(known) != len(names) || len(names) > 12 {
		d.add(at, "want %s, got %d names", want, len(names))
		return
	}
	d.add(at, "want %s, got %s", want, strings.Join(known, " and "))
}

func (d *decoder) unknownCase(at *place, n *node, name string) {
	known := strings.Join(n.caseNames(), ", ")
	if near := nearest.Name(name, n.caseNames()); near != "" {
		d.add(at, "unknown case, did you mean %q? Known are %s", near, known)
		return
	}
	d.add(at, "unknown case, known are %s", known)
}

// chosen decodes on top of the value that is there, if it is of the same case.
func (d *decoder) chosen(at *place, c *unionCase, in tree, into reflect.Value) {
	p := reflect.New(c.node.typ)
	p.Elem().Set(c.under(into))
	d.decode(at, c.node, nil, in, p.Elem())
	if c.pointer {
		into.Set(p)
		return
	}
	into.Set(p.Elem())
}

// union writes a value under the name of its case.
func (r *redactor) union(n *node, v reflect.Value, depth int) error {
	if v.IsNil() {
		return write(r.b, nil)
	}
	for i := range n.cases {
		c := &n.cases[i]
		held, ok := c.holds(v)
		if !ok {
			continue
		}
		r.b.WriteByte('{')
		if err := write(r.b, c.name); err != nil {
			return err
		}
		r.b.WriteByte(':')
		if err := r.redact(c.node, held, depth+1); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		r.b.WriteByte('}')
		return nil
	}
	if v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil() {
		return fmt.Errorf("a nil %s is none of the cases %s", v.Elem().Type(), strings.Join(n.caseNames(), ", "))
	}
	return fmt.Errorf("a %s is none of the cases %s", v.Elem().Type(), strings.Join(n.caseNames(), ", "))
}

// Check reports a value that has no form by the schema: of a type that is none of an interface's cases.
func (s *Schema) Check(v any) error {
	if !s.unions {
		return nil
	}
	r := redactor{b: &bytes.Buffer{}}
	return r.redact(s.root, reflect.ValueOf(v), 0)
}
