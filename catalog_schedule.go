package dagster

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/partition"
)

// addSchedules gives every listed schedule its name, and finds out when it fires.
func (c *catalog) addSchedules() {
	c.schedules = make(map[string]*schedule, len(c.listedSchedules))
	c.timings = make(map[*schedule]*timing, len(c.listedSchedules))
	for _, s := range c.listedSchedules {
		if other, ok := c.schedules[s.name]; ok {
			if other != s {
				c.report(&s.definition)
				c.wrong = append(c.wrong, s.wrong(fmt.Errorf("name: taken by the schedule declared at %s", other.place())))
			}
			continue
		}
		c.schedules[s.name] = s
		c.report(&s.definition)
		if len(s.mistakes) > 0 || len(s.job.mistakes) > 0 {
			continue
		}
		if s.job.graph == nil && len(c.wrong) > 0 {
			continue // the assets may be none
		}
		t, err := c.timing(s)
		if err != nil {
			c.wrong = append(c.wrong, s.wrong(err))
			continue
		}
		c.timings[s] = t
	}
}

// timing is when a schedule fires, and for which partitions.
func (c *catalog) timing(s *schedule) (*timing, error) {
	var selected []int32
	if s.job.graph == nil {
		var err error
		if selected, err = c.resolve(s.job.selection); err != nil {
			return nil, err
		}
	}
	def := c.division(s.job, selected)
	if !s.partitioned && s.requests == nil && def.Kind() != partition.KindNone {
		return nil, fmt.Errorf("job %s is partitioned, and a run of it is for one: take NewPartitionSchedule, or say with Requests which", quote(s.job.name))
	}
	return s.timing(def)
}

// checkScheduleConfigs reports values of schedules for configs that nothing uses.
func (c *catalog) checkScheduleConfigs() {
	for _, name := range slices.Sorted(maps.Keys(c.schedules)) {
		s := c.schedules[name]
		for _, v := range s.config {
			if !slices.Contains(c.configs, v.target) {
				err := fmt.Errorf("set config %s: unknown config: nothing in the repository uses it", quote(v.target.name))
				c.wrong = append(c.wrong, s.wrong(err))
			}
		}
	}
}

// noName reports a name that a repository does not have.
func noName(kind, name string, names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("no %s %s: the repository has none", kind, quote(name))
	}
	slices.Sort(names)
	for i, n := range names {
		names[i] = quote(n)
	}
	return fmt.Errorf("no %s %s; the repository has %s", kind, quote(name), strings.Join(names, ", "))
}
