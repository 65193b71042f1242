package selection

import "math/bits"

// edges are the edges of a graph in one direction: those of node i are to[start[i]:start[i+1]].
type edges struct {
	start, to []int32

	// sorted is set if all edges lead to lower nodes, or all to higher ones: then one look at each node in that order is enough.
	sorted bool
	lower  bool
}

func newEdges(of [][]int32, lower bool) edges {
	n := 0
	for _, to := range of {
		n += len(to)
	}
	e := edges{start: make([]int32, 1, len(of)+1), to: make([]int32, 0, n), sorted: true, lower: lower}
	for i, to := range of {
		for _, j := range to {
			if int(j) == i {
				continue
			}
			e.sorted = e.sorted && (int(j) < i) == lower
			e.to = append(e.to, j)
		}
		e.start = append(e.start, int32(len(e.to))) //nolint:gosec // far fewer edges than that
	}
	return e
}

func (e *edges) from(node int) []int32 { return e.to[e.start[node]:e.start[node+1]] }

// reach puts into out the nodes of from, and what is reached from them by so many edges.
func (e *edges) reach(from, out Set, far levels) {
	out.union(from)
	if far == every && e.sorted {
		e.sweep(out)
		return
	}
	var now []int32
	for n := range from.All() {
		now = append(now, int32(n)) //nolint:gosec // an index of a node
	}
	e.spread(now, out, far)
}

// reachProper puts into out what is reached from nodes by at least one edge.
func (e *edges) reachProper(from, out Set) {
	var now []int32
	for n := range from.All() {
		for _, m := range e.from(n) {
			if out.add(m) {
				now = append(now, m)
			}
		}
	}
	if e.sorted {
		e.sweep(out)
		return
	}
	e.spread(now, out, every)
}

// spread adds level after level to out.
func (e *edges) spread(now []int32, out Set, far levels) {
	var next []int32
	for ; far > 0 && len(now) > 0; far-- {
		next = next[:0]
		for _, n := range now {
			for _, m := range e.from(int(n)) {
				if out.add(m) {
					next = append(next, m)
				}
			}
		}
		now, next = next, now
	}
}

// sweep adds to out all that is reached from it, of edges that are sorted.
func (e *edges) sweep(out Set) {
	last := len(out.words) - 1
	for i := range out.words {
		at := i
		if e.lower {
			at = last - i
		}
		word := &out.words[at]
		for left := *word; left != 0; {
			bit := bits.TrailingZeros64(left)
			ahead := ^uint64(0) << bit << 1 // edges lead from here to bits that are ahead, or to other words
			if e.lower {
				bit = wordBits - 1 - bits.LeadingZeros64(left)
				ahead = 1<<bit - 1
			}
			for _, m := range e.from(at*wordBits + bit) {
				out.add(m)
			}
			left = *word & ahead
		}
	}
}

func (s Set) addAll(nodes []int32) {
	for _, n := range nodes {
		s.add(n)
	}
}
