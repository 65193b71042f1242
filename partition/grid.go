package partition

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Grid numbers the keys of a definition, for who keeps sets of them as numbers. A key has a line, which is a text, and
// a position on it. Both stay the same as long as the [Grid.Fingerprint] does, whatever dynamic keys there are: the parts of a key
// that can't be numbered so make the line, which is empty where all can be. Keys that follow each other in time, or
// in a list, have positions that do.
type Grid struct {
	axes   []axis
	def    Definition
	digits []int // the axes that make the position, the most significant first: only that one has no bound
	sizes  []int // of the digits after the first
	lines  []int // the axes that make the line
}

// maxWidth bounds the positions for one window of time: what has more static keys is numbered in part.
const maxWidth = 1 << 24

// Grid returns the grid of the definition; false if all of its keys come from a snapshot, so that none has a number.
func (d Definition) Grid() (Grid, bool) {
	g := Grid{axes: d.in(nil).axes, def: d}
	first := -1
	for i, a := range g.axes {
		if _, ok := a.(*line); ok {
			first = i
			g.digits = append(g.digits, i)
			break
		}
	}
	width := 1
	for i, a := range g.axes {
		l, listed := a.(*keyList)
		switch {
		case i == first:
		case listed && !g.dynamic(i) && width*max(len(l.keys), 1) <= maxWidth:
			width *= max(len(l.keys), 1)
			if len(g.digits) > 0 {
				g.sizes = append(g.sizes, len(l.keys))
			}
			g.digits = append(g.digits, i)
		default:
			g.lines = append(g.lines, i)
		}
	}
	return g, len(g.digits) > 0
}

// Fingerprint tells grids apart: what was numbered by one with another fingerprint must be numbered anew. Two are the
// same if the definitions are, unless the way of numbering or the rules of a time zone have changed since.
func (g Grid) Fingerprint() Fingerprint {
	mark := g.def.Fingerprint()
	parts := []string{"1", string(mark[:])} // the way of numbering
	for _, a := range g.axes {
		l, ok := a.(*line)
		if !ok {
			continue
		}
		for year := 1970; year < 2070; year++ {
			parts = append(parts, strconv.Itoa(l.kept.rank(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix())))
		}
	}
	return fingerprint("grid", parts...)
}

func (g Grid) dynamic(axis int) bool { return (&space{def: g.def}).dynamic(axis) }

// Place returns where a key is; false if the definition will never have it, unless a dynamic part of it is all that
// it lacks.
func (g Grid) Place(key string) (line string, position int, ok bool) {
	parts := []string{key}
	if len(g.axes) > 1 {
		var err error
		if parts, err = g.def.split(key); err != nil {
			return "", 0, false
		}
	}
	for i, axis := range g.digits {
		p, ok := reachable(g.axes[axis], parts[axis])
		if !ok {
			return "", 0, false
		}
		if i > 0 {
			position *= g.sizes[i-1]
		}
		position += p
	}
	line, ok = g.line(parts)
	return line, position, ok
}

// line joins the parts of a key that make its line.
func (g Grid) line(parts []string) (string, bool) {
	if len(g.lines) == 0 {
		return "", true
	}
	own := make([]string, len(g.lines))
	for i, axis := range g.lines {
		if _, ok := reachable(g.axes[axis], parts[axis]); !ok && !g.dynamic(axis) {
			return "", false
		}
		own[i] = parts[axis]
	}
	return strings.Join(own, separator), true
}

// reachable returns the position of a key that an axis has or will have.
func reachable(a axis, key string) (int, bool) {
	if l, ok := a.(*line); ok && l.barred {
		return 0, false
	}
	p, ok := a.position(key)
	return p, ok && p >= 0 && p < a.end()
}

// Positions are some of the positions of one line of a [Grid]. The zero value has none.
type Positions struct{ node node }

// Add adds [low, high), which must not start before what was added last.
func (p *Positions) Add(low, high int) { p.node.add(low, high, nil) }

// Grow makes room for so many more ranges that are apart.
func (p *Positions) Grow(ranges int) { p.node.runs = slices.Grow(p.node.runs, ranges) }

