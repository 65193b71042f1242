package partition

import (
	"slices"
	"sort"
)

// run is the positions [low, high).
type run struct{ low, high int }

// node is a set of points: the runs of positions on one axis, and for each run what there is on the axes after it.
// Runs are ascending and apart, or have different points after them; no run is without points. So a set has one form
// only. Nodes are never changed.
type node struct {
	runs []run
	subs []*node // one for each run; none on the last axis
}

// keep says what an operation keeps of two sets: what is in the first alone, in the second alone, in both.
type keep struct{ first, second, both bool }

// combine returns the points of two sets that an operation keeps.
func combine(a, b *node, k keep) *node {
	switch {
	case a == b && k.both:
		return a
	case len(b.runs) == 0 && k.first, len(a.runs) == 0 && !k.second:
		return a
	case len(a.runs) == 0 && k.second:
		return b
	}
	m := merge{a: a, b: b, keep: k, out: &node{runs: make([]run, 0, len(a.runs)+len(b.runs))}}
	for at := min(a.start(0), b.start(0)); m.i < len(a.runs) || m.j < len(b.runs); {
		at = m.next(at)
	}
	return m.out
}

// merge goes through the runs of two sets at once.
type merge struct {
	a, b *node
	i, j int // the runs that are not done
	keep
	out *node
}

// next appends what is kept from a position up to the next one at which either set changes, and returns that.
func (m *merge) next(at int) int {
	inA, inB := m.a.start(m.i) <= at, m.b.start(m.j) <= at
	edge := min(m.a.edge(m.i, inA), m.b.edge(m.j, inB))
	switch {
	case inA && inB && m.a.subs != nil:
		m.out.add(at, edge, combine(m.a.subs[m.i], m.b.subs[m.j], m.keep))
	case inA && inB && m.both:
		m.out.add(at, edge, nil)
	case inA && !inB && m.first:
		m.out.add(at, edge, m.a.sub(m.i))
	case inB && !inA && m.second:
		m.out.add(at, edge, m.b.sub(m.j))
	}
	if inA && m.a.runs[m.i].high == edge {
		m.i++
	}
	if inB && m.b.runs[m.j].high == edge {
		m.j++
	}
	return edge
}

// start is where a run starts, beyond everything if there is none.
func (n *node) start(i int) int {
	if i >= len(n.runs) {
		return maxInt
	}
	return n.runs[i].low
}

// edge is where a run ends for who is inside it, and starts for others.
func (n *node) edge(i int, inside bool) int {
	if inside {
		return n.runs[i].high
	}
	return n.start(i)
}

func (n *node) sub(i int) *node {
	if n.subs == nil {
		return nil
	}
	return n.subs[i]
}

// add appends [low, high), which lies behind all runs, with the points after it.
func (n *node) add(low, high int, sub *node) {
	if low >= high || sub != nil && len(sub.runs) == 0 {
		return
	}
	if last := len(n.runs) - 1; last >= 0 && n.runs[last].high == low && (sub == nil || n.subs[last].equal(sub)) {
		n.runs[last].high = high
		return
	}
	n.runs = append(n.runs, run{low, high})
	if sub != nil {
		n.subs = append(n.subs, sub)
	}
}

func (n *node) equal(other *node) bool {
	if n == other {
		return true
	}
	return slices.Equal(n.runs, other.runs) && slices.EqualFunc(n.subs, other.subs, (*node).equal)
}

// count is the number of points.
func (n *node) count() int {
	total := 0
	for i, r := range n.runs {
		if n.subs == nil {
			total += r.high - r.low
			continue
		}
		total += (r.high - r.low) * n.subs[i].count()
	}
	return total
}

func (n *node) contains(at []int) bool {
	i := sort.Search(len(n.runs), func(i int) bool { return n.runs[i].high > at[0] })
	if i == len(n.runs) || n.runs[i].low > at[0] {
		return false
	}
	return n.subs == nil || n.subs[i].contains(at[1:])
}

