package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

func (a *app) assetCheck() *cobra.Command {
	var sel string
	var names []string
	var f runFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Make the checks of assets, against what is stored of them",
		Long: "Make the checks of assets, against what is stored of them, and record the run. Checks that an asset's own body\n" +
			"reports are made when it is materialized.\n\n" +
			"It exits with 1 if a check did not pass, unless that is a warning.",
		Example: a.example("asset check", `asset check --select "+revenue"`, "asset check --select orders --check complete"),
		Args:    noKeys,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := f.options(cmd)
			if err != nil {
				return err
			}
			if len(names) > 0 {
				opts = append(opts, dagster.OnlyChecks(names...))
			}
			r, err := a.owner(fmt.Sprintf("selection %q", sel), known(sel))
			if err != nil {
				return err
			}
			if err := checkNames(r, names); err != nil {
				return err
			}
			start := func(ctx context.Context, opts ...dagster.RunOption) (*dagster.Result, error) {
				return r.Check(ctx, dagster.Selection(sel), opts...)
			}
			x := execution{repository: r, start: start, options: opts, json: f.json, strict: true}
			return a.begin(cmd, x, &f.config, schemaOf(r, ""))
		},
	}
	cmd.Flags().StringVar(&sel, "select", "*", "of which `ASSETS`")
	cmd.Flags().StringSliceVar(&names, "check", nil, "only the checks of these `NAMES`, joined by commas; may be given several times")
	f.add(cmd)
	complete(cmd, "select", a.completeAssets)
	complete(cmd, "check", a.completeChecks)
	return cmd
}

// known checks that a selection can be read by a repository; it may choose what is made elsewhere alone.
func known(sel string) func(*dagster.Repository) error {
	return func(r *dagster.Repository) error {
		_, err := r.Selected(dagster.Selection(sel))
		return err
	}
}

// checkNames refuses names that no check of the repository has.
func checkNames(r *dagster.Repository, names []string) error {
	all, err := namesOfChecks(r)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return &exit{code: exitUsage, err: unknownName("check", name, all)}
		}
	}
	return nil
}

// namesOfChecks are the names of all checks, each once.
func namesOfChecks(r *dagster.Repository) ([]string, error) {
	infos, err := r.Assets()
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range infos {
		for _, c := range infos[i].Checks {
			if !slices.Contains(out, c.Name) {
				out = append(out, c.Name)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// completeChecks offers the names of checks.
func (a *app) completeChecks(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	repos, err := a.repositories()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, r := range repos {
		names, err := namesOfChecks(r)
		if err != nil {
			continue
		}
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				out = append(out, name)
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
