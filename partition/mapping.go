package partition

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Mapping says which keys of one definition (up) the keys of another (down) need. A mapping alone knows neither:
// [Mapping.Check] says whether it fits two definitions, [Mapping.Link] applies it to them. The zero value is
// [Identity].
type Mapping struct{ rule rule }

// rule is one kind of mapping.
type rule interface {
	fmt.Stringer
	check(up, down Definition) error
	link(up, down Set) linker
}

// linker maps points between two sets.
type linker interface {
	up(down *node) (*node, []missing)
	down(up *node) *node
}

// ErrMapping reports a mapping that does not fit its definitions.
var ErrMapping = errors.New("partition: mapping does not fit")

func (m Mapping) get() rule {
	if m.rule == nil {
		return identityRule{}
	}
	return m.rule
}

// String describes the mapping.
func (m Mapping) String() string { return m.get().String() }

// Check returns an error wrapping [ErrMapping] if the mapping makes no sense for these definitions.
func (m Mapping) Check(up, down Definition) error {
	if err := m.get().check(up, down); err != nil {
		return fmt.Errorf("mapping %s: %w", m, err)
	}
	return nil
}

// Link applies the mapping to what exists of two definitions, or returns the error of [Mapping.Check].
func (m Mapping) Link(up, down Set) (Link, error) {
	if err := m.Check(up.Definition(), down.Definition()); err != nil {
		return Link{}, err
	}
	return Link{up, down, m.get().link(up, down)}, nil
}

// Link is a mapping between two sets.
type Link struct {
	up, down Set
	linker   linker
}

// Up returns the existing upstream keys that keys of the downstream definition need, and those which they need but
// that do not exist. Subsets of other definitions panic.
func (l Link) Up(down Subset) (Subset, Missing) {
	n, parts := l.linker.up(l.down.None().like(down))
	return Subset{l.up.space, n}, Missing{parts}
}

// Down returns the existing downstream keys that need any of some keys of the upstream definition. Subsets of other
// definitions panic.
func (l Link) Down(up Subset) Subset {
	return Subset{l.down.space, l.linker.down(l.up.None().like(up))}
}

// Missing are keys that are required and do not exist. Where keys have several dimensions these are keys of the
// dimension that lacks them.
type Missing struct{ parts []missing }

// missing are keys on one axis, and keys that the axis does not know.
type missing struct {
	axis axis
	at   *node
	keys []string
}

// Empty reports whether nothing is missing.
func (m Missing) Empty() bool { return m.Count() == 0 }

// Count returns how many keys are missing.
func (m Missing) Count() int {
	n := 0
	for _, p := range m.parts {
		n += p.at.count() + len(p.keys)
	}
	return n
}

// Keys returns the keys, which are listed only now.
func (m Missing) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, part := range m.parts {
			each := func(at []int) bool {
				key, ok := part.axis.key(at[0])
				return !ok || yield(key)
			}
			if !part.at.each(nil, each) {
				return
			}
			for _, key := range part.keys {
				if !yield(key) {
					return
				}
			}
		}
	}
}

// addMissing adds keys of one axis to those found before.
func addMissing(all []missing, more ...missing) []missing {
	for _, m := range more {
		if len(m.at.runs) == 0 && len(m.keys) == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(p missing) bool { return p.axis == m.axis })
		if i < 0 {
			all = append(all, m)
			continue
		}
		all[i].at = combine(all[i].at, m.at, keep{true, true, true})
		keys := append(slices.Clone(all[i].keys), m.keys...)
		slices.Sort(keys)
		all[i].keys = slices.Compact(keys)
	}
	return all
}

// exist are the positions of one axis that exist.
func (s Set) exist(axis int) *node {
	n := &node{}
	n.add(s.low[axis], s.high[axis], nil)
	return n
}

// split parts positions on the only axis of a set in those that exist and those that are missing.
func (s Set) split(n *node, unknown []string) (*node, []missing) {
	have := s.exist(0)
	gone := missing{s.space.axes[0], combine(n, have, keep{first: true}), unknown}
	return combine(n, have, keep{both: true}), addMissing(nil, gone)
}

// dimension is the set of one dimension of a multi definition.
func (s Set) dimension(i int) Set {
	sp := &space{def: s.space.def.dims[i].Definition, axes: s.space.axes[i : i+1]}
	return Set{sp, s.low[i : i+1], s.high[i : i+1]}
}

// Infer returns the mapping between two definitions that holds if none is given, by Dagster's rule: all keys if one
// side is not partitioned; by the matching dimension if one has several; by overlap if both are time; otherwise the
// same keys.
func Infer(up, down Definition) Mapping {
	switch {
	case up.Kind() == KindNone || down.Kind() == KindNone:
		return All()
	case (up.Kind() == KindMulti) != (down.Kind() == KindMulti):
		if m := Dimensional(""); m.Check(up, down) == nil {
			return m
		}
	case up.Kind() == KindWindows && down.Kind() == KindWindows:
		return Overlap(0, 0)
	}
	return Identity()
}
