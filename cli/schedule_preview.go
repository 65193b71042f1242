package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// previewJSON is what "schedule preview --json" prints: the next ticks, and what the first of them requests.
type previewJSON struct {
	Repository string        `json:"repository"`
	Schedule   string        `json:"schedule"`
	TimeZone   string        `json:"time_zone"`
	Ticks      []time.Time   `json:"ticks"`
	Requests   []requestJSON `json:"requests"` // of the first tick
	Skip       string        `json:"skip,omitempty"`
	Error      string        `json:"error,omitempty"`
}

// requestJSON is a run that a tick requests.
type requestJSON struct {
	Job       string            `json:"job"`
	Key       string            `json:"run_key,omitempty"`
	Partition string            `json:"partition,omitempty"`
	Select    string            `json:"select,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	Config    json.RawMessage   `json:"config,omitempty"`
}

func (a *app) schedulePreview() *cobra.Command {
	const several = 10
	var asJSON bool
	var next int
	var at string
	cmd := &cobra.Command{
		Use:   "preview NAME",
		Short: "Show the next ticks of a schedule, and what the first requests",
		Long: "Show the next ticks of a schedule, and what the first of them requests. Nothing is launched. A schedule whose function\n" +
			"decides on its runs is asked: the function is called, and the resources that it takes are opened for it.",
		Example: a.example("schedule preview nightly", "schedule preview nightly --next 3", `schedule preview nightly --at "2024-03-31 02:30"`,
			"schedule preview nightly --json | jq -r '.ticks[]'"),
		Args:              oneArg("the name of a schedule"),
		ValidArgsFunction: a.completeSchedules,
		RunE: func(cmd *cobra.Command, args []string) error {
			if next < 1 {
				return usage("--next %d: want at least 1", next)
			}
			r, s, err := a.findSchedule(args[0])
			if err != nil {
				return err
			}
			from, err := moment(at, s.TimeZone)
			if err != nil {
				return err
			}
			p := previewJSON{Repository: r.Name(), Schedule: s.Name, TimeZone: s.TimeZone, Ticks: ticks(s, from, next), Requests: []requestJSON{}}
			if len(p.Ticks) == 0 {
				return usage("schedule %q: it does not fire after %s", s.Name, from.Format(tickLayout))
			}
			err = p.ask(cmd.Context(), a, r)
			return firstError(a.writePreview(&p, s, asJSON), err)
		},
	}
	cmd.Flags().IntVar(&next, "next", several, "`NUMBER` of ticks to show")
	cmd.Flags().StringVar(&at, "at", "", "`TIME` from which on ticks are shown: RFC 3339, or \"2006-01-02 15:04\" in the schedule's zone (default: now)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// moment reads a time, by a zone's clock if it has no offset of its own; empty is now.
func moment(text, zone string) (time.Time, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, err // the schedule knows the zone
	}
	if text == "" {
		return time.Now().In(loc), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t.In(loc), nil
		}
	}
	return time.Time{}, usage("--at %q: want a time such as 2006-01-02T15:04:05Z or \"2006-01-02 15:04\"", text)
}

// ticks are the first so many that are not before from.
func ticks(s *dagster.ScheduleInfo, from time.Time, most int) []time.Time {
	list := []time.Time{}
	for t := range s.Ticks(from) {
		if len(list) == most {
			break
		}
		list = append(list, t)
	}
	return list
}

// ask evaluates the first tick, and notes what it came to. The home knows dynamic partitions; there need not be one.
func (p *previewJSON) ask(ctx context.Context, a *app, r *dagster.Repository) error {
	var opts []dagster.RunOption
	store, err := a.peekHome(ctx)
	if err == nil {
		opts = append(opts, dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{Storage: store})))
	}
	if err != nil && !errors.Is(err, errNoRuns) {
		return p.failed(exitHome, err)
	}
	res, err := r.EvaluateSchedule(ctx, p.Schedule, dagster.TickInfo{At: p.Ticks[0]}, opts...)
	if store != nil {
		err = errors.Join(err, store.Close())
	}
	if err != nil {
		return p.failed(exitFailed, err)
	}
	p.Skip = res.Skip
	for _, q := range res.Requests {
		config, err := q.RunConfig()
		if err != nil {
			return p.failed(exitFailed, err)
		}
		p.Requests = append(p.Requests, requestJSON{Job: q.Job.Name(), Key: q.Key, Partition: q.Partition, Select: string(q.Select), Tags: q.Tags, Config: config})
	}
	return nil
}

func (p *previewJSON) failed(code int, err error) error {
	p.Error = err.Error()
	return &exit{code: code, err: err}
}

func (a *app) writePreview(p *previewJSON, s *dagster.ScheduleInfo, asJSON bool) error {
	if asJSON {
		return writeJSON(a.Stdout, p)
	}
	return write(a.Stdout, a.previewText(p, s))
}

// tickLayout is a tick as people read it: which day, and whose clock.
const tickLayout = "Mon 2006-01-02 15:04 MST"

func (a *app) previewText(p *previewJSON, s *dagster.ScheduleInfo) string {
	var t table
	row := func(name, text string) {
		if text != "" {
			t.add(span{name, dim}, span{text, plain})
		}
	}
	t.add(span{"schedule", dim}, span{s.Name, bold})
	row("job", s.Job)
	row("fires", s.When)
	row("cron", strings.Join(s.Crons, "; "))
	row("time zone", s.TimeZone)
	row("starts as", startsAs(s))
	for i, tick := range p.Ticks {
		name := ""
		if i == 0 {
			name = "ticks"
		}
		t.add(span{name, dim}, span{tick.Format(tickLayout), plain})
	}
	text := t.text(a.style)
	at := p.Ticks[0].Format(tickLayout)
	switch {
	case p.Error != "":
		return text
	case len(p.Requests) == 0:
		return text + fmt.Sprintf("\nSkipped at %s: %s\n", at, fold(p.Skip))
	}
	return text + fmt.Sprintf("\nRequested at %s: %s\n", at, count(len(p.Requests), "run")) + a.requestTable(p.Requests)
}

// requestTable shows the first requests, of which there may be thousands, without columns that none of them needs.
func (a *app) requestTable(requests []requestJSON) string {
	const first = 20
	shown := requests[:min(first, len(requests))]
	rows := make([][]string, 0, 1+len(shown))
	rows = append(rows, []string{"JOB", "RUN KEY", "PARTITION", "ASSETS", "TAGS", "CONFIG"})
	for i := range shown {
		q := &requests[i]
		own := maps.Clone(q.Tags)
		maps.DeleteFunc(own, func(key, _ string) bool { return strings.HasPrefix(key, "dagster/") })
		rows = append(rows, []string{q.Job, q.Key, q.Partition, q.Select, tagList(own), string(q.Config)})
	}
	var t table
	for i, row := range rows {
		var cells []span
		for k, text := range row {
			if slices.ContainsFunc(rows[1:], func(other []string) bool { return other[k] != "" }) {
				cells = append(cells, span{text, plain})
			}
		}
		if i == 0 {
			for k := range cells {
				cells[k].color = bold
			}
		}
		t.add(cells...)
	}
	text := t.text(a.style)
	if more := len(requests) - first; more > 0 {
		text += fmt.Sprintf("and %d more; --json prints them all\n", more)
	}
	return text
}
