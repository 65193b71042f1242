package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	maxInput = 1 << 20 // bytes
	maxDepth = 100
)

// token is what a JSON value is.
type token uint8

const (
	tokenNull token = iota
	tokenBool
	tokenNumber
	tokenString
	tokenList
	tokenObject
)

func (t token) String() string {
	return [...]string{"null", "bool", "number", "string", "list", "object"}[t]
}

// tree is a JSON value, with what a decoder into Go values would lose: the order of members, and repeated ones.
type tree struct {
	token   token
	yes     bool
	text    string // of a string or number
	items   []tree
	members []member
	raw     []byte
}

type member struct {
	name     string
	value    tree
	repeated bool
}

// parse reads one JSON value. Its errors give a position and repeat nothing of the input, which may hold secrets.
func parse(data []byte) (tree, error) {
	if len(data) > maxInput {
		return tree{}, fmt.Errorf("%d bytes of JSON, at most %d are taken", len(data), maxInput)
	}
	if !utf8.Valid(data) {
		return tree{}, errors.New("not valid UTF-8")
	}
	var all json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		offset := len(data)
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = min(int(e.Offset), len(data))
		}
		before := data[:max(offset-1, 0)]
		line := bytes.Count(before, []byte("\n")) + 1
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
		return tree{}, fmt.Errorf("not valid JSON at line %d, column %d", line, column)
	}
	r := reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	return r.read(0)
}

type reader struct {
	data []byte
	dec  *json.Decoder
}

func (r *reader) read(depth int) (tree, error) {
	if depth > maxDepth {
		return tree{}, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	start := r.dec.InputOffset()
	t, err := r.dec.Token()
	if err != nil {
		return tree{}, err
	}
	var v tree
	switch t := t.(type) {
	case bool:
		v = tree{token: tokenBool, yes: t}
	case json.Number:
		v = tree{token: tokenNumber, text: t.String()}
	case string:
		v = tree{token: tokenString, text: t}
	case json.Delim:
		if v, err = r.readAll(t, depth); err != nil {
			return tree{}, err
		}
	}
	v.raw = bytes.TrimLeft(r.data[start:r.dec.InputOffset()], " \t\r\n:,")
	return v, nil
}

// readAll reads what is in a list or object, and its end.
func (r *reader) readAll(open json.Delim, depth int) (tree, error) {
	v := tree{token: tokenList}
	if open == '{' {
		v.token = tokenObject
	}
	seen := map[string]bool{}
	for r.dec.More() {
		var name string
		if v.token == tokenObject {
			t, err := r.dec.Token()
			if err != nil {
				return tree{}, err
			}
			name, _ = t.(string)
		}
		item, err := r.read(depth + 1)
		switch {
		case err != nil:
			return tree{}, err
		case v.token == tokenList:
			v.items = append(v.items, item)
		default:
			v.members = append(v.members, member{name: name, value: item, repeated: seen[name]})
			seen[name] = true
		}
	}
	_, err := r.dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// described says what a value is, with the value itself if it is short and plain.
func (v tree) described() string {
	switch v.token {
	case tokenString:
		return fmt.Sprintf("string %q", cut(v.text))
	case tokenNumber:
		return "number " + cut(v.text)
	case tokenBool:
		return fmt.Sprintf("bool %t", v.yes)
	default:
		return v.token.String()
	}
}