// shadow is what the set covers of one axis.
func (n *node) shadow(axis int) *node {
	if axis == 0 {
		out := &node{runs: make([]run, 0, len(n.runs))}
		for _, r := range n.runs {
			if last := len(out.runs) - 1; last >= 0 && out.runs[last].high == r.low {
				out.runs[last].high = r.high
				continue
			}
			out.runs = append(out.runs, r)
		}
		return out
	}
	parts := make([]*node, 0, len(n.subs))
	for _, sub := range n.subs {
		parts = append(parts, sub.shadow(axis-1))
	}
	return union(parts)
}

// union joins sets two by two, so that none is copied more than a few times.
func union(parts []*node) *node {
	switch len(parts) {
	case 0:
		return &node{}
	case 1:
		return parts[0]
	}
	half := len(parts) / 2
	return combine(union(parts[:half]), union(parts[half:]), keep{true, true, true})
}

// points returns the set of some points.
func points(list [][]int, axes int) *node {
	slices.SortFunc(list, slices.Compare[[]int])
	return sorted(list, 0, axes)
}

func sorted(list [][]int, axis, axes int) *node {
	n := &node{}
	for i := 0; i < len(list); {
		j, at := i+1, list[i][axis]
		for j < len(list) && list[j][axis] == at {
			j++
		}
		if axis == axes-1 {
			n.add(at, at+1, nil)
		} else {
			n.add(at, at+1, sorted(list[i:j], axis+1, axes))
		}
		i = j
	}
	return n
}

// box returns the product of sets on single axes.
func box(sides []*node) *node {
	n := sides[len(sides)-1]
	for i := len(sides) - 2; i >= 0; i-- {
		out := &node{}
		for _, r := range sides[i].runs {
			out.add(r.low, r.high, n)
		}
		n = out
	}
	return n
}

// boxes calls f with products that together are the set and have nothing in common. The sides are f's only until it
// returns; it stops them by returning false.
func (n *node) boxes(sides []*node, f func(sides []*node) bool) bool {
	if n.subs == nil {
		return len(n.runs) == 0 || f(append(sides, n))
	}
	for i, r := range n.runs {
		if !n.subs[i].boxes(append(sides, &node{runs: []run{r}}), f) {
			return false
		}
	}
	return true
}

// each calls f with every point in order, until it returns false.
func (n *node) each(at []int, f func(at []int) bool) bool {
	for i, r := range n.runs {
		for p := r.low; p < r.high; p++ {
			point := append(at, p)
			if n.subs == nil && !f(point) || n.subs != nil && !n.subs[i].each(point, f) {
				return false
			}
		}
	}
	return true
}

// moved returns the set with each position on one axis replaced; positions for which there is none are left out.
func (n *node) moved(axis int, to func(position int) (int, bool)) *node {
	if axis > 0 {
		out := &node{}
		for i, r := range n.runs {
			out.add(r.low, r.high, n.subs[i].moved(axis-1, to))
		}
		return out
	}
	type place struct {
		at  int
		sub *node
	}
	var places []place
	for i, r := range n.runs {
		for p := r.low; p < r.high; p++ {
			if at, ok := to(p); ok {
				places = append(places, place{at, n.sub(i)})
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return a.at - b.at })
	out := &node{}
	for _, p := range places {
		out.add(p.at, p.at+1, p.sub)
	}
	return out
}

// shifted returns the set with all positions on one axis moved by as much.
func (n *node) shifted(axis, by int) *node {
	if by == 0 {
		return n
	}
	out := &node{runs: slices.Clone(n.runs), subs: slices.Clone(n.subs)}
	if axis > 0 {
		for i, sub := range out.subs {
			out.subs[i] = sub.shifted(axis-1, by)
		}
		return out
	}
	for i := range out.runs {
		out.runs[i].low += by
		out.runs[i].high += by
	}
	return out
}
