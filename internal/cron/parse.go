package cron

import (
	"fmt"
	"strings"
)

// Parse reads a cron text. An error is a [*FieldError], or wraps [ErrNever].
//
// Five fields are split by white space: minute 0-59, hour 0-23, day of the month 1-31, month 1-12 or jan-dec, day of
// the week 0-7 or sun-sat, where 0 and 7 are Sunday. Case does not matter. A field is a list, with commas, of
//
//   - every value
//     a       one
//     a-b     from a to b; on past the end of the cycle if b is less: 22-2
//     */n     every n-th from the first, a-b/n from a, a/n from a to the last; a step that leads out of the
//     field leaves the first alone
//     L       day of the month: the last one; a-L from a to the last
//     Ln      day of the week: the last n of the month
//     d#k     day of the week: the k-th d of the month, k 1-5; fri#2, mon-fri#1
//
// A day field may be ? instead of *. L and # don't mix with plain days of the week. For a whole text there are
// also @hourly, @daily or @midnight, @weekly, @monthly, @yearly or @annually.
func Parse(text string) (Schedule, error) {
	words := strings.Fields(expand(text))
	if len(words) != dayOfWeek+1 {
		return Schedule{}, &FieldError{Cron: text, Want: wantFields(words)}
	}
	s := Schedule{text: text}
	p := parser{words: words}
	s.times = times{minutes: p.set(minute), hours: p.set(hour), months: p.set(month)}
	s.times.days = p.days(s.times.months)
	switch {
	case p.wrong != nil:
		p.wrong.Cron = text
		return Schedule{}, p.wrong
	case !s.times.possible():
		return Schedule{}, fmt.Errorf("parse cron %q: %w", text, ErrNever)
	}
	return s, nil
}

// expand returns the five fields that a word with an @ stands for, or the text itself.
func expand(text string) string {
	switch lower(strings.TrimSpace(text)) {
	case "@hourly":
		return "0 * * * *"
	case "@daily", "@midnight":
		return "0 0 * * *"
	case "@weekly":
		return "0 0 * * 0"
	case "@monthly":
		return "0 0 1 * *"
	case "@yearly", "@annually":
		return "0 0 1 1 *"
	}
	return text
}

func wantFields(words []string) string {
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		return "@hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually"
	}
	return fmt.Sprintf("5 fields, from the minute to the day of the week, not %d", len(words))
}

const february = 1 << 2

// parser reads the fields of one text and keeps the first mistake.
type parser struct {
	words []string
	wrong *FieldError
}

func (p *parser) refuse(at int, text, want string) {
	if p.wrong == nil {
		p.wrong = &FieldError{Field: fieldAt(at).name, Text: text, Want: want}
	}
}

// set reads a field of plain values.
func (p *parser) set(at int) uint64 {
	var set uint64
	for item := range strings.SplitSeq(p.words[at], ",") {
		set |= p.item(at, item)
	}
	return set
}

// item reads one part of a list as a set of values.
func (p *parser) item(at int, text string) uint64 {
	f := fieldAt(at)
	values, slash, ok := strings.Cut(text, "/")
	step := 1
	if ok {
		if step, ok = number(slash); !ok || step == 0 {
			p.refuse(at, text, "a step of 1 or more after the slash")
			return 0
		}
	} else if values == "*" {
		return f.all()
	}
	first, last, ok := f.span(values, strings.Contains(text, "/"))
	if !ok {
		p.refuse(at, text, f.want)
		return 0
	}
	return f.steps(first, last, step)
}

// days reads both day fields.
func (p *parser) days(months uint64) days {
	for _, at := range []int{dayOfMonth, dayOfWeek} {
		if p.words[at] == "?" {
			p.words[at] = "*"
		}
	}
	var d days
	for item := range strings.SplitSeq(p.words[dayOfMonth], ",") {
		if lower(item) == "l" {
			d.last = true
			continue
		}
		d.month |= p.item(dayOfMonth, item)
	}
	for item := range strings.SplitSeq(p.words[dayOfWeek], ",") {
		p.weekday(&d, item)
	}
	if d.nth() && d.week != 0 {
		p.refuse(dayOfWeek, p.words[dayOfWeek], "either plain days or days with # or L, not both")
	}
	if (d.month == 1<<30 || d.month == 1<<31) && !d.last && months == february {
		p.refuse(dayOfMonth, p.words[dayOfMonth], "1-29 in February")
	}
	d.free(p.words[dayOfMonth], p.words[dayOfWeek])
	return d
}

// weekday reads one part of the list of weekdays.
func (p *parser) weekday(d *days, text string) {
	const want = "the last of a weekday as L0-L7"
	f := fieldAt(dayOfWeek)
	if n, ok := strings.CutPrefix(lower(text), "l"); ok {
		day, ok := f.value(n)
		if _, digit := number(n); !ok || !digit || len(n) != 1 {
			p.refuse(dayOfWeek, text, want)
			return
		}
		d.nths[lastOne] |= 1 << (day % 7)
		return
	}
	name, nth, ok := strings.Cut(text, "#")
	if !ok {
		d.week |= fold(p.item(dayOfWeek, text))
		return
	}
	k, ok := number(nth)
	if !ok || len(nth) != 1 || k < 1 || k > 5 || !nameable(name) {
		p.refuse(dayOfWeek, text, "a weekday or a range of names, then # and 1-5")
		return
	}
	d.nths[k-1] |= fold(p.item(dayOfWeek, name))
}

// lower is for what may be written in either case: plain letters.
func lower(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return 'A' <= r && r <= 'Z' }) {
		return text
	}
	letters := []byte(text)
	for i, c := range letters {
		if 'A' <= c && c <= 'Z' {
			letters[i] = c - 'A' + 'a'
		}
	}
	return string(letters)
}

// nameable reports whether a # may follow: one weekday, or a range that has names at both ends.
func nameable(text string) bool {
	a, b, ok := strings.Cut(text, "-")
	return !strings.ContainsAny(text, "*/") && (!ok || !strings.ContainsAny(a+b, "0123456789"))
}
