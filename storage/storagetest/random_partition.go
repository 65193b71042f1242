package storagetest

import (
	"fmt"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// fold is what the events of a log say of partitions, taken one after the other.
type fold map[string]map[string]folded // by asset and key

type folded struct {
	made, failed bool
	planned      storage.RunID
}

func (f fold) set(asset, key string, v folded) {
	if f[asset] == nil {
		f[asset] = map[string]folded{}
	}
	f[asset][key] = v
}

func (f fold) event(e *storage.Event) {
	v := f[e.Asset][e.Partition]
	switch e.Kind {
	case storage.AssetMaterializationPlanned:
		if e.Run != "" {
			v.planned = e.Run
		}
	case storage.AssetMaterialization:
		v.made, v.failed = true, false
	case storage.StepFailure, storage.AssetFailedToMaterialize:
		v.failed = true
	default:
		return
	}
	if v.planned == e.Run && e.Kind != storage.AssetMaterializationPlanned {
		v.planned = ""
	}
	if e.Asset != "" && e.Partition != "" {
		f.set(e.Asset, e.Partition, v)
	}
}

func (f fold) end(run storage.RunID, how storage.RunStatus) {
	for asset, keys := range f {
		for key, v := range keys {
			if v.planned == run {
				f.set(asset, key, folded{made: v.made, failed: v.failed || how == storage.RunFailed})
			}
		}
	}
}

func (f fold) wipe(w storage.Wipe) {
	keys := w.Keys
	if w.All {
		for key := range f[w.Asset] {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		f.set(w.Asset, key, folded{planned: f[w.Asset][key].planned})
	}
}

// check compares a status with the fold.
func (f fold) check(t require.TestingT, asset string, s storage.PartitionStatus) {
	made, failed, running, unknown := 0, 0, 0, 0
	set := s.Definition.At(january(), s.Keys)
	for key, v := range f[asset] {
		switch {
		case v == folded{}:
			continue
		case !set.Has(key):
			unknown++
			continue
		}
		for _, x := range []struct {
			is    bool
			count *int
			has   partition.Subset
		}{{v.made, &made, s.Materialized}, {v.failed, &failed, s.Failed}, {v.planned != "", &running, s.InProgress}} {
			require.Equal(t, x.is, x.has.Has(key), "%s %q: %+v", asset, key, v)
			if x.is {
				*x.count++
			}
		}
	}
	require.Equal(t, [4]int{made, failed, running, unknown},
		[4]int{s.Materialized.Count(), s.Failed.Count(), s.InProgress.Count(), s.Unknown}, asset)
}

// anyKey is a key of some of the definitions that anyDefinition makes.
func anyKey(rt *rapid.T) string {
	return rapid.SampledFrom([]string{
		"", "a", "b", "a/b", "🚀\x00", "2026-01-01", "2026-01-03", "a|b", "b|a", "a|2026-01-02", "b|2026-01-03", "2026-01-01|a", "b|2026-01-03|a",
	}).Draw(rt, "key")
}

func anyDefinition(rt *rapid.T) partition.Definition {
	return rapid.SampledFrom([]partition.Definition{
		{},
		static(rt, "a", "b"), static(rt, "a/b", "🚀", "b", "a"), dynamic(rt, "a"), days(rt),
		days(rt, func(c *partition.WindowConfig) { c.Start = "2026-01-02" }), days(rt, func(c *partition.WindowConfig) { c.End = "2026-01-02" }),
		multi(rt, map[string]partition.Definition{"x": static(rt, "b", "a"), "y": static(rt, "a", "c", "b")}),
		multi(rt, map[string]partition.Definition{"x": static(rt, "a", "b"), "y": days(rt)}),
		multi(rt, map[string]partition.Definition{"x": days(rt), "y": dynamic(rt, "a")}),
		multi(rt, map[string]partition.Definition{"x": dynamic(rt, "b"), "y": dynamic(rt, "a")}),
		multi(rt, map[string]partition.Definition{"x": dynamic(rt, "a"), "y": days(rt), "z": static(rt, "b", "a")}),
	}).Draw(rt, "definition")
}

func (p *pair) divide(rt *rapid.T) {
	assets := map[string]partition.Definition{}
	for range rapid.IntRange(1, 2).Draw(rt, "assets") {
		assets[anyText(rt, "asset")] = anyDefinition(rt)
	}
	require.NoError(rt, p.memory.Divide(p.t.Context(), assets))
	require.NoError(rt, p.store.Divide(p.t.Context(), assets))
}

func (p *pair) wipe(rt *rapid.T) {
	w := storage.Wipe{Asset: anyText(rt, "asset"), All: rapid.IntRange(0, 3).Draw(rt, "all") == 0}
	for range rapid.IntRange(0, 3).Draw(rt, "keys") {
		w.Keys = append(w.Keys, anyKey(rt))
	}
	require.NoError(rt, p.memory.WipePartitions(p.t.Context(), w))
	require.NoError(rt, p.store.WipePartitions(p.t.Context(), w))
	p.fold.wipe(w)
}

func (p *pair) dynamic(rt *rapid.T) {
	texts := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "a|b", "🚀\x00"}), 0, 3)
	changes := make([]storage.DynamicChange, rapid.IntRange(1, 2).Draw(rt, "changes"))
	for i := range changes {
		changes[i] = storage.DynamicChange{
			Name: rapid.SampledFrom([]string{"a", "b", "a", "b", "a", "b", ""}).Draw(rt, "name"),
			Add:  texts.Draw(rt, "add"), Remove: texts.Draw(rt, "remove"),
		}
	}
	want := p.memory.ChangeDynamic(p.t.Context(), changes...)
	got := p.store.ChangeDynamic(p.t.Context(), changes...)
	require.Equal(rt, want == nil, got == nil, "%v, %v", want, got)
}

