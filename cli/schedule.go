package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// scheduleJSON is a schedule as "schedule list --json" has it in a list.
type scheduleJSON struct {
	Repository string `json:"repository"`
	dagster.ScheduleInfo
}

func (a *app) scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schedule",
		Aliases: []string{"schedules"},
		Short:   "List schedules, and what they are going to request",
		Example: a.example("schedule list", "schedule preview nightly --next 3"),
	}
	a.group(cmd)
	cmd.AddCommand(a.scheduleList(), a.schedulePreview())
	return cmd
}

func (a *app) scheduleList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the schedules",
		Example: a.example("schedule list", "schedule list --json | jq -r '.[].name'"),
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := a.listSchedules()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.Stdout, list)
			}
			return write(a.Stdout, a.scheduleTable(list))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	return cmd
}

func (a *app) listSchedules() ([]scheduleJSON, error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	list := []scheduleJSON{}
	for _, r := range repos {
		schedules, err := r.Schedules()
		if err != nil {
			return nil, err
		}
		for i := range schedules {
			list = append(list, scheduleJSON{Repository: r.Name(), ScheduleInfo: schedules[i]})
		}
	}
	return list, nil
}

func (a *app) scheduleTable(list []scheduleJSON) string {
	if len(list) == 0 {
		return "No schedules.\n"
	}
	several := len(a.Repositories) > 1
	var t table
	head := []string{"SCHEDULE", "JOB", "FIRES", "TIME ZONE", "STARTS AS", "DESCRIPTION"}
	if several {
		head = slices.Insert(head, 1, "REPOSITORY")
	}
	t.head(head...)
	for i := range list {
		s := &list[i]
		row := []span{
			{s.Name, plain}, {s.Job, plain}, {fires(&s.ScheduleInfo), plain}, {s.TimeZone, dim}, {startsAs(&s.ScheduleInfo), plain}, {firstLine(s.Description), plain},
		}
		if several {
			row = slices.Insert(row, 1, span{s.Repository, plain})
		}
		t.add(row...)
	}
	return t.text(a.style)
}

// fires is when a schedule fires: in words if they are few, else as its crons are written.
func fires(s *dagster.ScheduleInfo) string {
	if s.When != "" {
		return s.When
	}
	return strings.Join(s.Crons, "; ")
}

func startsAs(s *dagster.ScheduleInfo) string {
	if s.Running {
		return "running"
	}
	return "stopped"
}

// scheduleOf is the schedule of that name.
func scheduleOf(r *dagster.Repository, name string) (*dagster.ScheduleInfo, error) {
	schedules, err := r.Schedules()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(schedules))
	for i := range schedules {
		if schedules[i].Name == name {
			return &schedules[i], nil
		}
		names[i] = schedules[i].Name
	}
	return nil, unknownName("schedule", name, names)
}

// findSchedule is the schedule that an argument names, and whose it is.
func (a *app) findSchedule(name string) (*dagster.Repository, *dagster.ScheduleInfo, error) {
	r, err := a.owner(fmt.Sprintf("schedule %q", name), func(r *dagster.Repository) error {
		_, err := scheduleOf(r, name)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	s, err := scheduleOf(r, name)
	return r, s, err
}

// completeSchedules offers the names of schedules.
func (a *app) completeSchedules(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	list, err := a.listSchedules()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for i := range list {
		if strings.HasPrefix(list[i].Name, prefix) {
			out = append(out, list[i].Name+"\t"+fires(&list[i].ScheduleInfo))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
