package cli

import (
	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

func (a *app) assetManifest() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print all that the repository says of itself, as JSON",
		Long: "Print all that the repository says of itself, as JSON for other programs: assets with their checks, edges, jobs and\n" +
			"schedules. Its form is stable: fields are added, never renamed.",
		Example: a.example("asset manifest > manifest.json", "asset manifest | jq -r '.edges[] | .from + \" \" + .to'"),
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			r, err := a.owner("manifest", func(*dagster.Repository) error { return nil })
			if err != nil {
				return err
			}
			m, err := r.Manifest()
			if err != nil {
				return err
			}
			return writeJSON(a.Stdout, m)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", true, "print JSON, which it does anyway")
	return cmd
}
