package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/nearest"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

func (a *app) partitionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "partition",
		Aliases: []string{"partitions"},
		Short:   "List partitions, show which are made, and change dynamic ones",
		Example: a.example("partition status", "partition list days --state failed", "partition add customers acme", "partition wipe days 2024-02-03 --yes"),
	}
	a.group(cmd)
	cmd.AddCommand(a.partitionStatus(), a.partitionList(), a.partitionWipe(), a.partitionAdd(), a.partitionDelete())
	return cmd
}

// partitioned is an asset that has partitions.
type partitioned struct {
	repository *dagster.Repository
	key        string
	definition partition.Definition
}

// partitionedAssets are those of the keys, or all.
func (a *app) partitionedAssets(keys ...string) ([]partitioned, error) {
	var out []partitioned
	for _, key := range keys {
		info, err := a.describe(key)
		if err != nil {
			return nil, err
		}
		if info.Partitions == nil {
			return nil, usage("asset %q is not partitioned", key)
		}
		r, err := a.owner(fmt.Sprintf("asset %q", key), keyed(key))
		if err != nil {
			return nil, err
		}
		out = append(out, partitioned{r, key, info.Partitions.Definition})
	}
	if len(keys) > 0 {
		return out, nil
	}
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	for _, r := range repos {
		infos, err := r.Assets()
		if err != nil {
			return nil, err
		}
		for i := range infos {
			if p := infos[i].Partitions; p != nil {
				out = append(out, partitioned{r, infos[i].Key, p.Definition})
			}
		}
	}
	return out, nil
}

// dynamicNames are the names of all dynamic partitions that the repositories use.
func (a *app) dynamicNames() ([]string, error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	var names []string
	add := func(info *dagster.PartitionsInfo) {
		if info == nil {
			return
		}
		for _, name := range info.Definition.DynamicNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, r := range repos {
		infos, err := r.Assets()
		if err != nil {
			return nil, err
		}
		for i := range infos {
			add(infos[i].Partitions)
		}
		jobs, err := r.Jobs()
		if err != nil {
			return nil, err
		}
		for i := range jobs {
			add(jobs[i].Partitions)
		}
	}
	return names, nil
}

// checkDynamic reports a name that no definition uses. Of such a name keys may be left: they can be listed and deleted.
func (a *app) checkDynamic(ctx context.Context, store storage.PartitionStore, name string) error {
	names, err := a.dynamicNames()
	if err != nil || slices.Contains(names, name) {
		return err
	}
	if store != nil {
		left, err := store.DynamicKeys(ctx, storage.DynamicFilter{Name: name, Limit: 1})
		if err != nil {
			return storeError(err)
		}
		if len(left) > 0 {
			return nil
		}
	}
	if near := nearest.Name(name, names); near != "" {
		return usage("no dynamic partitions %q; is it %q?", name, near)
	}
	if len(names) == 0 {
		return usage("no dynamic partitions %q: the program has none", name)
	}
	return usage("no dynamic partitions %q; there are %s", name, nameList(names))
}

// withStore opens the home, if there is one, and calls do with its store; else with nil.
func (a *app) withStore(ctx context.Context, do func(*home) error) (err error) {
	h, err := a.readHome(ctx)
	if errors.Is(err, errNoRuns) {
		return do(nil)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	return do(h)
}
