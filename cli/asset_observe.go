package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

func (a *app) assetObserve() *cobra.Command {
	var sel string
	var f runFlags
	cmd := &cobra.Command{
		Use:   "observe",
		Short: "Find out whether assets that are made elsewhere have changed",
		Long: "Find out the data versions of assets that are made elsewhere and say how, and record the run. What was made from\n" +
			"one that has changed is stale: \"asset status\" says so.",
		Example: a.example("asset observe", "asset observe --select orders"),
		Args:    noKeys,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := f.options(cmd)
			if err != nil {
				return err
			}
			r, err := a.owner(fmt.Sprintf("selection %q", sel), known(sel))
			if err != nil {
				return err
			}
			start := func(ctx context.Context, opts ...dagster.RunOption) (*dagster.Result, error) {
				return r.Observe(ctx, dagster.Selection(sel), opts...)
			}
			x := execution{repository: r, start: start, options: opts, json: f.json}
			return a.begin(cmd, x, &f.config, schemaOf(r, ""))
		},
	}
	cmd.Flags().StringVar(&sel, "select", "*", "which `ASSETS`")
	f.add(cmd)
	complete(cmd, "select", a.completeAssets)
	return cmd
}
