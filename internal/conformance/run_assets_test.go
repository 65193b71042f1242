package conformance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/storage"
)

// assetRow is one asset of a case, and how its body behaves.
type assetRow struct {
	Key      string   `json:"key"`
	Deps     []string `json:"deps"`  // only waited for
	Loads    []string `json:"loads"` // read
	Do       do       `json:"do"`
	Retry    *retry   `json:"retry"`
	Optional bool     `json:"optional"`

	Op     string `json:"op"`
	Makes  []any  `json:"makes"`
	Checks []any  `json:"checks"`
	IO     string `json:"io"`
}

// testAssetRun materializes the assets of a case and looks at what was recorded.
func testAssetRun(t *testing.T, c runCase) {
	t.Helper()

	repo, assets := repositoryOf(c.Assets)
	selection := dagster.Selection("*")
	if c.Select != nil {
		var chosen []dagster.AnyAsset
		for _, key := range c.Select {
			chosen = append(chosen, assets[key])
		}
		selection = dagster.Select(chosen...)
	}
	result, err := repo.Materialize(t.Context(), selection)
	require.NotNil(t, result, "%v", err)

	assert.Equal(t, storage.RunStatus(c.Outcome.Status), result.Status())
	events := map[string][]string{}
	made, planned := []string{}, []string{}
	for e := range result.Events() {
		switch e.Kind {
		case storage.AssetMaterializationPlanned:
			planned = append(planned, e.Asset)
			continue
		case storage.AssetFailedToMaterialize:
			continue // Dagster writes it in its hosted version only
		case storage.AssetMaterialization:
			made = append(made, e.Asset)
		default:
		}
		if e.Step != "" {
			events[e.Step] = append(events[e.Step], string(e.Kind))
		}
	}
	for key, want := range c.Outcome.Steps {
		assert.ElementsMatch(t, want.Events, events[key], "events of %s", key)
	}
	slices.Sort(made)
	slices.Sort(planned)
	assert.Equal(t, c.Outcome.Materialized, made)
	assert.Equal(t, c.Outcome.Planned, planned)
}

func repositoryOf(rows []assetRow) (*dagster.Repository, map[string]dagster.AnyAsset) {
	assets := map[string]dagster.AnyAsset{}
	var defs []dagster.Definition
	for _, row := range rows {
		var opts []dagster.AssetOption
		for _, key := range row.Deps {
			opts = append(opts, dagster.After(assets[key]))
		}
		if row.Retry != nil {
			opts = append(opts, dagster.Retry(dagster.RetryPolicy{Max: row.Retry.Max}))
		}
		assets[row.Key] = row.asset(assets, opts)
		defs = append(defs, assets[row.Key])
	}
	return dagster.NewRepository("conformance", defs...), assets
}

// asset declares the asset, which reads at most one other: no case that is asked has more.
func (row assetRow) asset(assets map[string]dagster.AnyAsset, opts []dagster.AssetOption) dagster.AnyAsset {
	attempts := 0
	run := func() (int, error) {
		if attempts++; row.Do.Then == "raise" && (row.Do.Attempts == 0 || attempts <= row.Do.Attempts) {
			return 0, errors.New("raised")
		}
		return 1, nil
	}
	body := dagster.From(func(context.Context) (int, error) { return run() })
	switch {
	case string(row.Do.Value) == "null": // it stores what it makes
		return dagster.NewAsset(row.Key, dagster.From(dagster.Do(func(context.Context) error {
			_, err := run()
			return err
		})), opts...)
	case row.Optional:
		body = dagster.Skippable(dagster.From(func(context.Context) (dagster.Maybe[int], error) { return dagster.Maybe[int]{}, nil }))
	case len(row.Loads) == 1:
		from, ok := assets[row.Loads[0]].(*dagster.Asset[int])
		if !ok {
			from = nil // Validate reports it
		}
		body = dagster.From1(from, func(context.Context, int) (int, error) { return run() })
	}
	return dagster.NewAsset(row.Key, body, opts...)
}

// beyondOneBody are the cases about assets that can't be asked with one body for each.
func beyondOneBody() []conformance.Rule[runCase] {
	anyAsset := func(match func(row assetRow) bool) func(runCase) bool {
		return func(c runCase) bool { return c.Kind == "assets" && slices.ContainsFunc(c.Assets, match) }
	}
	return []conformance.Rule[runCase]{
		{Why: "checks come with their feature", Match: anyAsset(func(row assetRow) bool { return row.Checks != nil })},
		{Why: "multi-assets come with their feature", Match: anyAsset(func(row assetRow) bool { return row.Makes != nil })},
		{Why: "IO managers that fail are tested in the root package", Match: anyAsset(func(row assetRow) bool { return row.IO != "" })},
		{
			Why:   "a Go body returns its value or an error, never the one and then the other",
			Match: anyAsset(func(row assetRow) bool { return row.Do.Then == "raise" && !row.Do.Before }),
		},
		{
			Why: "a Go body that isn't skippable can't make nothing",
			Match: anyAsset(func(row assetRow) bool {
				return !row.Optional && row.Do.Emit != nil && strings.Join(*row.Do.Emit, "") == ""
			}),
		},
	}
}
