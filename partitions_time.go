package dagster

import (
	"time"

	"github.com/dagster-go/dagster/partition"
)

// PartitionsOption holds for partitions of time.
type PartitionsOption interface {
	applyPartitions(c *partition.WindowConfig)
}

type partitionsOption func(c *partition.WindowConfig)

func (o partitionsOption) applyPartitions(c *partition.WindowConfig) { o(c) }

// HourlyPartitions are hours, from the one that starts at start, such as "2024-01-01-00:00"; keys look the same.
func HourlyPartitions(start string, opts ...PartitionsOption) *Partitions {
	return newTimePartitions("hourly partitions", here(), partition.WindowConfig{Every: partition.Hourly, Start: start}, opts)
}

// DailyPartitions are days, from the one that starts at start, such as "2024-01-01"; keys look the same.
func DailyPartitions(start string, opts ...PartitionsOption) *Partitions {
	return newTimePartitions("daily partitions", here(), partition.WindowConfig{Every: partition.Daily, Start: start}, opts)
}

// WeeklyPartitions are weeks, named by their first day: Sunday, unless [OnWeekday] says otherwise.
func WeeklyPartitions(start string, opts ...PartitionsOption) *Partitions {
	return newTimePartitions("weekly partitions", here(), partition.WindowConfig{Every: partition.Weekly, Start: start}, opts)
}

// MonthlyPartitions are months, named by their first day, such as "2024-01-01".
func MonthlyPartitions(start string, opts ...PartitionsOption) *Partitions {
	return newTimePartitions("monthly partitions", here(), partition.WindowConfig{Every: partition.Monthly, Start: start}, opts)
}

// CronPartitions are the times from one tick of a cron to the next, from the first that is not before start. See
// Of a cron see package partition.
func CronPartitions(cron, start string, opts ...PartitionsOption) *Partitions {
	return newTimePartitions("cron partitions", here(), partition.WindowConfig{Cron: cron, Start: start}, opts)
}

func newTimePartitions(kind string, at site, c partition.WindowConfig, opts []PartitionsOption) *Partitions {
	nils := 0
	for _, o := range opts {
		if o == nil {
			nils++
			continue
		}
		o.applyPartitions(&c)
	}
	p := newPartitions(kind, "from "+c.Start, at, func() (partition.Definition, error) { return partition.Windows(c) })
	for range nils {
		p.of.mistake("nil option")
	}
	return p
}

// ZoneOption holds for what has a time zone: partitions of time, a schedule, or deadlines.
type ZoneOption interface {
	PartitionsOption
	ScheduleOption
	FreshnessOption
}

type zone string

// TimeZone is an IANA name such as "Europe/Berlin". Without it the time zone is UTC.
func TimeZone(name string) ZoneOption { return zone(name) }

func (z zone) applyPartitions(c *partition.WindowConfig) { c.Zone = string(z) }

func (z zone) applySchedule(s *schedule) {
	s.set.once(&s.definition, optTimeZone, "time zone")
	s.zone = string(z)
}

// Until ends the partitions: the last one ends at that time at the latest. It is written like the start.
func Until(end string) PartitionsOption {
	return partitionsOption(func(c *partition.WindowConfig) { c.End = end })
}

// EndOffset is how many partitions exist beyond those that have ended: 1 adds the current one, -1 holds back one.
func EndOffset(n int) PartitionsOption {
	return partitionsOption(func(c *partition.WindowConfig) { c.EndOffset = n })
}

// KeyFormat is how keys, the start and the end look, in the language of strftime: "%Y-%m" for months.
func KeyFormat(format string) PartitionsOption {
	return partitionsOption(func(c *partition.WindowConfig) { c.Format = format })
}

// StartOption moves partitions of time, or the ticks of a schedule that is made from them: see [NewPartitionSchedule].
type StartOption interface {
	PartitionsOption
	ScheduleOption
}

// startOption is a number of one field of a cron.
type startOption struct {
	field optionSet // optAtMinute, optAtHour, optOnWeekday or optOnDay
	n     int
}

func (o startOption) applyPartitions(c *partition.WindowConfig) {
	switch o.field {
	case optAtMinute:
		c.Minute = o.n
	case optAtHour:
		c.Hour = o.n
	default:
		c.Day = o.n
	}
}

func (o startOption) applySchedule(s *schedule) {
	s.set.once(&s.definition, o.field, moveName(o.field))
	if s.moves == nil {
		s.moves = make(map[optionSet]int)
	}
	s.moves[o.field] = o.n
}

// AtMinute starts partitions at a minute of the hour, 0 to 59.
func AtMinute(minute int) StartOption { return startOption{optAtMinute, minute} }

// AtHour starts days, weeks and months at an hour of the day, 0 to 23.
func AtHour(hour int) StartOption { return startOption{optAtHour, hour} }

// OnWeekday starts weeks on a day of the week.
func OnWeekday(day time.Weekday) StartOption { return startOption{optOnWeekday, int(day)} }

// OnDay starts months on a day of the month, from 1; a month without that day starts none.
func OnDay(day int) StartOption { return startOption{optOnDay, day} }

// Except leaves out partitions that start at a tick of one of these crons, at most seven: "0 0 * * 0,6" leaves out
// weekends. Their neighbours keep their length.
func Except(crons ...string) PartitionsOption {
	return partitionsOption(func(c *partition.WindowConfig) { c.Exclude = append(c.Exclude, crons...) })
}

// ExceptAt leaves out single partitions, by their keys.
func ExceptAt(keys ...string) PartitionsOption {
	return partitionsOption(func(c *partition.WindowConfig) { c.ExcludeAt = append(c.ExcludeAt, keys...) })
}
