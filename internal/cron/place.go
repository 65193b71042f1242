package cron

import (
	"sync/atomic"
	"time"
)

// place is a location that remembers the span that was asked for last, as those who ask about ticks mostly ask about
// the same months: finding it anew takes longer than all the rest. Any number of goroutines may use it, without
// waiting for each other.
type place struct {
	loc *time.Location

	// The count is odd while the span is being written, and differs when it has been.
	count              atomic.Uint64
	start, end, offset atomic.Int64
}

// at returns the span that holds an instant.
func (l *place) at(u int64) span {
	count := l.count.Load()
	p := span{l.start.Load(), l.end.Load(), l.offset.Load()}
	if p.holds(u) && count&1 == 0 && l.count.Load() == count {
		return p
	}
	p = spanAt(l.loc, u)
	if count&1 == 0 && l.count.CompareAndSwap(count, count+1) {
		l.start.Store(p.start)
		l.end.Store(p.end)
		l.offset.Store(p.offset)
		l.count.Store(count + 2)
	}
	return p
}

// lastAt returns the last instant at which the wall shows this or less. That is the tick of a minute on the wall: the
// minute itself, its second coming if it comes twice, or the end of the gap that it is in. A later minute never has
// an earlier tick. The span is any; near the answer it saves the search.
func (l *place) lastAt(near span, wall int64) int64 {
	if u := wall - near.offset; u >= near.start && u < near.end-slack {
		return u
	}
	p := l.at(wall + slack)
	for p.start != -always && p.start+p.offset > wall {
		p = l.at(p.start - 1)
	}
	return min(wall-p.offset, p.end)
}

// lowest returns the least that the wall shows from the end of p on, if it is less than wall. Only a clock that is
// set back soon after u can do that.
func (l *place) lowest(p span, u, wall int64) int64 {
	for p.end <= u+slack {
		at := p.end
		p = l.at(at)
		wall = min(wall, at+p.offset)
	}
	return wall
}
