package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// stalenessCase is a world of assets, what happens to it, and what is stale after each event.
type stalenessCase struct {
	Assets   []json.RawMessage      `json:"assets"`
	Timeline []staleEvent           `json:"timeline"`
	States   []map[string]staleness `json:"states"`
	Disputed string                 `json:"disputed"`
}

type staleRow struct {
	Key         string                     `json:"key"`
	Deps        []string                   `json:"deps"`
	External    bool                       `json:"external"`
	Observable  bool                       `json:"observable"`
	CodeVersion *string                    `json:"code_version"`
	Version     *string                    `json:"version"`
	Partitions  *struct{ Static []string } `json:"partitions"`
	Mappings    map[string]json.RawMessage `json:"mappings"`
}

type staleEvent struct {
	Make      []string                              `json:"make"`
	Partition string                                `json:"partition"`
	Report    string                                `json:"report"`
	Observe   string                                `json:"observe"`
	Version   string                                `json:"version"`
	Define    map[string]map[string]json.RawMessage `json:"define"`
}

type staleness struct {
	Status      string       `json:"status"`
	Causes      []staleCause `json:"causes"`
	Roots       []staleCause `json:"roots"`
	DataVersion string       `json:"data_version"`
}

type staleCause struct {
	Category            string `json:"category"`
	Key                 string `json:"key"`
	Partition           string `json:"partition"`
	Reason              string `json:"reason"`
	Dependency          string `json:"dependency"`
	DependencyPartition string `json:"dependency_partition"`
}

func TestConformanceStaleness(t *testing.T) {
	t.Parallel()

	conformance.Each(t, "staleness", func(t *testing.T, c stalenessCase) {
		t.Helper()

		w := &staleWorld{inst: dagster.NewInstance(dagster.InstanceConfig{}), named: map[string]string{"": "INITIAL"}}
		w.define(t, c.Assets)
		for i, e := range c.Timeline {
			w.happen(t, e)
			got := w.states(t)
			if c.Disputed == "" {
				assert.Equal(t, c.States[i], got, "after event %d, %+v", i, e)
			}
		}
	})
}

// staleWorld is the assets of a case as they are defined now.
type staleWorld struct {
	inst   *dagster.Instance
	rows   []map[string]json.RawMessage
	assets map[string]dagster.AnyAsset
	repo   *dagster.Repository
	seen   string            // the version that an observation finds
	named  map[string]string // versions by how the case calls them
}

func (w *staleWorld) define(t *testing.T, rows []json.RawMessage) {
	t.Helper()

	for _, raw := range rows {
		row := map[string]json.RawMessage{}
		require.NoError(t, json.Unmarshal(raw, &row))
		w.rows = append(w.rows, row)
	}
	w.build(t)
}

func (w *staleWorld) read(t *testing.T) []staleRow {
	t.Helper()

	data, err := json.Marshal(w.rows)
	require.NoError(t, err)
	var rows []staleRow
	require.NoError(t, json.Unmarshal(data, &rows))
	return rows
}

func (w *staleWorld) build(t *testing.T) {
	t.Helper()

	rows := w.read(t)
	w.assets = map[string]dagster.AnyAsset{}
	var declare func(key string) dagster.AnyAsset
	declare = func(key string) dagster.AnyAsset {
		if w.assets[key] != nil {
			return w.assets[key]
		}
		i := slices.IndexFunc(rows, func(r staleRow) bool { return r.Key == key })
		if i < 0 {
			w.assets[key] = dagster.NewSource[int](key)
		} else {
			w.assets[key] = w.asset(t, rows[i], declare)
		}
		return w.assets[key]
	}
	var defs []dagster.Definition
	for _, row := range rows {
		declare(row.Key)
	}
	for _, a := range w.assets {
		defs = append(defs, a)
	}
	w.repo = dagster.NewRepository("stale", defs...)
	require.NoError(t, w.repo.Validate())
}

