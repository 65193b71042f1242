package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// position is where something was written.
type position struct {
	file         string // or the flag
	line, column int    // from 1, in characters; 0 for a flag
}

func (p position) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column)
}

// settingKind says what a setting is.
type settingKind uint8

const (
	settingScalar settingKind = iota
	settingList
	settingObject
)

// setting is one value of run config, and where it was written.
type setting struct {
	kind settingKind
	at   position

	text    json.RawMessage // of a scalar
	items   []*setting
	members map[string]*setting
	names   []string            // of the members, in their order
	keys    map[string]position // of the members' names

	// word is a scalar as it was written, without quotes.
	word string

	// void is set for what stands in for a value that is wrong: its mistake is known.
	void bool
}

// newVoid stands in for a value that is wrong.
func newVoid(at position) *setting {
	return &setting{at: at, text: json.RawMessage("null"), void: true}
}

func newObject(at position) *setting {
	return &setting{kind: settingObject, at: at, members: make(map[string]*setting), keys: make(map[string]position)}
}

func newScalar(at position, v any) *setting {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a string, a number as it is written, or nil
	}
	word, _ := v.(string)
	return &setting{at: at, text: text, word: word}
}

// put gives a member a value.
func (s *setting) put(name string, key position, v *setting) {
	if _, ok := s.members[name]; !ok {
		s.names = append(s.names, name)
	}
	s.members[name], s.keys[name] = v, key
}

// over lays s over another one: objects are joined, all else is replaced.
func (s *setting) over(below *setting) *setting {
	if below == nil || s.kind != settingObject || below.kind != settingObject {
		return s
	}
	for _, name := range s.names {
		v := s.members[name]
		below.put(name, s.keys[name], v.over(below.members[name]))
	}
	return below
}

// write appends the setting as JSON.
func (s *setting) write(b *bytes.Buffer) {
	switch s.kind {
	case settingScalar:
		b.Write(s.text)
	case settingList:
		b.WriteByte('[')
		for i, item := range s.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	case settingObject:
		b.WriteByte('{')
		for i, name := range s.names {
			if i > 0 {
				b.WriteByte(',')
			}
			newScalar(s.at, name).write(b)
			b.WriteByte(':')
			s.members[name].write(b)
		}
		b.WriteByte('}')
	}
}

// variable is the name in {env: NAME}, "" if the setting is something else.
func (s *setting) variable() string {
	if s.kind != settingObject || len(s.names) != 1 || s.names[0] != "env" {
		return ""
	}
	v := s.members["env"]
	if v.kind != settingScalar || v.word == "" || v.text[0] != '"' {
		return ""
	}
	return v.word
}

// find is the deepest setting that a path begins with, and where its name stands; depth is 0 if there is none. Paths are
// those of the library's messages: names joined by dots, or quoted in brackets, and indexes in brackets.
func (s *setting) find(path string) (found *setting, name position, depth int) {
	found, name = s, s.at
	for ; ; depth++ {
		next, key, rest := found.step(path, depth > 0)
		if next == nil {
			return found, name, depth
		}
		found, path, name = next, rest, key
	}
}

// step goes one level down a path, to the longest name that it may begin with.
func (s *setting) step(path string, below bool) (next *setting, name position, rest string) {
	switch s.kind {
	case settingScalar:
		return nil, position{}, ""
	case settingList:
		index, after, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
		if i, err := strconv.Atoi(index); err == nil && strings.HasPrefix(path, "[") && i >= 0 && i < len(s.items) {
			return s.items[i], s.items[i].at, after
		}
		return nil, position{}, ""
	case settingObject:
	}
	if quoted, err := strconv.QuotedPrefix(strings.TrimPrefix(path, "[")); err == nil {
		member, _ := strconv.Unquote(quoted)
		_, after, _ := strings.Cut(path, quoted)
		return s.members[member], s.keys[member], strings.TrimPrefix(after, "]")
	}
	if below {
		var dot bool
		if path, dot = strings.CutPrefix(path, "."); !dot {
			return nil, position{}, ""
		}
	}
	for end := range len(path) + 1 {
		if end < len(path) && strings.IndexByte(".[:", path[end]) < 0 {
			continue
		}
		if found, ok := s.members[path[:end]]; ok {
			next, name, rest = found, s.keys[path[:end]], path[end:]
		}
	}
	return next, name, rest
}
