package conformance_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/internal/conformance"
)

// stepKeys is one case of step_keys: the plan of a job, or of assets.
type stepKeys struct {
	Kind   string      `json:"kind"`
	Job    job         `json:"job"`
	Assets []assetRow  `json:"assets"`
	Levels [][]string  `json:"levels"`
	Steps  plannedSets `json:"steps"`
	Error  bool        `json:"error"`

	AssetSteps map[string]string `json:"asset_steps"`
	CheckSteps map[string]string `json:"check_steps"`
	Disputed   string            `json:"disputed"`

	accepted  bool // Dagster refuses it
	unleveled bool // it has other levels
}

// plannedSets says for each step which ones it waits for.
type plannedSets map[string]struct {
	After []string `json:"after"`
}

// watcher is an executor that keeps the plan.
type watcher struct{ plan *executor.Plan }

// Execute keeps the plan, and runs it.
func (w *watcher) Execute(ctx context.Context, r executor.Request) (*executor.Report, error) {
	w.plan = r.Plan
	return executor.Engine{}.Execute(ctx, r)
}

func TestConformanceStepKeys(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "step_keys", func(t *testing.T, c stepKeys) {
			t.Helper()

			w := &watcher{}
			r, err := c.run(t, dagster.WithExecutor(w))
			if c.Disputed != "" {
				return
			}
			if c.Error {
				require.Error(t, err)
				assert.Empty(t, r.RunID(), "nothing runs")
				return
			}
			require.NotNil(t, w.plan, "%v", err)
			if c.accepted {
				return
			}
			want, got := map[string][]string{}, waits(w.plan)
			for key, s := range c.Steps {
				want[key] = s.After
			}
			assert.Equal(t, want, got)
			if !c.unleveled {
				assert.Equal(t, c.Levels, levels(got))
			}
			makers := map[string]string{}
			for _, s := range r.Steps() {
				for _, key := range s.Assets {
					makers[key] = s.Key
				}
			}
			if c.AssetSteps != nil {
				assert.Equal(t, c.AssetSteps, makers)
			}
		},
		slices.Concat(plansNotAsked(), plansAnsweredOtherwise())...,
	)
}

func (c *stepKeys) run(t *testing.T, opts ...dagster.RunOption) (*dagster.Result, error) {
	t.Helper()

	if c.Kind == "assets" {
		w := declareAssets(c.Assets)
		require.Empty(t, w.beyond)
		return w.repo.Materialize(t.Context(), "*", opts...)
	}
	d := declare(c.Job)
	require.Empty(t, d.beyond)
	return d.repo.Execute(t.Context(), d.job, opts...)
}

func plansNotAsked() []conformance.Rule[stepKeys] {
	rules := []conformance.Rule[stepKeys]{{
		Why: "a multi-asset is one step, which can't wait for itself: Dagster makes two of it",
		Match: func(c stepKeys) bool {
			return slices.ContainsFunc(c.Assets, func(row assetRow) bool { return row.splits(c.Assets) })
		},
	}}
	for _, why := range []string{manyOuts, manyLists, partlyMapped, otherCollect, unsourced, tooWide, outOfOrder} {
		rules = append(rules, conformance.Rule[stepKeys]{
			Why: why, Rare: why != manyOuts,
			Match: func(c stepKeys) bool { return c.Kind == "job" && slices.Contains(declare(c.Job).beyond, why) },
		})
	}
	return rules
}

func plansAnsweredOtherwise() []conformance.Rule[stepKeys] {
	return []conformance.Rule[stepKeys]{
		{
			Why:     "maps nest here (docs/adr/0004)",
			Match:   func(c stepKeys) bool { return c.Error && nests(c.Job.Nodes) },
			Instead: func(c *stepKeys) { c.Error, c.accepted = false, true },
		},
		{
			Why: "a dynamic output that is not mapped is one value: what takes it does not wait for keys",
			Match: func(c stepKeys) bool {
				_, takers := (&runCase{Job: c.Job}).collectors()
				return len(takers) > 0
			},
			Instead: func(c *stepKeys) { c.unleveled = true },
		},
	}
}

// waits says for each step of a plan which ones it waits for. What is mapped is written as Dagster writes it.
func waits(p *executor.Plan) map[string][]string {
	name := func(i int) string {
		if p.Steps[i].Map != nil {
			return p.Steps[i].Key + "[?]"
		}
		return p.Steps[i].Key
	}
	out := map[string][]string{}
	for i := range p.Steps {
		after := map[string]bool{}
		for _, in := range p.Steps[i].Inputs {
			for _, s := range in.Sources {
				after[name(s.Step)] = true
			}
		}
		out[name(i)] = slices.AppendSeq([]string{}, maps.Keys(after))
		slices.Sort(out[name(i)])
	}
	return out
}

// levels puts each step one level below those that it waits for. What waits for keys that are not known is in none.
func levels(waits map[string][]string) [][]string {
	known := map[string]int{}
	var all [][]string
	for n := 0; ; n++ {
		var level []string
		for key, after := range waits {
			ready := key[len(key)-1] != ']' && known[key] == 0
			for _, up := range after {
				ready = ready && known[up] > 0
			}
			if ready {
				level = append(level, key)
			}
		}
		if len(level) == 0 {
			return all
		}
		slices.Sort(level)
		for _, key := range level {
			known[key] = n + 1
		}
		all = append(all, level)
	}
}
