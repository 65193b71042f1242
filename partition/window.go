package partition

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dagster-go/dagster/internal/cron"
)

// Every says how long the windows of a definition are.
type Every int

// The lengths that have a name. Other windows are given by [WindowConfig.Cron].
const (
	Custom Every = iota // by a cron
	Hourly
	Daily
	Weekly
	Monthly
)

// WindowConfig says how time is divided. Start is the one field that is always needed, with one of Every and Cron.
type WindowConfig struct {
	Every Every

	// Cron is a cron whose ticks are the ends of the windows. It goes without Every, Minute, Hour and Day.
	Cron string

	// Start is the beginning of the first window, or any time before it and after the beginning of the one before.
	// End is when the last one ends, at the latest; empty means never. Both are in Format, as civil times in Zone.
	Start, End string

	// Zone is the IANA name of the time zone. Defaults to UTC.
	Zone string

	// Format is how keys look, in the language of strftime. Defaults to %Y-%m-%d, and %Y-%m-%d-%H:%M if hourly. In the
	// hour that comes twice in autumn, hourly keys of the second copy have the offset from UTC at their end.
	Format string

	// Minute, Hour and Day move the windows: to a minute of the hour, an hour of the day, a day of the week (0 and
	// 7 are Sunday) or the month (0 is the first).
	Minute, Hour, Day int

	// EndOffset says how many windows exist beyond those that have ended: 1 adds the current one, -1 holds back one.
	EndOffset int

	// Exclude are crons, at most seven: a window that starts at a tick of one is left out, and its neighbours keep
	// their length. ExcludeAt are single starts of windows to leave out, in Format or as 2006-01-02T15:04:05.
	Exclude, ExcludeAt []string
}

// Window is the time from Start up to End, which is not part of it.
type Window struct{ Start, End time.Time }

// String returns both ends in RFC 3339.
func (w Window) String() string {
	return w.Start.Format(time.RFC3339) + "/" + w.End.Format(time.RFC3339)
}

// Windows returns a definition with one key for each window of time. The error holds all that is wrong with the
// configuration; most of it wraps [ErrDefinition].
func Windows(c WindowConfig) (Definition, error) {
	text, err := c.cron()
	if err != nil {
		return Definition{}, err
	}
	l, err := c.line(text)
	if err != nil {
		return Definition{}, err
	}
	if err := l.check(); err != nil {
		return Definition{}, fmt.Errorf("windows of cron %q: %w", text, err)
	}
	exclude, at := slices.Sorted(slices.Values(c.Exclude)), make([]string, 0, len(l.kept.at))
	for _, instant := range l.kept.at {
		at = append(at, strconv.FormatInt(instant, 10))
	}
	stop := "never"
	if c.End != "" {
		stop = strconv.FormatInt(l.stop, 10)
	}
	same := append([]string{text, l.zone.String(), l.layout.text, strconv.Itoa(len(exclude))}, append(exclude, at...)...)
	l.cadence = fingerprint(KindWindows, same...).String()
	own := []string{l.cadence, strconv.FormatInt(l.kept.origin, 10), stop, strconv.Itoa(c.EndOffset)}
	c.Exclude, c.ExcludeAt = slices.Clone(c.Exclude), slices.Clone(c.ExcludeAt)
	d := &definition{kind: KindWindows, mark: fingerprint(KindWindows, own...), windows: &c}
	d.space = &space{def: Definition{d}, axes: []axis{l}}
	return Definition{d}, nil
}

func (c *WindowConfig) cron() (string, error) {
	if c.Every == Custom {
		if c.Minute != 0 || c.Hour != 0 || c.Day != 0 {
			return "", fmt.Errorf("cron %q beside a minute, hour or day: %w", c.Cron, ErrDefinition)
		}
		return c.Cron, nil
	}
	if c.Cron != "" {
		return "", fmt.Errorf("cron %q beside a length: %w", c.Cron, ErrDefinition)
	}
	days := map[Every]int{Weekly: 7, Monthly: 31}[c.Every]
	hours := 23
	if c.Every == Hourly {
		hours = 0
	}
	var mistakes []error
	for _, f := range []struct {
		name    string
		is, top int
	}{{"minute", c.Minute, 59}, {"hour", c.Hour, hours}, {"day", c.Day, days}} {
		if f.is < 0 || f.is > f.top {
			mistakes = append(mistakes, fmt.Errorf("%s %d, want 0 to %d: %w", f.name, f.is, f.top, ErrDefinition))
		}
	}
	text := ""
	switch c.Every {
	case Hourly:
		text = fmt.Sprintf("%d * * * *", c.Minute)
	case Daily:
		text = fmt.Sprintf("%d %d * * *", c.Minute, c.Hour)
	case Weekly:
		text = fmt.Sprintf("%d %d * * %d", c.Minute, c.Hour, c.Day)
	case Monthly:
		text = fmt.Sprintf("%d %d %d * *", c.Minute, c.Hour, max(c.Day, 1))
	default:
		mistakes = append(mistakes, fmt.Errorf("windows of length %d: %w", c.Every, ErrDefinition))
	}
	return text, errors.Join(mistakes...)
}

