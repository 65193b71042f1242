package dagster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// StaleStatus says whether what is stored of an asset is what its code and its inputs of today would make. The strings
// are Dagster's.
type StaleStatus string

// The states of an asset, or of one partition of it.
const (
	Fresh   StaleStatus = "FRESH"
	Stale   StaleStatus = "STALE"
	Missing StaleStatus = "MISSING" // never made, or wiped
)

// StaleCategory says what kind of change made something stale. The strings are Dagster's.
type StaleCategory string

// The kinds of changes.
const (
	StaleCode         StaleCategory = "CODE"         // another code version than when it was made
	StaleData         StaleCategory = "DATA"         // what it was made from has changed
	StaleDependencies StaleCategory = "DEPENDENCIES" // it is made from other assets than it was
)

// StaleCause is one reason why an asset is stale.
type StaleCause struct {
	Category  StaleCategory `json:"category"`
	Asset     string        `json:"asset"`
	Partition string        `json:"partition,omitempty"`
	Reason    string        `json:"reason"`

	// Dependency is the asset, and the partition of it, that the reason speaks of; empty for a change of the code.
	Dependency          string `json:"dependency,omitempty"`
	DependencyPartition string `json:"dependency_partition,omitempty"`
}

// Staleness is what is known of one asset, or of one partition of it.
type Staleness struct {
	Asset     string      `json:"asset"`
	Partition string      `json:"partition,omitempty"`
	Status    StaleStatus `json:"status"`

	// Causes are why it is stale, those of its code first; Roots are where they come from.
	Causes []StaleCause `json:"causes,omitempty"`
	Roots  []StaleCause `json:"roots,omitempty"`

	// DataVersion is that of what is stored; empty if that was never made, or if nobody named its version.
	DataVersion string `json:"data_version,omitempty"`
}

// Staleness says which of the selected assets are stale, and why, by the rules of Dagster. What was made from an asset is
// stale when that was made anew with another version, and not before. Of a partitioned asset it says nothing: see
// [Repository.PartitionStaleness]. An asset that is made elsewhere is never stale, and neither is a view; what is read through a view is
// looked at instead of it.
func (r *Repository) Staleness(ctx context.Context, in *Instance, sel Selection) ([]Staleness, error) {
	c, selected, err := r.chosen(ctx, in, sel)
	if err != nil {
		return nil, err
	}
	s, err := newStaleness(ctx, in, c, selected)
	if err != nil {
		return nil, err
	}
	out := make([]Staleness, 0, len(selected))
	for _, i := range selected {
		if c.divisionOf(c.assets[i].asset) != nil && !c.assets[i].isView() {
			continue
		}
		one, err := s.of(ctx, i, "")
		if err != nil {
			return nil, fmt.Errorf("staleness of asset %s: %w", quote(c.assets[i].key), err)
		}
		out = append(out, one)
	}
	return out, nil
}

// PartitionStaleness is [Repository.Staleness] for partitions of an asset that exist.
func (r *Repository) PartitionStaleness(ctx context.Context, in *Instance, asset string, partitions PartitionSet) ([]Staleness, error) {
	set, err := r.PartitionSet(ctx, in, asset)
	if err != nil {
		return nil, err
	}
	chosen, err := partitions.choose.of(ctx, in, set, asset)
	if err != nil && !errors.Is(err, errNoPartitions) {
		return nil, fmt.Errorf("partitions of asset %s: %w", quote(asset), err)
	}
	c := r.catalog
	i := c.index[asset]
	s, err := newStaleness(ctx, in, c, []int32{i})
	if err != nil {
		return nil, err
	}
	out := make([]Staleness, 0, chosen.Count())
	for key := range chosen.Keys() {
		one, err := s.of(ctx, i, key)
		if err != nil {
			return nil, fmt.Errorf("staleness of asset %s, partition %s: %w", quote(asset), quote(key), err)
		}
		out = append(out, one)
	}
	return out, nil
}

// staleness finds out what is stale, as of one moment.
type staleness struct {
	inst     *Instance
	catalog  *catalog
	versions map[assetPartition]*storedVersion
	sources  map[int32][]staleSource
	observed observedAssets
	snapshot *partition.Snapshot
}

type assetPartition struct {
	asset *asset
	key   string
}

// storedVersion is what is known of what is stored; nil if nothing is.
type storedVersion struct {
	event int64
	run   storage.RunID
	data  *storage.MaterializationData // never nil
}

// staleSource is an asset that another one is made from, and how its partitions are read.
type staleSource struct {
	asset *asset
	reads []*partitionRead
}

// newStaleness has read what is stored of some assets and of what they are made from.
func newStaleness(ctx context.Context, in *Instance, c *catalog, selected []int32) (*staleness, error) {
	s := &staleness{inst: in, catalog: c, versions: make(map[assetPartition]*storedVersion), sources: make(map[int32][]staleSource)}
	if err := s.load(ctx, selected); err != nil {
		return nil, fmt.Errorf("staleness: %w", err)
	}
	return s, nil
}

