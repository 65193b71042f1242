package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) assetWipe() *cobra.Command {
	var yes, quiet bool
	cmd := &cobra.Command{
		Use:   "wipe KEY",
		Short: "Forget that an asset was ever made",
		Long: "Forget that an asset was ever made, in all of its partitions, so that it is missing; \"partition wipe\" forgets some of\n" +
			"them. Its history stays, and so does what is stored of it.",
		Example:           a.example("asset wipe orders --yes"),
		Args:              oneArg("the key of an asset"),
		ValidArgsFunction: a.completeAssets,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			r, err := a.owner(fmt.Sprintf("asset %q", args[0]), keyed(args[0]))
			if err != nil {
				return err
			}
			if !yes {
				return usage("asset %q: all that is known of it is to be forgotten; confirm with --yes", args[0])
			}
			h, err := a.readHome(cmd.Context())
			if errors.Is(err, errNoRuns) {
				return write(a.Stdout, sentence(err))
			}
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, h.close()) }()
			if err := r.Wipe(cmd.Context(), h.inst, args[0]); err != nil {
				return storeError(err)
			}
			if quiet {
				return nil
			}
			return write(a.Stdout, fmt.Sprintf("Forgotten: that %s was ever made\n", clean(args[0])))
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "say nothing if all is well")
	return cmd
}
