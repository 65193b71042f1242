package dagster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/internal/freshness"
)

// FreshnessState says whether an asset is as fresh as it should be. The strings are Dagster's, and never change.
type FreshnessState string

const (
	// FreshnessPass is an asset that is fresh enough.
	FreshnessPass FreshnessState = "PASS"

	// FreshnessWarn is an asset that will soon be too old.
	FreshnessWarn FreshnessState = "WARN"

	// FreshnessFail is an asset that is too old.
	FreshnessFail FreshnessState = "FAIL"

	// FreshnessUnknown is an asset that was never materialized.
	FreshnessUnknown FreshnessState = "UNKNOWN"

	// FreshnessNotApplicable is an asset of which nobody said how fresh it should be.
	FreshnessNotApplicable FreshnessState = "NOT_APPLICABLE"
)

// FreshWithin wants the newest materialization of an asset, of any of its partitions, to be no older than fail. A second
// duration is the age from which on it warns. Both are a minute or longer. [Repository.Freshness] says how an asset stands.
func FreshWithin(fail time.Duration, warn ...time.Duration) AssetOption {
	if len(warn) > 1 {
		return freshOption(freshness.Policy{}, errors.New("several ages to warn at"))
	}
	return freshOption(freshness.Within(fail, append(warn, 0)[0]))
}

// FreshBy wants an asset to be materialized, in any of its partitions, at most before each tick of a cron: from a tick on
// it fails, until it is materialized again. The cron is on the wall clock of [TimeZone], without it on that of UTC. before is
// a minute or longer, and no longer than the shortest time between two ticks.
func FreshBy(cron string, before time.Duration, opts ...FreshnessOption) AssetOption {
	var zone string
	for _, o := range opts {
		if o == nil {
			return freshOption(freshness.Policy{}, errors.New("nil option"))
		}
		o.applyFreshness(&zone)
	}
	return freshOption(freshness.By(cron, before, zone))
}

// FreshnessOption holds for [FreshBy].
type FreshnessOption interface{ applyFreshness(zone *string) }

func (z zone) applyFreshness(to *string) { *to = string(z) }

// freshOption gives an asset a policy that was checked once, for all assets that share the option.
func freshOption(p freshness.Policy, err error) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optFresh, "freshness")
		if err != nil {
			a.mistake("freshness: %w", err)
			return
		}
		a.spec.freshness = &p
	})
}

// FreshnessInfo says how fresh an asset should be: of which age on it fails and warns, or by which deadlines.
type FreshnessInfo struct {
	FailAfter time.Duration `json:"fail_after_ns,omitempty"`
	WarnAfter time.Duration `json:"warn_after_ns,omitempty"` // 0 for never

	Cron     string        `json:"deadline_cron,omitempty"`
	TimeZone string        `json:"time_zone,omitempty"`
	Before   time.Duration `json:"before_ns,omitempty"` // how long before a deadline it may have been made
}

func describeFreshness(p *freshness.Policy) *FreshnessInfo {
	if p == nil {
		return nil
	}
	info := &FreshnessInfo{}
	info.FailAfter, info.WarnAfter = p.Windows()
	info.Cron, info.TimeZone, info.Before = p.Deadlines()
	return info
}

// AssetFreshness is how fresh an asset is at one moment.
type AssetFreshness struct {
	Asset string         `json:"asset"` // its key
	State FreshnessState `json:"state"`

	// Last is when it was last materialized, in any partition; the zero time if never, or if the state does not apply.
	Last time.Time `json:"last,omitzero"`

	// Until is when the state gets worse if it is not materialized until then; the zero time if it doesn't.
	Until time.Time `json:"until,omitzero"`
}

// Freshness says how fresh the selected assets are, by the instance's clock, each after those that it needs. It is
// computed from what was last materialized, also by a backfill of an old partition. An asset that is made elsewhere is as
// fresh as what is reported of it.
func (r *Repository) Freshness(ctx context.Context, in *Instance, sel Selection) ([]AssetFreshness, error) {
	c, selected, err := r.chosen(ctx, in, sel)
	if err != nil {
		return nil, err
	}
	out := make([]AssetFreshness, 0, len(selected))
	for _, i := range selected {
		one, err := c.assets[i].freshnessIn(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("freshness of asset %s: %w", quote(c.assets[i].key), err)
		}
		out = append(out, one)
	}
	return out, nil
}

func (a *catalogAsset) freshnessIn(ctx context.Context, in *Instance) (AssetFreshness, error) {
	out := AssetFreshness{Asset: a.key, State: FreshnessNotApplicable}
	p := a.spec.freshness
	if p == nil {
		return out, nil
	}
	known, err := in.record(ctx, a.key)
	if err != nil {
		return out, err
	}
	if known.Latest.ID != 0 {
		out.Last = known.Latest.At
	}
	now := in.now()
	out.State, out.Until = FreshnessState(p.State(out.Last, now)), p.Next(out.Last, now)
	return out, nil
}
