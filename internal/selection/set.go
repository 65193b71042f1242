package selection

import (
	"iter"
	"math/bits"
)

// Set is some of a graph's nodes. Its zero value is empty.
type Set struct{ words []uint64 }

const wordBits = 64

func newSet(nodes int) Set { return Set{make([]uint64, (nodes+wordBits-1)/wordBits)} }

// Has reports whether a node is in the set.
func (s Set) Has(node int) bool {
	return node/wordBits < len(s.words) && s.words[node/wordBits]&(1<<(node%wordBits)) != 0
}

// Len is the number of nodes in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// All yields the nodes in the set in ascending order.
func (s Set) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s.words {
			for ; w != 0; w &= w - 1 {
				if !yield(i*wordBits + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// add puts a node into the set, and reports whether it is new there.
func (s Set) add(node int32) bool {
	w, bit := &s.words[node/wordBits], uint64(1)<<(node%wordBits)
	if *w&bit != 0 {
		return false
	}
	*w |= bit
	return true
}

// combine changes the set word by word.
func (s Set) combine(with Set, f func(a, b uint64) uint64) {
	for i, w := range with.words {
		s.words[i] = f(s.words[i], w)
	}
}

func (s Set) union(with Set)     { s.combine(with, func(a, b uint64) uint64 { return a | b }) }
func (s Set) intersect(with Set) { s.combine(with, func(a, b uint64) uint64 { return a & b }) }
func (s Set) subtract(with Set)  { s.combine(with, func(a, b uint64) uint64 { return a &^ b }) }

func (s Set) equal(to Set) bool {
	for i, w := range to.words {
		if s.words[i] != w {
			return false
		}
	}
	return true
}
