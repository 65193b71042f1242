package partition

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layout is a key format in the language of strftime, compiled. It prints what Python prints for the same format in
// its default locale.
type layout struct {
	text  string
	parts []layoutPart
	zoned bool // has %z
}

// layoutPart is a directive, or literal text where verb is 0.
type layoutPart struct {
	verb    byte
	literal string
}

// ErrDirective reports a directive of a key format that keys can't be made of.
var ErrDirective = errors.New("partition: unknown directive in a key format")

const directives = "YmdHMSyjbBaAIpfz"

// newLayout compiles a format, or returns an error wrapping [ErrDirective].
func newLayout(format string) (*layout, error) {
	l := &layout{text: format}
	var literal []byte
	flush := func() {
		if len(literal) > 0 {
			l.parts = append(l.parts, layoutPart{literal: string(literal)})
		}
		literal = literal[:0]
	}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			literal = append(literal, format[i])
			continue
		}
		i++
		switch {
		case i == len(format):
			return nil, fmt.Errorf("key format %q ends in %q: %w", format, "%", ErrDirective)
		case format[i] == '%':
			literal = append(literal, '%')
		case strings.IndexByte(directives, format[i]) >= 0:
			flush()
			l.parts = append(l.parts, layoutPart{verb: format[i]})
			l.zoned = l.zoned || format[i] == 'z'
		default:
			return nil, fmt.Errorf("key format %q: %q is none of %%%s: %w", format, format[i-1:i+1], strings.Join(strings.Split(directives, ""), " %"), ErrDirective)
		}
	}
	flush()
	return l, nil
}

// print appends a time with its offset from UTC.
func (l *layout) print(to []byte, t time.Time) []byte {
	c := clockFace{}
	_, c.offset = t.Zone()
	t = time.Unix(t.Unix()+int64(c.offset), 0).UTC() // the zone is looked up once, and not for each directive
	c.year, c.month, c.day = t.Date()
	c.hour, c.minute, c.second = t.Clock()
	for _, p := range l.parts {
		if p.verb == 0 {
			to = append(to, p.literal...)
			continue
		}
		to = c.append(to, p.verb, t)
	}
	return to
}

// clockFace is what directives print.
type clockFace struct {
	year                 int
	month                time.Month
	day                  int
	hour, minute, second int
	offset               int
}

