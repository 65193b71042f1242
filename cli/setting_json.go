package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// jsonReader reads the tokens of a text that is known to be JSON.
type jsonReader struct {
	*settingReader
	data   []byte
	tokens *json.Decoder
	lines  lineIndex
}

func (r *settingReader) json(data []byte) *setting {
	j := &jsonReader{settingReader: r, data: data, tokens: json.NewDecoder(bytes.NewReader(data)), lines: lineIndex{file: r.file, text: data}}
	j.tokens.UseNumber()
	var all json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		offset := len(data)
		if at, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = max(int(at.Offset)-1, 0) // behind the sign that is wrong
		}
		r.mistake(j.lines.at(offset), "%s", strings.TrimPrefix(err.Error(), "json: "))
		return nil
	}
	return j.value(0)
}

// next is the next token, and where it begins.
func (j *jsonReader) next() (json.Token, position) {
	offset := int(j.tokens.InputOffset())
	for offset < len(j.data) && strings.IndexByte(" \t\r\n,:", j.data[offset]) >= 0 {
		offset++
	}
	at := j.lines.at(offset)
	token, err := j.tokens.Token()
	if err != nil {
		j.mistake(at, "%v", err)
		j.over = true
	}
	return token, at
}

// value reads one value; nil if it is out of bounds.
func (j *jsonReader) value(depth int) *setting {
	token, at := j.next()
	if !j.take(at, depth) {
		return nil
	}
	switch token {
	case json.Delim('{'):
		out := newObject(at)
		for j.tokens.More() && !j.over {
			name, key := j.next()
			text, _ := name.(string)
			j.member(out, text, key, j.value(depth+1))
		}
		_, _ = j.next()
		return out
	case json.Delim('['):
		out := &setting{kind: settingList, at: at}
		for j.tokens.More() && !j.over {
			if item := j.value(depth + 1); item != nil {
				out.items = append(out.items, item)
			}
		}
		_, _ = j.next()
		return out
	}
	return newScalar(at, token)
}

// lineIndex finds lines and columns. It is asked in the order of the text, of which it looks at nothing twice.
type lineIndex struct {
	file         string
	text         []byte
	offset       int // up to which it has looked
	line, column int // there, from 0
}

func (l *lineIndex) at(offset int) position {
	next := l.text[l.offset:max(min(offset, len(l.text)), l.offset)]
	l.offset += len(next)
	if lines := bytes.Count(next, []byte("\n")); lines > 0 {
		l.line += lines
		l.column = 0
		next = next[bytes.LastIndexByte(next, '\n')+1:]
	}
	l.column += utf8.RuneCount(next)
	return position{file: l.file, line: l.line + 1, column: l.column + 1}
}
