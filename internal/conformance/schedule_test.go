package conformance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
)

// partitionScheduleCase is one case of partition_schedules.
type partitionScheduleCase struct {
	Def      *partitionDef         `json:"def"`
	Args     partitionScheduleArgs `json:"args"`
	Cron     cronTexts             `json:"cron"`
	TZ       string                `json:"tz"`
	After    *time.Time            `json:"after"`
	Ticks    []scheduledTick       `json:"ticks"`
	Error    bool                  `json:"error"`
	Disputed string                `json:"disputed"`
}

// partitionScheduleArgs are the arguments of Dagster's constructor.
type partitionScheduleArgs struct {
	Cron    cronTexts         `json:"cron_schedule"`
	Zone    string            `json:"execution_timezone"`
	Minute  *int              `json:"minute_of_hour"`
	Hour    *int              `json:"hour_of_day"`
	Weekday *int              `json:"day_of_week"`
	Day     *int              `json:"day_of_month"`
	Tags    map[string]string `json:"tags"`
}

// scheduledTick is what is requested at a tick: partition keys and run keys.
type scheduledTick struct {
	At       time.Time         `json:"at"`
	Requests [][2]string       `json:"requests"`
	Tags     map[string]string `json:"tags"` // of the first
	Skip     string            `json:"skip"`
}

func (a *partitionScheduleArgs) options() []dagster.ScheduleOption {
	opts := []dagster.ScheduleOption{dagster.Tags(a.Tags)}
	for _, text := range a.Cron {
		opts = append(opts, dagster.AlsoAt(text))
	}
	if a.Zone != "" {
		opts = append(opts, dagster.TimeZone(a.Zone))
	}
	if a.Minute != nil {
		opts = append(opts, dagster.AtMinute(*a.Minute))
	}
	if a.Hour != nil {
		opts = append(opts, dagster.AtHour(*a.Hour))
	}
	if a.Weekday != nil {
		opts = append(opts, dagster.OnWeekday(time.Weekday(*a.Weekday)))
	}
	if a.Day != nil {
		opts = append(opts, dagster.OnDay(*a.Day))
	}
	return opts
}

// partitions returns the handle of a description; nil is not partitioned.
func (d *partitionDef) partitions() *dagster.Partitions {
	switch d.Type {
	case "static":
		return dagster.StaticPartitions(d.Keys...)
	case "dynamic":
		return dagster.DynamicPartitions(d.Name)
	case "multi":
		dims := make(dagster.Dimensions, len(d.Dims))
		for name, dim := range d.Dims {
			dims[name] = dim.partitions()
		}
		return dagster.MultiPartitions(dims)
	case "cron":
		return dagster.CronPartitions(d.Cron, d.Start, d.options()...)
	case "hourly":
		return dagster.HourlyPartitions(d.Start, d.options()...)
	case "daily":
		return dagster.DailyPartitions(d.Start, d.options()...)
	case "weekly":
		return dagster.WeeklyPartitions(d.Start, d.options()...)
	}
	return dagster.MonthlyPartitions(d.Start, d.options()...)
}

func (d *partitionDef) options() []dagster.PartitionsOption {
	opts := []dagster.PartitionsOption{dagster.EndOffset(d.EndOffset)}
	if d.TZ != "" {
		opts = append(opts, dagster.TimeZone(d.TZ))
	}
	if d.End != "" {
		opts = append(opts, dagster.Until(d.End))
	}
	if d.Fmt != "" {
		opts = append(opts, dagster.KeyFormat(d.Fmt))
	}
	if d.MinuteOffset != 0 {
		opts = append(opts, dagster.AtMinute(d.MinuteOffset))
	}
	if d.HourOffset != 0 {
		opts = append(opts, dagster.AtHour(d.HourOffset))
	}
	if d.DayOffset != nil && d.Type == "weekly" {
		opts = append(opts, dagster.OnWeekday(time.Weekday(*d.DayOffset)))
	}
	if d.DayOffset != nil && d.Type == "monthly" {
		opts = append(opts, dagster.OnDay(*d.DayOffset))
	}
	for _, e := range d.Exclusions {
		if e.Cron != "" {
			opts = append(opts, dagster.Except(e.Cron))
		} else {
			opts = append(opts, dagster.ExceptAt(e.At))
		}
	}
	return opts
}

