package cron

import "strings"

// The places of the fields in a text.
const (
	minute = iota
	hour
	dayOfMonth
	month
	dayOfWeek
)

// field is what one of the five may hold.
type field struct {
	name   string
	want   string
	lo, hi int    // the cycle
	top    int    // the largest number that may be written: 7 is another Sunday
	last   string // what may be written for the end of a range
	names  string // of three letters each
}

const lists = "; lists, ranges and steps of them; or *"

func fieldAt(at int) field {
	switch at {
	case minute:
		return field{name: "minute", want: "0-59" + lists, hi: 59, top: 59}
	case hour:
		return field{name: "hour", want: "0-23" + lists, hi: 23, top: 23}
	case dayOfMonth:
		return field{name: "day of the month", want: "1-31, L" + lists + " or ?", lo: 1, hi: 31, top: 31, last: "l"}
	case month:
		return field{
			name: "month", want: "1-12, jan-dec" + lists, lo: 1, hi: 12, top: 12,
			names: "jan feb mar apr may jun jul aug sep oct nov dec",
		}
	}
	return field{
		name: "day of the week", want: "0-7, sun-sat, Ln, d#k" + lists + " or ?", hi: 6, top: 7,
		names: "sun mon tue wed thu fri sat",
	}
}

func (f field) all() uint64 { return f.steps(f.lo, f.hi, 1) }

// value reads a number or a name.
func (f field) value(text string) (int, bool) {
	if i := strings.Index(f.names, lower(text)); i >= 0 && len(text) == 3 {
		return f.lo + i/4, true
	}
	n, ok := number(text)
	return n, ok && f.lo <= n && n <= f.top
}

// span reads *, a or a-b as the first and the last value; the last is beyond the cycle if the range goes on past its
// end. A value with a step after it goes to the end of the cycle.
func (f field) span(text string, stepped bool) (first, last int, ok bool) {
	if text == "*" {
		return f.lo, f.hi, true
	}
	a, b, ranged := strings.Cut(text, "-")
	if first, ok = f.value(a); !ok {
		return 0, 0, false
	}
	switch {
	case ranged && f.last != "" && lower(b) == f.last:
		last = f.hi
	case ranged:
		last, ok = f.value(b)
	case stepped:
		// 7/2 starts at Sunday.
		first = f.lo + (first-f.lo)%f.size()
		last = f.hi
	default:
		last = first
	}
	if last < first {
		last += f.size()
	}
	return first, last, ok
}

func (f field) size() int { return f.hi - f.lo + 1 }

// steps returns the set of each step-th value from first to last, where values beyond the cycle start it again.
func (f field) steps(first, last, step int) uint64 {
	var set uint64
	for v := first; v <= last; v += step {
		set |= 1 << (f.lo + (v-f.lo)%f.size())
	}
	return set
}

// number reads digits. What is larger than any field becomes some such number.
func number(text string) (int, bool) {
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(10*n+int(c-'0'), 1000)
	}
	return n, text != ""
}

// fold returns a set of weekdays in seven bits.
func fold(set uint64) uint8 { return uint8(set & 0x7f) }