// append prints one directive; t shows the same as the clock, in UTC.
func (c *clockFace) append(to []byte, verb byte, t time.Time) []byte {
	switch verb {
	case 'Y':
		return strconv.AppendInt(to, int64(c.year), 10)
	case 'm':
		return appendDigits(to, int(c.month), 2)
	case 'd':
		return appendDigits(to, c.day, 2)
	case 'H':
		return appendDigits(to, c.hour, 2)
	case 'M':
		return appendDigits(to, c.minute, 2)
	case 'S':
		return appendDigits(to, c.second, 2)
	case 'y':
		return appendDigits(to, c.year%100, 2)
	case 'j':
		return appendDigits(to, t.YearDay(), 3)
	case 'f':
		return append(to, "000000"...)
	case 'z':
		return appendOffset(to, c.offset)
	case 'I':
		return appendDigits(to, (c.hour+11)%12+1, 2)
	}
	return t.AppendFormat(to, map[byte]string{'b': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday", 'p': "PM"}[verb])
}

func appendOffset(to []byte, offset int) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	to = append(to, sign)
	to = appendDigits(to, offset/3600, 2)
	to = appendDigits(to, offset/60%60, 2)
	if offset%60 != 0 {
		to = appendDigits(to, offset%60, 2)
	}
	return to
}

func appendDigits(to []byte, n, width int) []byte {
	for size := 10; width > 1; width-- {
		if n < size {
			to = append(to, '0')
		}
		size *= 10
	}
	return strconv.AppendInt(to, int64(n), 10)
}

// civil is what a text says: a wall clock, and an offset if the text has one.
type civil struct {
	second int64 // since 1970-01-01 00:00:00 on the wall
	offset int
	zoned  bool
}

// read is the parsed part of a text.
type read struct {
	year, month, day, yearDay  int
	hour, hour12, minute, secs int
	pm                         int // 1 AM, 2 PM
	offset                     int
	zoned                      bool
}

// parse reads a text, like Python's strptime: numbers may lack leading zeros.
func (l *layout) parse(text string) (civil, bool) { return l.parseAs(text, false) }

// parseZoned reads a text that ends in an offset which the format does not have.
func (l *layout) parseZoned(text string) (civil, bool) { return l.parseAs(text, true) }

func (l *layout) parseAs(text string, suffix bool) (civil, bool) {
	r := read{year: 1900, month: 1, day: 1, hour12: -1}
	ok := true
	for _, p := range l.parts {
		if p.verb == 0 {
			text, ok = strings.CutPrefix(text, p.literal)
		} else {
			text, ok = r.directive(p.verb, text)
		}
		if !ok {
			return civil{}, false
		}
	}
	if suffix {
		text, ok = r.directive('z', text)
	}
	if !ok || text != "" {
		return civil{}, false
	}
	return r.civil()
}

func (r *read) civil() (civil, bool) {
	if r.hour12 >= 0 && r.pm > 0 {
		r.hour = r.hour12%12 + 12*(r.pm-1)
	} else if r.hour12 >= 0 {
		r.hour = r.hour12
	}
	if r.year < 1 || r.month < 1 || r.day < 1 || r.day > monthDays(r.year, r.month) {
		return civil{}, false
	}
	day := dayNumber(r.year, r.month, r.day)
	if r.yearDay > 0 {
		day = dayNumber(r.year, 1, 1) + int64(r.yearDay) - 1
	}
	second := day*24*3600 + int64(r.hour*3600+r.minute*60+min(r.secs, 59))
	return civil{second, r.offset, r.zoned}, true
}

// directive reads one directive off the front of a text.
func (r *read) directive(verb byte, text string) (string, bool) {
	switch verb {
	case 'Y':
		if len(text) < 4 {
			return text, false
		}
		rest, ok := number(text[:4], 4, 0, 9999, &r.year)
		return rest + text[4:], ok && rest == ""
	case 'm':
		return number(text, 2, 1, 12, &r.month)
	case 'd':
		return number(text, 2, 1, 31, &r.day)
	case 'H':
		return number(text, 2, 0, 23, &r.hour)
	case 'M':
		return number(text, 2, 0, 59, &r.minute)
	case 'S':
		return number(text, 2, 0, 61, &r.secs)
	case 'I':
		return number(text, 2, 1, 12, &r.hour12)
	case 'j':
		return number(text, 3, 1, 366, &r.yearDay)
	case 'f':
		return number(text, 6, 0, 999999, new(int))
	case 'y':
		rest, ok := number(text, 2, 0, 99, &r.year)
		if r.year += 1900; r.year < 1969 {
			r.year += 100
		}
		return rest, ok
	case 'z':
		return r.readOffset(text)
	}
	return r.name(verb, text)
}

// number reads up to so many digits, as many as keep it in its range.
func number(text string, width, low, high int, to *int) (string, bool) {
	n, used := 0, 0
	for used < min(width, len(text)) && text[used] >= '0' && text[used] <= '9' {
		next := n*10 + int(text[used]-'0')
		if next > high {
			break
		}
		n, used = next, used+1
	}
	*to = n
	return text[used:], used > 0 && n >= low
}

// name reads the name of a month or day, or AM and PM, in any case.
func (r *read) name(verb byte, text string) (string, bool) {
	count, of := 12, func(i int) string { return time.Month(i + 1).String() }
	switch verb {
	case 'a', 'A':
		count, of = 7, func(i int) string { return time.Weekday(i).String() }
	case 'p':
		count, of = 2, func(i int) string { return [2]string{"AM", "PM"}[i] }
	}
	for i := range count {
		name := of(i)
		if verb == 'a' || verb == 'b' {
			name = name[:3]
		}
		if len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
			continue
		}
		switch verb {
		case 'b', 'B':
			r.month = i + 1
		case 'p':
			r.pm = i + 1
		}
		return text[len(name):], true
	}
	return text, false
}

// readOffset reads Z or ±hh[:]mm[[:]ss].
func (r *read) readOffset(text string) (string, bool) {
	r.zoned = true
	if rest, ok := strings.CutPrefix(text, "Z"); ok {
		return rest, true
	}
	if len(text) < 5 || text[0] != '+' && text[0] != '-' {
		return text, false
	}
	sign, offset, rest := text[0], 0, text[1:]
	for i, unit := range [3]int{3600, 60, 1} {
		var n int
		next, colon := strings.CutPrefix(rest, ":")
		if i == 0 || !colon {
			next = rest
		}
		if i == 2 && (len(next) < 2 || next[0] < '0' || next[0] > '9') {
			break
		}
		if len(next) < 2 {
			return text, false
		}
		after, ok := number(next[:2], 2, 0, 59, &n)
		if !ok || after != "" {
			return text, false
		}
		offset += n * unit
		rest = next[2:]
	}
	if sign == '-' {
		offset = -offset
	}
	r.offset = offset
	return rest, true
}
