package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// app is one invocation.
type app struct {
	Config
	style      style
	home       string // --home
	repository string // --repository
}

func (a *app) run(ctx context.Context) error {
	root := a.root() //nolint:contextcheck // cobra hands ctx to the commands
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*exit](err)
	if !ok {
		e = &exit{code: ExitCode(err), err: err}
		if e.code == exitFailed {
			e.code = exitUsage // what cobra itself refuses
		}
	}
	if e.shown {
		return e
	}
	for line := range strings.Lines(clean(e.Error())) {
		fmt.Fprintf(a.Stderr, "%s: %s\n", a.Name, strings.TrimRight(line, "\n"))
	}
	if e.code == exitUsage && !ok {
		fmt.Fprintf(a.Stderr, "See \"%s --help\".\n", cmd.CommandPath())
	}
	e.shown = true
	return e
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   a.Name,
		Short: "Materialize assets, execute jobs, and look at their runs",
		Long: "Materialize assets, execute jobs, and look at their runs.\n\n" +
			"Runs and values are kept in the home: --home, else DAGSTER_HOME, else .dagster here.",
		Example:       a.example("asset list", "asset materialize", "job execute nightly", "run show latest"),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(append([]string{}, a.Args...)) // of nil, cobra would take the arguments of the process
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&a.home, "home", "", "`DIR` of runs and values (default: DAGSTER_HOME, else .dagster here)")
	flags.StringVar(&a.repository, "repository", "", "`NAME` of the repository, where several could be meant")
	complete(root, "repository", a.completeRepositories)
	a.group(root)
	root.AddCommand(a.assetCommand(), a.jobCommand(), a.partitionCommand(), a.scheduleCommand(), a.runCommand(), a.versionCommand())
	return root
}

// group makes a command that has only subcommands refuse what is none of them; cobra would show the help and succeed.
func (a *app) group(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		near := ""
		if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
			near = fmt.Sprintf("; is it %q?", s[0])
		}
		return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), near)
	}
	if cmd.SuggestionsMinimumDistance <= 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
}

// example writes command lines with the program's own name.
func (a *app) example(lines ...string) string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = "  " + a.Name + " " + line
	}
	return strings.Join(out, "\n")
}

// command is a command line that does something to the same home.
func (a *app) command(args ...string) string {
	words := append([]string{a.Name}, args...)
	if a.home != "" {
		words = append(words, "--home", a.home)
	}
	for i, w := range words {
		words[i] = shellWord(w)
	}
	return strings.Join(words, " ")
}

// shellWord quotes what a shell would not take as one word.
func shellWord(w string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=+,@%", r)
	}
	if w != "" && !strings.ContainsFunc(w, func(r rune) bool { return !plain(r) }) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// noArgs refuses arguments.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown argument %q", args[0])
}

// noKeys refuses arguments, and says how assets are chosen.
func noKeys(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown argument %q; assets are chosen with --select %s", args[0], shellWord(strings.Join(args, " or ")))
}

// oneArg wants exactly one argument, which is called what.
func oneArg(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("missing argument: %s", what)
		case len(args) > 1:
			return fmt.Errorf("too many arguments: want one, %s; got %q", what, args)
		}
		return nil
	}
}

// oneOf refuses flags together that say the opposite of each other.
func oneOf(cmd *cobra.Command, flags ...string) error {
	var given []string
	for _, f := range flags {
		if cmd.Flags().Changed(f) {
			given = append(given, "--"+f)
		}
	}
	if len(given) > 1 {
		return usage("%s: give one of them", strings.Join(given, " and "))
	}
	return nil
}

// nameList is names as a sentence has them.
func nameList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	slices.Sort(quoted)
	return strings.Join(quoted, ", ")
}
