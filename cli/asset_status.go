package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// standingJSON is how an asset stands, as "asset status --json" has it in a list.
type standingJSON struct {
	Repository string `json:"repository"`
	dagster.AssetStatus
}

func (a *app) assetStatus() *cobra.Command {
	var sel string
	var asJSON, quiet bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which assets are fresh, stale, missing or failed, and why",
		Long: "Show how each asset stands: fresh, stale with what has changed, missing, or failed when it was last tried; of a\n" +
			"partitioned one how many partitions stand how. Those of which somebody says how fresh they should be also PASS, WARN\n" +
			"or FAIL by that, or are UNKNOWN because they were never made. Checks are those that were last made.\n\n" + selectionHelp,
		Example: a.example("asset status", `asset status --select "+key:revenue"`, "asset status --quiet", `asset status --json | jq -r '.[] | select(.status == "STALE") | .asset'`),
		Args:    noKeys,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := a.listStanding(cmd.Context(), sel)
			if err != nil {
				return err
			}
			if quiet {
				list = slices.DeleteFunc(list, func(s standingJSON) bool { return s.well() })
			}
			switch {
			case asJSON:
				return writeJSON(a.Stdout, list)
			case quiet && len(list) == 0:
				return nil
			}
			return write(a.Stdout, a.standingText(list, quiet, time.Now()))
		},
	}
	cmd.Flags().StringVar(&sel, "select", "", "only these `ASSETS`: see below")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "only those with which something is wrong, and nothing else")
	complete(cmd, "select", a.completeAssets)
	return cmd
}

// listStanding says how the selected assets stand, those made elsewhere too if nothing is selected.
func (a *app) listStanding(ctx context.Context, sel string) (list []standingJSON, err error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	inst, done, err := a.readInstance(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	chosen := dagster.Selection("*")
	if sel != "" {
		chosen = dagster.Selection(sel)
		r, err := a.owner(fmt.Sprintf("selection %q", sel), func(r *dagster.Repository) error {
			_, err := r.SelectedOn(ctx, inst, chosen)
			return err
		})
		if err != nil {
			return nil, err
		}
		repos = []*dagster.Repository{r}
	}
	list = []standingJSON{}
	for _, r := range repos {
		all, err := r.Status(ctx, inst, chosen)
		if err != nil {
			return nil, storeError(err)
		}
		for i := range all {
			list = append(list, standingJSON{Repository: r.Name(), AssetStatus: all[i]})
		}
	}
	return list, nil
}

// The words for how an asset stands.
const (
	standsFresh     = "fresh"
	standsStale     = "stale"
	standsMissing   = "missing"
	standsFailed    = "failed"
	standsPart      = "partial"
	standsMade      = "made"
	standsElsewhere = "elsewhere"
	standsView      = "view"
)

// stands is how an asset stands, in one word.
func (s *standingJSON) stands() string {
	switch {
	case s.Failed != nil, s.Partitions != nil && s.Partitions.Failed > 0:
		return standsFailed
	case s.Virtual:
		return standsView
	case s.External:
		return standsElsewhere
	case s.Partitions != nil:
		switch {
		case s.Partitions.Missing == 0 && s.Partitions.InProgress == 0:
			return standsMade
		case s.Partitions.Materialized == 0:
			return standsMissing
		}
		return standsPart
	}
	return map[dagster.StaleStatus]string{dagster.Fresh: standsFresh, dagster.Stale: standsStale, dagster.Missing: standsMissing}[s.Status]
}

// well reports whether nothing is wrong with an asset or with what its checks came to.
func (s *standingJSON) well() bool {
	switch s.stands() {
	case standsFresh, standsMade, standsElsewhere, standsView:
		if f := s.Freshness; f != nil && f.State != dagster.FreshnessPass {
			return false
		}
		return !slices.ContainsFunc(s.Checks, func(c dagster.CheckStatus) bool { return c.Last != nil && !c.Last.Passed })
	}
	return false
}

func standsColor(word string) color {
	switch word {
	case standsFresh, standsMade:
		return green
	case standsStale, standsPart:
		return yellow
	case standsFailed:
		return red
	}
	return dim
}

func (a *app) standingText(list []standingJSON, quiet bool, now time.Time) string {
	if len(list) == 0 {
		return "No assets.\n"
	}
	table := a.standingTable(list, now)
	lines := strings.Split(strings.TrimSuffix(table.text(a.style), "\n"), "\n")
	var b strings.Builder
	for i, l := range lines {
		b.WriteString(l + "\n")
		if i > 0 {
			for _, why := range reasons(&list[i-1]) {
				b.WriteString(line{{"  " + why, dim}}.render(a.style, a.style.width()) + "\n")
			}
		}
	}
	if !quiet {
		b.WriteString("\n" + a.standingSum(list))
	}
	return b.String()
}

// standingTable is a row for each asset, with the columns that at least one of them has something for.
func (a *app) standingTable(list []standingJSON, now time.Time) *table {
	columns := []struct {
		name string
		cell func(s *standingJSON) span
	}{
		{"ASSET", func(s *standingJSON) span { return span{s.Asset, plain} }},
		{"STATUS", func(s *standingJSON) span { return span{s.stands(), standsColor(s.stands())} }},
		{"LAST MADE", func(s *standingJSON) span {
			if s.Latest == nil {
				return span{}
			}
			return span{ago(s.Latest.At, now), plain}
		}},
		{"FRESHNESS", func(s *standingJSON) span { return freshSpan(s.Freshness) }},
		{"PARTITIONS", func(s *standingJSON) span { return span{partitionCounts(s.Partitions), plain} }},
		{"CHECKS", func(s *standingJSON) span { return checkCounts(s.Checks) }},
	}
	t := &table{rows: make([][]span, len(list)+1)}
	for _, c := range columns {
		cells := make([]span, len(list))
		used := false
		for i := range list {
			cells[i] = c.cell(&list[i])
			used = used || cells[i].text != ""
		}
		if !used {
			continue
		}
		t.rows[0] = append(t.rows[0], span{c.name, bold})
		for i := range cells {
			t.rows[i+1] = append(t.rows[i+1], cells[i])
		}
	}
	if len(a.Repositories) > 1 {
		t.rows[0] = append(t.rows[0], span{"REPOSITORY", bold})
		for i := range list {
			t.rows[i+1] = append(t.rows[i+1], span{list[i].Repository, plain})
		}
	}
	return t
}

// standingSum says how many assets stand how, and how those that are stale are made again.
func (a *app) standingSum(list []standingJSON) string {
	counts := make(map[string]int)
	for i := range list {
		counts[list[i].stands()]++
	}
	var parts []string
	for _, word := range []string{standsFresh, standsMade, standsStale, standsPart, standsMissing, standsFailed, standsElsewhere, standsView} {
		if counts[word] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
		}
	}
	text := strings.Join(parts, ", ") + "\n"
	if counts[standsStale]+counts[standsMissing] > 0 {
		text += "Rebuild:  " + a.command("asset", "materialize", "--stale") + "\n"
	}
	return text
}
