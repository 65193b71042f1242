package partition

import (
	"sort"
	"time"

	"github.com/dagster-go/dagster/internal/cron"
)

// axis is one dimension: its keys by their positions. Which of them exist at an instant is not its business.
type axis interface {
	// key returns the key at a position; false if the axis does not reach that far.
	key(position int) (string, bool)

	// position returns the position of a key; false if there is no such key.
	position(key string) (int, bool)

	// existing returns the positions [low, high) that exist at an instant.
	existing(now time.Time) (low, high int)

	// end returns the position from which on the axis can never have keys, or the largest int.
	end() int
}

// line is the axis of time: the windows between the ticks of a cron, less the excluded ones. Position 0 is the first
// window at or after the start of the definition, those before it have negative positions.
type line struct {
	cron   string // whose ticks are the ends of all windows
	zone   *time.Location
	layout *layout
	fold   bool // the second copy of a repeated hour is told apart by its offset

	raw     *ticks // all windows
	kept    *ticks // the windows that are not excluded
	offset  int    // how many windows beyond the last one that has ended exist
	stop    int64  // no window ends after this instant
	cadence string // equal if two lines have the same windows with the same keys, but for where they start and end
	barred  bool   // keys can't be part of a key of several dimensions
}

var _ axis = (*line)(nil)

func (l *line) key(position int) (string, bool) {
	at, ok := l.kept.tick(position)
	if !ok {
		return "", false
	}
	return l.print(at), true
}

func (l *line) print(at int64) string {
	var room [32]byte
	return string(l.appendKey(room[:0], at))
}

func (l *line) appendKey(to []byte, at int64) []byte {
	t := time.Unix(at, 0).In(l.zone)
	to = l.layout.print(to, t)
	if l.fold && secondCopy(t) {
		_, offset := t.Zone()
		to = appendOffset(to, offset)
	}
	return to
}

// secondCopy reports whether the wall clock of t showed the same before.
func secondCopy(t time.Time) bool {
	start, _, now := cron.Stretch(t.Location(), t.Unix())
	if start < earliest {
		return false
	}
	_, _, before := cron.Stretch(t.Location(), start-1)
	return t.Unix()-start < before-now
}

func (l *line) position(key string) (int, bool) {
	var room [32]byte
	instants, most := l.instants(key)
	for _, at := range instants[:most] {
		n := l.kept.rank(at)
		if start, ok := l.kept.tick(n); ok && string(l.appendKey(room[:0], start)) == key {
			return n, true
		}
	}
	return 0, false
}

// instants are the moments that a key may name, the likeliest first, and how many there are.
func (l *line) instants(key string) (at [2]int64, n int) {
	c, ok := l.layout.parse(key)
	if !ok && l.fold {
		c, ok = l.layout.parseZoned(key)
	}
	if !ok {
		return at, 0
	}
	if c.zoned {
		return [2]int64{c.second - int64(c.offset)}, 1
	}
	m := cron.Civil(c.second).In(l.zone)
	at = [2]int64{m.First.Unix(), m.Last.Unix()}
	if m.Occurrence != cron.Twice {
		return at, 1
	}
	return at, 2
}

// window returns the start and end of the window at a position.
func (l *line) window(position int) (Window, bool) {
	start, ok := l.kept.tick(position)
	if !ok {
		return Window{}, false
	}
	end, ok := l.raw.tick(l.raw.rank(start + 1))
	if !ok {
		return Window{}, false
	}
	return Window{time.Unix(start, 0).In(l.zone), time.Unix(end, 0).In(l.zone)}, true
}

// holding returns the last window that starts at or before an instant.
func (l *line) holding(instant int64) int { return l.kept.rank(instant+1) - 1 }

// ended returns the last window that has ended at an instant.
func (l *line) ended(instant int64) int {
	n := l.kept.rank(instant) - 1
	if w, ok := l.window(n); ok && w.End.Unix() > instant {
		n--
	}
	return n
}

// ending returns the first window that ends after an instant.
func (l *line) ending(instant int64) int {
	n := l.holding(instant)
	if w, ok := l.window(n); !ok || w.End.Unix() <= instant {
		n++
	}
	return n
}

func (l *line) existing(now time.Time) (low, high int) {
	if l.barred {
		return 0, 0
	}
	last := l.ended(now.Unix()) + l.offset
	return 0, max(min(last+1, l.end()), 0)
}

func (l *line) end() int {
	if l.stop == latest {
		return maxInt
	}
	return l.ended(l.stop) + 1
}

// unbroken returns the end of the longest part of [low, high) that starts at low and has no excluded window in it.
func (l *line) unbroken(low, high int) int {
	if l.raw == l.kept {
		return high
	}
	gaps := func(n int) int {
		at, ok := l.kept.tick(n)
		if !ok {
			return maxInt
		}
		return l.raw.rank(at) - n
	}
	first := gaps(low)
	return low + sort.Search(high-low, func(i int) bool { return gaps(low+i) > first })
}
