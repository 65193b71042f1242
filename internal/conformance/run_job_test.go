package conformance_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
)

// Jobs and assets that are declared by the public API come to what Dagster's came to.
func TestConformanceRunSemantics(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "run_semantics", func(t *testing.T, c runCase) {
			t.Helper()

			result, err := c.run(t, dagster.NewInstance(dagster.InstanceConfig{}))
			if c.Outcome.DefinitionError && !c.diff.accepted {
				require.Error(t, err)
				assert.Empty(t, result.RunID(), "nothing runs")
				return
			}
			if c.Disputed == "" {
				c.Outcome.check(t, result, c.diff)
			}
		},
		slices.Concat(notAsked(), answeredOtherwise())...,
	)
}

// run declares what the case has, and runs it.
func (c *runCase) run(t *testing.T, inst *dagster.Instance) (*dagster.Result, error) {
	t.Helper()

	if c.Kind != "assets" {
		d := declare(c.Job)
		require.Empty(t, d.beyond)
		return d.repo.Execute(t.Context(), d.job, dagster.OnInstance(inst))
	}
	w := declareAssets(c.Assets)
	require.Empty(t, w.beyond)
	return w.repo.Materialize(t.Context(), w.selection(c.Select), dagster.OnInstance(inst))
}

// selection are the assets of a case that are to be made.
func (w *world) selection(keys []string) dagster.Selection {
	if keys == nil {
		return "*"
	}
	chosen := make([]dagster.AnyAsset, len(keys))
	for i, key := range keys {
		chosen[i] = w.asset(key)
	}
	return dagster.Select(chosen...)
}

// ops and assets say whether a case is of that kind.
func (c *runCase) ops() []*node { return flat(c.Job.Nodes) }

// anyRow reports whether something holds for an asset, or several.
func (c *runCase) anyRow(match func(row *assetRow) bool) bool {
	return slices.ContainsFunc(c.Assets, func(row assetRow) bool { return match(&row) })
}

// notAsked are the cases that the API has no words for.
func notAsked() []conformance.Rule[runCase] {
	rules := []conformance.Rule[runCase]{
		{
			Why:   "a multi-asset is one step, which can't wait for itself: Dagster makes two of it",
			Match: func(c runCase) bool { return c.anyRow(func(row *assetRow) bool { return row.splits(c.Assets) }) },
		},
	}
	for _, why := range []string{manyOuts, manyLists, partlyMapped, otherCollect, unsourced, tooWide, outOfOrder} {
		rules = append(rules, conformance.Rule[runCase]{
			Why: why, Rare: true,
			Match: func(c runCase) bool { return c.Kind == "ops" && slices.Contains(declare(c.Job).beyond, why) },
		})
	}
	return rules
}

// splits reports whether an asset that the row makes needs, by way of another row, one that it makes.
func (row *assetRow) splits(rows []assetRow) bool {
	seen := map[string]bool{}
	var reaches func(key string) bool
	reaches = func(key string) bool {
		if slices.Contains(row.keys(), key) {
			return true
		}
		if seen[key] {
			return false
		}
		seen[key] = true
		for _, other := range rows {
			if slices.Contains(other.keys(), key) && slices.ContainsFunc(other.needs(), reaches) {
				return true
			}
		}
		return false
	}
	return row.Op != "" && slices.ContainsFunc(row.needs(), func(key string) bool { return !slices.Contains(row.keys(), key) && reaches(key) })
}

// needs are the keys that the row's assets need.
func (row *assetRow) needs() []string {
	all := slices.Concat(row.Deps, row.Loads)
	for _, part := range row.Makes {
		all = append(all, part.needs()...)
	}
	return all
}

// answeredOtherwise are the cases that are asked as far as the API goes. Each rule changes what it says, no more.
func answeredOtherwise() []conformance.Rule[runCase] {
	return []conformance.Rule[runCase]{
		checksRecordedLast(),
		{
			Why:     "maps nest here (docs/adr/0004)",
			Match:   func(c runCase) bool { return c.Kind == "ops" && c.Outcome.DefinitionError && nests(c.Job.Nodes) },
			Instead: func(c *runCase) { c.diff.accepted = true },
		},
		{
			Why:     "a mapping key may hold dashes and dots (docs/adr/0004)",
			Match:   func(c runCase) bool { return slices.ContainsFunc(c.ops(), (*node).keysWithDashes) },
			Instead: func(c *runCase) { c.diff.accepted = true },
		},
		{
			Why:   "a body returns its value or an error, not the one and then the other",
			Match: func(c runCase) bool { return len(c.failing(emitsAndFails)) > 0 },
			Instead: func(c *runCase) {
				c.without(emitsAndFails)
			},
		},
		{
			Why:     "the compiler knows that a body makes each output once: one that does not is a body that fails for good",
			Match:   func(c runCase) bool { return len(c.failing(emitsWrong)) > 0 },
			Instead: func(c *runCase) { c.without(emitsWrong) },
		},
		{
			Why:     "the compiler checks types: a wrong one is a body that fails for good",
			Match:   func(c runCase) bool { return len(c.failing(typedWrong)) > 0 },
			Instead: func(c *runCase) { c.without(typedWrong) },
		},
		{
			Why:     "outputs of one body are fields of one value, and recorded as it",
			Match:   func(c runCase) bool { return len(c.asOne()) > 0 },
			Instead: func(c *runCase) { c.diff.asOne = c.asOne() },
		},
		{
			Why:     "a dynamic output that is not mapped is one value",
			Match:   func(c runCase) bool { _, takers := c.collectors(); return len(takers) > 0 },
			Instead: (*runCase).takeAsOne,
		},
		{
			Why:     "a value that is known now is no input that is loaded",
			Match:   func(c runCase) bool { return len(c.opsWhere(hasDefault)) > 0 },
			Instead: func(c *runCase) { c.diff.known = c.opsWhere(hasDefault) },
		},
		{
			Why:     "a resource is opened when the first step needs it: what needs none runs",
			Match:   func(c runCase) bool { return len(c.unopened()) > 0 },
			Instead: func(c *runCase) { c.diff.unopened = c.unopened() },
		},
		{
			Why: "the parts of a multi-asset that can't be made apart are made together",
			Match: func(c runCase) bool {
				return c.Outcome.DefinitionError && c.anyRow(func(row *assetRow) bool { return row.Op != "" && !row.CanSubset })
			},
			Instead: func(c *runCase) { c.diff.accepted = true },
		},
		{
			Why:     "a struct has all its fields: those that nobody asked for are not stored",
			Match:   func(c runCase) bool { return c.anyRow(func(row *assetRow) bool { return row.Do.IgnoreSelection }) },
			Instead: func(c *runCase) { c.diff.accepted = true },
		},
	}
}
