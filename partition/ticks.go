package partition

import (
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dagster-go/dagster/internal/cron"
)

// ticks are the instants at which a clock ticks in a zone, less those of some exclusions, numbered from the first one
// at or after an origin. Both directions, instant to number and back, are two binary searches: one for the stretch
// of constant offset from UTC, one in the calendar.
//
// Ticks follow the rule of schedules. A clock that ticks in every hour ticks at each real minute whose wall clock
// matches. Another ticks once for each civil minute: at the end of a gap for a minute that is skipped, at the second
// occurrence of a minute that comes twice.
type ticks struct {
	base   clock
	except []clock
	at     []int64 // instants that are left out as well, ascending
	zone   *time.Location
	origin int64

	once   sync.Once
	tables tickTables

	index atomic.Pointer[tickIndex]
	mu    sync.Mutex // one goroutine widens the index at a time
}

// tickTables are the calendars of a line.
type tickTables struct {
	kept  *calendar   // the clock less all exclusions
	first *calendar   // for the first copy of a repeated hour, which exclusions that skip it don't exclude
	base  *calendar   // the clock alone
	own   []*calendar // each exclusion alone
	none  bool        // there is no tick in any year
}

// tickIndex is the part of the line that has been looked at.
type tickIndex struct {
	low, high int64 // instants
	pieces    []tickPiece
	count     int64
	gone      []int64 // numbers of ticks that are left out one by one
	zero      int64   // number of the origin
}

// tickPiece is a stretch of real time with one offset and one way of counting.
type tickPiece struct {
	start  int64 // instant
	offset int64 // seconds east of UTC
	until  int64 // civil second from which on nothing counts
	before int64 // ticks before the piece
	base   int64 // rank of its first tick in the calendar
	single bool  // the piece is one tick at start
	table  *calendar
}

const (
	yearSeconds = 31556952
	coverBefore = 2 * yearSeconds
	coverAfter  = 40 * yearSeconds
	coverStep   = 40 * yearSeconds
)

// The years for which wall clocks make sense.
const (
	earliest = -62135596800 // year 1
	latest   = 253402300800 // year 10000
)

// rank is the number of the first tick at or after an instant.
func (t *ticks) rank(instant int64) int {
	instant = min(max(instant, earliest), latest)
	x := t.cover(instant, instant)
	return int(x.less(x.rank(instant)) - x.zero)
}

// tick is the instant of a tick by its number; false where the calendar ends.
func (t *ticks) tick(number int) (int64, bool) {
	x := t.cover(t.origin, t.origin)
	if t.tables.none {
		return 0, false
	}
	for {
		n := x.more(int64(number) + x.zero)
		switch {
		case n >= 0 && n < x.count:
			return x.tick(n), true
		case n < 0 && x.low > earliest:
			x = t.cover(x.low-coverStep, x.low)
		case n >= x.count && x.high < latest:
			x = t.cover(x.high, x.high+coverStep)
		default:
			return 0, false
		}
	}
}