func (p *pair) dynamicKeys(rt *rapid.T) {
	f := storage.DynamicFilter{Name: anyText(rt, "name"), Limit: rapid.IntRange(0, 2).Draw(rt, "limit"), After: anyText(rt, "after"), Prefix: anyText(rt, "prefix")}
	want, wantErr := p.memory.DynamicKeys(p.t.Context(), f)
	got, err := p.store.DynamicKeys(p.t.Context(), f)
	require.Equal(rt, want, got)
	require.Equal(rt, wantErr == nil, err == nil, "%v, %v", wantErr, err)
	keys := []string{"a", "", "b", "a|b", "c"}
	has, err := p.memory.HasDynamic(p.t.Context(), f.Name, keys)
	require.NoError(rt, err)
	other, err := p.store.HasDynamic(p.t.Context(), f.Name, keys)
	require.NoError(rt, err)
	require.Equal(rt, has, other)
	a, err := p.memory.Snapshot(p.t.Context(), []string{"a", "b"})
	require.NoError(rt, err)
	b, err := p.store.Snapshot(p.t.Context(), []string{"a", "b"})
	require.NoError(rt, err)
	for _, name := range []string{"a", "b"} {
		require.Equal(rt, fmt.Sprintf("%q", a.Keys(name)), fmt.Sprintf("%q", b.Keys(name)))
	}
}

// statuses compares what is known of the partitions of all assets, also with what the events said.
func (p *pair) statuses(rt *rapid.T) {
	for _, asset := range []string{"", "a", "b", "a/b"} {
		want, wantErr := p.memory.PartitionStatus(p.t.Context(), asset)
		got, err := p.store.PartitionStatus(p.t.Context(), asset)
		same(rt, wantErr, err)
		if err != nil {
			continue
		}
		require.True(rt, want.Definition.Equal(got.Definition))
		require.Equal(rt, asText(want), asText(got), asset)
		require.True(rt, want.Materialized.Equal(got.Materialized))
		p.fold.check(rt, asset, got)
	}
}
