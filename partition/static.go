package partition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrDuplicate reports a key that is given twice.
var ErrDuplicate = errors.New("partition: duplicate key")

// Static returns a definition with these keys, in this order. A key may hold anything but "..." and control
// characters that break a line of text; the error, which wraps [ErrDefinition] or [ErrDuplicate], lists all that do.
func Static(keys ...string) (Definition, error) {
	var mistakes []error
	for _, key := range keys {
		if strings.Contains(key, "...") || strings.ContainsAny(key, "\a\b\f\n\r\t\v\x00") {
			mistakes = append(mistakes, fmt.Errorf("key %q holds %q or a control character: %w", key, "...", ErrDefinition))
		}
	}
	l, err := newKeyList(keys)
	if err := errors.Join(append(mistakes, err)...); err != nil {
		return Definition{}, err
	}
	d := &definition{kind: KindStatic, mark: fingerprint(KindStatic, l.keys...)}
	d.space = &space{def: Definition{d}, axes: []axis{l}}
	return Definition{d}, nil
}

// keyList is an axis of listed keys.
type keyList struct {
	keys []string
	at   map[string]int
}

var _ axis = (*keyList)(nil)

// emptyKey is the axis of what is not partitioned.
func emptyKey() *keyList { return &keyList{keys: []string{""}, at: map[string]int{"": 0}} }

func newKeyList(keys []string) (*keyList, error) {
	l := &keyList{keys: slices.Clone(keys), at: make(map[string]int, len(keys))}
	var mistakes []error
	for i, key := range keys {
		if _, twice := l.at[key]; twice {
			mistakes = append(mistakes, fmt.Errorf("key %q: %w", key, ErrDuplicate))
		}
		l.at[key] = i
	}
	return l, errors.Join(mistakes...)
}

func (l *keyList) key(position int) (string, bool) {
	if position < 0 || position >= len(l.keys) {
		return "", false
	}
	return l.keys[position], true
}

func (l *keyList) position(key string) (int, bool) {
	n, ok := l.at[key]
	return n, ok
}

func (l *keyList) existing(time.Time) (low, high int) { return 0, len(l.keys) }

func (l *keyList) end() int { return len(l.keys) }

// sameAxis reports whether positions on both axes of the same definition mean the same keys.
func sameAxis(a, b axis) bool {
	if a == b {
		return true
	}
	x, ok := a.(*keyList)
	y, both := b.(*keyList)
	return ok == both && (!ok || slices.Equal(x.keys, y.keys))
}
