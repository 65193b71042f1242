package partition

import (
	"fmt"
	"math"
)

// Overlap maps a window of time to the upstream windows that share time with it. The offsets count downstream
// windows: its start and its end are taken from the windows so many places away, so Overlap(-6, 0) needs the last
// seven. The start may not come after the end, and both definitions need the same time zone.
//
// As offsets reach out over the edge of what exists, what they ask for is cut to that: an end that is moved back to
// before the first upstream window is raised to it, one moved on to after the last is lowered to its end, and a
// window that is empty then needs nothing. So offsets alone never make a key missing.
func Overlap(start, end int) Mapping { return Mapping{windowRule{start: start, end: end}} }

// AllowMissing returns the mapping with upstream windows that do not exist left out, rather than missing. It has an
// effect on [Overlap] alone.
func (m Mapping) AllowMissing() Mapping {
	if r, ok := m.rule.(windowRule); ok {
		r.allow = true
		return Mapping{r}
	}
	return m
}

type windowRule struct {
	start, end int
	allow      bool
}

func (r windowRule) String() string { return fmt.Sprintf("overlap from %+d to %+d", r.start, r.end) }

func (r windowRule) check(up, down Definition) error {
	a, ok := up.line()
	b, both := down.line()
	switch {
	case !ok || !both:
		return fmt.Errorf("%s to %s, want windows of time: %w", named(up), named(down), ErrMapping)
	case a.zone.String() != b.zone.String():
		return fmt.Errorf("time zone %q to %q: %w", a.zone, b.zone, ErrMapping)
	case r.start > r.end:
		return fmt.Errorf("the start %+d is after the end: %w", r.start, ErrMapping)
	case max(-r.start, r.end) > math.MaxInt32:
		return fmt.Errorf("offsets are beyond the calendar: %w", ErrMapping)
	}
	return nil
}

func (r windowRule) link(up, down Set) linker {
	l := windowLink{rule: r, upSet: up, downSet: down}
	l.upLine, _ = up.space.axes[0].(*line)
	l.downLine, _ = down.space.axes[0].(*line)
	l.first, _ = l.upLine.kept.tick(up.low[0])
	l.last = l.first
	if up.high[0] > up.low[0] {
		w, _ := l.upLine.window(up.high[0] - 1)
		l.last = w.End.Unix()
	}
	return l
}

type windowLink struct {
	rule             windowRule
	upSet, downSet   Set
	upLine, downLine *line
	first, last      int64 // where the existing upstream windows start and end
}

func (l windowLink) up(down *node) (*node, []missing) {
	n := &node{runs: make([]run, 0, len(down.runs))}
	for _, r := range down.runs {
		for low := r.low; low < r.high; {
			high := r.high
			if l.rule.start == l.rule.end {
				// Without a margin the excluded time between two windows is nobody's.
				high = l.downLine.unbroken(low+l.rule.start, r.high+l.rule.start) - l.rule.start
			}
			from, ok := l.downLine.window(low + l.rule.start)
			to, both := l.downLine.window(high - 1 + l.rule.end)
			if ok && both {
				n.cover(l.overlapping(from.Start.Unix(), to.End.Unix()))
			}
			low = high
		}
	}
	have, gone := l.upSet.split(n, nil)
	if l.rule.allow {
		gone = nil
	}
	return have, gone
}

// overlapping returns the upstream positions that share time with [from, to), after the cut.
func (l windowLink) overlapping(from, to int64) run {
	from, to = l.cut(from, l.rule.start), l.cut(to, l.rule.end)
	if from >= to {
		return run{}
	}
	return run{l.upLine.ending(from), l.upLine.kept.rank(to)}
}

func (l windowLink) cut(at int64, offset int) int64 {
	switch {
	case offset < 0:
		return max(at, l.first)
	case offset > 0:
		return min(at, l.last)
	}
	return at
}

func (l windowLink) down(up *node) *node {
	n := &node{runs: make([]run, 0, len(up.runs))}
	for _, r := range up.runs {
		for low := r.low; low < r.high; {
			high := l.upLine.unbroken(low, r.high)
			from, ok := l.upLine.window(low)
			to, both := l.upLine.window(high - 1)
			if ok && both {
				n.cover(run{l.downLine.ending(from.Start.Unix()) - l.rule.end, l.downLine.kept.rank(to.End.Unix()) - l.rule.start})
			}
			low = high
		}
	}
	return combine(n, l.downSet.exist(0), keep{both: true})
}

// cover adds a run that does not start before the last one does. It may overlap it.
func (n *node) cover(r run) {
	if last := len(n.runs) - 1; last >= 0 && r.low <= n.runs[last].high {
		n.runs[last].high = max(n.runs[last].high, r.high)
		return
	}
	n.add(r.low, r.high, nil)
}
