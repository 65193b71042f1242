package dagster

import (
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

// materialized says what the step made: from which versions, and what the body said of it.
func (r *runState) materialized(sc *scope) *storage.MaterializationData {
	sc.mu.Lock()
	version, entries := sc.version, sc.entries
	sc.mu.Unlock()
	m := &materialization{from: storage.Provenance{CodeVersion: sc.step.spec.codeVersion}}
	m.from.Inputs = r.inputVersions(sc.step, m.inputs[:0])
	if version == "" {
		version = r.dataVersion(&m.from)
	}
	r.versions[sc.task.Step] = version
	m.data = storage.MaterializationData{DataVersion: version, Provenance: &m.from, Metadata: slices.Clip(entries)}
	return &m.data
}

// inputVersions are the versions of the assets that the step read, by key.
func (r *runState) inputVersions(s *planStep, to []storage.InputVersion) []storage.InputVersion {
	for i := range s.reads {
		rd := &s.reads[i]
		if rd.kind != readsAsset {
			continue
		}
		v := storage.InputVersion{Asset: rd.leaf.asset.key}
		if rd.step >= 0 {
			v.DataVersion = r.versions[rd.step] // the engine ran that step before
		} else if stored, ok := r.stored[rd.leaf.asset]; ok {
			v = stored
		}
		to = append(to, v)
	}
	if len(to) > 1 {
		slices.SortFunc(to, func(a, b storage.InputVersion) int { return strings.Compare(a.Asset, b.Asset) })
		to = slices.CompactFunc(to, func(a, b storage.InputVersion) bool { return a.Asset == b.Asset })
	}
	return to
}

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
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// failedToMaterialize is recorded for the asset of a step that failed for good.
func failedToMaterialize(s *planStep, e storage.Event) storage.Event {
	out := storage.Event{Kind: storage.AssetFailedToMaterialize, Step: e.Step, Attempt: e.Attempt, Asset: s.asset.key, At: e.At}
	data := &storage.MaterializationData{}
	if f, ok := e.Data.(*storage.FailureData); ok {
		data.Error = &storage.Error{Message: f.Error.Message, Kind: f.Error.Kind}
		data.Metadata = append([]metadata.Entry(nil), f.Metadata...)
	}
	out.Data = data
	return out
}
