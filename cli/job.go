package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/nearest"
)

// jobJSON is a job as "job list --json" has it in a list and "job print --json" alone.
type jobJSON struct {
	Repository string `json:"repository"`
	dagster.JobInfo
}

func (a *app) jobCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "job",
		Aliases: []string{"jobs"},
		Short:   "List, print, configure and execute jobs",
		Example: a.example("job list", "job print nightly", "job execute nightly --config nightly.yaml"),
	}
	a.group(cmd)
	cmd.AddCommand(a.jobList(), a.jobPrint(), a.jobExecute(), a.jobScaffold(), a.jobSchema())
	return cmd
}

func (a *app) jobList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the jobs",
		Example: a.example("job list", "job list --json | jq -r '.[].name'"),
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := a.listJobs()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.Stdout, list)
			}
			return write(a.Stdout, a.jobTable(list))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	return cmd
}

func (a *app) listJobs() ([]jobJSON, error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	list := []jobJSON{}
	for _, r := range repos {
		jobs, err := r.Jobs()
		if err != nil {
			return nil, err
		}
		for i := range jobs {
			list = append(list, jobJSON{Repository: r.Name(), JobInfo: jobs[i]})
		}
	}
	return list, nil
}

func (a *app) jobTable(list []jobJSON) string {
	if len(list) == 0 {
		return "No jobs.\n"
	}
	several := len(a.Repositories) > 1
	var t table
	divided := slices.ContainsFunc(list, func(j jobJSON) bool { return j.Partitions != nil })
	head := []string{"JOB", "RUNS", "DESCRIPTION"}
	if divided {
		head = slices.Insert(head, 2, "PARTITIONS")
	}
	if several {
		head = slices.Insert(head, 1, "REPOSITORY")
	}
	t.head(head...)
	for i := range list {
		j := &list[i]
		row := []span{{j.Name, plain}, {runs(&j.JobInfo), plain}, {firstLine(j.Description), plain}}
		if divided {
			row = slices.Insert(row, 2, span{divisionText(j.Partitions), plain})
		}
		if several {
			row = slices.Insert(row, 1, span{j.Repository, plain})
		}
		t.add(row...)
	}
	return t.text(a.style)
}

// runs is what a job runs, in few words.
func runs(j *dagster.JobInfo) string {
	if j.Graph != "" {
		return count(len(j.Steps), "step")
	}
	return count(len(j.Assets), "asset")
}

// jobOf is the job of that name.
func jobOf(r *dagster.Repository, name string) (*dagster.JobInfo, error) {
	jobs, err := r.Jobs()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(jobs))
	for i := range jobs {
		if jobs[i].Name == name {
			return &jobs[i], nil
		}
		names[i] = jobs[i].Name
	}
	return nil, unknownName("job", name, names)
}

// unknownName says that there is no such name, and what there is.
func unknownName(kind, name string, names []string) error {
	if near := nearest.Name(name, names); near != "" {
		return fmt.Errorf("no %s %q; is it %q?", kind, name, near)
	}
	if len(names) == 0 {
		return fmt.Errorf("no %s %q: the repository has none", kind, name)
	}
	return fmt.Errorf("no %s %q; there are %s", kind, name, some(names, 8))
}

// hasJob checks that the repository has a job.
func hasJob(name string) func(*dagster.Repository) error {
	return func(r *dagster.Repository) error {
		_, err := jobOf(r, name)
		return err
	}
}

// findJob is the job that an argument names, and whose it is.
func (a *app) findJob(name string) (*dagster.Repository, *dagster.JobInfo, error) {
	r, err := a.owner(fmt.Sprintf("job %q", name), hasJob(name))
	if err != nil {
		return nil, nil, err
	}
	job, err := jobOf(r, name)
	return r, job, err
}
