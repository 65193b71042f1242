package checks

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/freshness"
	"github.com/dagster-go/dagster/metadata"
)

// FreshWithin passes if the asset was materialized less than a duration ago, a minute at least, by the clock of the instance.
// It is one half of Dagster's check of the last update; [FreshBy] is the other. To know without a run how fresh assets are,
// see [dagster.FreshWithin].
func FreshWithin(of dagster.AnyAsset, age time.Duration, opts ...dagster.CheckOption) *dagster.Check {
	policy, err := freshness.Within(age, 0)
	return fresh(of, policy, fmt.Sprintf("want less than %v ago", age), with(opts, err))
}

// FreshBy passes if the asset was materialized since a duration before the last tick of a cron, on the clock of a time
// zone; an empty zone is UTC. The duration is a minute at least, and no longer than two ticks are apart.
func FreshBy(of dagster.AnyAsset, cron string, before time.Duration, zone string, opts ...dagster.CheckOption) *dagster.Check {
	policy, err := freshness.By(cron, before, zone)
	return fresh(of, policy, fmt.Sprintf("want at most %v before the last tick of %q", before, cron), with(opts, err))
}

func fresh(of dagster.AnyAsset, policy freshness.Policy, want string, opts []dagster.CheckOption) *dagster.Check {
	body := dagster.From(func(ctx context.Context) (dagster.CheckResult, error) {
		newest, err := newest(ctx, of, 1)
		if err != nil {
			return dagster.CheckResult{}, err
		}
		if len(newest) == 0 {
			return dagster.CheckResult{Description: neverMade}, nil
		}
		last, now := newest[0].At, dagster.Now(ctx)
		r := dagster.CheckResult{
			Passed:      policy.State(last, now) == freshness.Pass,
			Description: fmt.Sprintf("last materialized %v ago, %s", now.Sub(last).Round(time.Second), want),
			Metadata:    []metadata.Entry{metadata.Time("last", last)},
		}
		if until := policy.Next(last, now); !until.IsZero() {
			r.Metadata = append(r.Metadata, metadata.Time("fresh_until", until))
		}
		return r, nil
	})
	return dagster.NewCheck("fresh", of, body, opts...)
}
