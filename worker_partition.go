package dagster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// portionOf is what a step makes in the run, nil if that is not partitioned.
func (r *runState) portionOf(s *planStep) *portion {
	if !s.divided {
		return nil
	}
	return r.parts.whole
}

// runPortions calls the body of a step for all partitions of the run at once, or for one after the other.
func (r *runState) runPortions(ctx context.Context, t *executor.Task, s *planStep) executor.Outcome {
	whole := r.parts.whole
	if s.op != nil || s.atOnce || len(whole.keys) == 1 {
		return r.attempt(&scope{Context: ctx, run: r, task: t, step: s, portion: whole}) //nolint:contextcheck // a scope is a context
	}
	out := executor.Outcome{}
	var failed []error
	missing, told := make(map[int]int), make(map[int32]bool)
	for _, key := range whole.keys {
		if ctx.Err() != nil {
			return executor.Outcome{Err: context.Cause(ctx)}
		}
		one, err := r.parts.set.Of(key)
		if err != nil {
			return executor.Outcome{Err: err}
		}
		out = r.attempt(&scope{Context: ctx, run: r, task: t, step: s, portion: newPortion(one, key), told: told}) //nolint:contextcheck // a scope is a context
		if out.Err != nil {
			failed = append(failed, fmt.Errorf("partition %s: %w", quote(key), out.Err))
			if s.check == nil { // else the others are looked at all the same
				break
			}
		}
		for _, i := range out.Missing {
			missing[i]++
		}
	}
	if n := r.unchangedOf(s); n > 0 {
		sc := &scope{Context: ctx, run: r, task: t, step: s}
		sc.notePartitions(n, len(whole.keys))
	}
	if len(failed) > 0 {
		return executor.Outcome{Err: errors.Join(failed...)}
	}
	out.Missing = nil // an output is missing that was made for no partition
	for i, n := range missing {
		if n == len(whole.keys) {
			out.Missing = append(out.Missing, i)
		}
	}
	slices.Sort(out.Missing)
	return out
}

// alone is one partition of a portion.
func (r *runState) alone(of *portion, key string) *portion {
	if of == nil || len(of.keys) == 1 {
		return of
	}
	one, err := r.parts.set.Of(key)
	if err != nil {
		return of // not a key of it
	}
	return &portion{keys: []string{key}, subset: one}
}

// keepPortion stores what was made of an asset for some partitions, and records that each is materialized.
func (r *runState) keepPortion(sc *scope, m *making, v any) error {
	made := storage.Event{Kind: storage.StepOutput, Data: m.output}
	keys := sc.portion.keys
	var err error
	each := make([]*scope, len(keys)) // where an IO manager has said something of one partition
	switch all, byKey := v.(valuesByPartition); {
	case m.asset.empty && !byKey:
	case byKey:
		err = r.storeEach(sc, m, all, each)
	case len(keys) == 1:
		err = store(sc, v, r.placeOf(sc, m, keys[0]))
	default:
		l := r.placeOf(sc, m, "")
		l.at.Partitions = slices.Clone(keys)
		err = store(sc, v, l)
	}
	if err != nil {
		sc.emit(made)
		return fmt.Errorf("store asset %s: %w", quote(m.asset.key), err)
	}
	if err := sc.checkSaid(); err != nil { // of the IO manager
		sc.emit(made)
		return err
	}
	events := make([]storage.Event, 0, len(keys)+2)
	if !sc.told[m.index] {
		events = append(events, made)
	}
	if sc.told != nil {
		sc.told[m.index] = true
	}
	for i, key := range keys {
		data := r.materialized(sc, m, key)
		if each[i] != nil {
			_, more := each[i].saidOf(m.asset.key)
			all := entries{list: data.Metadata}
			all.add(more)
			data.Metadata = all.list
		}
		events = append(events, storage.Event{Kind: storage.AssetMaterialization, Asset: m.asset.key, Partition: key, Data: data})
	}
	if !m.asset.empty {
		events = append(events, storage.Event{Kind: storage.HandledOutput, Data: m.stored})
	}
	sc.emitAll(events...)
	return nil
}

// loadPartitions loads the partitions of an asset that a leaf reads.
func (r *runState) loadPartitions(sc *scope, rd *read) (any, error) {
	subset, how := r.parts.read(rd.link, sc.portion), rd.leaf.reading()
	if how.how == readLazily {
		return &lazyLoads{subset: subset, load: func(key string) (any, error) {
			v, err := r.loadPartition(sc, rd, key)
			if err == nil && r.plan.streams(rd) {
				sc.opened(v)
			}
			if notStored(err) && how.leaveOut {
				err = fmt.Errorf("%w: %w", errLeftOut, err)
			}
			return v, err
		}}, nil
	}
	if how.how == readOne {
		return r.loadOnly(sc, rd, subset)
	}
	out := &loadedPartitions{}
	for key := range subset.Keys() {
		v, err := r.loadPartition(sc, rd, key)
		if notStored(err) && how.leaveOut {
			continue
		}
		if err != nil {
			return nil, err
		}
		out.keys, out.values = append(out.keys, key), append(out.values, v)
	}
	sc.emit(storage.Event{Kind: storage.LoadedInput, Data: rd.loaded})
	return out, nil
}

