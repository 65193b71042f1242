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

	"github.com/dagster-go/dagster/storage"
)

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "run",
		Aliases: []string{"runs"},
		Short:   "List, show and retry runs",
		Example: a.example("run list --status failure", "run show latest", "run retry latest --from-failure"),
	}
	a.group(cmd)
	cmd.AddCommand(a.runList(), a.runShow(), a.runEvents(), a.runRetry())
	return cmd
}

// listFlags choose runs.
type listFlags struct {
	statuses []string
	limit    int
	asset    string
	job      string
	before   string
	json     bool
}

func (a *app) runList() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the runs, newest first",
		Example: a.example("run list", "run list --status failure,canceled --limit 5", "run list --asset orders", "run list --job nightly", "run list --json | jq -r '.[].id'"),
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.statuses, "status", nil, "only runs of `STATUS`, or several joined by commas: "+strings.ToLower(strings.Join(statusNames(), ", ")))
	flags.IntVar(&f.limit, "limit", 20, "at most `N` runs, up to 1000")
	flags.StringVar(&f.asset, "asset", "", "only runs that were to make the asset `KEY`")
	flags.StringVar(&f.job, "job", "", "only runs of the job `NAME`")
	flags.StringVar(&f.before, "before", "", "only runs older than the run `ID`: the last of the page before")
	flags.BoolVar(&f.json, "json", false, "print a JSON list")
	complete(cmd, "status", completeStatuses)
	complete(cmd, "asset", a.completeAssets)
	complete(cmd, "job", a.completeJobs)
	complete(cmd, "before", a.completeRuns)
	return cmd
}

func statusNames() []string {
	return []string{
		string(storage.RunSucceeded), string(storage.RunFailed), string(storage.RunCanceled), string(storage.RunStarted),
		string(storage.RunStarting), string(storage.RunCanceling), string(storage.RunQueued), string(storage.RunNotStarted),
	}
}

func (a *app) filter(f listFlags) (storage.RunFilter, error) {
	out := storage.RunFilter{Repository: a.repository, Asset: f.asset, Job: f.job, Before: storage.RunID(f.before), Limit: f.limit}
	if f.limit < 1 || f.limit > 1000 {
		return out, usage("--limit %d: want 1 to 1000", f.limit)
	}
	for _, s := range f.statuses {
		name := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), "-", "_"))
		if !slices.Contains(statusNames(), name) {
			return out, usage("--status %q: want one of %s", s, strings.ToLower(strings.Join(statusNames(), ", ")))
		}
		out.Statuses = append(out.Statuses, storage.RunStatus(name))
	}
	_, err := a.named()
	return out, err
}

func (a *app) listRuns(ctx context.Context, f listFlags) (err error) {
	filter, err := a.filter(f)
	if err != nil {
		return err
	}
	h, err := a.readHome(ctx)
	if errors.Is(err, errNoRuns) {
		if f.json {
			return writeJSON(a.Stdout, []storage.Run{})
		}
		return write(a.Stdout, sentence(err))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	runs, err := h.store.Runs(ctx, filter)
	if errors.Is(err, storage.ErrRunNotFound) {
		return usage("--before %q: no such run", f.before)
	}
	if err != nil {
		return storeError(err)
	}
	if f.json {
		return writeJSON(a.Stdout, append([]storage.Run{}, runs...))
	}
	if len(runs) == 0 {
		return write(a.Stdout, a.noneFit(f))
	}
	if err := write(a.Stdout, a.runTable(runs, time.Now())); err != nil {
		return err
	}
	if len(runs) == filter.Limit {
		fmt.Fprintf(a.Stderr, "More: %s\n", a.command(f.again(a.repository, string(runs[len(runs)-1].ID))...))
	}
	return nil
}

// noneFit says that no run fits, and that no repository has the asset or the job, which may be why.
func (a *app) noneFit(f listFlags) string {
	const none = "No runs that fit.\n"
	repos, err := a.repositories()
	if f.asset == "" && f.job == "" || err != nil || len(repos) == 0 {
		return none
	}
	var errs []error
	for _, r := range repos {
		var missing error
		if f.asset != "" {
			missing = keyed(f.asset)(r)
		}
		if f.job != "" && missing == nil {
			missing = hasJob(f.job)(r)
		}
		if missing == nil {
			return none
		}
		errs = append(errs, missing)
	}
	return "No runs that fit: " + best(errs).Error() + "\n"
}

// again are the words of the command that lists the next page.
func (f listFlags) again(repository, before string) []string {
	words := []string{"run", "list"}
	if len(f.statuses) > 0 {
		words = append(words, "--status", strings.Join(f.statuses, ","))
	}
	if f.asset != "" {
		words = append(words, "--asset", f.asset)
	}
	if f.job != "" {
		words = append(words, "--job", f.job)
	}
	if f.limit != 20 {
		words = append(words, "--limit", strconv.Itoa(f.limit))
	}
	if repository != "" {
		words = append(words, "--repository", repository)
	}
	return append(words, "--before", before)
}

// sentence makes a message of an error that is none.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + ".\n"
}

func storeError(err error) error {
	if errors.Is(err, context.Canceled) {
		return &exit{code: exitInterrupted, err: err}
	}
	return &exit{code: exitHome, err: err}
}

// wideTable is how many columns a terminal needs to show when runs were started both ways.
const wideTable = 120

func (a *app) runTable(runs []storage.Run, now time.Time) string {
	var t table
	narrow := a.style.width() > 0 && a.style.width() < wideTable
	head := []string{"RUN", "STATUS", "STARTED", "", "TOOK", "JOB OR ASSETS", "WHY"}
	if narrow {
		head = slices.Delete(head, 3, 4)
	}
	t.head(head...)
	for i := range runs {
		r := &runs[i]
		row := []span{
			{string(r.ID), plain},
			{string(r.Status), statusColor(r.Status)},
			{local(r.Created), plain},
			{ago(r.Created, now), dim},
			{runTook(r, now), plain},
			{ran(r), plain},
			{fold(why(r)), plain},
		}
		if narrow {
			row = slices.Delete(row, 2, 3)
		}
		t.add(row...)
	}
	return t.text(a.style)
}

// ran is what a run was to do: its job, or the first of its assets, and for which partitions.
func ran(r *storage.Run) string {
	what := some(r.Assets, 2)
	if ofJob(r) {
		what = r.Job
	}
	if of := partitionsOf(r); of != "" {
		what += "  " + cutList(of, mostOfList)
	}
	return what
}

// mostOfList is how much of a list of partitions has room beside others.
const mostOfList = 40

// runTook is how long a run took, or has taken so far.
func runTook(r *storage.Run, now time.Time) string {
	switch {
	case !r.Ended.IsZero():
		return took(r.Ended.Sub(r.Created))
	case r.Status.Terminal():
		return ""
	}
	return took(now.Sub(r.Created))
}

// why is the reason for which a run did not succeed.
func why(r *storage.Run) string {
	if r.Error != "" {
		return r.Error
	}
	return r.CancelReason
}
