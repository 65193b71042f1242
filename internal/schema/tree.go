package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
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

// tree is a JSON value that is known to be valid, without space around it. It is taken apart only where somebody looks:
// a tree of Go values would take a hundred times the memory of the text, and lose the order of members and repeated ones.
type tree []byte

// parse reads one JSON value. Its errors give a position and repeat nothing of the input, which may hold secrets.
func parse(data []byte) (tree, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("%d bytes of JSON, at most %d are taken", len(data), maxInput)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not valid UTF-8")
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
		return nil, fmt.Errorf("not valid JSON at line %d, column %d", line, column)
	}
	v := tree(bytes.TrimSpace(data))
	if _, deepest := v.value(0); deepest > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	return v, nil
}

// value returns the end of the value that starts at i, and how deep lists and objects are nested in it.
func (v tree) value(i int) (end, deepest int) {
	depth := 0
	for ; i < len(v); i++ {
		switch v[i] {
		case '"':
			i = v.quoted(i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
			continue
		case '}', ']':
			depth--
		case ' ', '\t', '\r', '\n', ',', ':':
			continue
		default:
			i = v.word(i) - 1
		}
		if depth == 0 {
			return i + 1, deepest
		}
	}
	return len(v), deepest
}

// quoted returns the end of the string that starts at i.
func (v tree) quoted(i int) int {
	for i++; i < len(v) && v[i] != '"'; i++ {
		if v[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(v))
}

// word returns the end of the number, true, false or null that starts at i.
func (v tree) word(i int) int {
	if n := bytes.IndexAny(v[i:], ",]} \t\r\n"); n >= 0 {
		return i + n
	}
	return len(v)
}

// next returns where the next value or the end of the list or object is, from i on.
func (v tree) next(i int) int {
	for i < len(v) && strings.IndexByte(" \t\r\n,:", v[i]) >= 0 {
		i++
	}
	return i
}

// items gives the values of a list.
func (v tree) items() iter.Seq2[int, tree] {
	return func(yield func(int, tree) bool) {
		for i, n := v.next(1), 0; i < len(v)-1; n++ {
			end, _ := v.value(i)
			if !yield(n, v[i:end]) {
				return
			}
			i = v.next(end)
		}
	}
}

// members gives the names and values of an object, as they come.
func (v tree) members() iter.Seq2[string, tree] {
	return func(yield func(string, tree) bool) {
		for i := v.next(1); i < len(v)-1; {
			colon := v.quoted(i)
			start := v.next(colon)
			end, _ := v.value(start)
			if !yield(v[i:colon].text(), v[start:end]) {
				return
			}
			i = v.next(end)
		}
	}
}

// Repeated returns a name that a valid JSON object has more than once, or nothing.
func Repeated(object []byte) (string, bool) {
	seen := map[string]bool{}
	for name := range tree(bytes.TrimSpace(object)).members() {
		if seen[name] {
			return cut(name), true
		}
		seen[name] = true
	}
	return "", false
}

func (v tree) token() token {
	switch v[0] {
	case '{':
		return tokenObject
	case '[':
		return tokenList
	case '"':
		return tokenString
	case 't', 'f':
		return tokenBool
	case 'n':
		return tokenNull
	default:
		return tokenNumber
	}
}

// text returns what a string says, and the digits of a number.
func (v tree) text() string {
	if v.token() != tokenString {
		return string(v)
	}
	var s string
	_ = json.Unmarshal(v, &s) // is known to be valid
	return s
}

// described says what a value is, with the value itself if it is short and plain.
func (v tree) described() string {
	switch t := v.token(); t {
	case tokenString:
		return fmt.Sprintf("string %q", cut(v.text()))
	case tokenNumber, tokenBool:
		return t.String() + " " + cut(v.text())
	default:
		return t.String()
	}
}