// loadOnly loads the one partition that a leaf reads.
func (r *runState) loadOnly(sc *scope, rd *read, subset partition.Subset) (any, error) {
	up := rd.leaf.asset.key
	switch n := subset.Count(); {
	case n == 0 && rd.use.optional:
		return absent{}, nil
	case n == 0:
		return nil, fmt.Errorf("load asset %s: there is no partition to read: use Optional", quote(up))
	case n > 1:
		return nil, fmt.Errorf("load asset %s: one value is asked for, and %d partitions are read: use Partitions()", quote(up), n)
	}
	key := ""
	for key = range subset.Keys() {
		break
	}
	v, err := r.loadPartition(sc, rd, key)
	switch {
	case rd.use.optional && notStored(err):
		return absent{}, nil
	case err == nil:
		sc.emit(storage.Event{Kind: storage.LoadedInput, Partition: key, Data: rd.loaded})
	}
	return v, err
}

func (r *runState) loadPartition(sc *scope, rd *read, key string) (any, error) {
	up := rd.leaf.asset
	if v, given := r.given[up]; given {
		return givenPartition(v, key)
	}
	if up.empty {
		return Nothing{}, nil
	}
	l := assetValue(up, rd.spec, key)
	l.inst, l.open, l.scope = r.inst, r.open, sc
	l.readBy(rd.leaf)
	v, err := load(sc, l)
	if err != nil {
		return nil, fmt.Errorf("partition %s: %w", quote(key), loadError(rd, err))
	}
	return v, nil
}

// givenPartitions are the values given for partitions of an asset.
type givenPartitions map[string]any

// givenPartition is the value given for a partition: its own, or one for all.
func givenPartition(v any, key string) (any, error) {
	all, ok := v.(givenPartitions)
	if !ok {
		return v, nil
	}
	if v, ok := all[key]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("partition %s: no value is given: %w", quote(key), ErrNotStored)
}

// GivenPartitions stands in for partitions of the asset in one run: the asset is not run, even if it is selected, and
// what is not among them was never stored.
func (a *Asset[T]) GivenPartitions(v map[string]T) RunOption {
	all := make(givenPartitions, len(v))
	for key, one := range v {
		all[key] = one
	}
	return runOption(func(o *runOptions) {
		if a == nil {
			o.mistake(fmt.Errorf("given asset: %w", errNil))
			return
		}
		o.given[a.core] = all
	})
}

// From manyPartitions on the versions of partitions are recorded as one with what was made from them, and above
// mostPartitions not at all. Dagster records none from 100 on.
const (
	manyPartitions = 100
	mostPartitions = 10_000
)

// versionSum makes one version of those of many partitions.
type versionSum struct {
	hash hash.Hash
	any  bool // some partition has a version
}

func newVersionSum() *versionSum { return &versionSum{hash: sha256.New()} }

func (s *versionSum) add(key, version string) {
	if version == "" {
		return // what was never made, or has no version, counts as unchanged
	}
	s.any = true
	_, _ = fmt.Fprintf(s.hash, "%d:%s%d:%s", len(key), key, len(version), version)
}

// name is the version; empty if no partition has one.
func (s *versionSum) name() string {
	if !s.any {
		return ""
	}
	return hex.EncodeToString(s.hash.Sum(nil)[:versionSize])
}

// partitionVersions adds the versions of the partitions that something was made from: one by one, or as one if there are
// many.
func (r *runState) partitionVersions(ctx context.Context, part *portion, from *versionSource, to []storage.InputVersion) []storage.InputVersion {
	subset := r.parts.read(from.links[0], part)
	for _, link := range from.links[1:] {
		subset = subset.Union(r.parts.read(link, part))
	}
	n := subset.Count()
	if n == 0 || n > mostPartitions {
		return append(to, storage.InputVersion{Asset: from.asset.key})
	}
	if n >= manyPartitions {
		sum := newVersionSum()
		for key := range subset.Keys() {
			version, _ := r.versionOf(ctx, from, key)
			sum.add(key, version)
		}
		return append(to, storage.InputVersion{Asset: from.asset.key, DataVersion: sum.name()})
	}
	for key := range subset.Keys() {
		version, event := r.versionOf(ctx, from, key)
		to = append(to, storage.InputVersion{Asset: from.asset.key, Partition: key, DataVersion: version, Event: event})
	}
	return to
}

// versionOf is the version of one partition, and the event that says so if an earlier run made it.
func (r *runState) versionOf(ctx context.Context, from *versionSource, key string) (version string, event int64) {
	if from.index >= 0 {
		if v, ok := r.parts.version(from.index, key); ok {
			return v, 0
		}
	}
	v, err := r.inst.latestVersion(ctx, from.asset.key, key)
	if err == nil && from.asset.observe != nil {
		var seen *storedVersion
		if seen, err = r.observed.of(ctx, r.inst, from.asset, key); err == nil {
			v = newer(v, seen)
		}
	}
	if err != nil || v == nil {
		return "", 0 // never made, or the store fails: then it fails again where that counts
	}
	return v.name(), v.event
}
