package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

const (
	formatTree = "tree"
	formatDOT  = "dot"
	formatJSON = "json"
)

// lineageJSON is what "asset lineage --json" prints.
type lineageJSON struct {
	Repository string `json:"repository"`
	*dagster.Lineage
}

// lineageFlags say which part of the graph is shown, and how.
type lineageFlags struct {
	up, down, quiet, json bool
	depth                 int
	format, column        string
}

func (a *app) assetLineage() *cobra.Command {
	var f lineageFlags
	cmd := &cobra.Command{
		Use:   "lineage KEY",
		Short: "Show what an asset is made from, and what is made from it",
		Long: "Show what an asset is made from, and what is made from it. Of a column it shows which others it is made from, as the\n" +
			"metadata of the tables say.",
		Example: a.example("asset lineage report", "asset lineage report --upstream --depth 2", "asset lineage orders --downstream --format mermaid",
			"asset lineage report --format dot | dot -Tsvg > report.svg", "asset lineage report --column total"),
		Args:              oneArg("the key of an asset"),
		ValidArgsFunction: a.completeAssets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(oneOf(cmd, "format", "json", "quiet"), oneOf(cmd, "column", "upstream"), oneOf(cmd, "column", "downstream")); err != nil {
				return err
			}
			if cmd.Flags().Changed("depth") && f.depth < 1 {
				return usage("--depth %d: want 1 or more", f.depth)
			}
			r, err := a.owner(fmt.Sprintf("asset %q", args[0]), keyed(args[0]))
			if err != nil {
				return err
			}
			if f.column != "" {
				return a.columnLineage(cmd.Context(), r, args[0], &f)
			}
			return a.lineage(r, args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.up, "upstream", false, "only what it is made from")
	flags.BoolVar(&f.down, "downstream", false, "only what is made from it")
	flags.IntVar(&f.depth, "depth", -1, "at most `N` steps away (default: all)")
	flags.StringVar(&f.format, "format", formatTree, "`FORMAT` of the graph: tree, mermaid, dot or json")
	flags.StringVar(&f.column, "column", "", "what the column `NAME` is made from")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print the keys alone, each after those that it needs")
	complete(cmd, "format", cobra.FixedCompletions([]string{formatTree, formatMermaid, formatDOT, formatJSON}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) lineage(r *dagster.Repository, key string, f *lineageFlags) error {
	up, down := f.depth, f.depth
	if f.up && !f.down {
		down = 0
	}
	if f.down && !f.up {
		up = 0
	}
	l, err := r.Lineage(key, up, down)
	if err != nil {
		return err
	}
	if f.quiet {
		var b strings.Builder
		for i := range l.Assets {
			b.WriteString(oneLine(l.Assets[i].Key) + "\n")
		}
		return write(a.Stdout, b.String())
	}
	if f.json {
		f.format = formatJSON
	}
	switch f.format {
	case formatTree:
		return write(a.Stdout, newLineageTree(a.style, l).text(up != 0, down != 0))
	case formatMermaid:
		return write(a.Stdout, l.Mermaid())
	case formatDOT:
		return write(a.Stdout, l.DOT())
	case formatJSON:
		return writeJSON(a.Stdout, lineageJSON{Repository: r.Name(), Lineage: l})
	}
	return usage("--format %q: want %s, %s, %s or %s", f.format, formatTree, formatMermaid, formatDOT, formatJSON)
}

// columnLineage shows what a column is made from.
func (a *app) columnLineage(ctx context.Context, r *dagster.Repository, key string, f *lineageFlags) (err error) {
	inst, done, err := a.readInstance(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	edges, err := r.ColumnLineage(ctx, inst, key, f.column)
	if err != nil {
		return &exit{code: exitUsage, err: err}
	}
	if f.json || f.format == formatJSON {
		return writeJSON(a.Stdout, edges)
	}
	if f.format != formatTree {
		return usage("--format %s: of a column there is a tree or JSON", f.format)
	}
	l := &dagster.Lineage{Asset: key + ":" + f.column}
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			l.Assets = append(l.Assets, dagster.LineageAsset{Key: name})
		}
	}
	add(l.Asset)
	for _, e := range edges {
		from, to := e.From.Asset+":"+e.From.Column, e.To.Asset+":"+e.To.Column
		add(from)
		l.Edges = append(l.Edges, dagster.LineageEdge{From: from, To: to})
	}
	return write(a.Stdout, newLineageTree(a.style, l).text(true, false))
}
