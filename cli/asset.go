package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// selectionHelp is what every command that selects says of it.
const selectionHelp = "A selection is \"*\" for all, the name of an asset, or an attribute: key:raw/*, group:sales, kind:csv, owner:\"team:data\",\n" +
	"tag:tier=\"1\", partitions:time, is:external. \"+key:revenue\" is an asset and all it needs, \"key:revenue+\" it and all that needs\n" +
	"it, \"2+key:revenue+1\" so many levels; of a name alone a \"+\" is one level, a \"*\" all. roots(...) and sinks(...) are the ends of a\n" +
	"selection; \"and\", \"or\", \"not\" and parentheses combine."

func (a *app) assetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "asset",
		Aliases: []string{"assets"},
		Short:   "List, show and materialize assets",
		Example: a.example("asset list", "asset show orders", `asset materialize --select "+key:revenue"`),
	}
	a.group(cmd)
	cmd.AddCommand(a.assetList(), a.assetShow(), a.assetStatus(), a.assetMaterialize(), a.assetCheck(), a.assetObserve(),
		a.assetLineage(), a.assetHistory(), a.assetReport(), a.assetWipe(), a.assetManifest())
	return cmd
}

func (a *app) assetList() *cobra.Command {
	var sel string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the assets, each after those that it needs",
		Long:    "List the assets, each after those that it needs.\n\n" + selectionHelp,
		Example: a.example("asset list", `asset list --select "key:revenue+"`, `asset list --select "group:sales and not kind:csv"`, "asset list --json"),
		Args:    noKeys,
		RunE: func(*cobra.Command, []string) error {
			list, err := a.listAssets(sel)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.Stdout, list)
			}
			return write(a.Stdout, a.assetTable(list))
		},
	}
	cmd.Flags().StringVar(&sel, "select", "", "only these `ASSETS`: see below")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	complete(cmd, "select", a.completeAssets)
	return cmd
}

// listAssets describes the assets of all repositories in question, those made elsewhere too. A selection
// may be of one repository only, and choose nothing; it is an error if no repository understands it.
func (a *app) listAssets(sel string) ([]assetJSON, error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	list := []assetJSON{}
	understood := sel == "" || len(repos) == 0
	for _, r := range repos {
		infos, err := r.Assets()
		if err != nil {
			return nil, err
		}
		var keys []string
		if sel != "" {
			if keys, err = r.Matching(dagster.Selection(sel)); err != nil {
				continue
			}
			understood = true
		}
		for i := range infos {
			if sel == "" || slices.Contains(keys, infos[i].Key) {
				list = append(list, assetJSON{Repository: r.Name(), AssetInfo: infos[i]})
			}
		}
	}
	if !understood {
		_, err := a.owner(fmt.Sprintf("selection %q", sel), selected(sel))
		return nil, err
	}
	return list, nil
}

func (a *app) assetTable(list []assetJSON) string {
	if len(list) == 0 {
		return "No assets.\n"
	}
	several := len(a.Repositories) > 1
	var t table
	divided := slices.ContainsFunc(list, func(info assetJSON) bool { return info.Partitions != nil })
	head := []string{"ASSET", "GROUP", "NEEDS", "DESCRIPTION"}
	if divided {
		head = slices.Insert(head, 2, "PARTITIONS")
	}
	if several {
		head = slices.Insert(head, 1, "REPOSITORY")
	}
	t.head(head...)
	for i := range list {
		info := &list[i]
		about := firstLine(info.Description)
		switch {
		case info.Virtual:
			about = strings.TrimSpace("(a view) " + about)
		case info.External:
			about = strings.TrimSpace("(made elsewhere) " + about)
		}
		row := []span{{info.Key, plain}, {info.Group, plain}, {some(info.Upstream, 3), dim}, {about, plain}}
		if divided {
			row = slices.Insert(row, 2, span{divisionText(info.Partitions), plain})
		}
		if several {
			row = slices.Insert(row, 1, span{info.Repository, plain})
		}
		t.add(row...)
	}
	return t.text(a.style)
}

// some are the first names, and how many more there are.
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func (a *app) assetShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show KEY",
		Short:             "Show one asset, and when it was last materialized",
		Example:           a.example("asset show orders", "asset show orders --json"),
		Args:              oneArg("the key of an asset"),
		ValidArgsFunction: a.completeAssets,
		RunE: func(cmd *cobra.Command, args []string) error {
			info, err := a.describe(args[0])
			if err != nil {
				return err
			}
			if err = a.addLatest(cmd.Context(), info); err != nil {
				fmt.Fprintf(a.Stderr, "%s: not known when it was materialized: %v\n", a.Name, err)
			}
			if info.Fresh, err = a.freshness(cmd.Context(), info); err != nil {
				fmt.Fprintf(a.Stderr, "%s: not known how fresh it is: %v\n", a.Name, err)
			}
			if asJSON {
				return writeJSON(a.Stdout, info)
			}
			return write(a.Stdout, a.assetText(info))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) describe(key string) (*assetJSON, error) {
	r, err := a.owner(fmt.Sprintf("asset %q", key), keyed(key))
	if err != nil {
		return nil, err
	}
	infos, err := r.Assets()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(infos, func(info dagster.AssetInfo) bool { return info.Key == key })
	return &assetJSON{Repository: r.Name(), AssetInfo: infos[i]}, nil
}

