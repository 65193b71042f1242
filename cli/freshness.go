package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/selection"
)

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

// freshSpan is how fresh an asset is, in a cell.
func freshSpan(f *dagster.AssetFreshness) span {
	if f == nil {
		return span{}
	}
	return span{string(f.State), freshColor(f.State)}
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
