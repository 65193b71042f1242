package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// maxErrors bounds what is said about one input: a list of the wrong type has a mistake in each item.
const maxErrors = 100

// Error is one mistake in an input.
type Error struct {
	Path    string // config.load.rows[3].name
	Message string
}

// Error is the path and the message.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// Errors are all mistakes in an input, in its order. If there are very many, the last entry says how many were left out.
type Errors []*Error

// Error has one line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

// place is where in an input something is. Its text is made only for a mistake.
type place struct {
	above *place
	name  string
	index int // of an item, if name is empty and above is not nil
	item  bool
}

func (p *place) member(name string) *place { return &place{above: p, name: name} }

func (p *place) at(index int) *place { return &place{above: p, index: index, item: true} }

func (p *place) String() string {
	if p.above == nil {
		return p.name
	}
	above := p.above.String()
	switch {
	case p.item:
		return above + "[" + strconv.Itoa(p.index) + "]"
	case !plainName(p.name):
		return above + "[" + strconv.Quote(cut(p.name)) + "]"
	case above == "":
		return p.name
	}
	return above + "." + p.name
}

// plainName reports whether a name needs no quotes in a path.
func plainName(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && c != '-' && c != '/' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != "" && len(s) <= maxShown
}

// mistakes collects what is wrong with an input.
type mistakes struct {
	list Errors
	more int
}

func (m *mistakes) add(p *place, format string, args ...any) {
	if len(m.list) == maxErrors {
		m.more++
		return
	}
	m.list = append(m.list, &Error{Path: p.String(), Message: fmt.Sprintf(format, args...)})
}

func (m *mistakes) err(root *place) error {
	if len(m.list) == 0 {
		return nil
	}
	if m.more > 0 {
		m.list = append(m.list, &Error{Path: root.String(), Message: fmt.Sprintf("%d more mistakes", m.more)})
	}
	return m.list
}

// maxShown bounds how much of an input an error repeats.
const maxShown = 60

func cut(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "..."
}
