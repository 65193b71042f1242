package partition

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// Set is what exists of a definition at an instant: its keys, in order. For a multi definition the last dimension
// changes fastest. Sets are made by [Definition.At]; the zero value has no keys.
type Set struct {
	space     *space
	low, high []int // positions [low, high) of each axis
}

// Definition returns the definition that the set is of.
func (s Set) Definition() Definition { return s.space.def }

// Count returns the number of keys.
func (s Set) Count() int {
	if s.space == nil {
		return 0
	}
	n := 1
	for i := range s.low {
		n *= s.high[i] - s.low[i]
	}
	return n
}

// Nth returns a key by its place, counted from 0; false if there are not so many.
func (s Set) Nth(n int) (string, bool) {
	if n < 0 || n >= s.Count() {
		return "", false
	}
	at := make([]int, len(s.low))
	for i := len(at) - 1; i >= 0; i-- {
		size := s.high[i] - s.low[i]
		at[i] = s.low[i] + n%size
		n /= size
	}
	return s.space.key(at)
}

// Index returns the place of a key; false if it does not exist.
func (s Set) Index(key string) (int, bool) {
	at, err := s.space.positions(key)
	if err != nil {
		return 0, false
	}
	n := 0
	for i, p := range at {
		if p < s.low[i] || p >= s.high[i] {
			return 0, false
		}
		n = n*(s.high[i]-s.low[i]) + p - s.low[i]
	}
	return n, true
}

// Has reports whether a key exists.
func (s Set) Has(key string) bool {
	_, ok := s.Index(key)
	return ok
}

// Knows reports whether a key exists or will exist later, as far as the definition says: not what lies before its
// start or after its end. Dynamic keys exist or do not.
func (s Set) Knows(key string) bool {
	if s.space == nil {
		return false
	}
	at, err := s.space.positions(key)
	if err != nil {
		return false
	}
	for i, p := range at {
		if l, ok := s.space.axes[i].(*line); p < 0 || p >= s.space.axes[i].end() || ok && l.barred {
			return false
		}
	}
	return true
}

// First and Last return the ends of the set; false if it is empty.
func (s Set) First() (string, bool) { return s.Nth(0) }

// Last returns the last key; false if there is none.
func (s Set) Last() (string, bool) { return s.Nth(s.Count() - 1) }

// Next returns the key after one that exists; false at the end.
func (s Set) Next(key string) (string, bool) { return s.beside(key, 1) }

// Prev returns the key before one that exists; false at the start.
func (s Set) Prev(key string) (string, bool) { return s.beside(key, -1) }

func (s Set) beside(key string, step int) (string, bool) {
	n, ok := s.Index(key)
	if !ok {
		return "", false
	}
	return s.Nth(n + step)
}

// Keys returns all keys, in order.
func (s Set) Keys() iter.Seq[string] { return s.All().Keys() }

// All returns the whole set as a subset.
func (s Set) All() Subset {
	return Subset{s.space, s.product(nil)}
}

// None returns the empty subset.
func (s Set) None() Subset { return Subset{space: s.space, root: &node{}} }

// Of returns the subset with these keys. They need not exist yet, but have to be keys of the definition; otherwise
// the error wraps [ErrKey].
func (s Set) Of(keys ...string) (Subset, error) {
	list := make([][]int, len(keys))
	for i, key := range keys {
		at, err := s.space.positions(key)
		if err != nil {
			return s.None(), err
		}
		list[i] = at
	}
	return Subset{s.space, points(list, len(s.space.axes))}, nil
}

// Range returns the keys from one to another, both included, whether or not they exist yet; none if the second comes
// first. In several dimensions it is the product of their ranges. A key that the definition can never have, because
// it lies before the start or after the end of time windows, is an error wrapping [ErrKey].
func (s Set) Range(from, to string) (Subset, error) {
	low, err := s.space.positions(from)
	if err != nil {
		return s.None(), err
	}
	high, err := s.space.positions(to)
	if err != nil {
		return s.None(), err
	}
	sides := make([]*node, len(low))
	for i := range sides {
		if end := s.space.axes[i].end(); low[i] < 0 || high[i] < 0 || low[i] > end || high[i] > end {
			return s.None(), fmt.Errorf("range %q to %q reaches beyond what can exist: %w", from, to, ErrKey)
		}
		if low[i] > high[i] {
			return s.None(), nil
		}
		sides[i] = &node{runs: []run{{low[i], high[i] + 1}}}
	}
	return Subset{s.space, box(sides)}, nil
}