// load reads what is stored of assets and of what they are made from, but for those that are partitioned.
func (s *staleness) load(ctx context.Context, selected []int32) error {
	var assets []*asset
	seen := make(map[*asset]bool)
	add := func(a *asset) {
		if !seen[a] {
			seen[a] = true
			assets = append(assets, a)
		}
	}
	divisions := []partition.Definition{}
	for _, i := range selected {
		add(s.catalog.assets[i].asset)
		for _, from := range s.sourcesOf(i) {
			add(from.asset)
		}
	}
	for _, a := range assets {
		if d := s.catalog.divisionOf(a); d != nil {
			divisions = append(divisions, d.def)
		}
	}
	var err error
	if s.snapshot, err = s.inst.snapshot(ctx, divisions...); err != nil {
		return err
	}
	known, err := s.inst.wholeVersions(ctx, s.catalog, assets)
	for a, v := range known {
		s.versions[assetPartition{a, ""}] = v
	}
	return err
}

// wholeVersions reads what is stored of those of the assets that are not partitioned: the newest materialization, or
// observation of what is made elsewhere and observed.
func (in *Instance) wholeVersions(ctx context.Context, c *catalog, assets []*asset) (map[*asset]*storedVersion, error) {
	keys := make([]string, 0, len(assets))
	for _, a := range assets {
		if c.divisionOf(a) == nil {
			keys = append(keys, a.key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	latest, err := in.store.LatestMaterializations(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("latest materializations: %w", err)
	}
	out := make(map[*asset]*storedVersion, len(assets))
	for _, a := range assets {
		if c.divisionOf(a) != nil {
			continue
		}
		var v *storedVersion
		if e, ok := latest[a.key]; ok {
			v = versionIn(&e)
		}
		if a.observe != nil {
			seen, err := in.lastObservation(ctx, a.key, "", 0)
			if err != nil {
				return nil, err
			}
			v = newer(v, seen)
		}
		out[a] = v
	}
	return out, nil
}

func versionIn(e *storage.Event) *storedVersion {
	m, ok := e.Data.(*storage.MaterializationData)
	if !ok {
		m = &storage.MaterializationData{}
	}
	return &storedVersion{event: e.ID, run: e.Run, data: m}
}

// version is what is stored of an asset, or of one partition of it; nil if nothing is.
func (s *staleness) version(ctx context.Context, a *asset, key string) (*storedVersion, error) {
	at := assetPartition{a, key}
	if v, ok := s.versions[at]; ok {
		return v, nil
	}
	v, err := s.inst.latestVersion(ctx, a.key, key)
	if err == nil && a.observe != nil {
		var seen *storedVersion
		if seen, err = s.observed.of(ctx, s.inst, a, key); err == nil {
			v = newer(v, seen)
		}
	}
	if err != nil {
		return nil, err
	}
	s.versions[at] = v
	return v, nil
}

// latestVersion is what is stored of an asset, or of one partition of it, nil if nothing is.
func (in *Instance) latestVersion(ctx context.Context, asset, key string) (*storedVersion, error) {
	e, err := in.store.LatestMaterialization(ctx, asset, key)
	if errors.Is(err, storage.ErrNotMaterialized) {
		return nil, nil //nolint:nilnil // nothing is stored
	}
	if err != nil {
		return nil, err
	}
	return versionIn(&e), nil
}

// name is the version's name; empty for what was never made too: both count as unchanged.
func (v *storedVersion) name() string {
	if v == nil {
		return ""
	}
	return v.data.DataVersion
}

// sourcesOf are the assets that an asset is made from, by key.
func (s *staleness) sourcesOf(i int32) []staleSource {
	if out, ok := s.sources[i]; ok {
		return out
	}
	var out []staleSource
	s.catalog.sources(&s.catalog.assets[i], func(leaf *input, _ leafUse) {
		at := slices.IndexFunc(out, func(o staleSource) bool { return o.asset == leaf.asset })
		if at < 0 {
			at = len(out)
			out = append(out, staleSource{asset: leaf.asset})
		}
		out[at].reads = addNew(out[at].reads, leaf.reading())
	})
	slices.SortFunc(out, func(a, b staleSource) int { return strings.Compare(a.asset.key, b.asset.key) })
	s.sources[i] = out
	return out
}

// of is the staleness of an asset, or of one partition of it.
func (s *staleness) of(ctx context.Context, i int32, key string) (Staleness, error) {
	a := &s.catalog.assets[i]
	out := Staleness{Asset: a.key, Partition: key, Status: Fresh}
	v, err := s.version(ctx, a.asset, key)
	if err != nil {
		return out, err
	}
	out.DataVersion = v.name()
	switch {
	case a.external:
		return out, nil
	case v == nil:
		out.Status = Missing
		return out, nil
	}
	found, err := s.causes(ctx, i, key, v)
	if err != nil || len(found) == 0 {
		return out, err
	}
	out.Status = Stale
	for _, c := range found {
		out.Causes = append(out.Causes, c.StaleCause)
	}
	slices.SortStableFunc(found, func(a, b cause) int { return cmp.Compare(a.level(), b.level()) })
	for _, c := range found {
		root := c.StaleCause
		if c.root != nil {
			root = *c.root
		}
		out.Roots = addNew(out.Roots, root)
	}
	return out, nil
}

// cause is a cause, and where it comes from if that is another asset.
type cause struct {
	StaleCause
	root *StaleCause
}

func (c *cause) level() int {
	if c.root != nil {
		return 1
	}
	return 0
}
