package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// statusJSON is an asset as "partition status --json" has it in a list.
type statusJSON struct {
	Repository string                                `json:"repository"`
	Asset      string                                `json:"asset"`
	Kind       partition.Kind                        `json:"kind"`
	Total      int                                   `json:"total"`
	First      string                                `json:"first,omitempty"`
	Last       string                                `json:"last,omitempty"`
	Counts     map[storage.PartitionState]int        `json:"counts"`
	Unknown    int                                   `json:"unknown,omitempty"` // made once, and no partitions now
	Spans      map[storage.PartitionState][]spanJSON `json:"spans"`
}

// spanJSON is an unbroken range of partitions in one state, both ends included.
type spanJSON struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int    `json:"count"`
}

func (a *app) partitionStatus() *cobra.Command {
	var asJSON, spans bool
	cmd := &cobra.Command{
		Use:   "status [ASSET...]",
		Short: "Show which partitions of assets are made, missing or failed",
		Long: "Show which partitions of assets are made, missing, failed or in progress: of the assets that are named, or of all\n" +
			"that are partitioned. A bar stands for all partitions from the first to the last, each sign of it for a share of\n" +
			"them. Where there are several dimensions each key of the one with the fewest has a bar.",
		Example: a.example("partition status", "partition status days --spans", "partition status days --json | jq '.[0].counts'"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completePartitioned(cmd, args, prefix)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := a.partitionedAssets(args...)
			if err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(h *home) error {
				if asJSON {
					return a.statusJSON(cmd.Context(), h, list)
				}
				return a.statusText(cmd.Context(), h, list, spans)
			})
		},
	}
	cmd.Flags().BoolVar(&spans, "spans", false, "list all partitions that failed or are missing, however many")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list, with all spans of each state")
	return cmd
}

// lookUp is which partitions of an asset are in which state.
func lookUp(ctx context.Context, h *home, p partitioned) (storage.PartitionStatus, partition.Set, inStates, error) {
	var in inStates
	status, set, err := assetStatus(ctx, h, p)
	if err != nil {
		return status, set, in, err
	}
	at := now(h)
	for i, state := range states() {
		in[i] = status.In(state, at)
	}
	return status, set, in, nil
}

func (a *app) statusJSON(ctx context.Context, h *home, list []partitioned) error {
	out := []statusJSON{}
	for _, p := range list {
		status, set, in, err := lookUp(ctx, h, p)
		if err != nil {
			return err
		}
		s := statusJSON{
			Repository: p.repository.Name(), Asset: p.key, Kind: p.definition.Kind(), Total: set.Count(), Unknown: status.Unknown,
			Counts: in.counts().byState(), Spans: make(map[storage.PartitionState][]spanJSON),
		}
		s.First, _ = set.First()
		s.Last, _ = set.Last()
		for i, state := range states() {
			s.Spans[state] = []spanJSON{}
			for sp := range in[i].Spans() {
				s.Spans[state] = append(s.Spans[state], spanJSON(sp))
			}
		}
		out = append(out, s)
	}
	return writeJSON(a.Stdout, out)
}

func (a *app) statusText(ctx context.Context, h *home, list []partitioned, spans bool) error {
	if len(list) == 0 {
		return write(a.Stdout, "No asset is partitioned.\n")
	}
	var out strings.Builder
	var seen []mark
	for i, p := range list {
		if i > 0 {
			out.WriteByte('\n')
		}
		status, set, in, err := lookUp(ctx, h, p)
		if err != nil {
			return err
		}
		a.writeLine(&out, append(line{{p.key, bold}, {"  " + definitionText(p.definition) + "  ", dim}}, countLine(in.counts())...))
		if seen, err = a.writeBars(&out, set, p, &status, &in, now(h), seen); err != nil {
			return err
		}
		a.writeSpans(&out, &in, spans)
		if status.Unknown > 0 {
			a.writeLine(&out, line{{fmt.Sprintf("  %s more were made that are no partitions now", grouped(status.Unknown)), dim}})
		}
	}
	if len(seen) > 0 {
		out.WriteString("\n" + a.legend(seen) + "\n")
	}
	return write(a.Stdout, out.String())
}

