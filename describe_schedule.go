package dagster

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/internal/cron"
	"github.com/dagster-go/dagster/metadata"
)

// ScheduleInfo says what a repository knows of one schedule. It is a copy: changing it changes nothing.
type ScheduleInfo struct {
	Name  string   `json:"name"`
	Job   string   `json:"job"`
	Crons []string `json:"crons"` // it fires at the ticks of any

	// When is the crons in words: "at 02:30, Monday to Friday". It is empty if they would not be few.
	When string `json:"when,omitempty"`

	TimeZone    string `json:"time_zone"`
	Running     bool   `json:"running"`     // from the beginning
	Partitioned bool   `json:"partitioned"` // requests partitions of its job, as they come

	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"` // of its runs
	Owners      []string          `json:"owners,omitempty"`
	Metadata    []metadata.Entry  `json:"metadata,omitempty"`
	Configs     []string          `json:"configs,omitempty"`   // names that its function takes, also through resources
	Resources   []string          `json:"resources,omitempty"` // each after those that it takes

	// Code is where its code is: the line that declares it, by the path that the compiler saw, then what
	// [metadata.CodeReferences] says. It is found when it is asked for, and stored nowhere.
	Code []metadata.CodeReference `json:"code_references,omitempty"`

	File string `json:"file,omitempty"` // where it was declared
	Line int    `json:"line,omitempty"`

	ticks cron.Ticks
}

// Ticks are the times at which the schedule fires, from the first that is not before an instant, on the clock of its time
// zone. They may go on to the year 9999.
func (s *ScheduleInfo) Ticks(from time.Time) iter.Seq[time.Time] { return s.ticks.Up(from) }

// Schedules describes the schedules in the order in which they were listed, or returns the error of [Repository.Validate]
// if the repository is wrong.
func (r *Repository) Schedules() ([]ScheduleInfo, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	out := make([]ScheduleInfo, 0, len(c.schedules))
	seen := make(map[*schedule]bool, len(c.schedules))
	for _, s := range c.listedSchedules {
		if !seen[s] {
			seen[s] = true
			out = append(out, c.describeSchedule(s))
		}
	}
	return out, nil
}

func (c *catalog) describeSchedule(s *schedule) ScheduleInfo {
	t := c.timings[s]
	info := ScheduleInfo{
		Name: s.name, Job: s.job.name, Crons: slices.Clone(t.crons), When: t.words(), TimeZone: t.zone, Running: s.set.has(optRunning),
		Partitioned: s.partitioned, Description: s.description, Tags: maps.Clone(s.tags), Owners: slices.Clone(s.owners),
		Metadata: slices.Clone(s.metadata), Code: s.code(s.metadata), ticks: t.ticks,
	}
	info.File, info.Line = s.at.line()
	found := &catalog{values: make(map[*config]any)}
	u := used{c: found, resources: make(map[*resource]bool)}
	u.body(s.requests)
	for _, cfg := range found.configs {
		info.Configs = append(info.Configs, cfg.name)
	}
	for _, res := range found.resources {
		info.Resources = append(info.Resources, res.name)
	}
	return info
}
