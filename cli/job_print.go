package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

const (
	formatText    = "text"
	formatMermaid = "mermaid"
)

func (a *app) jobPrint() *cobra.Command {
	var format string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "print NAME",
		Short: "Show one job: its steps, and what each waits for",
		Example: a.example("job print nightly", "job print nightly --format mermaid > nightly.mmd",
			"job print nightly --json | jq -r '.steps[].key'"),
		Args:              oneArg("the name of a job"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(cmd, "format", "json"); err != nil {
				return err
			}
			if format != formatText && format != formatMermaid {
				return usage("--format %q: want %s or %s", format, formatText, formatMermaid)
			}
			r, job, err := a.findJob(args[0])
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return writeJSON(a.Stdout, jobJSON{Repository: r.Name(), JobInfo: *job})
			case format == formatMermaid:
				return write(a.Stdout, mermaid(job))
			}
			return write(a.Stdout, a.jobText(r.Name(), job))
		},
	}
	cmd.Flags().StringVar(&format, "format", formatText, "`FORMAT` of the graph: text, or mermaid for a flowchart")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	complete(cmd, "format", cobra.FixedCompletions([]string{formatText, formatMermaid}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) jobText(repository string, job *dagster.JobInfo) string {
	var t table
	row := func(name, text string) {
		if text != "" {
			t.add(span{name, dim}, span{text, plain})
		}
	}
	t.add(span{"job", dim}, span{job.Name, bold})
	row("repository", repository)
	row("graph", job.Graph)
	row("selection", job.Selection)
	row("runs", runs(job))
	row("partitions", divisionText(job.Partitions))
	row("owners", strings.Join(job.Owners, ", "))
	row("tags", tagList(job.Tags))
	row("limits", limitText(job))
	if job.MaxRuntime > 0 {
		row("max runtime", lasting(job.MaxRuntime))
	}
	row("hooks", hookText(job.Hooks))
	row("configs", strings.Join(job.Configs, ", "))
	row("resources", strings.Join(job.Resources, ", "))
	blocks := a.metadataBlocks(&t, job.Metadata)
	if job.File != "" {
		row("declared at", fmt.Sprintf("%s:%d", job.File, job.Line))
	}
	text := t.text(style{color: a.style.color})
	if job.Description != "" {
		text += "\n" + indent(job.Description) + "\n"
	}
	return text + blocks + "\n" + a.stepTree(job)
}

func limitText(job *dagster.JobInfo) string {
	var parts []string
	if job.MaxConcurrent > 0 {
		parts = append(parts, fmt.Sprintf("%d at once", job.MaxConcurrent))
	}
	for _, l := range job.Limits {
		tag := l.Key
		if l.Value != "" {
			tag += "=" + l.Value
		}
		if l.PerValue {
			tag = "each value of " + tag
		}
		parts = append(parts, fmt.Sprintf("%d of %s at once", l.Limit, tag))
	}
	return strings.Join(parts, ", ")
}

func hookText(hooks []dagster.HookInfo) string {
	out := make([]string, len(hooks))
	for i, h := range hooks {
		out[i] = h.When
		if h.File != "" {
			out[i] += fmt.Sprintf(" (%s:%d)", h.File, h.Line)
		}
	}
	return strings.Join(out, ", ")
}

// tree is a job's steps as they are shown: those of nested graphs below the graph's name.
type tree struct {
	job   *dagster.JobInfo
	names map[string]string // of steps, by key: the key, or the asset that the step makes
}

func newTree(job *dagster.JobInfo) *tree {
	t := &tree{job: job, names: make(map[string]string, len(job.Steps))}
	for i := range job.Steps {
		s := &job.Steps[i]
		t.names[s.Key] = s.Key
		if len(s.Assets) == 1 {
			t.names[s.Key] = s.Assets[0]
		}
	}
	return t
}

// path is the names of the graphs around a step, each with all before it, and the step's own name.
func (t *tree) path(s *dagster.StepPlan) (around []string, name string) {
	if len(s.Assets) > 0 {
		return nil, t.names[s.Key]
	}
	for at := 0; ; {
		dot := strings.IndexByte(s.Key[at:], '.')
		if dot < 0 {
			return around, s.Key[at:]
		}
		at += dot + 1
		around = append(around, s.Key[:at])
	}
}

// called is how a step is named within a graph: without the graph's name, unless another step is called so.
func (t *tree) called(key, within string) string {
	short, inside := strings.CutPrefix(key, within)
	if _, taken := t.names[short]; within == "" || !inside || taken {
		return t.names[key]
	}
	return short
}

// heads are the graphs around a step that are not around the one before it.
func newHeads(around, before []string) []string {
	n := 0
	for n < len(around) && n < len(before) && around[n] == before[n] {
		n++
	}
	return around[n:]
}

// waits are what a step waits for, in words.
func (t *tree) waits(s *dagster.StepPlan, within string) []string {
	var out []string
	for _, w := range s.Waits {
		text := clean(t.called(w.Step, within))
		if w.Optional {
			text += "?"
		}
		switch {
		case w.Kind == dagster.WaitOrder:
			text = "after " + text
		case w.Kind == dagster.WaitEnd:
			text = "finally after " + text
		case w.Each:
			text = "each of " + text
		case w.All:
			text = "all of " + text
		}
		out = append(out, text)
	}
	if s.IsMapped() && !slices.ContainsFunc(s.Waits, func(w dagster.StepWait) bool { return w.Each || t.sameMap(s, w.Step) }) {
		out = append(out, "for each of "+clean(t.called(s.MapOver, within)))
	}
	return out
}

// sameMap reports whether another step is mapped over the same.
func (t *tree) sameMap(s *dagster.StepPlan, other string) bool {
	return slices.ContainsFunc(t.job.Steps, func(o dagster.StepPlan) bool {
		return o.Key == other && o.MapOver == s.MapOver && o.MapOutput == s.MapOutput
	})
}

// extras are what else is said of a step.
func extras(s *dagster.StepPlan) []string {
	var out []string
	if s.Retry != nil {
		out = append(out, "retry "+count(s.Retry.Max, "time"))
	}
	if s.Timeout > 0 {
		out = append(out, "timeout "+lasting(s.Timeout))
	}
	if s.Pool != "" {
		out = append(out, "pool "+s.Pool)
	}
	for _, h := range s.Hooks {
		out = append(out, "hook "+h.When)
	}
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		out = append(out, cmp.Or(strings.TrimSuffix(k+"="+s.Tags[k], "="), k))
	}
	return out
}