// addLatest adds the asset's newest materialization, if there is one, and how its partitions stand.
func (a *app) addLatest(ctx context.Context, info *assetJSON) error {
	return a.withStore(ctx, func(h *home) error {
		if info.Partitions != nil {
			_, set, in, err := lookUp(ctx, h, partitioned{key: info.Key, definition: info.Partitions.Definition})
			if err != nil {
				return err
			}
			info.Counts = in.counts().byState()
			info.extent = extent(set)
		}
		if h == nil {
			return nil
		}
		e, err := latest(ctx, h.store, info)
		if err != nil || e.ID == 0 {
			return err
		}
		out, err := newEventJSON(&e)
		if d, ok := e.Data.(*storage.MaterializationData); ok {
			out.metadata = d.Metadata
		}
		info.Latest = &out
		return err
	})
}

// latest is the asset's newest materialization, of any partition if it has some; its ID is 0 if there is none.
func latest(ctx context.Context, store storage.AssetStore, info *assetJSON) (storage.Event, error) {
	if info.Partitions == nil {
		e, err := store.LatestMaterialization(ctx, info.Key, "")
		if errors.Is(err, storage.ErrNotMaterialized) {
			err = nil
		}
		return e, err
	}
	records, err := store.Assets(ctx, storage.AssetFilter{Prefix: info.Key, Limit: 1})
	if err != nil || len(records) == 0 || records[0].Key != info.Key {
		return storage.Event{}, err
	}
	return records[0].Latest, nil
}

func (a *app) assetText(info *assetJSON) string {
	var t table
	row := func(name, text string) {
		if text != "" {
			t.add(span{name, dim}, span{text, plain})
		}
	}
	t.add(span{"asset", dim}, span{info.Key, bold})
	row("repository", info.Repository)
	row("group", info.Group)
	row("type", info.Type)
	row("needs", strings.Join(info.Upstream, ", "))
	row("needed by", strings.Join(info.Downstream, ", "))
	row("resources", strings.Join(info.Resources, ", "))
	row("configs", strings.Join(info.Configs, ", "))
	if info.Partitions != nil {
		row("partitions", divisionText(info.Partitions)+"; "+info.extent)
	}
	row("kinds", strings.Join(info.Kinds, ", "))
	row("owners", strings.Join(info.Owners, ", "))
	row("tags", tagList(info.Tags))
	row("code version", info.CodeVersion)
	row("stored by", info.IOManager)
	row("should be", policyText(info.Freshness))
	blocks := a.metadataBlocks(&t, info.Metadata)
	if info.File != "" {
		row("declared at", fmt.Sprintf("%s:%d", info.File, info.Line))
	}
	switch {
	case info.Virtual:
		row("made", "never: it is a view")
	case info.External:
		row("made", "elsewhere")
	case info.Latest == nil:
		row("made", "never")
	default:
		last := fmt.Sprintf("%s (%s) by run %s", local(info.Latest.At), ago(info.Latest.At, time.Now()), info.Latest.Run)
		if info.Latest.Partition != "" {
			last += ", partition " + info.Latest.Partition
		}
		row("made", last)
	}
	if info.Counts != nil && info.Latest != nil {
		row("status", countLine(info.shares()).text())
	}
	if info.Fresh != nil {
		t.add(span{"fresh", dim}, span{string(info.Fresh.State), freshColor(info.Fresh.State)})
	}
	text := t.text(style{color: a.style.color})
	if info.Description != "" {
		text += "\n" + indent(info.Description) + "\n"
	}
	return text + blocks + a.latestText(info.Latest)
}

// latestText is what was recorded with the newest materialization.
func (a *app) latestText(e *eventJSON) string {
	if e == nil || len(e.metadata) == 0 {
		return ""
	}
	var t table
	blocks := a.metadataBlocks(&t, e.metadata)
	text := "\nRecorded when it was last made:\n"
	if len(t.rows) > 0 {
		text += "\n" + t.text(style{color: a.style.color})
	}
	return text + blocks
}

func tagList(tags map[string]string) string {
	out := make([]string, 0, len(tags))
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if tags[k] == "" {
			out = append(out, k)
			continue
		}
		out = append(out, k+"="+tags[k])
	}
	return strings.Join(out, ", ")
}
