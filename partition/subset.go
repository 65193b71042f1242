package partition

import (
	"fmt"
	"iter"
)

// Subset is some of the keys of a definition. It holds ranges, however many keys lie in them; in several dimensions
// the ranges of one with the ranges of the others. Two subsets of the same keys are the same.
//
// Operations on two subsets need the same definition, and panic otherwise. With dynamic keys the snapshots may
// differ: the result has the first one's, and no key that it lacks. The zero value is empty, and of the definition
// of whatever it is used with.
type Subset struct {
	space *space
	root  *node
}

// Definition returns the definition that the keys are of.
func (s Subset) Definition() Definition {
	if s.space == nil {
		return Definition{}
	}
	return s.space.def
}

// Union returns the keys that are in either.
func (s Subset) Union(other Subset) Subset { return s.with(other, keep{true, true, true}) }

// Intersect returns the keys that are in both.
func (s Subset) Intersect(other Subset) Subset { return s.with(other, keep{both: true}) }

// Difference returns the keys that are in this one alone.
func (s Subset) Difference(other Subset) Subset { return s.with(other, keep{first: true}) }

func (s Subset) with(other Subset, k keep) Subset {
	if s.space == nil {
		s.space = other.space
	}
	return Subset{s.space, combine(s.node(), s.like(other), k)}
}

// Equal reports whether both have the same keys of the same definition.
func (s Subset) Equal(other Subset) bool {
	if s.space == nil || other.space == nil {
		return s.Empty() && other.Empty()
	}
	return s.Definition().Equal(other.Definition()) && s.Count() == other.Count() && s.node().equal(s.like(other))
}

// like returns the points of another subset in this one's positions.
func (s Subset) like(other Subset) *node {
	if other.space == nil {
		return &node{}
	}
	from, to := other.axes(), s.axes()
	if from.same(to) {
		return other.node()
	}
	if !from.def.Equal(to.def) {
		panic(fmt.Sprintf("partition: subsets of different definitions, %s and %s", to.def.Fingerprint(), from.def.Fingerprint()))
	}
	n := other.node()
	for i, a := range to.axes {
		if sameAxis(a, from.axes[i]) {
			continue
		}
		n = n.moved(i, func(p int) (int, bool) {
			key, _ := from.axes[i].key(p)
			return a.position(key)
		})
	}
	return n
}

func (s Subset) axes() *space {
	if s.space == nil {
		return &space{axes: []axis{emptyKey()}}
	}
	return s.space
}

func (s Subset) node() *node {
	if s.root == nil {
		return &node{}
	}
	return s.root
}

// Empty reports whether there is no key.
func (s Subset) Empty() bool { return len(s.node().runs) == 0 }

// Count returns the number of keys.
func (s Subset) Count() int { return s.node().count() }

// Has reports whether a key is in the subset.
func (s Subset) Has(key string) bool {
	if s.space == nil {
		return false
	}
	at, err := s.space.positions(key)
	return err == nil && s.node().contains(at)
}

// Keys returns the keys, in the order of the definition.
func (s Subset) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		sp := s.axes()
		s.node().each(make([]int, 0, len(sp.axes)), func(at []int) bool {
			key, ok := sp.key(at)
			return !ok || yield(key)
		})
	}
}

// Span is an unbroken range of keys, both ends included.
type Span struct {
	From, To string
	Count    int
}

// Spans returns the keys as ranges, in order. In several dimensions a range is one of the last dimension, with single
// keys of the others.
func (s Subset) Spans() iter.Seq[Span] {
	return func(yield func(Span) bool) {
		sp := s.axes()
		s.node().spans(make([]int, 0, len(sp.axes)), func(at []int, r run) bool {
			from, _ := sp.key(append(at, r.low))
			to, _ := sp.key(append(at, r.high-1))
			return yield(Span{from, to, r.high - r.low})
		})
	}
}

// spans calls f with the runs on the last axis, and where they are on the others.
func (n *node) spans(at []int, f func(at []int, r run) bool) bool {
	for i, r := range n.runs {
		if n.subs == nil {
			if !f(at, r) {
				return false
			}
			continue
		}
		for p := r.low; p < r.high; p++ {
			if !n.subs[i].spans(append(at, p), f) {
				return false
			}
		}
	}
	return true
}
