package partition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Dynamic returns a definition whose keys come and go. They are kept elsewhere under its name, and read from the
// [Snapshot] that [Definition.At] is given.
func Dynamic(name string) (Definition, error) {
	if name == "" {
		return Definition{}, fmt.Errorf("dynamic partitions without a name: %w", ErrDefinition)
	}
	return Definition{&definition{kind: KindDynamic, name: name, mark: fingerprint(KindDynamic, name)}}, nil
}

// Snapshot holds the keys of dynamic definitions at one moment. A nil snapshot holds none.
type Snapshot struct {
	lists map[string]*keyList
	parts map[string]*keyList // the keys that may be part of a key of several dimensions
}

// NewSnapshot returns a snapshot of keys by the name of their definition, in the order in which they were added. Any
// text is a key; the same one twice is an error wrapping [ErrDuplicate].
func NewSnapshot(keys map[string][]string) (*Snapshot, error) {
	s := &Snapshot{lists: map[string]*keyList{}, parts: map[string]*keyList{}}
	var mistakes []error
	for name, list := range keys {
		l, err := newKeyList(list)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("dynamic partitions %q: %w", name, err))
			continue
		}
		s.lists[name], s.parts[name] = l, l
		if barred := func(key string) bool { return strings.Contains(key, separator) }; slices.ContainsFunc(list, barred) {
			s.parts[name], _ = newKeyList(slices.DeleteFunc(slices.Clone(list), barred))
		}
	}
	return s, errors.Join(mistakes...)
}

// Keys returns the keys of a definition, in order.
func (s *Snapshot) Keys(name string) []string { return slices.Clone(s.list(name).keys) }

func (s *Snapshot) list(name string) *keyList {
	if s == nil || s.lists[name] == nil {
		return &keyList{}
	}
	return s.lists[name]
}

func (s *Snapshot) part(name string) *keyList {
	if s == nil || s.parts[name] == nil {
		return &keyList{}
	}
	return s.parts[name]
}
