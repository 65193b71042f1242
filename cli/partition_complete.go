package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/partition"
)

// completePartitioned offers the keys of assets that have partitions; with --dynamic the names of dynamic ones.
func (a *app) completePartitioned(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if dynamic, err := cmd.Flags().GetBool("dynamic"); err == nil && dynamic {
		return a.completeDynamic(cmd, args, prefix)
	}
	list, err := a.partitionedAssets()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, p := range list {
		if strings.HasPrefix(p.key, prefix) && !slices.Contains(args, p.key) {
			out = append(out, p.key+"\t"+definitionText(p.definition))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeDynamic offers the names of dynamic partitions.
func (a *app) completeDynamic(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	names, err := a.dynamicNames()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeDynamicKeys offers the name first, then its keys.
func (a *app) completeDynamicKeys(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeDynamic(cmd, args, prefix)
	}
	d, err := partition.Dynamic(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeKeys(cmd, d, prefix)
}

// completeKeysOfAsset offers partitions of the asset that is named before.
func (a *app) completeKeysOfAsset(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := a.partitionedAssets(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeKeys(cmd, list[0].definition, prefix)
}

// completeWiped offers the asset first, then its partitions.
func (a *app) completeWiped(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return a.completePartitioned(cmd, args, prefix)
	case 1:
		return a.completeKeysOfAsset(cmd, args, prefix)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeKeysOfSelection offers partitions of the assets that --select names.
func (a *app) completeKeysOfSelection(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	sel, err := cmd.Flags().GetString("select")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	r, err := a.owner(fmt.Sprintf("selection %q", sel), selected(sel))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeTarget(cmd, prefix, func() (*target, error) { return assetTarget(r, sel) })
}

// completeKeysOfJob offers partitions of the job that is named before.
func (a *app) completeKeysOfJob(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return a.completeTarget(cmd, prefix, func() (*target, error) {
		if len(args) == 0 {
			return &target{}, nil
		}
		r, job, err := a.findJob(args[0])
		if err != nil {
			return nil, err
		}
		return jobTarget(r, job)
	})
}

func (a *app) completeTarget(cmd *cobra.Command, prefix string, find func() (*target, error)) ([]string, cobra.ShellCompDirective) {
	of, err := find()
	if err != nil || of.info == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeKeys(cmd, of.info.Definition, prefix)
}

// completeKeys offers the newest partitions that begin like this.
func (a *app) completeKeys(cmd *cobra.Command, d partition.Definition, prefix string) ([]string, cobra.ShellCompDirective) {
	const newest, looked = 100, 200_000
	set := d.At(time.Now(), nil)
	if len(d.DynamicNames()) > 0 {
		store, err := a.peekHome(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		set, err = setOf(cmd.Context(), store, d, time.Now())
		if err = firstError(err, store.Close()); err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
	var out []string
	for i := set.Count() - 1; i >= max(0, set.Count()-looked) && len(out) < newest; i-- {
		if key, ok := set.Nth(i); ok && strings.HasPrefix(key, prefix) && !strings.ContainsAny(key, "\t\n\r") {
			out = append(out, key)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
