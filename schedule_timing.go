package dagster

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dagster-go/dagster/internal/cron"
	"github.com/dagster-go/dagster/partition"
)

// timing is when a schedule fires, and for which partitions.
type timing struct {
	crons []string
	zone  string
	ticks cron.Ticks
	fires cron.Union

	by   partition.Definition // of a partition schedule
	time string               // the dimension of time, if there are several
}

// timing returns when the schedule fires; def is how its job is divided.
func (s *schedule) timing(def partition.Definition) (*timing, error) {
	if s.partitioned {
		return s.partitionTiming(def)
	}
	return s.plainTiming()
}

// plainTiming is the timing of a schedule that has crons of its own.
func (s *schedule) plainTiming() (*timing, error) {
	return newTiming(s.crons, s.zone, partition.Definition{}, "")
}

func newTiming(crons []string, zone string, by partition.Definition, dimension string) (*timing, error) {
	if zone == "" {
		zone = "UTC"
	}
	all, err := cron.ParseAll(crons)
	loc, zoneErr := cron.Zone(zone)
	if err = errors.Join(err, zoneErr); err != nil {
		return nil, err
	}
	return &timing{crons: crons, zone: zone, fires: all, ticks: all.In(loc), by: by, time: dimension}, nil
}

// words are the crons in words; empty if one has none.
func (t *timing) words() string {
	var out []string
	for _, s := range t.fires.Schedules() {
		words := s.Words()
		if words == "" {
			return ""
		}
		out = addNew(out, words)
	}
	return strings.Join(out, "; ")
}

// partitionTiming is the timing that follows from how the job is divided.
func (s *schedule) partitionTiming(def partition.Definition) (*timing, error) {
	switch def.Kind() {
	case partition.KindStatic:
		if moved := s.moved(); len(moved) > 0 {
			return nil, fmt.Errorf("%s: static partitions have no cron that could be moved", moveName(moved[0]))
		}
		if len(s.crons) == 0 {
			return nil, errors.New("static partitions have no times: say with AlsoAt when to run them")
		}
		return newTiming(s.crons, s.zone, def, "")
	case partition.KindWindows:
		return s.windowTiming(def, def, "")
	case partition.KindMulti:
		var found []partition.Dimension
		for _, d := range def.Dimensions() {
			if d.Definition.Kind() == partition.KindWindows {
				found = append(found, d)
			}
		}
		if len(found) != 1 {
			return nil, fmt.Errorf("of the job's dimensions %d are time, want one", len(found))
		}
		return s.windowTiming(def, found[0].Definition, found[0].Name)
	case partition.KindDynamic:
		return nil, fmt.Errorf("dynamic partitions %s have no times: take NewSchedule, whose Requests say which to run", quote(def.Name()))
	case partition.KindNone:
	}
	return nil, fmt.Errorf("job %s has no partitions: give it some with Partitioned, or take NewSchedule", quote(s.job.name))
}

// windowTiming is the timing of partitions whose dimension of time is windows.
func (s *schedule) windowTiming(def, windows partition.Definition, dimension string) (*timing, error) {
	var mistakes []error
	if len(s.crons) > 0 {
		mistakes = append(mistakes, errors.New("also at: its partitions say when it fires; AtMinute, AtHour, OnWeekday and OnDay move that"))
	}
	if s.set.has(optTimeZone) {
		mistakes = append(mistakes, errors.New("time zone: it is that of its partitions"))
	}
	text, zone, _ := windows.Cron()
	text, err := s.move(text)
	if err = errors.Join(append(mistakes, err)...); err != nil {
		return nil, err
	}
	return newTiming([]string{text}, zone, def, dimension)
}

// moved are the options that move a cron, in the order of its fields.
func (s *schedule) moved() []optionSet {
	var out []optionSet
	for _, o := range []optionSet{optAtMinute, optAtHour, optOnWeekday, optOnDay} {
		if _, ok := s.moves[o]; ok {
			out = append(out, o)
		}
	}
	return out
}

func moveName(o optionSet) string {
	switch o {
	case optAtMinute:
		return "at minute"
	case optAtHour:
		return "at hour"
	case optOnWeekday:
		return "on weekday"
	default:
		return "on day"
	}
}

// The forms of a cron that can be moved, by which of its five fields are numbers.
const (
	hourlyForm  = "n****"
	dailyForm   = "nn***"
	weeklyForm  = "nn**n"
	monthlyForm = "nnn**"
)

// move puts the numbers of the schedule's options into a cron that has one there.
func (s *schedule) move(text string) (string, error) {
	moved := s.moved()
	if len(moved) == 0 {
		return text, nil
	}
	fields := strings.Fields(text)
	form := cronForm(fields)
	var mistakes []error
	for _, o := range moved {
		if err := s.checkMove(o, form, text); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", moveName(o), err))
		}
	}
	if s.set.has(optOnWeekday) && s.set.has(optOnDay) {
		mistakes = append(mistakes, errors.New("on weekday, on day: only one of them can be"))
	}
	if len(mistakes) > 0 {
		return "", errors.Join(mistakes...)
	}
	for _, o := range moved {
		at := map[optionSet]int{optAtMinute: 0, optAtHour: 1, optOnDay: 2, optOnWeekday: 4}[o]
		if form[at] == 'n' {
			fields[at] = strconv.Itoa(s.moves[o])
		}
	}
	return strings.Join(fields, " "), nil
}

// cronForm is the form of a cron, empty if it can't be moved.
func cronForm(fields []string) string {
	var form strings.Builder
	for _, f := range fields {
		if _, err := strconv.ParseUint(f, 10, 8); err == nil {
			f = "n"
		}
		form.WriteString(f)
	}
	switch form := form.String(); form {
	case hourlyForm, dailyForm, weeklyForm, monthlyForm:
		return form
	}
	return ""
}

// checkMove reports a number that has no place in a cron, or that would pass over partitions.
func (s *schedule) checkMove(o optionSet, form, text string) error {
	day := o == optOnWeekday || o == optOnDay
	switch {
	case form == "":
		return fmt.Errorf("cron %q is not one time of each hour, day, week or month, and can't be moved", text)
	case form == hourlyForm && o == optAtHour:
		return errors.New("the partitions are hourly")
	case form == dailyForm && day:
		return errors.New("the partitions are daily")
	case form == monthlyForm && o == optOnDay:
		const everyMonth = 28
		own := strings.Fields(text)[2]
		if n := s.moves[o]; n > everyMonth && strconv.Itoa(n) != own {
			return fmt.Errorf("%d: not every month has that day, and the partition of one that has not would be left out; want 1 to %d", n, everyMonth)
		}
	}
	return nil
}
