package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// seriesJSON is what "asset history --plot --json" prints.
type seriesJSON struct {
	Asset    string          `json:"asset"`
	Metadata string          `json:"metadata"`
	Points   []dagster.Point `json:"points"` // oldest first
}

// historyFlags say which part of an asset's history is shown, and how.
type historyFlags struct {
	filter dagster.HistoryFilter
	plot   string
	json   bool
}

func (a *app) assetHistory() *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history KEY",
		Short: "Show when an asset was made, observed and checked, or plot a number of its metadata",
		Long: "Show when an asset was made or failed, observed and checked, newest first; or plot a number that was recorded with\n" +
			"it, oldest first.",
		Example: a.example("asset history orders", "asset history days --partition 2024-02-03", "asset history orders --plot rows",
			"asset history orders --json | jq -r .kind"),
		Args:              oneArg("the key of an asset"),
		ValidArgsFunction: a.completeAssets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.filter.Limit < 1 {
				return usage("--limit %d: want 1 or more", f.filter.Limit)
			}
			if _, err := a.owner(fmt.Sprintf("asset %q", args[0]), keyed(args[0])); err != nil {
				return err
			}
			return a.history(cmd.Context(), args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.filter.Partition, "partition", "", "only the partition `KEY`")
	flags.StringVar(&f.plot, "plot", "", "draw the number that the metadata has under `NAME`")
	flags.IntVar(&f.filter.Limit, "limit", 50, "at most `N` events, the newest")
	flags.Int64Var(&f.filter.Before, "before", 0, "only those before the event `ID`: the next page")
	flags.BoolVar(&f.json, "json", false, "print JSON, one event a line; of a plot its points")
	complete(cmd, "plot", a.completeNumbers)
	return cmd
}

func (a *app) history(ctx context.Context, key string, f *historyFlags) (err error) {
	inst, done, err := a.readInstance(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if f.plot != "" {
		return a.plotHistory(ctx, inst, key, f)
	}
	page, err := inst.History(ctx, key, f.filter)
	if err != nil {
		return storeError(err)
	}
	if f.json {
		var b bytes.Buffer
		if err := appendEvents(&b, page); err != nil {
			return err
		}
		return write(a.Stdout, b.String())
	}
	return write(a.Stdout, a.historyText(key, page, f, time.Now()))
}

func (a *app) historyText(key string, page []storage.Event, f *historyFlags, now time.Time) string {
	if len(page) == 0 {
		return "Nothing is known of " + where(key, f.filter.Partition) + ".\n"
	}
	divided := slices.ContainsFunc(page, func(e storage.Event) bool { return e.Partition != "" })
	var t table
	head := []string{"ID", "WHEN", "WHAT", "RUN", ""}
	if divided {
		head = slices.Insert(head, 3, "PARTITION")
	}
	t.head(head...)
	for i := range page {
		e := &page[i]
		what, more := happened(e)
		row := []span{{strconv.FormatInt(e.ID, 10), dim}, {ago(e.At, now), plain}, what, {string(e.Run), dim}, {more, plain}}
		if divided {
			row = slices.Insert(row, 3, span{e.Partition, plain})
		}
		t.add(row...)
	}
	text := t.text(a.style)
	if len(page) == f.filter.Limit {
		older := []string{"asset", "history", key, "--before", strconv.FormatInt(page[len(page)-1].ID, 10), "--limit", strconv.Itoa(f.filter.Limit)}
		if f.filter.Partition != "" {
			older = append(older, "--partition", f.filter.Partition)
		}
		text += "\nOlder:  " + a.command(older...) + "\n"
	}
	return text
}

// happened is what an event of an asset says, in a word or two, and more of it.
func happened(e *storage.Event) (what span, more string) {
	switch d := e.Data.(type) {
	case *storage.CheckData:
		result := outcome(d)
		more = strings.Join(append([]string{fold(d.Description)}, metadataText(d.Metadata)...), "  ")
		return span{"check " + d.Check + " " + strings.ToLower(string(result)), checkColor(result)}, strings.TrimSpace(more)
	case *storage.MaterializationData:
		more = strings.Join(metadataText(d.Metadata), "  ")
		if d.Error != nil {
			more = fold(d.Error.Message)
		}
	default:
	}
	switch e.Kind {
	case storage.AssetObservation:
		return span{"observed", plain}, more
	case storage.AssetFailedToMaterialize:
		return span{"failed", red}, more
	default:
	}
	if e.Run == "" {
		return span{"reported", green}, more
	}
	return span{"made", green}, more
}

// plotHistory draws a number of an asset's metadata.
func (a *app) plotHistory(ctx context.Context, inst *dagster.Instance, key string, f *historyFlags) error {
	points, err := inst.Series(ctx, key, f.plot, f.filter)
	if err != nil {
		return storeError(err)
	}
	if len(points) == 0 {
		names, err := numbersOf(ctx, inst, key)
		if err != nil {
			return storeError(err)
		}
		if !slices.Contains(names, f.plot) {
			return &exit{code: exitUsage, err: fmt.Errorf("asset %q: %w", key, unknownNumber(f.plot, names))}
		}
	}
	if f.json {
		return writeJSON(a.Stdout, seriesJSON{Asset: key, Metadata: f.plot, Points: slices.Concat([]dagster.Point{}, points)})
	}
	width := a.style.width()
	if width == 0 {
		width = 80
	}
	return write(a.Stdout, fmt.Sprintf("%s of %s\n\n%s", clean(f.plot), where(key, f.filter.Partition), plot(points, width)))
}

func unknownNumber(name string, names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("no number %q was recorded, nor any other", name)
	}
	return unknownName("number", name, names)
}

// numbersOf are the names of the numbers that were recently recorded with an asset.
func numbersOf(ctx context.Context, inst *dagster.Instance, key string) ([]string, error) {
	kinds := []storage.EventKind{storage.AssetMaterialization, storage.AssetObservation}
	page, err := inst.History(ctx, key, dagster.HistoryFilter{Kinds: kinds})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range page {
		d, ok := page[i].Data.(*storage.MaterializationData)
		if !ok {
			continue
		}
		for _, m := range d.Metadata {
			switch m.Value.(type) {
			case metadata.IntValue, metadata.FloatValue, metadata.BigIntValue:
				if !slices.Contains(names, m.Key) {
					names = append(names, m.Key)
				}
			default:
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// completeNumbers offers the numbers among the metadata of the asset that the user has named.
func (a *app) completeNumbers(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	store, err := a.peekHome(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := numbersOf(cmd.Context(), dagster.NewInstance(dagster.InstanceConfig{Storage: store}), args[0])
	if err = firstError(err, store.Close()); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix) }), cobra.ShellCompDirectiveNoFileComp
}
