package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// runFlags are the flags of commands that execute a run.
type runFlags struct {
	limit  int
	tags   []string
	config configFlags
	json   bool
}

func (f *runFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.limit, "max-concurrent", 0, "run at most `N` steps at once (default: as many as there are processors)")
	flags.StringArrayVar(&f.tags, "tag", nil, "label the run with `KEY=VALUE`; may be given several times")
	flags.BoolVar(&f.json, "json", false, "print the events of the run as they are stored, one JSON object a line, and nothing else")
	f.config.add(cmd)
}

// options reads what the flags name, but for the config.
func (f *runFlags) options(cmd *cobra.Command) ([]dagster.RunOption, error) {
	var opts []dagster.RunOption
	if cmd.Flags().Changed("max-concurrent") {
		if f.limit < 1 {
			return nil, usage("--max-concurrent %d: want 1 or more", f.limit)
		}
		opts = append(opts, dagster.MaxConcurrent(f.limit))
	}
	if len(f.tags) > 0 {
		tags := make(map[string]string, len(f.tags))
		for _, t := range f.tags {
			key, value, ok := strings.Cut(t, "=")
			if !ok || key == "" {
				return nil, usage("--tag %q: want key=value", t)
			}
			tags[key] = value
		}
		opts = append(opts, dagster.RunTags(tags))
	}
	return opts, nil
}

func (a *app) assetMaterialize() *cobra.Command {
	var sel string
	var f runFlags
	var p partitionFlags
	var stale staleFlags
	cmd := &cobra.Command{
		Use:   "materialize",
		Short: "Run assets, each after those that it needs",
		Long: "Run assets, each after those that it needs, and record the run. What they need and is not selected is\n" +
			"loaded as it was stored before.\n\n" +
			selectionHelp + "\n\n" +
			partitionHelp +
			"Ctrl-C cancels the run and waits for the steps that run; a second one stops at once.",
		Example: a.example("asset materialize", `asset materialize --select "+key:revenue"`,
			`asset materialize --select "group:sales and not kind:csv" --max-concurrent 4 --tag why=test`,
			"asset materialize --config config.yaml --set config.load.limit=3", "asset materialize --json | jq -r .kind",
			"asset materialize --select days --partition 2024-02-03", "asset materialize --select days --partitions missing"),
		Args: noKeys,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := f.options(cmd)
			if err != nil {
				return err
			}
			r, err := a.owner(fmt.Sprintf("selection %q", sel), selected(sel))
			if err != nil {
				return err
			}
			of, err := assetTarget(r, sel)
			if err != nil {
				return err
			}
			start := func(ctx context.Context, opts ...dagster.RunOption) (*dagster.Result, error) {
				return r.Materialize(ctx, dagster.Selection(sel), opts...)
			}
			x := execution{repository: r, start: start, options: opts, json: f.json}
			p.stale = stale.only
			if x.choice, err = p.choose(cmd, of); err != nil {
				return err
			}
			if x.late, err = stale.options(cmd); err != nil {
				return err
			}
			return a.begin(cmd, x, &f.config, schemaOf(r, ""))
		},
	}
	cmd.Flags().StringVar(&sel, "select", "*", "which `ASSETS`")
	p.add(cmd, a.completeKeysOfSelection)
	stale.add(cmd)
	f.add(cmd)
	complete(cmd, "select", a.completeAssets)
	return cmd
}