// The left column of a tree is as wide as its names, up to a bound.
const (
	mostNames  = 36
	leastWaits = 30
	gap        = 2
)

// treeRow is one line on the left, and the words beside it.
type treeRow struct {
	left  line
	words []span
}

func (a *app) stepTree(job *dagster.JobInfo) string {
	t := newTree(job)
	rows, marks := t.rows()
	columns := a.style.width()
	if columns == 0 {
		columns = 80
	}
	left := width("STEP")
	for i := range rows {
		if w := rows[i].left.width(); w <= mostNames {
			left = max(left, w)
		}
	}
	left += gap
	var b strings.Builder
	b.WriteString(line{{pad("STEP", left), bold}, {"NEEDS", bold}}.render(a.style, 0) + "\n")
	for i := range rows {
		rows[i].write(&b, a.style, left, max(columns-left, leastWaits))
	}
	if len(marks) > 0 {
		b.WriteString("\n" + strings.Join(marks, "\n") + "\n")
	}
	return b.String()
}

// rows are the lines of the tree, and what the marks in them mean.
func (t *tree) rows() (rows []treeRow, marks []string) {
	var before []string
	mapped, optional := false, false
	for i := range t.job.Steps {
		s := &t.job.Steps[i]
		around, name := t.path(s)
		for k, head := range newHeads(around, before) {
			depth := len(around) - len(newHeads(around, before)) + k
			short := strings.TrimSuffix(strings.TrimPrefix(head, strings.Join(around[:depth][max(depth-1, 0):], "")), ".")
			rows = append(rows, treeRow{left: line{{strings.Repeat("  ", depth), plain}, {clean(short) + ":", bold}}})
		}
		before = around
		row := treeRow{left: line{{strings.Repeat("  ", len(around)), plain}, {clean(name), plain}}}
		if s.IsMapped() {
			mapped = true
			row.left = append(row.left, span{unknownKeys, cyan})
		}
		within := strings.Join(around[max(len(around)-1, 0):], "")
		for _, w := range s.Waits {
			optional = optional || w.Optional
		}
		row.words = words(t.waits(s, within), extras(s))
		rows = append(rows, row)
	}
	if mapped {
		marks = append(marks, "name[?]  one step for each key of what it is mapped over")
	}
	if optional {
		marks = append(marks, "name?    a branch, or what may be absent: if it is, the step is skipped")
	}
	return rows, marks
}

// words are what is shown beside a step; none is broken.
func words(waits, more []string) []span {
	out := make([]span, 0, len(waits)+len(more))
	for i, w := range waits {
		if i < len(waits)-1 {
			w += ","
		}
		out = append(out, span{w, plain})
	}
	for i, m := range more {
		m = clean(m)
		if i == 0 {
			m = "(" + m
		}
		if i < len(more)-1 {
			m += ","
		} else {
			m += ")"
		}
		out = append(out, span{m, dim})
	}
	return out
}

func (r *treeRow) write(b *strings.Builder, s style, left, right int) {
	l := slices.Clone(r.left)
	if len(r.words) == 0 {
		b.WriteString(l.render(s, 0) + "\n")
		return
	}
	if w := l.width(); w+gap > left {
		b.WriteString(l.render(s, 0) + "\n")
		l = line{{strings.Repeat(" ", left), plain}}
	} else {
		l = append(l, span{strings.Repeat(" ", left-w), plain})
	}
	beside := span{strings.Repeat(" ", left), plain}
	used := 0
	for _, word := range r.words {
		w := width(word.text)
		switch {
		case used > 0 && used+1+w > right:
			b.WriteString(l.render(s, 0) + "\n")
			l, used = append(l[:0], beside), 0
		case used > 0:
			l, used = append(l, span{" ", plain}), used+1
		}
		l, used = append(l, word), used+w
	}
	b.WriteString(l.render(s, 0) + "\n")
}
