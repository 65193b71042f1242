package schema

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/nearest"
)

// Decode decodes JSON on top of the value that into points to, which must be of the schema's type. What the JSON leaves
// out stays as it is: structs are merged, also those behind pointers; lists, maps and everything else are replaced.
// Memory that the old value shares with others is not written to. Data that is empty is like an empty object.
//
// It is strict. Unknown and repeated fields, values of a wrong type or out of range, null where Go has no nil, and
// required fields that are neither given nor already different from zero, are all reported at once as [Errors], their
// paths starting with path. The value is then as before. No text of a secret is ever part of an error.
func (s *Schema) Decode(path string, data []byte, into any) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Type().Elem() != s.root.typ {
		return fmt.Errorf("decode config: want a pointer to %s, got %T", s.root.typ, into)
	}
	at := &place{name: path}
	if len(data) == 0 {
		data = []byte("{}")
	}
	input, err := parse(data)
	if err != nil {
		return Errors{{Path: path, Message: err.Error()}}
	}
	value := reflect.New(s.root.typ).Elem()
	value.Set(target.Elem())
	d := decoder{}
	d.decode(at, s.root, nil, input, value)
	if err := d.err(at); err != nil {
		return err
	}
	target.Elem().Set(value)
	return nil
}

type decoder struct{ mistakes }

// decode sets into, which holds the default, to what the input says. Of what enum says only strings take notice.
func (d *decoder) decode(at *place, n *node, enum []string, in tree, into reflect.Value) {
	if n.kind == kindSecret {
		d.secret(at, n, in, into)
		return
	}
	d.repeats(at, n, in)
	if in.token() == tokenNull && n.nullable() {
		into.SetZero()
		return
	}
	switch n.kind {
	case kindPointer:
		d.pointer(at, n, enum, in, into)
	case kindObject:
		d.object(at, n, in, into)
	case kindList, kindArray:
		d.list(at, n, enum, in, into)
	case kindUnion:
		d.union(at, n, in, into)
	case kindMap:
		d.mapping(at, n, enum, in, into)
	case kindAny, kindOpaque:
		d.opaque(at, n, in, into)
	case kindSize:
		d.size(at, n, in, into)
	case kindText:
		d.text(at, n, in, into)
	default:
		d.scalar(at, n, enum, in, into)
	}
}

// nullable reports whether null means something for the type.
func (n *node) nullable() bool {
	switch n.kind {
	case kindPointer, kindList, kindMap, kindBytes, kindUnion:
		return true
	case kindAny:
		return n.typ.Kind() == reflect.Interface
	default:
		return false
	}
}

func (d *decoder) wrong(at *place, want string, in tree) {
	d.add(at, "want %s, got %s", want, in.described())
}

// mismatch is wrong for a value that is not repeated: what stands in the place of a struct may be a secret of it.
func (d *decoder) mismatch(at *place, want string, in tree) {
	d.add(at, "want %s, got %s", want, in.token())
}

// repeats reports the members of an object that occur twice, and in a value that is not looked at otherwise, those of
// all objects in it.
func (d *decoder) repeats(at *place, n *node, in tree) {
	inside := n.kind == kindAny || n.kind == kindOpaque
	if !inside && n.kind != kindObject && n.kind != kindMap && n.kind != kindUnion {
		return
	}
	switch in.token() {
	case tokenObject:
		seen := map[string]bool{}
		for name, value := range in.members() {
			if seen[name] {
				d.add(at.member(name), "given more than once")
			}
			seen[name] = true
			if inside {
				d.repeats(at.member(name), n, value)
			}
		}
	case tokenList:
		for i, item := range in.items() {
			if inside {
				d.repeats(at.at(i), n, item)
			}
		}
	default:
	}
}

func (d *decoder) pointer(at *place, n *node, enum []string, in tree, into reflect.Value) {
	p := reflect.New(n.typ.Elem())
	if !into.IsNil() {
		p.Elem().Set(into.Elem())
	}
	d.decode(at, n.elem, enum, in, p.Elem())
	into.Set(p)
}

func (d *decoder) object(at *place, n *node, in tree, into reflect.Value) {
	if in.token() != tokenObject {
		d.mismatch(at, "object", in)
		return
	}
	given := make([]bool, len(n.fields))
	for name, value := range in.members() {
		i, ok := n.byName[name]
		if !ok {
			d.unknown(at, n, name)
			continue
		}
		f := &n.fields[i]
		given[i] = true
		d.decode(at.member(name), f.node, f.enum, value, settable(into, f.index))
	}
	for i := range n.fields {
		if !given[i] {
			d.missing(at, &n.fields[i], into)
		}
	}
}

// settable returns a field, giving embedded pointers on the way a struct of their own.
func settable(v reflect.Value, index []int) reflect.Value {
	for i, x := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			p := reflect.New(v.Type().Elem())
			if !v.IsNil() {
				p.Elem().Set(v.Elem())
			}
			v.Set(p)
			v = p.Elem()
		}
		v = v.Field(x)
	}
	return v
}

