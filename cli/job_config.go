package cli

import (
	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

func (a *app) jobScaffold() *cobra.Command {
	return &cobra.Command{
		Use:   "scaffold-config NAME",
		Short: "Print a run config for a job, to be filled in",
		Long: "Print a run config for a job as YAML: every config that it takes with its defaults, and what each field is for.\n" +
			"What is left as it is can be removed.",
		Example:           a.example("job scaffold-config nightly > nightly.yaml"),
		Args:              oneArg("the name of a job"),
		ValidArgsFunction: a.completeJobs,
		RunE:              a.printOfJob((*dagster.Repository).ScaffoldConfig),
	}
}

func (a *app) jobSchema() *cobra.Command {
	return &cobra.Command{
		Use:               "config-schema NAME",
		Short:             "Print the JSON Schema of a job's run config",
		Long:              "Print the JSON Schema of a job's run config, for editors and other programs that check one.",
		Example:           a.example("job config-schema nightly > nightly.schema.json"),
		Args:              oneArg("the name of a job"),
		ValidArgsFunction: a.completeJobs,
		RunE:              a.printOfJob((*dagster.Repository).ConfigSchema),
	}
}

// printOfJob prints what a repository says of a job.
func (a *app) printOfJob(of func(*dagster.Repository, string) ([]byte, error)) func(*cobra.Command, []string) error {
	return func(_ *cobra.Command, args []string) error {
		r, job, err := a.findJob(args[0])
		if err != nil {
			return err
		}
		text, err := of(r, job.Name)
		if err != nil {
			return &exit{code: exitUsage, err: err}
		}
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
		return write(a.Stdout, string(text))
	}
}

// schemaOf is the shape of run config; it knows nothing if there is no schema.
func schemaOf(r *dagster.Repository, job string) shape {
	schema, err := r.ConfigSchema(job)
	if err != nil {
		return shape{}
	}
	return newShape(schema)
}