// AddBits adds a position for each bit that is set, the least significant of the first word being low.
func (p *Positions) AddBits(low int, words []uint64) {
	runs := p.node.runs
	for i, w := range words {
		from := low + i*64
		for w != 0 {
			first := bits.TrailingZeros64(w)
			end := first + bits.TrailingZeros64(^(w >> first))
			if last := len(runs) - 1; first == 0 && last >= 0 && runs[last].high == from {
				runs[last].high = from + end
			} else {
				runs = append(runs, run{from + first, from + end})
			}
			w &^= 1<<end - 1 // all bits if the end is that of the word
		}
	}
	p.node.runs = runs
}

// Count returns how many positions there are.
func (p *Positions) Count() int { return p.node.count() }

// Runs gives the positions as ranges [low, high), ascending and apart.
func (p *Positions) Runs(yield func(low, high int) bool) {
	for _, r := range p.node.runs {
		if !yield(r.low, r.high) {
			return
		}
	}
}

// Union returns the positions that are in either.
func (p *Positions) Union(other *Positions) *Positions {
	return &Positions{*combine(&p.node, &other.node, keep{true, true, true})}
}

// HasLine reports whether the keys of a line exist in a snapshot, as far as they come from it.
func (g Grid) HasLine(keys *Snapshot, line string) bool {
	_, ok := g.on(g.def.in(keys), line)
	return ok
}

// on returns the positions of a line on the axes that make it.
func (g Grid) on(sp *space, line string) ([]int, bool) {
	if len(g.lines) == 0 {
		return nil, line == ""
	}
	parts := strings.Split(line, separator)
	if len(parts) != len(g.lines) {
		return nil, false
	}
	at := make([]int, len(parts))
	for i, part := range parts {
		p, ok := reachable(sp.axes[g.lines[i]], part)
		if !ok {
			return nil, false
		}
		at[i] = p
	}
	return at, true
}

// Subset returns the keys at positions, by line. Lines that [Grid.HasLine] denies are left out. It takes time for
// what is added to positions, not for the keys in between.
func (g Grid) Subset(keys *Snapshot, lines map[string]*Positions) Subset {
	sp := g.def.in(keys)
	var parts []*node
	for line, positions := range lines {
		at, ok := g.on(sp, line)
		if !ok {
			continue
		}
		n := split(positions.node.runs, g.sizes)
		if g.plain() {
			return Subset{sp, n} // there is but one line
		}
		n.boxes(make([]*node, 0, len(g.digits)), func(sides []*node) bool {
			all := make([]*node, len(sp.axes))
			for i, axis := range g.digits {
				all[axis] = sides[i]
			}
			for i, axis := range g.lines {
				all[axis] = &node{runs: []run{{at[i], at[i] + 1}}}
			}
			parts = append(parts, box(all))
			return true
		})
	}
	return Subset{sp, union(parts)}
}

// plain reports whether positions count the keys in the order of the definition.
func (g Grid) plain() bool {
	for i, axis := range g.digits {
		if i != axis {
			return false
		}
	}
	return len(g.lines) == 0
}

// split returns positions as points of as many axes as there are sizes, and one more.
func split(runs []run, sizes []int) *node {
	if len(sizes) == 0 {
		return &node{runs: runs}
	}
	width := 1
	sides := make([]*node, len(sizes))
	for i, size := range sizes {
		width *= size
		sides[i] = &node{runs: []run{{0, size}}}
	}
	full := box(sides)
	out := &node{}
	var row []run // of the row that the last run ended in
	at := 0
	leave := func() {
		if len(row) > 0 {
			out.add(at, at+1, split(row, sizes[1:]))
			row = nil
		}
	}
	for _, r := range runs {
		for r.low < r.high {
			if now := r.low / width; now != at {
				leave()
				at = now
			}
			start := at * width
			if rows := (r.high - start) / width; r.low == start && rows > 0 {
				out.add(at, at+rows, full)
				r.low += rows * width
				continue
			}
			high := min(r.high, start+width)
			row = append(row, run{r.low - start, high - start})
			r.low = high
		}
	}
	leave()
	return out
}
