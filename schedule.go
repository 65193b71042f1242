package dagster

import (
	"github.com/dagster-go/dagster/metadata"
)

// Schedule requests runs of a job at the ticks of a cron. It is immutable, and safe for concurrent use.
type Schedule struct{ of *schedule }

type schedule struct {
	definition
	job         *job
	crons       []string
	partitioned bool // requests the partitions of its job

	set         optionSet
	zone        string
	moves       map[optionSet]int // what moves a cron that comes from partitions, by its option
	requests    *body             // nil: one run a tick, or one a partition
	config      []ConfigValue
	tags        map[string]string
	owners      []string
	description string
	metadata    []metadata.Entry
}

// NewSchedule declares a schedule that requests runs of a job at each tick of a cron: one run, or what a function decides
// on, see [Requests]. The cron has five fields, from the minute to the day of the week, of lists, ranges, steps and names
// ("30 2 * * mon-fri"); the day may also be "L" for the last of a month, "fri#2" for its second Friday or "L5" for its last
// one. It may be @hourly, @daily, @weekly, @monthly or @yearly.
//
// The cron is on the wall clock of [TimeZone], without it on that of UTC. A time that is left out in spring fires at the
// end of the gap, one that comes twice in autumn fires the second time; if the hour is "*" each real hour fires instead.
func NewSchedule(name, cron string, job *Job, opts ...ScheduleOption) *Schedule {
	s := newSchedule(name, job)
	s.crons = []string{cron}
	s.apply(opts)
	for _, o := range s.moved() {
		s.mistake("%s: its cron says when it fires; only one that comes from partitions is moved", moveName(o))
	}
	if _, err := s.plainTiming(); err != nil {
		s.check(err)
	}
	return &Schedule{of: s}
}

// NewPartitionSchedule declares a schedule that requests a run of the job's last partition as soon as it exists. Cron and
// time zone are those of the partitions: the job's own, or what its assets have in common. [AtMinute], [AtHour],
// [OnWeekday] and [OnDay] move the cron. Hourly partitions take a minute only, daily ones no day, and a cron of another
// form than these four can't be moved; as in Dagster, hourly, weekly and monthly partitions ignore a day that is not
// theirs.
//
// Of partitions in several dimensions one has to be time: there is a run for each combination with its last key. Static
// ones have a run for each key, and their ticks are those of [AlsoAt]. The run key is the partition key. A tick is skipped
// if no partition has come since the one before.
func NewPartitionSchedule(name string, job *Job, opts ...ScheduleOption) *Schedule {
	s := newSchedule(name, job)
	s.partitioned = true
	s.apply(opts)
	if s.requests != nil {
		s.mistake("requests: its partitions say what it requests; a function is for NewSchedule")
	}
	if j := s.job; j != nil && len(j.mistakes) == 0 && (j.graph != nil || j.partitions.divides()) {
		_, err := s.partitionTiming(j.partitions.definitionOf())
		s.check(err)
	}
	return &Schedule{of: s}
}

func newSchedule(name string, of *Job) *schedule {
	s := &schedule{definition: definition{kind: "schedule", name: name, at: outerSite()}}
	s.check(checkIdentifier(name))
	if of == nil || of.of == nil {
		s.mistake("nil job")
		return s
	}
	s.job = of.of
	return s
}

func (s *schedule) apply(opts []ScheduleOption) {
	for _, o := range opts {
		if o == nil {
			s.mistake("nil option")
			continue
		}
		o.applySchedule(s)
	}
}

// Name is the schedule's name.
func (s *Schedule) Name() string { return s.of.name }

// define lists the schedule, and the job that comes along.
func (s *Schedule) define(c *catalog) {
	if s == nil {
		c.add(nil)
		return
	}
	c.listedSchedules = append(c.listedSchedules, s.of)
	if s.of.job != nil {
		c.listedJobs = append(c.listedJobs, s.of.job)
	}
}

// scheduleOption is an option for schedules alone.
type scheduleOption func(s *schedule)

func (o scheduleOption) applySchedule(s *schedule) { o(s) }

// Running starts the schedule as soon as its repository is served. Without it a person does.
func Running() ScheduleOption {
	return scheduleOption(func(s *schedule) { s.set.once(&s.definition, optRunning, "running") })
}

// AlsoAt adds a cron: the schedule fires at the ticks of all, and once where several fire. For a schedule of static
// partitions it is the first one.
func AlsoAt(cron string) ScheduleOption {
	return scheduleOption(func(s *schedule) { s.crons = append(s.crons, cron) })
}

// Requests decides at each tick what to run: [Tick] says which one it is. Inputs of the function are resources, configs
// and constants; for resources one evaluation counts as a run. Nothing requested skips the tick, and so does the error
// [SkipTick], which says why.
func Requests(b Body[[]RunRequest]) ScheduleOption {
	return scheduleOption(func(s *schedule) {
		s.set.once(&s.definition, optRequests, "requests")
		s.setBody(&s.requests, b)
		if s.requests == nil {
			return
		}
		if s.requests.graph != nil {
			s.mistake("requests: a graph cannot decide on them")
		}
		walkAll(s.requests.inputs, func(leaf *input, _ leafUse) {
			if leaf.kind == readsAsset {
				s.mistake("requests: it takes asset %s: a schedule takes resources, configs and constants", quote(leaf.asset.key))
			}
		})
	})
}
