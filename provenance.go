package dagster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// materialization is the payload of one with room for what most have, so that it is one allocation.
type materialization struct {
	data   storage.MaterializationData
	from   storage.Provenance
	inputs [2]storage.InputVersion
}

// materialized says what the step made of an asset, or of one partition of it: from which versions, and what the body said of it.
func (r *runState) materialized(sc *scope, of *making, partition string) *storage.MaterializationData {
	version, entries := sc.saidOf(of.asset.key)
	said := version != ""
	m := &materialization{from: storage.Provenance{CodeVersion: of.codeVersion}}
	m.from.Inputs = r.inputVersions(sc, r.alone(sc.portion, partition), of, m.inputs[:0])
	if version == "" {
		version = r.dataVersion(&m.from)
	}
	if sc.portion != nil {
		r.parts.remember(of.index, partition, version)
	} else {
		r.versions[of.index] = version
	}
	m.data = storage.MaterializationData{DataVersion: version, Provenance: &m.from, Metadata: slices.Clip(entries)}
	if said {
		m.data.Tags = userVersion()
	}
	return &m.data
}

// userVersion are the tags of a version that a person or a body has named. The tag is Dagster's.
func userVersion() map[string]string {
	return map[string]string{"dagster/data_version_is_user_provided": "true"}
}

// sources calls visit for each asset that the asset is made from: what it reads, and what it waits for and reads by
// itself. Instead of a view it is what that is a view of.
func (c *catalog) sources(a *catalogAsset, visit func(leaf *input, use leafUse)) {
	each := func(leaf *input, use leafUse) {
		if leaf.kind == readsAsset {
			c.through(leaf, use, visit)
		}
	}
	a.leaves(each)
	if len(a.spec.after) == 0 && (a.part == nil || len(a.part.of.carrier.spec.after) == 0) {
		return
	}
	waited := func(leaf *input, use leafUse) {
		use.optional = true
		if leaf.asset != a.asset {
			each(leaf, use)
		}
	}
	walkAll(a.spec.after, waited)
	if a.part != nil {
		walkAll(a.part.of.carrier.spec.after, waited)
	}
}

// versionSource is an asset that another one is made from.
type versionSource struct {
	asset *asset
	index int32   // of its making in the plan; -1 if it is read as it was stored before
	links []int32 // by which its partitions are read; none if it is not partitioned
}

// versionSources are the assets that an asset is made from, by key.
func (b *planner) versionSources(a *catalogAsset) []versionSource {
	var out []versionSource
	b.catalog.sources(a, func(leaf *input, use leafUse) {
		if i := slices.IndexFunc(out, func(s versionSource) bool { return s.asset == leaf.asset }); i >= 0 {
			if link := b.link(leaf, use); link >= 0 {
				out[i].links = addNew(out[i].links, link)
			}
			return
		}
		s := versionSource{asset: leaf.asset, index: -1}
		if link := b.link(leaf, use); link >= 0 {
			s.links = []int32{link}
		}
		if m, ok := b.makers[leaf.asset]; ok {
			s.index = m.index
		} else if leaf.own {
			s.index = int32(b.plan.made) //nolint:gosec // far fewer assets than that
		}
		out = append(out, s)
	})
	if len(out) > 1 {
		slices.SortFunc(out, func(a, b versionSource) int { return strings.Compare(a.asset.key, b.asset.key) })
	}
	return out
}

// inputVersions are the versions of what the asset, or some partitions of it, is made from, by key.
func (r *runState) inputVersions(ctx context.Context, part *portion, of *making, to []storage.InputVersion) []storage.InputVersion {
	for i := range of.from {
		from := &of.from[i]
		if len(from.links) > 0 {
			to = r.partitionVersions(ctx, part, from, to)
			continue
		}
		v := storage.InputVersion{Asset: from.asset.key}
		if from.index >= 0 {
			v.DataVersion = r.versions[from.index] // the engine ran that step before
		} else if stored, ok := r.stored[from.asset]; ok {
			v = stored
		}
		to = append(to, v)
	}
	return to
}

// versionSize is how many bytes of a hash are a version: enough for no two to be equal by chance.
const versionSize = 16

// dataVersion is the version of a value whose body names none: a hash of the code version and of the versions of its
// inputs. Without a code version each run makes a new one. The asset's key is not in it, as in Dagster.
func (r *runState) dataVersion(from *storage.Provenance) string {
	var buf [256]byte
	b := buf[:0]
	if from.CodeVersion != "" {
		b = append(append(b, 'c'), from.CodeVersion...)
	} else {
		b = append(append(b, 'r'), r.record.ID...)
	}
	for i := range from.Inputs {
		b = append(append(b, 0), from.Inputs[i].DataVersion...)
	}
	sum := sha256.Sum256(b)
	var text [2 * versionSize]byte
	hex.Encode(text[:], sum[:versionSize])
	return string(text[:])
}

// failedToMaterialize is recorded for an asset whose step failed for good.
func failedToMaterialize(a *asset, e storage.Event) storage.Event {
	out := storage.Event{Kind: storage.AssetFailedToMaterialize, Step: e.Step, Attempt: e.Attempt, Asset: a.key, At: e.At}
	data := &storage.MaterializationData{}
	if f, ok := e.Data.(*storage.FailureData); ok {
		data.Error = &storage.Error{Message: f.Error.Message, Kind: f.Error.Kind}
		data.Metadata = append([]metadata.Entry(nil), f.Metadata...)
	}
	out.Data = data
	return out
}
