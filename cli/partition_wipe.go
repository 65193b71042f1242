package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

func (a *app) partitionWipe() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "wipe ASSET LIST",
		Short: "Forget that partitions of an asset were made",
		Long: "Forget that partitions of an asset were made, or failed, so that they are missing. The list is one of keys and\n" +
			"ranges such as \"[A...B], C\", or missing, failed, all or latest. What is stored of them stays where it is.",
		Example: a.example("partition wipe days 2024-02-03 --yes", `partition wipe days "[2024-02-01...2024-02-29]" --yes`),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("want two arguments: the key of an asset, and which of its partitions")
			}
			return nil
		},
		ValidArgsFunction: a.completeWiped,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := a.partitionedAssets(args[0])
			if err != nil {
				return err
			}
			h, err := a.readHome(cmd.Context())
			if errors.Is(err, errNoRuns) {
				return write(a.Stdout, sentence(err))
			}
			if err != nil {
				return err
			}
			return errors.Join(a.wipe(cmd, h, list[0], args[1], yes), h.close())
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return cmd
}

func (a *app) wipe(cmd *cobra.Command, h *home, p partitioned, text string, yes bool) error {
	ctx := cmd.Context()
	info := &dagster.PartitionsInfo{Kind: p.definition.Kind(), Definition: p.definition}
	c := &choice{partitionFlags: partitionFlags{list: text}, of: &target{what: fmt.Sprintf("asset %q", p.key), assets: []string{p.key}, info: info}}
	chosen, err := c.find(ctx, h.store, h.inst.Now())
	if err != nil {
		return a.noneChosen(err, c)
	}
	what := fmt.Sprintf("%s %s of %q: %s", grouped(chosen.Count()), plural(chosen.Count(), "partition"), p.key, cutList(chosen.String(), most))
	if !yes {
		return usage("%s: they are to be forgotten; confirm with --yes", what)
	}
	if err := p.repository.WipePartitions(ctx, h.inst, p.key, dagster.PartitionsIn(chosen.String())); err != nil {
		return changeError(err)
	}
	return write(a.Stdout, "Forgotten: "+what+"\n")
}