// With returns all existing keys with one key in a dimension. It is empty if that key does not exist; a dimension
// that isn't there is an error.
func (s Set) With(dimension, key string) (Subset, error) {
	i, err := s.space.def.axis(dimension)
	if err != nil {
		return s.None(), err
	}
	p, ok := s.space.axes[i].position(key)
	if !ok || p < s.low[i] || p >= s.high[i] {
		return s.None(), nil
	}
	low, high := append([]int(nil), s.low...), append([]int(nil), s.high...)
	low[i], high[i] = p, p+1
	return Set{s.space, low, high}.All(), nil
}

// KeyAt returns the key of the window that an instant is in, or of the last one before it if its own is excluded.
// The window may not exist yet. False if the definition has no single dimension of time.
func (s Set) KeyAt(t time.Time) (string, bool) { return s.keyAt(t.Unix() + 1) }

// KeyUntil is KeyAt with an instant at the end of a window counted as part of it.
func (s Set) KeyUntil(t time.Time) (string, bool) { return s.keyAt(ceilSecond(t)) }

func (s Set) keyAt(before int64) (string, bool) {
	l, ok := s.space.def.line()
	if !ok {
		return "", false
	}
	return l.key(l.kept.rank(before) - 1)
}

func ceilSecond(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// NextWindow returns the first window that starts at or after an instant. It may not exist yet, but starts before
// the end of those that do; otherwise there is none.
func (s Set) NextWindow(t time.Time) (Window, bool) {
	l, ok := s.space.def.line()
	if !ok || s.Count() == 0 {
		return Window{}, false
	}
	w, ok := l.window(l.kept.rank(ceilSecond(t)))
	last, _ := l.window(s.high[0] - 1)
	return w, ok && w.Start.Before(last.End)
}

// PrevWindow returns the last window that ends at or before an instant and does not start before the first that
// exists; false if there is none.
func (s Set) PrevWindow(t time.Time) (Window, bool) {
	l, ok := s.space.def.line()
	if !ok || s.Count() == 0 {
		return Window{}, false
	}
	n := l.ended(t.Unix())
	w, ok := l.window(n)
	return w, ok && n >= s.low[0]
}

// WindowOf returns the window of a key, which need not exist yet. A multi definition has one if just one of its
// dimensions is time. Otherwise, and for what is no key, the error wraps [ErrKey].
func (d Definition) WindowOf(key string) (Window, error) {
	part, of := key, d
	if d.Kind() == KindMulti {
		parts, err := d.split(key)
		if err != nil {
			return Window{}, err
		}
		times := 0
		for i, dim := range d.dims {
			if dim.Definition.Kind() == KindWindows {
				part, of = parts[i], dim.Definition
				times++
			}
		}
		if times != 1 {
			return Window{}, fmt.Errorf("window of key %q: %d dimensions are time, want 1: %w", key, times, ErrKey)
		}
	}
	l, ok := of.line()
	if !ok {
		return Window{}, fmt.Errorf("window of key %q: it is not a time: %w", key, ErrKey)
	}
	n, ok := l.position(part)
	if !ok {
		return Window{}, fmt.Errorf("window of key %q: %w", key, ErrKey)
	}
	w, _ := l.window(n)
	return w, nil
}

// key joins the keys at positions.
func (s *space) key(at []int) (string, bool) {
	if len(at) == 1 {
		return s.axes[0].key(at[0])
	}
	var all strings.Builder
	for i, p := range at {
		key, ok := s.axes[i].key(p)
		if !ok {
			return "", false
		}
		if i > 0 {
			all.WriteString(separator)
		}
		all.WriteString(key)
	}
	return all.String(), true
}

// positions returns where a key lies on each axis.
func (s *space) positions(key string) ([]int, error) {
	parts := []string{key}
	if len(s.axes) > 1 {
		var err error
		if parts, err = s.def.split(key); err != nil {
			return nil, err
		}
	}
	at := make([]int, len(parts))
	for i, part := range parts {
		p, ok := s.axes[i].position(part)
		if !ok {
			return nil, fmt.Errorf("key %q: %w", key, ErrKey)
		}
		at[i] = p
	}
	return at, nil
}