// line compiles the configuration.
func (c *WindowConfig) line(text string) (*line, error) {
	format := c.Format
	if format == "" {
		format = "%Y-%m-%d"
		if c.Every == Hourly {
			format = "%Y-%m-%d-%H:%M"
		}
	}
	layout, err := newLayout(format)
	zone, zoneErr := cron.Zone(c.Zone)
	base, cronErr := cron.Parse(text)
	if err := errors.Join(err, zoneErr, cronErr); err != nil {
		return nil, err
	}
	l := &line{cron: text, zone: zone, layout: layout, fold: base.EveryHour() && !layout.zoned, offset: c.EndOffset, stop: latest}
	start, err := l.civil("start", c.Start)
	var endErr error
	if c.End != "" {
		l.stop, endErr = l.civil("end", c.End)
	}
	except, exceptErr := c.exclusions()
	l.raw = &ticks{base: clockOf(base), zone: zone, origin: start}
	l.kept = l.raw
	at, atErr := c.excludedStarts(l)
	if err := errors.Join(err, endErr, exceptErr, atErr); err != nil {
		return nil, err
	}
	if len(except) > 0 || len(at) > 0 {
		l.kept = &ticks{base: l.raw.base, except: except, at: at, zone: zone, origin: start}
	}
	return l, nil
}

// civil reads a time of the configuration. Of a time that comes twice it is the first, and one in a gap counts on
// from before the gap.
func (l *line) civil(what, text string) (int64, error) {
	c, ok := l.layout.parse(text)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s %q is not in format %q: %w", what, text, l.layout.text, ErrDefinition)
	case c.zoned:
		return c.second - int64(c.offset), nil
	}
	return l.instant(c.second), nil
}

func (l *line) instant(civil int64) int64 {
	m := cron.Civil(civil).In(l.zone)
	if m.Occurrence == cron.Missed {
		_, before := m.First.Add(-time.Second).Zone()
		return civil - int64(before)
	}
	return m.First.Unix()
}

func (c *WindowConfig) exclusions() ([]clock, error) {
	var except []clock
	var mistakes []error
	for _, text := range c.Exclude {
		s, err := cron.Parse(text)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("exclude: %w", err))
			continue
		}
		except = append(except, clockOf(s))
	}
	if len(except) > maxExclusions {
		mistakes = append(mistakes, fmt.Errorf("exclude: %d crons, want at most %d: %w", len(except), maxExclusions, ErrDefinition))
	}
	return except, errors.Join(mistakes...)
}

func (c *WindowConfig) excludedStarts(l *line) ([]int64, error) {
	var at []int64
	var mistakes []error
	for _, text := range c.ExcludeAt {
		if t, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
			at = append(at, l.instant(t.Unix()))
			continue
		}
		instant, err := l.civil("excluded start", text)
		if err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		at = append(at, instant)
	}
	slices.Sort(at)
	return slices.Compact(at), errors.Join(mistakes...)
}

// check refuses lines whose keys don't tell the windows apart. That shows in the first windows, or at the first
// changes of the clock.
func (l *line) check() error {
	probes := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 30, 31, 32, 60, 366, 367, 1000}
	at := l.kept.origin
	for range 2 {
		if _, at, _ = cron.Stretch(l.zone, at); at >= latest {
			break
		}
		n := l.kept.rank(at)
		probes = append(probes, n-2, n-1, n, n+1, n+2)
	}
	if _, ok := l.kept.tick(0); !ok {
		return fmt.Errorf("no window starts after the start: %w", ErrDefinition)
	}
	for _, n := range probes {
		key, ok := l.key(n)
		if !ok {
			continue
		}
		if back, ok := l.position(key); !ok || back != n {
			return fmt.Errorf("format %q does not tell the windows apart: key %q: %w", l.layout.text, key, ErrDefinition)
		}
	}
	return nil
}
