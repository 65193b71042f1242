package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// yaml reads one YAML document. The nodes are taken as they are parsed: to decode them into a Go value would take time
// that grows with the square of a mapping's length.
func (r *settingReader) yaml(data []byte) *setting {
	in := &timed{bytes.NewReader(data), time.Now().Add(maxConfigTime)}
	documents := yaml.NewDecoder(in)
	var doc, another yaml.Node
	if err := documents.Decode(&doc); err != nil {
		r.unreadable(data, err)
		return nil
	}
	root := r.node(doc.Content[0], 0)
	switch err := documents.Decode(&another); {
	case err == nil:
		r.mistake(position{r.file, another.Line, max(another.Column, 1)}, "a second document: want one")
	case !errors.Is(err, io.EOF):
		r.unreadable(data, err)
	}
	return root
}

// unreadable reports what the parser says, which knows the line at most.
func (r *settingReader) unreadable(data []byte, err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	at := position{r.file, 1, 1}
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			at.line, text = n, what
		}
	}
	if strings.Contains(text, errTooSlow.Error()) { // the parser keeps only its text
		text = errTooSlow.Error()
	}
	if errors.Is(err, io.EOF) {
		text = "nothing but comments; {} is a config that sets nothing"
	}
	lines := bytes.Split(data, []byte("\n"))
	if at.line <= len(lines) {
		line := lines[at.line-1]
		at.column = 1 + len(line) - len(bytes.TrimLeft(line, " \t"))
	}
	r.mistake(at, "%s", text)
}

func (r *settingReader) node(n *yaml.Node, depth int) *setting {
	at := position{r.file, n.Line, n.Column}
	if !r.take(at, depth) {
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		if r.alias.line == 0 {
			r.alias = at
			defer func() { r.alias = position{} }()
		}
		return r.node(n.Alias, depth+1)
	case yaml.MappingNode:
		return r.mapping(n, at, depth)
	case yaml.SequenceNode:
		out := &setting{kind: settingList, at: at}
		r.known(n, at, "!!seq")
		for _, item := range n.Content {
			if v := r.node(item, depth+1); v != nil {
				out.items = append(out.items, v)
			}
		}
		return out
	default:
		return r.scalar(n, at)
	}
}

func (r *settingReader) mapping(n *yaml.Node, at position, depth int) *setting {
	out := newObject(at)
	r.known(n, at, "!!map")
	for i := 0; i+1 < len(n.Content) && !r.over; i += 2 {
		name := n.Content[i]
		key := position{r.file, name.Line, name.Column}
		if name.Kind == yaml.AliasNode {
			name = name.Alias
		}
		switch tag := name.ShortTag(); {
		case tag == "!!merge":
			r.mistake(key, "merge keys are not read: write the fields out, or repeat a whole value by an alias")
			continue
		case name.Kind != yaml.ScalarNode || tag == "!!null":
			r.mistake(key, "want a name before the colon")
			continue
		}
		r.member(out, name.Value, key, r.node(n.Content[i+1], depth+1))
	}
	return out
}

// known refuses tags that would make something else of a value.
func (r *settingReader) known(n *yaml.Node, at position, tag string) {
	if got := n.ShortTag(); got != tag {
		r.mistake(at, "unknown tag %s", got)
	}
}

func (r *settingReader) scalar(n *yaml.Node, at position) *setting {
	text, err := scalarJSON(n)
	if err != nil {
		r.mistake(at, "%v", err)
		return newVoid(at)
	}
	return &setting{at: at, text: text, word: n.Value}
}

// scalarJSON is the JSON of a scalar, by the rules of YAML 1.2's core schema, and a few words of 1.1 that people use. A
// date is text, as it is in JSON.
func scalarJSON(n *yaml.Node) (json.RawMessage, error) {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp", "!!binary":
		return json.Marshal(n.Value)
	case "!!null":
		return json.RawMessage("null"), nil
	case "!!bool":
		if b := strings.ToLower(n.Value); b == "true" || b == "false" {
			return json.RawMessage(b), nil
		}
		return nil, errors.New("want true or false")
	case "!!int":
		if i, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0); ok {
			return json.RawMessage(i.String()), nil
		}
		return nil, errors.New("want a whole number")
	case "!!float":
		return floatJSON(n.Value)
	default:
		return nil, errors.New("unknown tag " + tag)
	}
}

// floatJSON leaves a number as it is written, where JSON can write it so.
func floatJSON(word string) (json.RawMessage, error) {
	if json.Valid([]byte(word)) {
		return json.RawMessage(word), nil
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(word, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, errors.New("want a number that JSON can write: not infinite, and not NaN")
	}
	return json.Marshal(f)
}

// plainScalar reads a word as YAML would without quotes.
func plainScalar(word string) (json.RawMessage, error) {
	return scalarJSON(&yaml.Node{Kind: yaml.ScalarNode, Value: word})
}
