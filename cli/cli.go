// Package cli is the command line of a user's own binary: it lists, shows and materializes the assets of the
// repositories that a program hands to it, prints and executes their jobs, and shows the runs.
//
//	func main() { cli.Main(shop) }
//
// Runs, events and values are kept in the home: the folder that --home names, else DAGSTER_HOME, else .dagster in the
// working directory. Commands that only describe definitions touch no home.
//
// Run config is YAML or JSON: see [dagster.RunConfig]. In the values of a config {env: NAME} stands for the environment
// variable, as what YAML would read without quotes; where text is wanted it is text, and a [dagster.Secret] keeps the
// reference.
//
// The forms that --json prints are stable: fields are added, never renamed. The exit code is 0 for success, 1 for a run
// that failed or was canceled and for a schedule that could not be asked, 2 for a command, a selection, a config or definitions that are wrong, 3 for a home that
// cannot be used, and 130 for a second interrupt.
package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// Config says what a command line serves and what it is connected to.
type Config struct {
	Repositories []*dagster.Repository

	// Args are the arguments after the program's name. None shows the help.
	Args []string

	// Name is the program's name in help texts and messages. Defaults to the name it was started by.
	Name string

	// Open opens the storage of runs and events; it is closed after the command. Defaults to an SQLite file in the home.
	// Runs of processes that are gone are ended only in the default one: of another storage the home cannot know who
	// else uses it.
	Open func(ctx context.Context) (storage.Storage, error)

	// Executor runs the steps. Defaults to the one in this process.
	Executor executor.Executor

	// Stdin is read for "--config -". Stdout takes what was asked for, Stderr what went wrong. They default to those of
	// the process. A live display is drawn if Stdout is an [*os.File] that is a terminal.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Getenv looks up DAGSTER_HOME, NO_COLOR and TERM. Defaults to [os.Getenv].
	Getenv func(name string) string
}

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	}
	if c.Stdin == nil {
		c.Stdin = os.Stdin
	}
	if c.Stdout == nil {
		c.Stdout = os.Stdout
	}
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	return c
}

// Run carries out one command and returns when it is done. What went wrong is written to Stderr and returned; [ExitCode]
// says what the process should exit with. When ctx ends, a run of assets is canceled, and Run waits for the steps that
// run.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	a := &app{Config: cfg, style: newStyle(cfg.Stdout, cfg.Getenv)}
	return a.run(ctx)
}
