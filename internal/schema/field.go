package schema

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is one member of an object.
type field struct {
	name     string
	doc      string
	enum     []string
	required bool
	index    []int // path through embedded structs
	node     *node

	goName string
	tagged bool
}

// needed reports whether an object without the field is incomplete: it is required, or it is a struct, which is there
// in any case, and something in it is.
func (f *field) needed() bool {
	return f.required || f.node.kind == kindObject && slices.ContainsFunc(f.node.fields, func(f field) bool { return f.needed() })
}

// buildFields finds the fields of a struct as encoding/json does: those of embedded structs belong to the struct
// itself, where a shallower field hides a deeper one, and of two equally deep ones the tagged one counts. What is
// ambiguous is left out by encoding/json, and a mistake here.
func (b *builder) buildFields(path string, n *node) {
	found := b.collect(path, n.typ)
	n.byName = map[string]int{}
	settled := map[string]bool{}
	for _, f := range found {
		if settled[f.name] {
			continue
		}
		settled[f.name] = true
		if best, ok := dominant(f.name, found); ok {
			n.fields = append(n.fields, best)
			continue
		}
		b.mistake(path+"."+f.goName, "several fields are named %q", f.name)
	}
	slices.SortStableFunc(n.fields, func(a, b field) int { return slices.Compare(a.index, b.index) })
	for i := range n.fields {
		f := &n.fields[i]
		n.byName[f.name] = i
		sf := n.typ.FieldByIndex(f.index)
		f.node = b.build(path+"."+f.goName, sf.Type)
		b.readTags(path+"."+f.goName, f, sf.Tag)
	}
}

// embedded is a struct whose fields are still to be collected.
type embedded struct {
	typ   reflect.Type
	index []int
}

// collect lists the candidates for fields, level by level.
func (b *builder) collect(path string, t reflect.Type) []field {
	var found []field
	seen := map[reflect.Type]bool{}
	for level := []embedded{{typ: t}}; len(level) > 0; {
		var next []embedded
		for _, e := range level {
			seen[e.typ] = true
		}
		for _, e := range level {
			for i := range e.typ.NumField() {
				f, inner := b.candidate(path, e, e.typ.Field(i), i)
				switch {
				case inner != nil && !seen[inner.typ]:
					next = append(next, *inner)
				case f != nil:
					found = append(found, *f)
				}
			}
		}
		level = next
	}
	return found
}

// candidate returns the field that a struct field is, or the embedded struct, or neither.
func (b *builder) candidate(path string, e embedded, sf reflect.StructField, i int) (*field, *embedded) {
	tag := sf.Tag.Get("json")
	if tag == "-" {
		return nil, nil
	}
	name, options, _ := strings.Cut(tag, ",")
	index := append(slices.Clone(e.index), i)
	inner := sf.Type
	if inner.Kind() == reflect.Pointer && inner.Name() == "" {
		inner = inner.Elem()
	}
	isStruct := sf.Anonymous && inner.Kind() == reflect.Struct
	if !sf.IsExported() && !isStruct {
		return nil, nil
	}
	if isStruct && name == "" {
		if !sf.IsExported() && sf.Type.Kind() == reflect.Pointer {
			b.mistake(path+"."+sf.Name, "an embedded pointer to the unexported %s cannot be set", inner)
			return nil, nil
		}
		return nil, &embedded{typ: inner, index: index}
	}
	if !sf.IsExported() {
		b.mistake(path+"."+sf.Name, "an unexported struct cannot be a field of its own, %q", name)
		return nil, nil
	}
	if slices.Contains(strings.Split(options, ","), "string") {
		b.mistake(path+"."+sf.Name, `the option "string" of the json tag is not supported`)
	}
	if name != "" && !validName(name) {
		b.mistake(path+"."+sf.Name, "encoding/json ignores the name %q", name)
	}
	f := &field{name: name, index: index, goName: sf.Name, tagged: name != ""}
	if name == "" {
		f.name = sf.Name
	}
	return f, nil
}

// dominant picks the field that a name means. The candidates come in order of depth.
func dominant(name string, found []field) (field, bool) {
	var same, tagged []field
	for _, f := range found {
		if f.name != name || len(same) > 0 && len(f.index) > len(same[0].index) {
			continue
		}
		same = append(same, f)
		if f.tagged {
			tagged = append(tagged, f)
		}
	}
	if len(tagged) == 1 {
		return tagged[0], true
	}
	return same[0], len(same) == 1
}

func (b *builder) readTags(path string, f *field, tag reflect.StructTag) {
	f.doc = tag.Get("doc")
	switch required := tag.Get("required"); required {
	case "", "false":
	case "true":
		f.required = true
	default:
		b.mistake(path, `the tag required is %q, want "true"`, required)
	}
	enum, ok := tag.Lookup("enum")
	if !ok {
		return
	}
	for value := range strings.SplitSeq(enum, ",") {
		f.enum = append(f.enum, strings.TrimSpace(value))
	}
	if f.node.scalar().kind != kindString {
		b.mistake(path, "the tag enum is for strings, not for %s", f.node.typ)
	}
}

// validName is what encoding/json takes for a name.
func validName(s string) bool {
	for _, c := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return s != ""
}
