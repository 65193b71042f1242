package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

const (
	// durations is what time.ParseDuration takes.
	durations = `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

	// sizes is what a size may look like; whether it is a whole number of bytes is another question.
	sizes = `^[0-9]+(\.[0-9]+)? ?([kKmMgGtTpPeE][iI]?)?[bB]?$`
)

// JSONSchema returns the schema as JSON Schema, draft 2020-12: what it accepts [Schema.Decode] accepts on top of
// a zero value, but for what JSON Schema has no words for: repeated names, the largest duration, the text form of a type.
func (s *Schema) JSONSchema() ([]byte, error) {
	d := NewDocument()
	return d.JSON(d.Schema(s, nil))
}

// Document is one JSON Schema that is put together from several. A type that contains itself is defined once in it.
type Document struct {
	names map[*node]string
	defs  Object
	taken map[string]bool
}

// NewDocument returns a document without definitions.
func NewDocument() *Document {
	return &Document{names: map[*node]string{}, taken: map[string]bool{}}
}

// Schema returns the JSON Schema of what is decoded on top of a value, or, if it is nil, of a zero value. The value's
// fields are the defaults that it names; a required field that they have is not required. Secrets among them are shown
// only by the names of their variables.
func (d *Document) Schema(s *Schema, on any) Object {
	var v reflect.Value
	if on != nil {
		v = reflect.ValueOf(on)
	}
	if !v.IsValid() || v.Type() != s.root.typ {
		return d.write(s.root, nil, reflect.Value{})
	}
	return d.write(s.root, nil, v)
}

// Define puts a schema beside the others, and returns a reference to it.
func (d *Document) Define(name string, schema Object) Object {
	name = d.name(name)
	d.defs = d.defs.with(name, schema)
	return reference(name)
}

// JSON returns the document: the root, with all definitions.
func (d *Document) JSON(root Object) ([]byte, error) {
	out := append(Object{{"$schema", draft}}, root...)
	if len(d.defs) > 0 {
		out = out.with("$defs", d.defs)
	}
	return json.MarshalIndent(out, "", "  ")
}

func reference(name string) Object { return Object{{"$ref", "#/$defs/" + name}} }

// write gives each type that contains itself a definition to refer to, which knows of no defaults.
func (d *Document) write(n *node, enum []string, v reflect.Value) Object {
	if !n.loops {
		return d.inline(n, enum, v)
	}
	name, ok := d.names[n]
	if !ok {
		name = d.name(n.typ.String())
		d.names[n] = name
		at := len(d.defs)
		d.defs = d.defs.with(name, nil)
		d.defs[at].Value = d.inline(n, enum, reflect.Value{})
	}
	return reference(name)
}

// name makes a name that is not taken and needs no escape in a reference.
func (d *Document) name(want string) string {
	base := strings.Map(func(c rune) rune {
		if c == '.' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return c
		}
		return '_'
	}, want)
	name := base
	for i := 2; d.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	d.taken[name] = true
	return name
}

func (d *Document) inline(n *node, enum []string, v reflect.Value) Object {
	none := reflect.Value{}
	switch n.kind {
	case kindInt, kindUint:
		low, high := n.limits()
		return Object{{"type", "integer"}, {"minimum", json.Number(low)}, {"maximum", json.Number(high)}}
	case kindList:
		return Object{{"type", []string{"array", "null"}}, {"items", d.write(n.elem, enum, none)}}
	case kindArray:
		return Object{{"type", "array"}, {"items", d.write(n.elem, enum, none)}, {"minItems", n.typ.Len()}, {"maxItems", n.typ.Len()}}
	case kindMap:
		return Object{{"type", []string{"object", "null"}}, {"additionalProperties", d.write(n.elem, enum, none)}}
	case kindPointer:
		if v.IsValid() {
			v = v.Elem()
		}
		return Object{{"anyOf", []Object{d.write(n.elem, enum, v), {{"type", "null"}}}}}
	case kindObject:
		return d.object(n, v)
	case kindUnion:
		return d.union(n, v)
	default:
		return plain(n.kind, enum)
	}
}

func plain(k kind, enum []string) Object {
	switch k {
	case kindBool:
		return Object{{"type", "boolean"}}
	case kindFloat, kindNumber:
		return Object{{"type", "number"}}
	case kindBytes:
		return Object{{"type", []string{"string", "null"}}, {"contentEncoding", "base64"}}
	case kindDuration: // JSON Schema's format "duration" is that of ISO 8601, which this is not
		return Object{{"format", "go-duration"}, {"anyOf", []Object{{{"type", "string"}, {"pattern", durations}}, {{"type", "integer"}}}}}
	case kindSize:
		return Object{{"format", "size"}, {"anyOf", []Object{{{"type", "string"}, {"pattern", sizes}}, {{"type", "integer"}, {"minimum", 0}}}}}
	case kindTime:
		return Object{{"type", "string"}, {"format", "date-time"}}
	case kindString, kindText:
		if enum != nil {
			return Object{{"type", "string"}, {"enum", enum}}
		}
		return Object{{"type", "string"}}
	case kindSecret:
		ref := Object{
			{"type", "object"},
			{"properties", Object{{"env", Object{{"type", "string"}, {"minLength", 1}}}}},
			{"required", []string{"env"}},
			{"additionalProperties", false},
		}
		text := Object{{"type", []string{"string", "null"}}, {"not", Object{{"const", hidden}}}}
		return Object{{"writeOnly", true}, {"oneOf", []Object{text, ref}}}
	default:
		return Object{}
	}
}

func (d *Document) object(n *node, v reflect.Value) Object {
	properties, required := Object{}, []string{}
	for i := range n.fields {
		f := &n.fields[i]
		member := f.of(v)
		property := d.write(f.node, f.enum, member)
		if f.doc != "" {
			property = append(Object{{"description", f.doc}}, property...)
		}
		missing := f.missing(member)
		if text, ok := f.shown(member); ok && !missing {
			property = property.with("default", text)
		}
		properties = properties.with(f.name, property)
		if missing {
			required = append(required, f.name)
		}
	}
	out := Object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out = out.with("required", required)
	}
	return out.with("additionalProperties", false)
}

// union writes each case as an object of one member, so that no two of them accept the same.
func (d *Document) union(n *node, v reflect.Value) Object {
	cases := make([]Object, 0, len(n.cases)+1)
	for i := range n.cases {
		c := &n.cases[i]
		cases = append(cases, Object{
			{"title", c.name},
			{"type", "object"},
			{"properties", Object{{c.name, d.write(c.node, nil, c.under(v))}}},
			{"required", []string{c.name}},
			{"additionalProperties", false},
		})
	}
	return Object{{"oneOf", append(cases, Object{{"type", "null"}})}}
}
