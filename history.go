package dagster

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// HistoryFilter chooses what happened to an asset; its zero value chooses the newest of all.
type HistoryFilter struct {
	Partition string // of this one alone; empty for all

	// Kinds are kinds of events. Defaults to materializations, failed attempts, observations and evaluations of checks.
	Kinds []storage.EventKind

	// Before is the ID of the last event of the page before, 0 for the first page.
	Before int64

	// Limit is how many come back at most. Defaults to 100; at most 10000, what is more counts as that.
	Limit int
}

const (
	defaultHistory = 100
	mostHistory    = 10_000
)

func (f HistoryFilter) events(asset string) storage.EventFilter {
	out := storage.EventFilter{
		Asset: asset, Partition: f.Partition, Kinds: f.Kinds, Before: f.Before, Newest: true, Limit: min(f.Limit, mostHistory),
	}
	if out.Limit <= 0 {
		out.Limit = defaultHistory
	}
	if len(out.Kinds) == 0 {
		out.Kinds = []storage.EventKind{
			storage.AssetMaterialization, storage.AssetFailedToMaterialize, storage.AssetObservation, storage.AssetCheckEvaluation,
		}
	}
	return out
}

// History returns one page of what happened to the asset of that key, newest first. An asset of which nothing is stored
// has none.
func (in *Instance) History(ctx context.Context, asset string, f HistoryFilter) ([]storage.Event, error) {
	page, err := in.store.Events(ctx, f.events(asset))
	if err != nil {
		return nil, fmt.Errorf("history of asset %s: %w", quote(asset), err)
	}
	return page, nil
}

// Point is one value of a series.
type Point struct {
	Event     int64     `json:"event"` // its ID
	Run       string    `json:"run,omitempty"`
	Partition string    `json:"partition,omitempty"`
	At        time.Time `json:"at"`
	Value     float64   `json:"value"`
}

// Series returns the values of a number among the metadata of an asset, oldest first: those of the events that the
// filter chooses, by default materializations and observations. Events that have no such number are left out, so there may be fewer
// than the limit.
func (in *Instance) Series(ctx context.Context, asset, key string, f HistoryFilter) ([]Point, error) {
	if len(f.Kinds) == 0 {
		f.Kinds = append(materializations(), storage.AssetObservation)
	}
	page, err := in.History(ctx, asset, f)
	if err != nil {
		return nil, err
	}
	var out []Point
	for i := range page {
		e := &page[i]
		for _, m := range entriesOf(e) {
			if v, ok := number(m.Value); ok && m.Key == key {
				out = append(out, Point{Event: e.ID, Run: string(e.Run), Partition: e.Partition, At: e.At, Value: v})
			}
		}
	}
	slices.Reverse(out)
	return out, nil
}

// entriesOf is the metadata that an event of an asset has.
func entriesOf(e *storage.Event) []metadata.Entry {
	switch d := e.Data.(type) {
	case *storage.MaterializationData:
		return d.Metadata
	case *storage.CheckData:
		return d.Metadata
	default:
		return nil
	}
}

// number is a value that can be drawn.
func number(v metadata.Value) (float64, bool) {
	out := math.NaN()
	switch v := v.(type) {
	case metadata.IntValue:
		out = float64(v)
	case metadata.FloatValue:
		out = float64(v)
	case metadata.BigIntValue:
		if n, ok := new(big.Float).SetString(string(v)); ok {
			out, _ = n.Float64()
		}
	default:
	}
	return out, !math.IsNaN(out) && !math.IsInf(out, 0)
}

func materializations() []storage.EventKind { return []storage.EventKind{storage.AssetMaterialization} }
