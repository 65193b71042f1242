package cli

import (
	"bytes"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// retryFlags say which steps of a run are run again.
type retryFlags struct {
	runFlags
	fromFailure bool
	ops         []string
	assets      string
}

func (a *app) runRetry() *cobra.Command {
	var f retryFlags
	cmd := &cobra.Command{
		Use:   "retry ID",
		Short: `Run the steps of an ended run again, as a new run; "latest" is the newest run`,
		Long: "Run the steps of an ended run again, as a new run that names the old one as its parent.\n\n" +
			"Tags and config are those of the old run; --tag, --config and --set change them.\n\n" +
			"With --from-failure only the steps that failed, were canceled, or did not run because of that; what\n" +
			"succeeded is loaded as it was stored. What an op made is stored if the op is Durable; else it is made again,\n" +
			"and the summary says so.\n\n" +
			"With --select only the steps that make those assets; with --op-selection only those ops of a job.",
		Example: a.example("run retry latest --from-failure", `run retry latest --op-selection "merge*"`,
			"run retry 0197b2f0-6c1e-7a53-8f0e-5d3c2b1a0f9e"),
		Args:              oneArg(`the ID of a run, or "latest"`),
		ValidArgsFunction: a.completeRuns,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.retry(cmd, args[0], &f) },
	}
	cmd.Flags().BoolVar(&f.fromFailure, "from-failure", false, "only what failed and what did not run because of that")
	cmd.Flags().StringVar(&f.assets, "select", "", "only these `ASSETS` of a run of assets")
	addOpSelection(cmd, &f.ops)
	f.add(cmd)
	complete(cmd, "select", a.completeAssets)
	complete(cmd, "op-selection", a.completeOpsOfRun)
	return cmd
}

// steps are those that the flags choose.
func (f *retryFlags) steps() dagster.Steps {
	switch {
	case f.fromFailure:
		return dagster.FailedSteps()
	case len(f.ops) > 0:
		return dagster.OnlyOps(f.ops...)
	case f.assets != "":
		return dagster.OnlySteps(dagster.Selection(f.assets))
	}
	return dagster.AllSteps()
}

// fit checks that the flags choose among what a run is made of: assets, or ops.
func (f *retryFlags) fit(r *dagster.Repository, run *storage.Run) error {
	graph := false
	if ofJob(run) {
		job, err := jobOf(r, run.Job)
		graph = err == nil && job.Graph != ""
	}
	switch {
	case graph && f.assets != "":
		return usage("--select %q: run %s is of ops; choose some with --op-selection", f.assets, run.ID)
	case !graph && len(f.ops) > 0:
		return usage("--op-selection %q: run %s is of assets; choose some with --select", strings.Join(f.ops, ","), run.ID)
	}
	return nil
}

func (a *app) retry(cmd *cobra.Command, id string, f *retryFlags) error {
	ctx := cmd.Context()
	if err := oneOf(cmd, "from-failure", "select", "op-selection"); err != nil {
		return err
	}
	opts, err := f.options(cmd)
	if err != nil {
		return err
	}
	var run storage.Run
	err = a.withRun(ctx, id, func(_ *home, found storage.Run) error {
		run = found
		return nil
	})
	if err != nil {
		return err
	}
	x := execution{json: f.json}
	if x.repository, err = a.ownerOf(&run); err != nil {
		return err
	}
	job := ""
	if ofJob(&run) {
		job = run.Job
	}
	if err := f.fit(x.repository, &run); err != nil {
		return err
	}
	if x.config, err = f.config.read(cmd.InOrStdin(), schemaOf(x.repository, job)); err != nil {
		return err
	}
	if err := x.config.report(nil); err != nil { // the rest is checked once the old run is read
		return err
	}
	again, err := sameConfig(&run, x.config != nil)
	if err != nil {
		return err
	}
	x.options = append(again, opts...)
	if x.home, err = a.runHome(ctx); err != nil {
		return err
	}
	x.start = func(ctx context.Context, opts ...dagster.RunOption) (*dagster.Result, error) {
		return x.repository.Reexecute(ctx, string(run.ID), f.steps(), opts...)
	}
	return a.execute(ctx, x)
}

// sameConfig is the config of a run, for another run; what the user has configured comes after it. The values of secrets
// were not recorded, only from which variables they came.
func sameConfig(run *storage.Run, configured bool) ([]dagster.RunOption, error) {
	hidden := bytes.Contains(run.Config, []byte(`"[secret]"`))
	switch {
	case len(run.Config) == 0:
		return nil, nil
	case hidden && !configured:
		return nil, usage("the config of run %s held the value of a secret, which is not recorded: give the config again with --config", run.ID)
	case hidden:
		return nil, nil
	}
	return []dagster.RunOption{dagster.RunConfig(run.Config)}, nil
}

// ownerOf is the repository that a run is of.
func (a *app) ownerOf(run *storage.Run) (*dagster.Repository, error) {
	for _, r := range a.Repositories {
		if r != nil && r.Name() == run.Repository {
			if err := r.Validate(); err != nil {
				return nil, &exit{code: exitUsage, err: err}
			}
			return r, nil
		}
	}
	return nil, usage("run %s is of repository %q, which this program does not serve; it serves %s", run.ID, run.Repository, a.repositoryNames())
}