// cover returns an index that reaches from one instant to beyond another.
func (t *ticks) cover(from, to int64) *tickIndex {
	x := t.index.Load()
	if x != nil && x.holds(from, to) {
		return x
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	x = t.index.Load()
	if x != nil && x.holds(from, to) {
		return x
	}
	low, high := t.origin-coverBefore, t.origin+coverAfter
	if x != nil {
		low, high = x.low, x.high
	}
	step := max(coverStep, high-low) // so that it is built a few times at most
	if from < low {
		low = from - step
	}
	if to >= high {
		high = to + step
	}
	x = t.build(max(low, earliest), min(high, latest))
	t.index.Store(x)
	return x
}

func (x *tickIndex) holds(from, to int64) bool {
	return (from >= x.low || x.low <= earliest) && (to < x.high || x.high >= latest)
}

// rank is the number of counted ticks before an instant.
func (x *tickIndex) rank(instant int64) int64 {
	i := sort.Search(len(x.pieces), func(i int) bool { return x.pieces[i].start > instant }) - 1
	if i < 0 {
		return 0
	}
	p := &x.pieces[i]
	if p.single {
		if instant > p.start {
			return p.before + 1
		}
		return p.before
	}
	return p.before + p.table.rank(ceilMinute(min(instant+p.offset, p.until))) - p.base
}

// tick is the instant of a counted tick.
func (x *tickIndex) tick(n int64) int64 {
	i := sort.Search(len(x.pieces), func(i int) bool { return x.pieces[i].before > n }) - 1
	p := &x.pieces[i]
	if p.single {
		return p.start
	}
	return p.table.tick(p.base+n-p.before)*60 - p.offset
}

// less turns a number that counts the ticks left out one by one into one that does not, more the other way.
func (x *tickIndex) less(n int64) int64 {
	i, _ := slices.BinarySearch(x.gone, n)
	return n - int64(i)
}

func (x *tickIndex) more(n int64) int64 {
	i := sort.Search(len(x.gone), func(i int) bool { return x.gone[i]-int64(i) > n })
	return n + int64(i)
}

func ceilMinute(second int64) int64 {
	q, _ := floorDiv(second+59, 60)
	return q
}

// build makes the index of [low, high).
func (t *ticks) build(low, high int64) *tickIndex {
	t.once.Do(t.tabulate)
	x := &tickIndex{low: low, high: high}
	before := math.MinInt64 // offset of the stretch before; none yet
	for _, s := range stretches(t.zone, low, high) {
		t.add(x, s, int64(before))
		before = int(s.offset)
	}
	for _, at := range t.at {
		n := x.rank(at)
		if at >= low && at < high && x.rank(at+1) > n {
			x.gone = append(x.gone, n)
		}
	}
	x.zero = x.less(x.rank(t.origin))
	return x
}

func (t *ticks) tabulate() {
	t.tables.base = newCalendar(t.base, nil)
	t.tables.kept, t.tables.first = t.tables.base, t.tables.base
	if t.tables.none = t.tables.base.total() == 0; len(t.except) == 0 {
		return
	}
	t.tables.kept = newCalendar(t.base, t.except)
	var always []clock
	for _, e := range t.except {
		t.tables.own = append(t.tables.own, newCalendar(e, nil))
		if e.everyHour {
			always = append(always, e)
		}
	}
	t.tables.first = newCalendar(t.base, always)

	// An exclusion that ticks in every hour does not tick for a minute in a gap, and so spares the tick after it.
	spared := !t.base.everyHour && len(always) > 0
	t.tables.none = t.tables.kept.total() == 0 && t.tables.first.total() == 0 && !spared
}

// add appends the pieces of one stretch of constant offset.
func (t *ticks) add(x *tickIndex, s stretch, before int64) {
	from, until := s.start+s.offset, s.end+s.offset
	if before != math.MinInt64 && before < s.offset {
		if t.ticksAfterGap(s.start+before, from) {
			x.pieces = append(x.pieces, tickPiece{start: s.start, before: x.count, single: true})
			x.count++
		}
		from++
	}
	again := max(min(until, s.end+s.after), from) // from here on, the civil time comes a second time
	x.piece(t.tables.kept, s.offset, from, again)
	if t.base.everyHour {
		x.piece(t.tables.first, s.offset, again, until)
	}
}

// piece appends the civil seconds [from, until), counted by a table.
func (x *tickIndex) piece(table *calendar, offset, from, until int64) {
	if from >= until || table.total() == 0 {
		return
	}
	p := tickPiece{start: from - offset, offset: offset, until: until, before: x.count, table: table}
	p.base = table.rank(ceilMinute(from))
	n := table.rank(ceilMinute(until)) - p.base
	if n == 0 {
		return // so that the pieces have increasing numbers
	}
	x.pieces = append(x.pieces, p)
	x.count += n
}

// ticksAfterGap reports whether there is a tick at the first instant after a gap [from, to) of civil seconds.
func (t *ticks) ticksAfterGap(from, to int64) bool {
	hits := func(c clock, table *calendar) bool {
		first := from
		if c.everyHour {
			first = to
		}
		return table.rank(ceilMinute(to+1)) > table.rank(ceilMinute(first))
	}
	if !hits(t.base, t.tables.base) {
		return false
	}
	for i, e := range t.except {
		if hits(e, t.tables.own[i]) {
			return false
		}
	}
	return true
}

// stretch is a part of real time in which a zone keeps one offset; after is the offset that follows.
type stretch struct{ start, end, offset, after int64 }

func stretches(zone *time.Location, low, high int64) []stretch {
	var all []stretch
	for at := low; at < high; {
		_, end, offset := cron.Stretch(zone, at)
		end = min(end, high)
		if n := len(all); n > 0 && all[n-1].offset == offset {
			all[n-1].end = end // only the name of the zone changes
		} else {
			all = append(all, stretch{start: at, end: end, offset: offset})
		}
		at = end
	}
	for i := range all {
		all[i].after = all[min(i+1, len(all)-1)].offset
	}
	return all
}
