package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Redact returns the JSON of a value of the schema's type, or of a pointer to one, which may be stored and shown: a
// secret that refers to the environment is {"env": "NAME"}, one that does not is "[secret]", an unset one null. Every
// field is there, also one that encoding/json would omit. Secrets in fields of type any are found too; what a type with
// its own MarshalJSON says about itself is taken as it is.
func (s *Schema) Redact(v any) (json.RawMessage, error) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer && !value.IsNil() && value.Type() != s.root.typ {
		value = value.Elem()
	}
	if !value.IsValid() || value.Type() != s.root.typ {
		return nil, fmt.Errorf("redact config: want a %s, got %T", s.root.typ, v)
	}
	r := redactor{b: &bytes.Buffer{}}
	if err := r.redact(s.root, value, 0); err != nil {
		return nil, fmt.Errorf("redact %s: %w", s.root.typ, err)
	}
	return r.b.Bytes(), nil
}

// redactor writes a value.
type redactor struct {
	b     *bytes.Buffer
	hides bool // a secret was not shown
}

func (r *redactor) redact(n *node, v reflect.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	switch n.kind {
	case kindSecret:
		return r.secret(v)
	case kindPointer:
		if v.IsNil() {
			return write(r.b, nil)
		}
		return r.redact(n.elem, v.Elem(), depth+1)
	case kindObject:
		return r.object(n, v, depth)
	case kindList, kindArray:
		return r.list(n, v, depth)
	case kindMap:
		return r.mapping(n, v, depth)
	case kindDuration:
		return write(r.b, time.Duration(v.Int()).String())
	case kindUnion:
		return r.union(n, v, depth)
	case kindAny:
		return r.anything(v, depth)
	default:
		return write(r.b, addressed(v))
	}
}

// addressed returns a pointer to a copy: the method that marshals a value may be one of the pointer.
func addressed(v reflect.Value) any {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface()
}

func write(b *bytes.Buffer, v any) error {
	text, err := json.Marshal(v)
	b.Write(text)
	return err
}

// secret trusts the type only to name a variable.
func (r *redactor) secret(v reflect.Value) error {
	text, err := json.Marshal(addressed(v))
	if err != nil {
		r.hides = true
		return write(r.b, hidden) // and its error is not to be trusted either
	}
	if string(text) == "null" {
		return write(r.b, nil)
	}
	var ref map[string]string
	if json.Unmarshal(text, &ref) != nil || len(ref) != 1 || ref["env"] == "" {
		r.hides = true
		return write(r.b, hidden)
	}
	return write(r.b, map[string]string{"env": ref["env"]})
}

func (r *redactor) object(n *node, v reflect.Value, depth int) error {
	separator := "{"
	for i := range n.fields {
		f := &n.fields[i]
		member, err := v.FieldByIndexErr(f.index)
		if err != nil {
			continue // below an embedded pointer that is nil
		}
		r.b.WriteString(separator)
		separator = ","
		if err := write(r.b, f.name); err != nil {
			return err
		}
		r.b.WriteByte(':')
		if err := r.redact(f.node, member, depth+1); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	r.b.WriteString(strings.TrimPrefix(separator, ",") + "}")
	return nil
}

func (r *redactor) list(n *node, v reflect.Value, depth int) error {
	if n.kind == kindList && v.IsNil() {
		return write(r.b, nil)
	}
	r.b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			r.b.WriteByte(',')
		}
		if err := r.redact(n.elem, v.Index(i), depth+1); err != nil {
			return err
		}
	}
	r.b.WriteByte(']')
	return nil
}

func (r *redactor) mapping(n *node, v reflect.Value, depth int) error {
	if v.IsNil() {
		return write(r.b, nil)
	}
	members := map[string]reflect.Value{}
	for key, value := range v.Seq2() {
		members[key.String()] = value
	}
	r.b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			r.b.WriteByte(',')
		}
		if err := write(r.b, key); err != nil {
			return err
		}
		r.b.WriteByte(':')
		if err := r.redact(n.elem, members[key], depth+1); err != nil {
			return err
		}
	}
	r.b.WriteByte('}')
	return nil
}

// anything looks into a value by the schema that its type would have.
func (r *redactor) anything(v reflect.Value, depth int) error {
	if v.Kind() != reflect.Interface {
		return write(r.b, addressed(v)) // JSON as it was given
	}
	if v.IsNil() {
		return write(r.b, nil)
	}
	s, err := Of(v.Elem().Type())
	if err != nil {
		return err
	}
	return r.redact(s.root, v.Elem(), depth+1)
}
