// Package schema derives the shape of a configuration from a Go type, once, and then checks and decodes JSON by it: on
// top of defaults, strictly, and with every mistake reported at once.
//
// Names and structure are those of encoding/json. Further struct tags say more about a field: doc:"what it is for",
// enum:"a,b" for what a string may be, required:"true" for what has no useful default.
package schema

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Secret marks a type whose values must not be shown. It has to implement [json.Unmarshaler], and is given a JSON
// string, null or an object {"env": "NAME"}; nothing else reaches it.
type Secret interface{ SecretSchema() }

// Size marks a type that is a number of bytes. It has to implement [json.Unmarshaler], and is given a JSON string or
// number; nothing else reaches it.
type Size interface{ SizeSchema() }

// Schema is the shape of one type. It is immutable, and safe for concurrent use.
type Schema struct {
	root     *node
	requires bool // some field is required
	unions   bool // some interface has cases
}

// kind is what JSON a node takes.
type kind uint8

const (
	kindBool kind = iota + 1
	kindInt
	kindUint
	kindFloat
	kindNumber // json.Number
	kindString
	kindBytes // base64
	kindDuration
	kindSize
	kindTime
	kindList
	kindArray
	kindMap
	kindPointer
	kindObject
	kindUnion
	kindAny
	kindText // the type's UnmarshalText
	kindOpaque
	kindSecret
)

// node is the shape of one type. Nodes of recursive types form a cycle.
type node struct {
	kind   kind
	typ    reflect.Type
	elem   *node // of a list, array, map, pointer
	fields []field
	byName map[string]int
	cases  []unionCase
	loops  bool // some node below leads back here
}

// Of returns the schema of a type, or an error that names everything in it that has no JSON form: channels, functions,
// interfaces without cases, maps whose keys are not strings; and the cases that are wrong. Recursive types are fine.
func Of(t reflect.Type, cases ...Case) (*Schema, error) {
	if t == nil {
		return nil, errors.New("schema of nil")
	}
	b := builder{nodes: map[reflect.Type]*node{}, open: map[reflect.Type]bool{}, used: map[reflect.Type]bool{}, cases: cases}
	name := t.Name()
	if name == "" {
		name = t.String()
	}
	root := b.build(name, t)
	b.checkCases(name)
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	return &Schema{root: root, requires: root.requires(), unions: len(cases) > 0}, nil
}

type builder struct {
	nodes map[reflect.Type]*node
	open  map[reflect.Type]bool // being built: a node met again is below itself
	errs  []error

	cases []Case
	used  map[reflect.Type]bool // interfaces that some field is of
}

func (b *builder) mistake(path, format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
}

func (b *builder) build(path string, t reflect.Type) *node {
	if n, ok := b.nodes[t]; ok {
		n.loops = n.loops || b.open[t]
		return n
	}
	n := &node{typ: t}
	if t.Name() != "" { // every recursion leads through a type with a name
		b.nodes[t] = n
		b.open[t] = true
	}
	if n.kind = kindByMethod(t); n.kind == 0 {
		b.buildByKind(path, n)
	}
	if (n.kind == kindSecret || n.kind == kindSize) && !reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		b.mistake(path, "the type %s has no UnmarshalJSON", t)
	}
	delete(b.open, t)
	return n
}

// kindByMethod returns the kind of a type that is more than its structure, or 0.
func kindByMethod(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return kindDuration
	case reflect.TypeFor[time.Time]():
		return kindTime
	case reflect.TypeFor[json.Number]():
		return kindNumber
	case reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]():
		return kindAny
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return 0 // what it points to counts
	}
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(reflect.TypeFor[Secret]()):
		return kindSecret
	case p.Implements(reflect.TypeFor[Size]()):
		return kindSize
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return kindOpaque
	case p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return kindText
	}
	return 0
}

func (b *builder) buildByKind(path string, n *node) {
	switch t := n.typ; t.Kind() {
	case reflect.Bool:
		n.kind = kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n.kind = kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		n.kind = kindUint
	case reflect.Float32, reflect.Float64:
		n.kind = kindFloat
	case reflect.String:
		n.kind = kindString
	case reflect.Slice:
		n.kind = kindList
		if t.Elem().Kind() == reflect.Uint8 && kindByMethod(t.Elem()) == 0 {
			n.kind = kindBytes
			return
		}
		n.elem = b.build(path+"[]", t.Elem())
	case reflect.Array:
		n.kind, n.elem = kindArray, b.build(path+"[]", t.Elem())
	case reflect.Map:
		n.kind = kindMap
		if t.Key().Kind() != reflect.String || kindByMethod(t.Key()) != 0 {
			b.mistake(path, "a map with keys of type %s has no configuration, keys must be strings", t.Key())
		}
		n.elem = b.build(path+"[]", t.Elem())
	case reflect.Pointer:
		n.kind, n.elem = kindPointer, b.build(path, t.Elem())
	case reflect.Struct:
		n.kind = kindObject
		b.buildFields(path, n)
	case reflect.Interface:
		b.buildUnion(path, n)
	default:
		b.mistake(path, "a value of type %s has no configuration", t)
	}
}

// requires reports whether an object of the type is incomplete if nothing is given.
func (n *node) requires() bool {
	return n.kind == kindObject && slices.ContainsFunc(n.fields, func(f field) bool { return f.needed() })
}

// scalar returns the node under pointers, lists and maps: what a tag like enum is about.
func (n *node) scalar() *node {
	for range maxDepth {
		if n.elem == nil {
			break
		}
		n = n.elem
	}
	return n
}
