package conformance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
)

// againCase is one case of reexecution: a run, and re-executions in a row, each of the run before it.
type againCase struct {
	Kind     string     `json:"kind"`
	Job      job        `json:"job"`
	Assets   []assetRow `json:"assets"`
	Select   []string   `json:"select"`
	First    outcome    `json:"first"`
	Then     []again    `json:"then"`
	Disputed string     `json:"disputed"`

	firstDiff differences
}

// again is one re-execution.
type again struct {
	How      string   `json:"how"`
	Steps    []string `json:"steps"`
	Selected []string `json:"selected"`
	Assets   []string `json:"assets"` // of from_asset_failure
	Error    bool     `json:"error"`
	Outcome  *outcome `json:"outcome"`

	diff   differences
	unable bool // it can't be said
}

// runs are the runs of a case, as those of run_semantics.
func (c *againCase) runs() []*runCase {
	first := &runCase{Kind: c.Kind, Job: c.Job, Assets: c.Assets, Select: c.Select, Outcome: c.First}
	all := []*runCase{first}
	for _, a := range c.Then {
		next := *first
		if next.Outcome = (outcome{}); a.Outcome != nil {
			next.Outcome = *a.Outcome
		}
		all = append(all, &next)
	}
	return all
}

// each applies a change to every run's answer.
func (c *againCase) each(change func(run *runCase)) {
	for i, run := range c.runs() {
		if i == 0 {
			run.diff = c.firstDiff
			change(run)
			c.First, c.firstDiff = run.Outcome, run.diff
			continue
		}
		a := &c.Then[i-1]
		run.diff = a.diff
		change(run)
		a.diff = run.diff
		if a.Outcome != nil {
			a.Outcome = &run.Outcome
		}
	}
}

func TestConformanceReexecution(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "reexecution", func(t *testing.T, c againCase) {
			t.Helper()

			repo, execute, after := c.declare(t)
			inst := dagster.NewInstance(dagster.InstanceConfig{})
			results := []*dagster.Result{execute(dagster.OnInstance(inst))} // a result keeps the values of its run
			c.First.check(t, results[0], c.firstDiff)
			after()
			for _, a := range c.Then {
				if a.unable {
					continue
				}
				before := results[len(results)-1].RunID()
				r, err := repo.Reexecute(t.Context(), before, a.steps(), dagster.OnInstance(inst))
				if a.Error {
					require.Error(t, err)
					assert.Empty(t, r.RunID(), "nothing runs")
					continue
				}
				require.NotEmpty(t, r.RunID(), "%v", err)
				assert.Equal(t, before, string(r.Run().Parent))
				a.check(t, r)
				results = append(results, r)
			}
		},
		slices.Concat(againNotAsked(), againAnsweredOtherwise())...,
	)
}

// declare declares what runs; after says that the first run has ended.
func (c *againCase) declare(t *testing.T) (repo *dagster.Repository, execute func(...dagster.RunOption) *dagster.Result, after func()) {
	t.Helper()

	if c.Kind == "assets" {
		w := declareAssets(c.Assets)
		require.Empty(t, w.beyond)
		return w.repo, func(opts ...dagster.RunOption) *dagster.Result {
			r, _ := w.repo.Materialize(t.Context(), w.selection(c.Select), opts...)
			return r
		}, func() { w.later.Store(true) }
	}
	d := declare(c.Job)
	require.Empty(t, d.beyond)
	return d.repo, func(opts ...dagster.RunOption) *dagster.Result {
		r, _ := d.repo.Execute(t.Context(), d.job, opts...)
		return r
	}, func() { d.later.Store(true) }
}

func (a *again) steps() dagster.Steps {
	if a.How == "steps" {
		return dagster.OnlyOps(a.Steps...)
	}
	return dagster.FailedSteps()
}

func (a *again) check(t *testing.T, r *dagster.Result) {
	t.Helper()

	if a.Assets != nil {
		assert.Equal(t, a.Assets, slices.Sorted(slices.Values(r.Run().Assets)))
		return
	}
	a.Outcome.check(t, r, a.diff)
	selected, ran := slices.Clone(a.Selected), []string{}
	for _, s := range r.Steps() {
		ran = append(ran, s.Key)
	}
	slices.Sort(ran)
	selected = slices.DeleteFunc(selected, func(key string) bool { return strings.HasSuffix(key, "[?]") })
	for _, key := range ran { // copies of what had no keys yet
		plain, _, mapped := strings.Cut(key, "[")
		if mapped && slices.Contains(a.Selected, plain+"[?]") && !slices.Contains(selected, key) {
			selected = append(selected, key)
		}
	}
	slices.Sort(selected)
	assert.Equal(t, selected, ran)
}

