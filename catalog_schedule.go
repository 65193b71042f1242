package dagster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
		t, err := s.timing(s.job.partitions.definitionOf())
		if err != nil {
			c.wrong = append(c.wrong, s.wrong(err))
			continue
		}
		c.timings[s] = t
	}
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
