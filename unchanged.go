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
	s, err := newStaleness(ctx, o.inst, c, selected)
	if err != nil {
		return nil, err
	}
	runs := make(map[int32]bool)
	parts := make(map[*multi]bool)
	for _, i := range selected {
		a := c.assets[i].asset
		again := c.divisionOf(a) != nil || slices.ContainsFunc(c.upThrough(i), func(up int32) bool { return runs[up] })
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

// skip reports whether all that a step makes is stored as it would be made now, for a run that asked to skip that. Of
// several partitions that are made at once it leaves those that are not in the scope.
func (r *runState) skip(sc *scope) (bool, error) {
	s := sc.step
	if !r.options.skipUnchanged || len(s.makes) == 0 || s.op != nil {
		return false, nil
	}
	if sc.portion == nil {
		same, err := r.same(sc, nil, "")
		if same {
			sc.noteUnchanged("unchanged: it was made by this code, from these inputs")
		}
		return same, err
	}
	var changed []string
	for _, key := range sc.portion.keys {
		same, err := r.same(sc, r.alone(sc.portion, key), key)
		if err != nil {
			return false, err
		}
		if !same {
			changed = append(changed, key)
		}
	}
	if n := len(sc.portion.keys) - len(changed); n > 0 && sc.told == nil { // else the step says at its end how many
		sc.notePartitions(n, len(sc.portion.keys))
	}
	if len(changed) == 0 || len(changed) == len(sc.portion.keys) {
		return len(changed) == 0, nil
	}
	rest, err := r.parts.set.Of(changed...)
	if err == nil {
		sc.portion = newPortion(rest, changed...)
	}
	return false, err
}

// same reports whether what a step makes, or one partition of it, is stored as it would be made now, and if so remembers
// that the run has not made it.
func (r *runState) same(ctx context.Context, part *portion, key string) (bool, error) {
	s := scopeOf(ctx).step
	versions := make([]string, len(s.makes))
	for i := range s.makes {
		m := &s.makes[i]
		now := storage.Provenance{CodeVersion: m.codeVersion, Inputs: r.inputVersions(ctx, part, m, nil)}
		e, err := r.inst.store.LatestMaterialization(ctx, m.asset.key, key)
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
		versions[i] = v.name()
	}
	for i := range s.makes {
		index := s.makes[i].index
		if part != nil {
			r.parts.remember(index, key, versions[i])
		} else {
			r.versions[index] = versions[i]
		}
		r.keptAs.Store(madePartition{index, key}, true)
	}
	return true, nil
}

func (s *scope) notePartitions(n, of int) {
	s.noteUnchanged(fmt.Sprintf("unchanged: %d of %d partitions were made by this code, from these inputs", n, of))
}

func (s *scope) noteUnchanged(message string) {
	s.emit(storage.Event{Kind: storage.EngineEvent, Message: message, Data: &storage.LogData{Level: "INFO"}})
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

// unchangedOf is how many partitions of a step's first asset are unchanged.
func (r *runState) unchangedOf(s *planStep) int {
	n := 0
	if len(s.makes) > 0 && r.options.skipUnchanged {
		for _, key := range r.parts.whole.keys {
			if _, ok := r.keptAs.Load(madePartition{s.makes[0].index, key}); ok {
				n++
			}
		}
	}
	return n
}

// skipped is the outcome of an attempt that was not needed, and whether it was one.
func (r *runState) skipped(sc *scope) (executor.Outcome, bool) {
	yes, err := r.skip(sc)
	if err != nil {
		return executor.Outcome{Err: err}, true
	}
	return executor.Outcome{}, yes
}
