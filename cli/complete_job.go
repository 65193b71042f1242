package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// completeJobs offers the names of jobs.
func (a *app) completeJobs(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	list, err := a.listJobs()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for i := range list {
		about := firstLine(list[i].Description)
		if about != "" {
			about = "\t" + about
		}
		if strings.HasPrefix(list[i].Name, prefix) {
			out = append(out, list[i].Name+about)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeOps offers the ops of the job that is named before.
func (a *app) completeOps(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_, job, err := a.findJob(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return opNames(job, prefix), cobra.ShellCompDirectiveNoFileComp
}

// completeOpsOfRun offers the ops of the run that is named before.
func (a *app) completeOpsOfRun(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	store, err := a.peekHome(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	run, err := a.findRun(cmd.Context(), store, args[0])
	if err = firstError(err, store.Close()); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, r := range a.Repositories {
		if r == nil || r.Name() != run.Repository {
			continue
		}
		if job, err := jobOf(r, run.Job); err == nil {
			return opNames(job, prefix), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// opNames are the names that an op selection may begin with like this, with the signs that the user has begun with. Names
// of what is nested come once a graph is named.
func opNames(job *dagster.JobInfo, prefix string) []string {
	if job.Graph == "" {
		return nil
	}
	before := ""
	if at := strings.LastIndexByte(prefix, ',') + 1; at > 0 { // of a list only the last one is completed
		before, prefix = prefix[:at], prefix[at:]
	}
	name := strings.TrimLeft(prefix, "*+")
	signs := prefix[:len(prefix)-len(name)]
	var out []string
	for i := range job.Steps {
		key := job.Steps[i].Key
		if !strings.HasPrefix(key, name) {
			continue
		}
		if next := strings.IndexByte(key[len(name):], '.'); next >= 0 {
			key = key[:len(name)+next]
		}
		if full := before + signs + key; !slices.Contains(out, full) {
			out = append(out, full)
		}
	}
	return out
}
