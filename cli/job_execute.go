package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

func (a *app) jobExecute() *cobra.Command {
	var f runFlags
	var p partitionFlags
	var ops []string
	cmd := &cobra.Command{
		Use:   "execute NAME",
		Short: "Run a job",
		Long: "Run a job, and record the run: a graph of ops, or a selection of assets.\n\n" +
			"Run config is read from YAML or JSON; \"job scaffold-config NAME\" prints one to fill in. Anywhere below the name\n" +
			"of a config, {env: VARIABLE} stands for the value of an environment variable.\n\n" +
			"An op selection is a name at the top of the job's graph, or the dotted path of something nested. With \"*\" before\n" +
			"it all above is run as well, with \"*\" behind it all below, with a \"+\" one level. \"and\", \"or\", \"not\", roots(...) and\n" +
			"sinks(...) combine them, and name:clean_* are all names like that.\n\n" +
			partitionHelp +
			"Ctrl-C cancels the run and waits for the steps that run; a second one stops at once.",
		Example: a.example("job execute nightly", "job execute nightly --config nightly.yaml --set config.load.limit=3",
			`job execute nightly --op-selection "clean+" --op-selection report`, "job execute nightly --json | jq -r .kind",
			"job execute nightly --partition 2024-02-03"),
		Args:              oneArg("the name of a job"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := f.options(cmd)
			if err != nil {
				return err
			}
			r, job, err := a.findJob(args[0])
			if err != nil {
				return err
			}
			if len(ops) > 0 {
				if job.Graph == "" {
					return usage("--op-selection: job %q materializes assets, and has no ops; \"asset materialize --select\" runs some of them", job.Name)
				}
				opts = append(opts, dagster.OpSelection(ops...))
			}
			of, err := jobTarget(r, job)
			if err != nil {
				return err
			}
			start := func(ctx context.Context, opts ...dagster.RunOption) (*dagster.Result, error) {
				return r.ExecuteJob(ctx, job.Name, opts...)
			}
			x := execution{repository: r, start: start, options: opts, json: f.json}
			if x.choice, err = p.choose(cmd, of); err != nil {
				return err
			}
			return a.begin(cmd, x, &f.config, schemaOf(r, job.Name))
		},
	}
	addOpSelection(cmd, &ops)
	p.add(cmd, a.completeKeysOfJob)
	f.add(cmd)
	complete(cmd, "op-selection", a.completeOps)
	return cmd
}

func addOpSelection(cmd *cobra.Command, ops *[]string) {
	cmd.Flags().StringSliceVar(ops, "op-selection", nil, "only these `OPS` of the job, joined by commas; may be given several times")
}