func againNotAsked() []conformance.Rule[againCase] {
	var rules []conformance.Rule[againCase]
	for _, why := range []string{manyOuts, manyLists, partlyMapped, otherCollect, unsourced, tooWide, outOfOrder} {
		rules = append(rules, conformance.Rule[againCase]{
			Why: why, Rare: true,
			Match: func(c againCase) bool { return c.Kind == "ops" && slices.Contains(declare(c.Job).beyond, why) },
		})
	}
	return rules
}

// againAnsweredOtherwise has the rules of single runs, and some about what is taken over from a run before.
func againAnsweredOtherwise() []conformance.Rule[againCase] {
	var rules []conformance.Rule[againCase]
	for _, r := range answeredOtherwise() {
		matches := func(c againCase) bool {
			return slices.ContainsFunc(c.runs(), func(run *runCase) bool { return r.Match(*run) })
		}
		rules = append(rules, conformance.Rule[againCase]{
			Why: r.Why, Match: matches, Rare: !slices.Contains(usedAgain(), r.Why), Instead: func(c *againCase) { c.each(r.Instead) },
		})
	}
	return append(rules, conformance.Rule[againCase]{
		Why: "a copy can't be selected by itself: its step is, with all copies",
		Match: func(c againCase) bool {
			return slices.ContainsFunc(c.Then, func(a again) bool { return a.namesCopy() })
		},
		Instead: (*againCase).withoutCopies,
	}, conformance.Rule[againCase]{
		Why:     "what failed made nothing that could be loaded: what needs it can't be run alone",
		Match:   func(c againCase) bool { return len(c.needsFailed()) > 0 },
		Instead: (*againCase).refuseNeedsFailed,
	}, conformance.Rule[againCase]{
		Why:     "a body that failed made none of its assets: all of them are to be made again",
		Match:   func(c againCase) bool { return len(c.madeAndFailed()) > 0 },
		Instead: (*againCase).makeAllAgain,
	})
}

// usedAgain are the rules of single runs that recorded re-executions need.
func usedAgain() []string {
	return []string{
		"a body returns its value or an error, not the one and then the other",
		"outputs of one body are fields of one value, and recorded as it",
	}
}

func (a *again) namesCopy() bool {
	return a.How == "steps" && slices.ContainsFunc(a.Steps, func(s string) bool { return strings.Contains(s, "[") })
}

func (c *againCase) withoutCopies() {
	for i := range c.Then {
		c.Then[i].unable = c.Then[i].unable || c.Then[i].namesCopy()
	}
}

// needsFailed are the re-executions of chosen steps that take what a failed step made before it failed.
func (c *againCase) needsFailed() map[int]bool {
	failed := map[string]bool{}
	for key, end := range c.First.Steps {
		failed[key] = end.Status != "SUCCESS" && end.Status != "SKIPPED"
	}
	found := map[int]bool{}
	for i, a := range c.Then {
		if a.How != "steps" || a.Error {
			continue
		}
		for _, n := range c.Job.Nodes {
			for _, in := range n.In {
				for _, from := range in.From {
					name, _ := split(from)
					if slices.Contains(a.Selected, n.Name) && !slices.Contains(a.Selected, name) && failed[name] {
						found[i] = true
					}
				}
			}
		}
	}
	return found
}

func (c *againCase) refuseNeedsFailed() {
	for i := range c.needsFailed() {
		c.Then[i].Error = true
	}
}

// madeAndFailed are the assets that were made by bodies which failed after it.
func (c *againCase) madeAndFailed() []string {
	var keys []string
	for i := range c.Assets {
		row := &c.Assets[i]
		for _, a := range c.Then {
			if a.Assets == nil || !emitsAndFails(nil, row) {
				continue
			}
			for _, key := range row.keys() {
				if !slices.Contains(a.Assets, key) && !slices.Contains(keys, key) {
					keys = append(keys, key)
				}
			}
		}
	}
	return keys
}

func (c *againCase) makeAllAgain() {
	keys := c.madeAndFailed()
	for i := range c.Then {
		if c.Then[i].Assets != nil {
			all := map[string]bool{}
			for _, key := range slices.Concat(c.Then[i].Assets, keys) {
				all[key] = true
			}
			c.Then[i].Assets = slices.Sorted(maps.Keys(all))
		}
	}
}
