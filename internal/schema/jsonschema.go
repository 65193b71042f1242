package schema

import (
	"encoding/json"
	"fmt"
	"strings"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// durations is what time.ParseDuration takes.
const durations = `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

// object is one JSON Schema.
type object = map[string]any

// JSONSchema returns the schema as JSON Schema, draft 2020-12: what it accepts [Schema.Decode] accepts on top of
// a zero value, but for what JSON Schema has no words for: repeated names, the largest duration, the text form of a type.
func (s *Schema) JSONSchema() ([]byte, error) {
	w := schemaWriter{names: map[*node]string{}, defs: object{}, taken: map[string]bool{}}
	out := w.write(s.root, nil)
	out["$schema"] = draft
	if len(w.defs) > 0 {
		out["$defs"] = w.defs
	}
	return json.MarshalIndent(out, "", "  ")
}

// schemaWriter gives each type that contains itself a definition to refer to.
type schemaWriter struct {
	names map[*node]string
	defs  object
	taken map[string]bool
}

func (w *schemaWriter) write(n *node, enum []string) object {
	if !n.loops {
		return w.inline(n, enum)
	}
	name, ok := w.names[n]
	if !ok {
		name = w.name(n)
		w.names[n] = name
		w.defs[name] = w.inline(n, enum)
	}
	return object{"$ref": "#/$defs/" + name}
}

// name makes a name that needs no escape in a reference.
func (w *schemaWriter) name(n *node) string {
	base := strings.Map(func(c rune) rune {
		if c == '.' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return c
		}
		return '_'
	}, n.typ.String())
	name := base
	for i := 2; w.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	w.taken[name] = true
	return name
}

func (w *schemaWriter) inline(n *node, enum []string) object {
	switch n.kind {
	case kindInt, kindUint:
		low, high := n.limits()
		return object{"type": "integer", "minimum": json.Number(low), "maximum": json.Number(high)}
	case kindList:
		return object{"type": []string{"array", "null"}, "items": w.write(n.elem, enum)}
	case kindArray:
		return object{"type": "array", "items": w.write(n.elem, enum), "minItems": n.typ.Len(), "maxItems": n.typ.Len()}
	case kindMap:
		return object{"type": []string{"object", "null"}, "additionalProperties": w.write(n.elem, enum)}
	case kindPointer:
		return object{"anyOf": []object{w.write(n.elem, enum), {"type": "null"}}}
	case kindObject:
		return w.object(n)
	default:
		return plain(n.kind, enum)
	}
}

func plain(k kind, enum []string) object {
	switch k {
	case kindBool:
		return object{"type": "boolean"}
	case kindFloat, kindNumber:
		return object{"type": "number"}
	case kindBytes:
		return object{"type": []string{"string", "null"}, "contentEncoding": "base64"}
	case kindDuration:
		return object{"anyOf": []object{{"type": "string", "pattern": durations}, {"type": "integer"}}}
	case kindTime:
		return object{"type": "string", "format": "date-time"}
	case kindString, kindText:
		if enum != nil {
			return object{"type": "string", "enum": enum}
		}
		return object{"type": "string"}
	case kindSecret:
		ref := object{
			"type":       "object",
			"properties": object{"env": object{"type": "string", "minLength": 1}},
			"required":   []string{"env"}, "additionalProperties": false,
		}
		return object{"anyOf": []object{{"type": []string{"string", "null"}}, ref}, "writeOnly": true}
	default:
		return object{}
	}
}

func (w *schemaWriter) object(n *node) object {
	properties := object{}
	required := []string{}
	for i := range n.fields {
		f := &n.fields[i]
		property := w.write(f.node, f.enum)
		if f.doc != "" {
			property["description"] = f.doc
		}
		properties[f.name] = property
		if f.needed() {
			required = append(required, f.name)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}