func TestConformancePartitionSchedules(t *testing.T) {
	t.Parallel()

	conformance.Each(t, "partition_schedules", func(t *testing.T, c partitionScheduleCase) {
		t.Helper()

		var opts []dagster.JobOption
		if c.Def != nil {
			opts = append(opts, dagster.Partitioned(c.Def.partitions()))
		}
		s := dagster.NewPartitionSchedule("nightly_schedule", dagster.NewJob("nightly", oneOp(), opts...), c.Args.options()...)
		repo := dagster.NewRepository("scheduled", s)
		infos, err := repo.Schedules()
		switch {
		case c.Error:
			require.Error(t, err)
			return
		case c.Disputed != "":
			c.checkDisputed(t, repo, err)
			return
		}
		require.NoError(t, err)
		zone := c.TZ
		if zone == "" {
			zone = "UTC"
		}
		assert.Equal(t, []string(c.Cron), infos[0].Crons)
		assert.Equal(t, zone, infos[0].TimeZone)
		if c.After == nil {
			return
		}
		for i, at := range take(infos[0].Ticks(*c.After), len(c.Ticks)) {
			c.Ticks[i].check(t, s, at)
		}
	}, partitionSchedulesAnsweredOtherwise()...)
}

// partitionSchedulesAnsweredOtherwise are rows of docs/adr/0009 that the recorded cases do not come across.
func partitionSchedulesAnsweredOtherwise() []conformance.Rule[partitionScheduleCase] {
	return []conformance.Rule[partitionScheduleCase]{
		{
			Why: "a number that is 0 was given as well",
			Match: func(c partitionScheduleCase) bool {
				moved := c.Args.Minute != nil || c.Args.Hour != nil || c.Args.Weekday != nil || c.Args.Day != nil
				static := c.Def != nil && c.Def.Type == "static"
				return !c.Error && (static && moved || c.Args.Weekday != nil && c.Args.Day != nil)
			},
			Instead: func(c *partitionScheduleCase) { c.Error = true },
			Rare:    true,
		},
		{
			Why: "a cron is moved whatever space it has between its fields",
			Match: func(c partitionScheduleCase) bool {
				return c.Error && c.Def != nil && c.Def.Type == "cron" && strings.Join(strings.Fields(c.Def.Cron), " ") != c.Def.Cron
			},
			Instead: func(c *partitionScheduleCase) { c.Disputed, c.Error = "more is accepted", false },
			Rare:    true,
		},
		{
			Why: "of several dimensions too nothing is requested twice: after the end, or beside what is left out",
			Match: func(c partitionScheduleCase) bool {
				if c.Def == nil || c.Def.Type != "multi" || c.Disputed != "" {
					return false
				}
				return slices.ContainsFunc(slices.Collect(maps.Values(c.Def.Dims)), func(d *partitionDef) bool {
					return d.End != "" || len(d.Exclusions) > 0 && d.EndOffset != 0
				})
			},
			Instead: func(c *partitionScheduleCase) { c.Disputed = "as with one dimension" },
			Rare:    true,
		},
	}
}

// check asks the schedule at a tick.
func (want *scheduledTick) check(t *testing.T, s *dagster.Schedule, at time.Time) {
	t.Helper()

	assert.Equal(t, inUTC([]time.Time{want.At}), inUTC([]time.Time{at}))
	got, err := s.Evaluate(t.Context(), dagster.TickInfo{At: at})
	require.NoError(t, err)
	assert.Equal(t, want.Skip != "", got.Skip != "", "%s at %s", got.Skip, at)
	requests := make([][2]string, 0, len(got.Requests))
	for _, q := range got.Requests {
		requests = append(requests, [2]string{q.Partition, q.Key})
	}
	assert.ElementsMatch(t, want.Requests, requests, "at %s", at)
	if len(requests) > 0 && len(want.Requests) > 0 {
		assert.Equal(t, want.Requests, requests, "at %s", at)
		assert.Equal(t, want.Tags, got.Requests[0].Tags, "at %s", at)
	}
}

// checkDisputed sees that no partition is requested twice, where no rule says more; the schedule may also be refused.
func (c *partitionScheduleCase) checkDisputed(t *testing.T, repo *dagster.Repository, refused error) {
	t.Helper()

	if refused != nil {
		assert.NotContains(t, strings.ToLower(refused.Error()), "panic")
		return
	}
	seen := make(map[string]bool)
	for _, tick := range c.Ticks {
		got, err := repo.EvaluateSchedule(t.Context(), "nightly_schedule", dagster.TickInfo{At: tick.At})
		require.NoError(t, err)
		for _, q := range got.Requests {
			assert.False(t, seen[q.Partition], "%s is requested twice", q.Partition)
			seen[q.Partition] = true
		}
	}
}