// maxKnown bounds how many names an error lists.
const maxKnown = 12

func (d *decoder) unknown(at *place, n *node, name string) {
	at = at.member(name)
	known := make([]string, len(n.fields))
	for i := range n.fields {
		known[i] = n.fields[i].name
	}
	switch near := nearest.Name(name, known); {
	case near != "":
		d.add(at, "unknown field, did you mean %q?", near)
		return
	case len(known) == 0:
		d.add(at, "unknown field, there are none here")
		return
	case len(known) > maxKnown:
		known = append(known[:maxKnown], "...")
	}
	d.add(at, "unknown field, known are %s", strings.Join(known, ", "))
}

// missing reports a field that is needed and not given, or what is needed in it.
func (d *decoder) missing(at *place, f *field, object reflect.Value) {
	if !f.needed() {
		return
	}
	at = at.member(f.name)
	v, err := object.FieldByIndexErr(f.index)
	switch {
	case err != nil, f.required && v.IsZero():
		d.add(at, "missing, it is required")
	case f.node.kind == kindObject:
		for i := range f.node.fields {
			d.missing(at, &f.node.fields[i], v)
		}
	}
}

func (d *decoder) list(at *place, n *node, enum []string, in tree, into reflect.Value) {
	if in.token() != tokenList {
		d.mismatch(at, "list", in)
		return
	}
	length := 0
	for range in.items() {
		length++
	}
	if n.kind == kindList {
		into.Set(reflect.MakeSlice(n.typ, length, length))
	} else if n.typ.Len() != length {
		d.add(at, "want a list of %d, got %d", n.typ.Len(), length)
		return
	}
	for i, item := range in.items() {
		into.Index(i).SetZero()
		d.decode(at.at(i), n.elem, enum, item, into.Index(i))
	}
}

func (d *decoder) mapping(at *place, n *node, enum []string, in tree, into reflect.Value) {
	if in.token() != tokenObject {
		d.mismatch(at, "object", in)
		return
	}
	m := reflect.MakeMap(n.typ)
	for name, value := range in.members() {
		v := reflect.New(n.typ.Elem()).Elem()
		d.decode(at.member(name), n.elem, enum, value, v)
		m.SetMapIndex(reflect.ValueOf(name).Convert(n.typ.Key()), v)
	}
	into.Set(m)
}

// opaque leaves a value to its own type. It starts from zero: a copy of the old value may share memory with it.
func (d *decoder) opaque(at *place, n *node, in tree, into reflect.Value) {
	p := reflect.New(n.typ)
	if err := json.Unmarshal(in, p.Interface()); err != nil {
		d.add(at, "%v", err)
		return
	}
	into.Set(p.Elem())
}

func (d *decoder) text(at *place, n *node, in tree, into reflect.Value) {
	if in.token() != tokenString {
		d.wrong(at, "string", in)
		return
	}
	p := reflect.New(n.typ)
	if err := p.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(in.text())); err != nil {
		d.add(at, "%v", err)
		return
	}
	into.Set(p.Elem())
}

// size leaves it to the type to read its text.
func (d *decoder) size(at *place, n *node, in tree, into reflect.Value) {
	if in.token() != tokenString && in.token() != tokenNumber {
		d.wrong(at, n.want(), in)
		return
	}
	p := reflect.New(n.typ)
	if err := p.Interface().(json.Unmarshaler).UnmarshalJSON(slices.Clone(in)); err != nil {
		d.wrong(at, n.want(), in)
		return
	}
	into.Set(p.Elem())
}

// hidden is what stands for a secret whose value is not shown.
const hidden = "[secret]"

// secret takes the forms of a secret. Whatever is wrong with it, the text stays out of the error.
func (d *decoder) secret(at *place, n *node, in tree, into reflect.Value) {
	switch {
	case in.token() == tokenString && in.text() == hidden:
		d.add(at, "%q only stands for a secret that was not shown, give the secret or {\"env\": \"NAME\"}", hidden)
		return
	case !isReference(in) && in.token() != tokenString && in.token() != tokenNull:
		d.add(at, "want a secret, a string or {\"env\": \"NAME\"}, got %s", in.token())
		return
	}
	p := reflect.New(n.typ)
	if err := p.Interface().(json.Unmarshaler).UnmarshalJSON(slices.Clone(in)); err != nil {
		d.add(at, "not a valid secret")
		return
	}
	into.Set(p.Elem())
}

// isReference reports whether the input is {"env": "NAME"}.
func isReference(in tree) bool {
	if in.token() != tokenObject {
		return false
	}
	n := 0
	for name, value := range in.members() {
		if n++; n > 1 || name != "env" || value.token() != tokenString || value.text() == "" {
			return false
		}
	}
	return n == 1
}
