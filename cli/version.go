package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/internal/cron"
)

const module = "github.com/dagster-go/dagster"

// versionJSON is what "version --json" prints.
type versionJSON struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dagster string `json:"dagster"`
	Go      string `json:"go"`

	// TimeZones is where they are taken from, with the version of the data if that is known.
	TimeZones string `json:"time_zones"`
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of this program, of dagster, of Go and of time zones",
		Example: a.example("version", "version --json"),
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			v := a.versions()
			if asJSON {
				return writeJSON(a.Stdout, v)
			}
			return write(a.Stdout, fmt.Sprintf("%s %s (dagster %s, %s, time zones %s)\n", v.Name, v.Version, v.Dagster, v.Go, v.TimeZones))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) versions() versionJSON {
	const unknown = "(devel)"
	v := versionJSON{Name: a.Name, Version: unknown, Dagster: unknown, Go: runtime.Version(), TimeZones: cron.ZoneSource()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	if info.Main.Path == module {
		v.Dagster = v.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			v.Dagster = d.Version
		}
	}
	return v
}
