package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

const latestRun = "latest"

func (a *app) runShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show ID",
		Short:             `Show one run and how its steps ended; "latest" is the newest run`,
		Example:           a.example("run show latest", "run show 0197b2f0-6c1e-7a53-8f0e-5d3c2b1a0f9e --json"),
		Args:              oneArg(`the ID of a run, or "latest"`),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRun(cmd.Context(), args[0], func(h *home, run storage.Run) error {
				t := newTally()
				t.expect(a.planned(&run))
				err := eachPage(cmd.Context(), h.store, run.ID, stepKinds(&run), func(page []storage.Event) error {
					for i := range page {
						t.add(&page[i])
					}
					return nil
				})
				if err != nil {
					return err
				}
				if run.Status.Terminal() {
					t.over()
				}
				if asJSON {
					return writeJSON(a.Stdout, runJSON{Run: run, Results: stepResults(t), Checks: t.checks.all()})
				}
				return write(a.Stdout, a.runText(&run, t, time.Now()))
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// stepKinds are the events that say how steps stand; those of jobs also what mapped steps they have.
func stepKinds(run *storage.Run) []storage.EventKind {
	kinds := []storage.EventKind{
		storage.AssetMaterializationPlanned, storage.StepStart, storage.StepRestarted, storage.StepSuccess, storage.StepFailure,
		storage.StepSkipped, storage.StepUpForRetry, storage.Progress, storage.AssetCheckPlanned, storage.AssetCheckEvaluation,
	}
	if ofJob(run) {
		kinds = append(kinds, storage.StepOutput)
	}
	return kinds
}

// planned are the steps that the definitions give a run, if the program still serves it.
func (a *app) planned(run *storage.Run) []dagster.StepPlan {
	if r := a.serves(run.Repository); r != nil {
		return plannedSteps(r, run)
	}
	return nil
}

// serves is the program's repository of that name, nil if it has none.
func (a *app) serves(name string) *dagster.Repository {
	for _, r := range a.Repositories {
		if r != nil && r.Name() == name {
			return r
		}
	}
	return nil
}

// withRun opens the home and finds the run that an argument names.
func (a *app) withRun(ctx context.Context, id string, do func(*home, storage.Run) error) (err error) {
	h, err := a.readHome(ctx)
	if errors.Is(err, errNoRuns) {
		return usage("run %q: %w", id, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	run, err := a.findRun(ctx, h.store, id)
	if err != nil {
		return err
	}
	return do(h, run)
}

func (a *app) findRun(ctx context.Context, store storage.RunStore, id string) (storage.Run, error) {
	if id != latestRun {
		run, err := store.Run(ctx, storage.RunID(id))
		if errors.Is(err, storage.ErrRunNotFound) {
			return run, usage("no run %q: %q lists them", id, a.command("run", "list"))
		}
		if err != nil {
			return run, storeError(err)
		}
		return run, nil
	}
	runs, err := store.Runs(ctx, storage.RunFilter{Repository: a.repository, Limit: 1})
	if err != nil {
		return storage.Run{}, storeError(err)
	}
	if len(runs) == 0 {
		return storage.Run{}, usage("no runs yet")
	}
	return runs[0], nil
}

// eachPage calls do with the events of a run, page by page.
func eachPage(ctx context.Context, store storage.EventStore, run storage.RunID, kinds []storage.EventKind, do func([]storage.Event) error) error {
	filter := storage.EventFilter{Run: run, Kinds: kinds}
	for {
		page, err := store.Events(ctx, filter)
		if err != nil {
			return storeError(err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := do(page); err != nil {
			return err
		}
		filter.After = page[len(page)-1].ID
	}
}

func stepResults(t *tally) []stepJSON {
	out := make([]stepJSON, len(t.steps))
	for i, s := range t.ordered() {
		out[i] = stepJSON{
			Step: s.key, Asset: s.asset, Status: s.status, Attempts: s.attempts, Started: s.began, Ended: s.ended, Error: s.err,
		}
	}
	return out
}

func (a *app) runText(r *storage.Run, t *tally, now time.Time) string {
	var head table
	row := func(name, text string) {
		if text != "" {
			head.add(span{name, dim}, span{text, plain})
		}
	}
	head.add(span{"run", dim}, span{string(r.ID), bold})
	head.add(span{"status", dim}, span{string(r.Status), statusColor(r.Status)})
	row("why", why(r))
	row("repository", r.Repository)
	if ofJob(r) {
		row("job", r.Job)
	}
	row("partitions", partitionsOf(r))
	row("created", fmt.Sprintf("%s (%s)", local(r.Created), ago(r.Created, now)))
	row("took", runTook(r, now))
	row("steps", t.text())
	row("checks", t.checks.text())
	row("blocked", some(blockedBy(&t.checks, a.serves(r.Repository), t.notRun()), mostChecks))
	row("retry of", string(r.Parent))
	row("tags", tagList(ownTags(r.Tags)))
	row("config", string(r.Config))
	if !r.Status.Terminal() {
		row("worker", r.Worker)
	}
	var b strings.Builder
	b.WriteString(head.text(style{color: a.style.color})) // uncut: a reason or a config is there to be read
	if len(t.steps) > 0 {
		b.WriteString("\n" + a.stepTable(t, now))
	}
	b.WriteString(a.checkTable(t.checks.all()))
	for _, s := range t.ordered() {
		if s.status == stepFailed {
			fmt.Fprintf(&b, "\n%s\n%s\n", a.style.paint(red, s.name()), indent(s.err))
		}
	}
	fmt.Fprintf(&b, "\nEvents:  %s\n", a.command("run", "events", string(r.ID)))
	if r.Status == storage.RunFailed || r.Status == storage.RunCanceled {
		fmt.Fprintf(&b, "Retry:   %s\n", a.command("run", "retry", string(r.ID), "--from-failure"))
	}
	return b.String()
}

// mostSteps is how many steps a run may have for all to be listed for people.
const mostSteps = 100

func (a *app) stepTable(t *tally, now time.Time) string {
	var steps table
	what := "ASSET"
	if slices.ContainsFunc(t.steps, func(s *step) bool { return s.asset == "" }) {
		what = "STEP"
	}
	steps.head(what, "STATUS", "TOOK", "ATTEMPTS", "ERROR")
	for _, s := range t.ordered() {
		if len(t.steps) > mostSteps && !s.matters() {
			continue
		}
		attempts, lasted := "", ""
		if s.attempts > 0 {
			attempts = strconv.Itoa(s.attempts)
			lasted = took(s.ended.Sub(s.began))
		}
		if s.status == stepRunning {
			lasted = took(now.Sub(s.began))
		}
		steps.add(span{s.name(), plain}, span{string(s.status), stepColor(s.status)}, span{lasted, plain}, span{attempts, plain}, span{fold(s.err), plain})
	}
	more := ""
	if len(t.steps) > mostSteps {
		more = "(the steps that failed or run; --json lists all)\n"
	}
	if len(steps.rows) == 1 {
		return more
	}
	return steps.text(a.style) + more
}

func stepColor(s stepStatus) color {
	switch s {
	case stepDone:
		return green
	case stepFailed:
		return red
	case stepSkipped, stepRetrying:
		return yellow
	case stepRunning:
		return cyan
	case stepWaiting, stepNotRun:
	}
	return dim
}
