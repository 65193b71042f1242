package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// of returns the field's value in an object, or none if there is no object, or the field is below an embedded nil.
func (f *field) of(object reflect.Value) reflect.Value {
	if !object.IsValid() {
		return reflect.Value{}
	}
	v, err := object.FieldByIndexErr(f.index)
	if err != nil {
		return reflect.Value{}
	}
	return v
}

// missing reports whether an object in which the field is v, or which is yet to be made, is incomplete without it.
func (f *field) missing(v reflect.Value) bool {
	if !v.IsValid() {
		return f.needed()
	}
	if f.required && v.IsZero() {
		return true
	}
	if f.node.kind != kindObject {
		return false
	}
	for i := range f.node.fields {
		inner := &f.node.fields[i]
		if inner.missing(inner.of(v)) {
			return true
		}
	}
	return false
}

// shown returns the field's value as a default that can be named: not that of a struct, whose fields have their own, and
// nothing that could not be given in its place, as a secret that is not to be shown.
func (f *field) shown(v reflect.Value) (json.RawMessage, bool) {
	if !v.IsValid() {
		return nil, false
	}
	n := f.node
	for range maxDepth {
		if n.kind != kindPointer || v.IsNil() {
			break
		}
		n, v = n.elem, v.Elem()
	}
	if n.kind == kindObject || n.kind == kindPointer {
		return nil, false
	}
	text, ok := n.given(f.enum, v)
	return text, ok && string(text) != "null"
}

// given returns what has to be given for a value, if that is possible.
func (n *node) given(enum []string, v reflect.Value) (json.RawMessage, bool) {
	var b bytes.Buffer
	r := redactor{b: &b}
	if err := r.redact(n, v, 0); err != nil || r.hides {
		return nil, false
	}
	if bytes.Contains(b.Bytes(), []byte(`"`+hidden+`"`)) {
		return nil, false // a type with a form of its own hides it
	}
	input, err := parse(b.Bytes())
	if err != nil {
		return nil, false
	}
	d := decoder{}
	d.decode(&place{}, n, enum, input, reflect.New(n.typ).Elem())
	return b.Bytes(), d.err(&place{}) == nil
}

// Requires reports whether the type has required fields.
func (s *Schema) Requires() bool { return s.requires }

// Missing reports the required fields that a value of the schema's type lacks, as [Schema.Decode] does for an empty
// object on top of it. It returns nil at once if the type requires nothing.
func (s *Schema) Missing(path string, v any) error {
	if !s.requires {
		return nil
	}
	p := reflect.New(s.root.typ)
	p.Elem().Set(reflect.ValueOf(v))
	return s.Decode(path, nil, p.Interface())
}
