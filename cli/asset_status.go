package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/selection"
)

func (a *app) assetStatus() *cobra.Command {
	var sel string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which assets are as fresh as they should be",
		Long: "Show which assets are as fresh as they should be, now: PASS, WARN, FAIL, or UNKNOWN for one that was never made. Those of which nobody said " +
			"how fresh they should be are left out, unless they are selected.",
		Example: a.example("asset status", `asset status --select "+revenue"`, `asset status --json | jq -r '.[] | select(.state == "FAIL") | .asset'`),
		Args:    noKeys,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := a.listFreshness(cmd.Context(), sel)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.Stdout, list)
			}
			return write(a.Stdout, a.freshnessTable(list, time.Now()))
		},
	}
	cmd.Flags().StringVar(&sel, "select", "", "only these `ASSETS`: a key, \"+key\" with all it needs, \"key+\" with all that needs it, joined by \"or\"")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	complete(cmd, "select", a.completeAssets)
	return cmd
}

// listFreshness says how fresh the selected assets are, or those of which somebody says how fresh they should be.
func (a *app) listFreshness(ctx context.Context, sel string) (list []freshnessJSON, err error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	inst, done, err := a.readInstance(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if sel != "" {
		r, err := a.owner(fmt.Sprintf("selection %q", sel), func(r *dagster.Repository) error {
			_, err := r.Freshness(ctx, inst, dagster.Selection(sel))
			return err
		})
		if err != nil {
			return nil, err
		}
		repos = []*dagster.Repository{r}
	}
	list = []freshnessJSON{}
	for _, r := range repos {
		more, err := repositoryFreshness(ctx, inst, r, sel)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func repositoryFreshness(ctx context.Context, inst *dagster.Instance, r *dagster.Repository, sel string) ([]freshnessJSON, error) {
	infos, err := r.Assets()
	if err != nil {
		return nil, err
	}
	policies := make(map[string]*dagster.FreshnessInfo, len(infos))
	for i := range infos {
		policies[infos[i].Key] = infos[i].Freshness
	}
	chosen := dagster.Selection(sel)
	if sel == "" {
		chosen = "*"
	}
	states, err := r.Freshness(ctx, inst, chosen)
	if err != nil {
		return nil, err
	}
	var list []freshnessJSON
	for _, s := range states {
		if p := policies[s.Asset]; p != nil || sel != "" {
			list = append(list, freshnessJSON{Repository: r.Name(), AssetFreshness: s, Policy: p})
		}
	}
	return list, nil
}

// readInstance is an instance on the home, or an empty one if nothing was run yet.
func (a *app) readInstance(ctx context.Context) (inst *dagster.Instance, done func() error, err error) {
	h, err := a.readHome(ctx)
	if errors.Is(err, errNoRuns) {
		return dagster.NewInstance(dagster.InstanceConfig{}), func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return h.inst, h.close, nil
}

func (a *app) freshnessTable(list []freshnessJSON, now time.Time) string {
	if len(list) == 0 {
		return "No asset says how fresh it should be: the options FreshWithin and FreshBy do.\n"
	}
	several := len(a.Repositories) > 1
	var t table
	head := []string{"ASSET", "FRESH", "LAST MADE", "UNTIL", "SHOULD BE"}
	if several {
		head = append(head, "REPOSITORY")
	}
	t.head(head...)
	for i := range list {
		f := &list[i]
		last := ago(f.Last, now)
		if f.Last.IsZero() && f.Policy != nil {
			last = "never"
		}
		row := []span{
			{f.Asset, plain}, {string(f.State), freshColor(f.State)}, {last, plain}, {local(f.Until), plain}, {policyText(f.Policy), dim},
		}
		if several {
			row = append(row, span{f.Repository, plain})
		}
		t.add(row...)
	}
	return t.text(a.style)
}

func freshColor(s dagster.FreshnessState) color {
	switch s {
	case dagster.FreshnessPass:
		return green
	case dagster.FreshnessWarn:
		return yellow
	case dagster.FreshnessFail:
		return red
	case dagster.FreshnessUnknown, dagster.FreshnessNotApplicable:
	}
	return dim
}

// policyText says how fresh an asset should be.
func policyText(p *dagster.FreshnessInfo) string {
	switch {
	case p == nil:
		return ""
	case p.Cron != "":
		return fmt.Sprintf("made in the %s before %q %s", lasting(p.Before), p.Cron, p.TimeZone)
	case p.WarnAfter > 0:
		return fmt.Sprintf("younger than %s, warns from %s on", lasting(p.FailAfter), lasting(p.WarnAfter))
	}
	return "younger than " + lasting(p.FailAfter)
}

// freshness is how fresh one asset is, nil if nobody says how fresh it should be.
func (a *app) freshness(ctx context.Context, info *assetJSON) (state *dagster.AssetFreshness, err error) {
	if info.Freshness == nil {
		return nil, nil //nolint:nilnil // it does not apply
	}
	r, err := a.owner(fmt.Sprintf("asset %q", info.Key), keyed(info.Key))
	if err != nil {
		return nil, err
	}
	inst, done, err := a.readInstance(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	all, err := r.Freshness(ctx, inst, dagster.Selection(selection.Exactly(info.Key)))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Asset == info.Key {
			return &all[i], nil
		}
	}
	return nil, nil //nolint:nilnil // it was selected
}
