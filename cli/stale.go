package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// allFresh says that nothing of what was asked for is stale, which is no mistake.
func (a *app) allFresh() error {
	fmt.Fprintf(a.Stderr, "%s: nothing is stale: nothing to run\n", a.Name)
	return nil
}

// staleFlags leave out what is stored as it would be made.
type staleFlags struct{ only, skip bool }

func (f *staleFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.only, "stale", false, "run what is stale or missing, of all partitions unless others are named, and what that changes")
	cmd.Flags().BoolVar(&f.skip, "skip-unchanged", false, "run each step only if its code or what it is made from has changed")
}

// options are what the run looks at the home for.
func (f *staleFlags) options(cmd *cobra.Command) ([]dagster.RunOption, error) {
	if err := oneOf(cmd, "stale", "skip-unchanged"); err != nil {
		return nil, err
	}
	switch {
	case f.only:
		return []dagster.RunOption{dagster.StaleOnly()}, nil
	case f.skip:
		return []dagster.RunOption{dagster.SkipUnchanged()}, nil
	}
	return nil, nil
}
