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

// find is where the deepest setting stands that a path begins with, and its name; depth is 0 if there is none. Paths are
// those of the library's messages: names joined by dots, or quoted in brackets, and indexes in brackets.
func (s *setting) find(path string) (value, name position, depth int) {
	value, name = s.at, s.at
	for at := s; ; depth++ {
		next, key, rest := at.step(path, depth > 0)
		if next == nil {
			return value, name, depth
		}
		at, path, value, name = next, rest, next.at, key
	}
}

// step goes one level down a path.
func (s *setting) step(path string, below bool) (next *setting, key position, rest string) {
	switch s.kind {
	case settingScalar:
		return nil, position{}, ""
	case settingList:
		for i, item := range s.items {
			if after, ok := cutStep(path, "["+strconv.Itoa(i)+"]"); ok {
				return item, item.at, after
			}
		}
		return nil, position{}, ""
	case settingObject:
	}
	dot := ""
	if below {
		dot = "."
	}
	longest := -1
	for _, name := range s.names {
		for _, form := range []string{dot + name, "[" + strconv.Quote(name) + "]"} {
			if after, ok := cutStep(path, form); ok && len(name) > longest {
				longest, next, key, rest = len(name), s.members[name], s.keys[name], after
			}
		}
	}
	return next, key, rest
}

// cutStep takes a step off a path, if it is one as a whole.
func cutStep(path, step string) (string, bool) {
	rest, ok := strings.CutPrefix(path, step)
	return rest, ok && (rest == "" || strings.IndexByte(".[:", rest[0]) >= 0)
}
