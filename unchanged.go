package dagster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// ErrFresh reports that nothing of what was asked for is stale: see [StaleOnly].
var ErrFresh = errors.New("nothing is stale")

// SkipUnchanged skips the step of an asset if what is stored was made by the code version and from the versions of
// today: see [Repository.Staleness]. That is decided when the step's turn comes, so what comes after an asset that is
// made anew is skipped too if that came out with its old version. An asset that a graph computes is never skipped.
func SkipUnchanged() RunOption { return runOption(func(o *runOptions) { o.skipUnchanged = true }) }

// StaleOnly runs what is stale or missing of the selected assets, and what that changes: what is made from them is made
// anew if their versions have changed. If nothing is stale nothing runs, and the error wraps [ErrFresh]. Of partitioned
// assets the run looks at the partitions that it is for.
func StaleOnly() RunOption {
	return runOption(func(o *runOptions) { o.skipUnchanged, o.staleOnly = true, true })
}

// onlyStale leaves out the assets that are fresh and come after none that is not.
func (r *Repository) onlyStale(ctx context.Context, c *catalog, o *runOptions, selected []int32) ([]int32, error) {
	s := newStaleness(o.inst, c)
	if err := s.load(ctx, selected); err != nil {
		return nil, fmt.Errorf("staleness: %w", err)
	}
	runs := make(map[int32]bool)
	parts := make(map[*multi]bool)
	for _, i := range selected {
		a := c.assets[i].asset
		again := c.divisionOf(a) != nil || slices.ContainsFunc(c.up[i], func(up int32) bool { return runs[up] })
		if !again {
			one, err := s.of(ctx, i, "")
			if err != nil {
				return nil, fmt.Errorf("staleness of asset %s: %w", quote(a.key), err)
			}
			again = one.Status != Fresh
		}
		runs[i] = again
		if a.part != nil && again && !a.part.of.subsettable() {
			parts[a.part.of] = true
		}
	}
	out := slices.DeleteFunc(slices.Clone(selected), func(i int32) bool {
		p := c.assets[i].part
		return !runs[i] && (p == nil || !parts[p.of])
	})
	if len(out) == 0 {
		return nil, ErrFresh
	}
	return out, nil
}

// skip reports whether all that a step makes is stored as it would be made now, for a run that asked to skip that.
func (r *runState) skip(sc *scope) (bool, error) {
	s := sc.step
	if !r.options.skipUnchanged || len(s.makes) == 0 || s.op != nil {
		return false, nil
	}
	keys := []string{""}
	if sc.portion != nil {
		keys = sc.portion.keys
	}
	type known struct {
		index        int32
		key, version string
	}
	var all []known
	for i := range s.makes {
		m := &s.makes[i]
		now := storage.Provenance{CodeVersion: m.codeVersion, Inputs: r.inputVersions(sc, m, nil)}
		for _, key := range keys {
			e, err := r.inst.store.LatestMaterialization(sc, m.asset.key, key)
			if errors.Is(err, storage.ErrNotMaterialized) {
				return false, nil
			}
			if err != nil {
				return false, fmt.Errorf("asset %s: %w", quote(m.asset.key), err)
			}
			v := versionIn(&e)
			if !unchanged(v.data.Provenance, &now) {
				return false, nil
			}
			all = append(all, known{m.index, key, v.name()})
		}
	}
	for _, k := range all {
		if sc.portion != nil {
			r.parts.remember(k.index, k.key, k.version)
		} else {
			r.versions[k.index] = k.version
		}
		r.keptAs.Store(madePartition{k.index, k.key}, true)
	}
	sc.emit(storage.Event{
		Kind: storage.EngineEvent, Message: "unchanged: it was made by this code, from these inputs",
		Data: &storage.LogData{Level: "INFO"},
	})
	return true, nil
}

// unchanged reports whether something would be made now as it was.
func unchanged(then, now *storage.Provenance) bool {
	if then == nil || now.CodeVersion != "" && now.CodeVersion != then.CodeVersion {
		return false
	}
	return slices.EqualFunc(then.Inputs, now.Inputs, func(a, b storage.InputVersion) bool {
		return a.Asset == b.Asset && a.Partition == b.Partition && a.DataVersion == b.DataVersion
	})
}

// skipped is the outcome of an attempt that was not needed, and whether it was one.
func (r *runState) skipped(sc *scope) (executor.Outcome, bool) {
	yes, err := r.skip(sc)
	if err != nil {
		return executor.Outcome{Err: err}, true
	}
	return executor.Outcome{}, yes
}