func (a *app) writeLine(out *strings.Builder, l line) {
	out.WriteString(strings.TrimRight(l.render(a.style, a.style.width()), " ") + "\n")
}

// countLine says how many partitions there are, and how many in which state.
func countLine(counts shares) line {
	total := counts.total()
	if total == 0 {
		return line{{"no partitions yet", plain}}
	}
	made := grouped(counts[0]) + " of " + grouped(total)
	if counts[0] == total {
		made = "all " + grouped(total)
	}
	out := line{{made + " materialized", stateColor(storage.PartitionMaterialized)}}
	for i, state := range states() {
		if i > 0 && counts[i] > 0 {
			out = append(out, span{", ", plain}, span{grouped(counts[i]) + " " + stateText(state), stateColor(state)})
		}
	}
	return out
}

func stateText(s storage.PartitionState) string {
	return strings.ReplaceAll(strings.ToLower(string(s)), "_", " ")
}

const statusIndent = "  "

// statusWidth is how many columns there are.
func (a *app) statusWidth() int {
	if w := a.style.width(); w > 0 {
		return max(w-1, 20)
	}
	return 79
}

// writeBars writes the bars, with the ends below, and returns which marks they have besides those seen before.
func (a *app) writeBars(out *strings.Builder, set partition.Set, p partitioned, status *storage.PartitionStatus, in *inStates, at time.Time, seen []mark) ([]mark, error) {
	if set.Count() == 0 {
		return seen, nil
	}
	var dims []partition.Set
	for _, d := range p.definition.Dimensions() {
		dims = append(dims, d.Definition.At(at, status.Keys))
	}
	room := a.statusWidth() - len(statusIndent)
	rows, more, axis, err := bars(set, in, dims, room)
	if err != nil {
		return seen, err
	}
	indent := statusIndent + strings.Repeat(" ", width(rows[0].label))
	for i := range rows {
		for _, c := range rows[i].cells {
			if m := c.mark(); !slices.Contains(seen, m) {
				seen = append(seen, m)
			}
		}
		a.writeLine(out, append(line{{statusIndent + rows[i].label, plain}}, rows[i].line()...))
	}
	if more > 0 {
		a.writeLine(out, line{{indent + fmt.Sprintf("and %s more bars", grouped(more)), dim}})
	}
	first, _ := axis.First()
	last, _ := axis.Last()
	a.writeLine(out, line{{indent + ends(first, last, len(rows[0].cells), a.statusWidth()-width(indent)), dim}})
	return seen, nil
}

// ends labels the ends of a bar; a short one is overrun.
func ends(first, last string, cells, room int) string {
	first, last = oneLine(first), oneLine(last)
	if first == last {
		return screen().Truncate(first, room, "…")
	}
	if gap := cells - width(first) - width(last); gap >= 2 {
		return first + strings.Repeat(" ", gap) + last
	}
	half := (room - 3) / 2
	return screen().Truncate(first, half, "…") + " … " + screen().Truncate(last, half, "…")
}

// writeSpans lists what failed, is in progress, or is missing while other partitions are not.
func (a *app) writeSpans(out *strings.Builder, in *inStates, all bool) {
	counts := in.counts()
	for i, state := range states() {
		if state == storage.PartitionMaterialized || counts[i] == 0 || state == storage.PartitionMissing && counts[i] == counts.total() {
			continue
		}
		head := pad(stateText(state), 11) + "  "
		text := oneLine(in[i].String())
		if !all {
			text = cutList(text, a.statusWidth()-len(statusIndent)-width(head))
		}
		l := line{{statusIndent, plain}, {head, stateColor(state)}, {text, plain}}
		out.WriteString(l.render(a.style, 0) + "\n")
	}
}

func (a *app) legend(seen []mark) string {
	var out line
	for _, m := range []mark{markMade, markPartly, markFailed, markRunning, markMissing} {
		if slices.Contains(seen, m) {
			if len(out) > 0 {
				out = append(out, span{"   ", plain})
			}
			out = append(out, span{m.sign, m.color}, span{" " + m.means, dim})
		}
	}
	return out.render(a.style, 0)
}
