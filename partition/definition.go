// Package partition divides things: into days, regions, customers, or several of these at once.
//
// A [Definition] says how: [Static] and [Windows] know their keys, [Dynamic] takes them from a [Snapshot], [Multi]
// combines the others. It prints and parses keys as Dagster does. What exists at an instant is a [Set]; some keys of a
// definition are a [Subset]; a [Mapping] says which keys of one definition need which of another.
//
// Nothing here lists keys where counting will do. Windows of time are numbered by arithmetic on the calendar, across
// changes of the clock and around excluded windows, so that a count, the key with a number, the number of a key, the
// key at an instant and a range cost the same for ten keys and for ten million.
//
// All values are immutable, and any number of goroutines may use them.
package partition

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"
)

const maxInt = math.MaxInt

// Kind is a kind of definition.
type Kind string

// The kinds of definitions.
const (
	KindNone    Kind = ""        // not partitioned
	KindStatic  Kind = "static"  // [Static]
	KindWindows Kind = "windows" // [Windows]
	KindDynamic Kind = "dynamic" // [Dynamic]
	KindMulti   Kind = "multi"   // [Multi]
)

// Definition says how something is divided. The zero value says that it is not: it has a single partition, whose key
// is empty.
type Definition struct{ *definition }

type definition struct {
	kind  Kind
	name  string      // of a dynamic definition
	dims  []Dimension // of a multi definition, ordered by name
	space *space      // nil if some keys come from a snapshot
	mark  Fingerprint

	windows *WindowConfig // of time, as they were configured
}

// Dimension is one of the dimensions of a multi definition.
type Dimension struct {
	Name       string
	Definition Definition
}

// Fingerprint tells definitions apart: two have the same one if, and but for a broken hash only if, they say the
// same. It does not change from one release to the next.
type Fingerprint [16]byte

// String returns the fingerprint as hexadecimal digits.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// fingerprint hashes the parts of a definition, each with its length before it so that none runs into the next.
func fingerprint(kind Kind, parts ...string) Fingerprint {
	h := sha256.New()
	for _, p := range append([]string{string(kind)}, parts...) {
		h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return Fingerprint(h.Sum(nil)[:16])
}

// ErrDefinition reports a definition that can't be.
var ErrDefinition = errors.New("partition: invalid definition")

// Must returns the definition, and panics if there is an error. It is for definitions that are known to be right.
func Must(d Definition, err error) Definition {
	if err != nil {
		panic(err)
	}
	return d
}

// Kind returns the kind of the definition.
func (d Definition) Kind() Kind {
	if d.definition == nil {
		return KindNone
	}
	return d.kind
}

// Name returns the name of a dynamic definition.
func (d Definition) Name() string {
	if d.definition == nil {
		return ""
	}
	return d.name
}

// Dimensions returns the dimensions of a multi definition in the order of their names, which is the order of the
// parts of its keys.
func (d Definition) Dimensions() []Dimension {
	if d.definition == nil {
		return nil
	}
	return append([]Dimension(nil), d.dims...)
}

// DynamicNames returns the names of the dynamic definitions whose keys the definition takes from a snapshot, each once.
func (d Definition) DynamicNames() []string {
	if d.Kind() == KindDynamic {
		return []string{d.name}
	}
	var names []string
	for _, dim := range d.Dimensions() {
		if name := dim.Definition.Name(); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Fingerprint returns the fingerprint of the definition.
func (d Definition) Fingerprint() Fingerprint {
	if d.definition == nil {
		return Fingerprint{}
	}
	return d.mark
}

// Equal reports whether both definitions say the same.
func (d Definition) Equal(other Definition) bool {
	return d.definition == other.definition || d.Kind() == other.Kind() && d.Fingerprint() == other.Fingerprint()
}

// line returns the axis of a definition of windows.
func (d Definition) line() (*line, bool) {
	if d.Kind() != KindWindows {
		return nil, false
	}
	l, ok := d.space.axes[0].(*line)
	return l, ok
}

// Cron returns the cron whose ticks are the ends of all windows, those that are left out among them, and the IANA name of
// its time zone; false for what is not made of windows alone.
func (d Definition) Cron() (text, zone string, ok bool) {
	l, ok := d.line()
	if !ok {
		return "", "", false
	}
	return l.cron, l.zone.String(), true
}

// At returns what exists at an instant. The keys of dynamic definitions are those of the snapshot, which may be nil.
func (d Definition) At(now time.Time, keys *Snapshot) Set {
	sp := d.in(keys)
	s := Set{space: sp, low: make([]int, len(sp.axes)), high: make([]int, len(sp.axes))}
	for i, a := range sp.axes {
		s.low[i], s.high[i] = a.existing(now)
	}
	return s
}

// in returns the axes of the definition, with the keys of a snapshot.
func (d Definition) in(keys *Snapshot) *space {
	switch {
	case d.definition == nil:
		return &space{axes: []axis{emptyKey()}}
	case d.space != nil:
		return d.space
	case d.kind == KindDynamic:
		return &space{def: d, axes: []axis{keys.list(d.name)}}
	}
	sp := &space{def: d, axes: make([]axis, len(d.dims))}
	for i, dim := range d.dims {
		sp.axes[i] = asPart(dim.Definition.in(keys).axes[0])
		if dim.Definition.Kind() == KindDynamic {
			sp.axes[i] = keys.part(dim.Definition.name)
		}
	}
	return sp
}

// space are the axes along which the keys of a definition lie. Positions on the axis of a dynamic definition hold
// for one snapshot.
type space struct {
	def  Definition
	axes []axis
}

// same reports whether positions in both spaces mean the same.
func (s *space) same(other *space) bool {
	if s == other {
		return true
	}
	if !s.def.Equal(other.def) || len(s.axes) != len(other.axes) {
		return false
	}
	for i, a := range s.axes {
		if !sameAxis(a, other.axes[i]) {
			return false
		}
	}
	return true
}
