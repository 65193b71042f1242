package cli

import (
	"encoding/json"
	"slices"
	"strings"
)

// shape is a JSON Schema, as far as it tells what a setting is meant to be. The zero shape knows nothing.
type shape struct {
	root any
	of   map[string]any
}

func newShape(schema []byte) shape {
	var root map[string]any
	if json.Unmarshal(schema, &root) != nil {
		return shape{}
	}
	return shape{root: root, of: root}
}

// sub is the shape that a schema of the same document describes.
func (s shape) sub(schema any) shape {
	of, _ := schema.(map[string]any)
	out := shape{root: s.root, of: of}
	for range maxConfigDepth { // references may form a cycle
		ref, ok := out.of["$ref"].(string)
		if !ok {
			break
		}
		out.of = out.refer(ref)
	}
	return out
}

// refer follows a reference within the document.
func (s shape) refer(ref string) map[string]any {
	at := s.root
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	of, _ := at.(map[string]any)
	return of
}

// any reports whether what holds for the shape, or for one of its alternatives.
func (s shape) any(what func(shape) bool) bool {
	if s.of == nil {
		return false
	}
	if what(s) {
		return true
	}
	for _, word := range []string{"anyOf", "oneOf", "allOf"} {
		parts, _ := s.of[word].([]any)
		for _, part := range parts {
			if s.sub(part).any(what) {
				return true
			}
		}
	}
	return false
}

// member is the shape of an object's member.
func (s shape) member(name string) (found shape) {
	s.any(func(one shape) bool {
		properties, _ := one.of["properties"].(map[string]any)
		if p, ok := properties[name]; ok {
			found = s.sub(p)
			return true
		}
		if p, ok := one.of["additionalProperties"].(map[string]any); ok {
			found = s.sub(p)
			return true
		}
		return false
	})
	return found
}

// item is the shape of a list's items.
func (s shape) item() (found shape) {
	s.any(func(one shape) bool {
		items, ok := one.of["items"]
		found = s.sub(items)
		return ok
	})
	return found
}

// isSecret reports whether a reference to a variable is kept as it is.
func (s shape) isSecret() bool {
	return s.any(func(one shape) bool {
		return one.of["writeOnly"] == true || one.of["x-secret"] == true || one.of["format"] == "password"
	})
}

// hasEnv reports whether {env: NAME} is an object like any other.
func (s shape) hasEnv() bool {
	return !s.isSecret() && s.any(func(one shape) bool {
		properties, _ := one.of["properties"].(map[string]any)
		_, ok := properties["env"]
		return ok
	})
}

// isText reports whether a word is text whatever it looks like.
func (s shape) isText() bool {
	text := s.any(func(one shape) bool { return one.allows("string") })
	other := s.any(func(one shape) bool {
		return slices.ContainsFunc([]string{"boolean", "integer", "number"}, one.allows)
	})
	return text && !other
}

// allows reports whether the schema itself names a type.
func (s shape) allows(kind string) bool {
	switch t := s.of["type"].(type) {
	case string:
		return t == kind
	case []any:
		return slices.Contains(t, any(kind))
	}
	return false
}