func (w *staleWorld) asset(t *testing.T, row staleRow, declare func(string) dagster.AnyAsset) dagster.AnyAsset {
	t.Helper()

	var opts []dagster.AssetOption
	if row.Partitions != nil {
		opts = append(opts, dagster.Partitioned(dagster.StaticPartitions(row.Partitions.Static...)))
	}
	if row.Observable {
		opts = append(opts, dagster.Observe(dagster.From(func(context.Context) (string, error) { return w.seen, nil })))
	}
	if row.External || row.Observable {
		return dagster.NewSource[int](row.Key, opts...)
	}
	if row.CodeVersion != nil {
		opts = append(opts, dagster.CodeVersion(*row.CodeVersion))
	}
	say := func(ctx context.Context) {
		if row.Version != nil {
			dagster.SetDataVersion(ctx, *row.Version)
		}
	}
	body := dagster.From(func(ctx context.Context) (int, error) { say(ctx); return 1, nil })
	for _, key := range row.Deps {
		up := declare(key)
		raw, mapped := row.Mappings[key]
		if !mapped {
			opts = append(opts, dagster.After(up))
			continue
		}
		require.Len(t, row.Deps, 1, "a mapping beside other dependencies")
		in := up.(*dagster.Asset[int]).Mapped(mappingOf(t, raw)).Lazy()
		body = dagster.From1(in, func(ctx context.Context, _ dagster.PartitionValues[int]) (int, error) { say(ctx); return 1, nil })
	}
	return dagster.NewAsset(row.Key, body, opts...)
}

// mappingOf reads a mapping: "all", or a table of static keys.
func mappingOf(t *testing.T, raw json.RawMessage) partition.Mapping {
	t.Helper()

	var name string
	if json.Unmarshal(raw, &name) == nil {
		require.Equal(t, "all", name)
		return partition.All()
	}
	var table struct{ Static map[string][]string }
	require.NoError(t, json.Unmarshal(raw, &table))
	return partition.Table(table.Static)
}

func (w *staleWorld) happen(t *testing.T, e staleEvent) {
	t.Helper()

	on := dagster.OnInstance(w.inst)
	switch {
	case e.Make != nil:
		var chosen []dagster.AnyAsset
		for _, key := range e.Make {
			chosen = append(chosen, w.assets[key])
		}
		opts := []dagster.RunOption{on}
		if e.Partition != "" {
			opts = append(opts, dagster.PartitionKey(e.Partition))
		}
		_, err := w.repo.Materialize(t.Context(), dagster.Select(chosen...), opts...)
		require.NoError(t, err)
	case e.Report != "":
		require.NoError(t, w.assets[e.Report].(*dagster.Asset[int]).ReportVersion(t.Context(), w.inst, e.Partition, e.Version))
	case e.Observe != "":
		w.seen = e.Version
		if _, err := w.repo.Observe(t.Context(), dagster.Select(w.assets[e.Observe]), on); err != nil {
			data := &storage.MaterializationData{DataVersion: e.Version}
			_, err := w.inst.Storage().Append(t.Context(), storage.Batch{Events: []storage.Event{{Kind: storage.AssetObservation, Asset: e.Observe, Data: data}}})
			require.NoError(t, err)
		}
	case e.Define != nil:
		for _, row := range w.rows {
			var key string
			require.NoError(t, json.Unmarshal(row["key"], &key))
			maps.Copy(row, e.Define[key])
		}
		w.build(t)
	}
}

// states asks what is stale of all assets that the case declares, and calls versions as it does.
func (w *staleWorld) states(t *testing.T) map[string]staleness {
	t.Helper()

	out := map[string]staleness{}
	for _, row := range w.read(t) {
		var all []dagster.Staleness
		var err error
		if row.Partitions != nil {
			all, err = w.repo.PartitionStaleness(t.Context(), w.inst, row.Key, dagster.EveryPartition())
		} else {
			all, err = w.repo.Staleness(t.Context(), w.inst, dagster.Select(w.assets[row.Key]))
		}
		require.NoError(t, err)
		for _, one := range all {
			key := one.Asset
			if one.Partition != "" {
				key += "|" + one.Partition
			}
			out[key] = staleness{string(one.Status), causesOf(one.Causes), causesOf(one.Roots), w.name(one)}
		}
	}
	return out
}

func (w *staleWorld) name(s dagster.Staleness) string {
	if s.Status == dagster.Missing {
		return "NULL"
	}
	if name, ok := w.named[s.DataVersion]; ok {
		return name
	}
	const hash = 32
	name := s.DataVersion
	if len(name) == hash {
		n := 1
		for _, other := range w.named {
			if len(other) > 5 && other[:5] == "hash-" {
				n++
			}
		}
		name = fmt.Sprint("hash-", n)
	}
	w.named[s.DataVersion] = name
	return name
}

func causesOf(causes []dagster.StaleCause) []staleCause {
	out := []staleCause{}
	for _, c := range causes {
		out = append(out, staleCause{string(c.Category), c.Asset, c.Partition, c.Reason, c.Dependency, c.DependencyPartition})
	}
	return out
}
