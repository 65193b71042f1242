package conformance_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
)

// freshnessCase is one case of freshness: whether a policy is legal, or what follows from it at one moment.
type freshnessCase struct {
	Policy struct {
		Type   string   `json:"type"`
		Fail   float64  `json:"fail_seconds"`
		Warn   *float64 `json:"warn_seconds"`
		Cron   string   `json:"deadline_cron"`
		Before float64  `json:"lower_bound_seconds"`
		Zone   string   `json:"tz"`
	} `json:"policy"`
	Error    bool       `json:"error"`
	Now      *time.Time `json:"now"`
	Last     *time.Time `json:"last"`
	State    string     `json:"state"`
	Disputed string     `json:"disputed"`
}

func TestConformanceFreshness(t *testing.T) {
	t.Parallel()

	conformance.Each(t, "freshness", func(t *testing.T, c freshnessCase) {
		t.Helper()

		a := dagster.NewAsset("a", dagster.From(zero), c.option())
		repo := dagster.NewRepository("r", a)
		if c.Error {
			require.Error(t, repo.Validate())
			return
		}
		require.NoError(t, repo.Validate())
		if c.Now == nil {
			return
		}
		now := *c.Now
		inst := dagster.NewInstance(dagster.InstanceConfig{Now: func() time.Time { return now }})
		if c.Last != nil {
			now = *c.Last
			require.NoError(t, a.Report(t.Context(), inst, ""))
			now = *c.Now
		}
		got := freshness(t.Context(), t, repo, inst)
		assert.Equal(t, c.State, string(got.State))
	}, freshnessRules()...)
}

func freshnessRules() []conformance.Rule[freshnessCase] {
	return []conformance.Rule[freshnessCase]{{
		Why:   "no time zone is UTC, and so is an empty one (docs/adr/0010)",
		Match: func(c freshnessCase) bool { return c.Policy.Type == "cron" && c.Policy.Zone == "" },
		Instead: func(c *freshnessCase) {
			c.Error = false
		},
	}}
}

func freshness(ctx context.Context, t *testing.T, repo *dagster.Repository, inst *dagster.Instance) dagster.AssetFreshness {
	t.Helper()

	all, err := repo.Freshness(ctx, inst, "*")
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

func (c freshnessCase) option() dagster.AssetOption {
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	p := c.Policy
	switch {
	case p.Type == "cron":
		return dagster.FreshBy(p.Cron, seconds(p.Before), dagster.TimeZone(p.Zone))
	case p.Warn != nil:
		return dagster.FreshWithin(seconds(p.Fail), seconds(*p.Warn))
	}
	return dagster.FreshWithin(seconds(p.Fail))
}
