package dagster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/selection"
	"github.com/dagster-go/dagster/storage"
)

// statusWords are what a selection may ask of an asset's state.
var statusWords = []string{"failed", "fresh", "materialized", "missing", "stale"} //nolint:gochecknoglobals // never changed

// resolveOn is resolve for a selection that may ask for the state of assets in an instance.
func (c *catalog) resolveOn(ctx context.Context, in *Instance, sel Selection) ([]int32, error) {
	chosen, err := c.find(sel, c.selectable().With("status", c.statusFinder(ctx, in)))
	if err != nil {
		return nil, err
	}
	return c.completeParts(slices.DeleteFunc(chosen, func(i int32) bool { return c.assets[i].external })), nil
}

// chosen returns the indexes of the selected assets, also of those that are made elsewhere, which are then like all others.
// The selection may ask for the state of assets in an instance.
func (r *Repository) chosen(ctx context.Context, in *Instance, sel Selection) (*catalog, []int32, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, nil, err
	}
	found, err := c.find(sel, c.selectable().WithSources().With("status", c.statusFinder(ctx, in)))
	if err != nil {
		return nil, nil, err
	}
	return c, c.completeParts(found), nil
}

// SelectedOn is [Repository.Selected] for a selection that may ask for the state of assets in an instance.
func (r *Repository) SelectedOn(ctx context.Context, in *Instance, sel Selection) ([]string, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	selected, err := c.resolveOn(ctx, in, sel)
	if err != nil {
		return nil, err
	}
	return c.keysAt(selected), nil
}

// statusFinder answers status: in selections. What it reads, it reads once, when it is first asked.
func (c *catalog) statusFinder(ctx context.Context, in *Instance) selection.Finder {
	var states []assetState
	return func(v selection.Value) (func(node int) bool, error) {
		var failed error
		has, err := selection.OneOf(statusWords, func(word string, node int) bool { return states[node].is(word) })(v)
		if err == nil && states == nil {
			states, failed = c.states(ctx, in)
		}
		if err != nil || failed != nil {
			return nil, firstError(err, failed)
		}
		return has, nil
	}
}

// assetState is how an asset stands. Of a partitioned one something is missing, or failed, if that holds for any of its
// partitions.
type assetState struct {
	made, missing, failed bool
	stale                 StaleStatus // empty for what is partitioned
}

func (s *assetState) is(word string) bool {
	switch word {
	case "failed":
		return s.failed
	case "materialized":
		return s.made
	case "missing":
		return s.missing
	}
	return strings.EqualFold(string(s.stale), word)
}

// states is how all assets stand.
func (c *catalog) states(ctx context.Context, in *Instance) ([]assetState, error) {
	all := make([]int32, len(c.assets))
	for i := range all {
		all[i] = int32(i)
	}
	s, err := newStaleness(ctx, in, c, all)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	failed, err := in.failedAssets(ctx)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	out := make([]assetState, len(all))
	for i := range out {
		a := &c.assets[i]
		if d := c.divisionOf(a.asset); d != nil && !a.isView() {
			if out[i], err = s.partitionState(ctx, a.key, d); err != nil {
				return nil, fmt.Errorf("status of asset %s: %w", quote(a.key), err)
			}
			continue
		}
		one, err := s.of(ctx, all[i], "")
		if err != nil {
			return nil, fmt.Errorf("status of asset %s: %w", quote(a.key), err)
		}
		out[i] = assetState{
			stale: one.Status, missing: one.Status == Missing, failed: failed[a.key],
			made: s.versions[assetPartition{a.asset, ""}] != nil,
		}
	}
	return out, nil
}

func (s *staleness) partitionState(ctx context.Context, key string, d *partitions) (assetState, error) {
	status, err := s.inst.partitionStatus(ctx, key, d.def)
	if err != nil {
		return assetState{}, err
	}
	counts := status.Counts(s.inst.now())
	return assetState{
		made: counts.Missing == 0 && counts.Materialized > 0, missing: counts.Missing > 0, failed: counts.Failed > 0,
	}, nil
}

// failedAssets are the assets whose newest attempt failed.
func (in *Instance) failedAssets(ctx context.Context) (map[string]bool, error) {
	failed := make(map[string]bool)
	filter := storage.AssetFilter{Limit: 1000}
	for {
		page, err := in.store.Assets(ctx, filter)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return failed, nil
		}
		for i := range page {
			failed[page[i].Key] = page[i].Failed.ID > page[i].Latest.ID
		}
		filter.After = page[len(page)-1].Key
	}
}
