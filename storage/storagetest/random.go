package storagetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// testRandom does the same random things to a store and to [storage.Memory] and compares all that they say.
func testRandom(t *testing.T, open func(t *testing.T) storage.Storage) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t)
		p := &pair{t: t, store: s, memory: storage.NewMemory(), ids: map[int64]int64{0: 0}, fold: fold{}}
		defer func() { require.NoError(rt, s.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"create":     p.create,
			"transition": p.transition,
			"advance":    p.advance,
			"append":     p.append,
			"delete":     p.delete,
			"runs":       p.runs,
			"events":     p.events,
			"assets":     p.assets,
			"divide":     p.divide,
			"wipe":       p.wipe,
			"dynamic":    p.dynamic,
			"keys":       p.dynamicKeys,
			"statuses":   p.statuses,
			"checks":     p.checks,
			"":           p.check,
		})
	})
}

// pair is a store and its oracle. They number events each in their own way: ids has the store's by the oracle's.
type pair struct {
	t      *testing.T
	store  storage.Storage
	memory *storage.Memory
	ids    map[int64]int64
	newest int64 // of the oracle
	old    int64 // of the store
	fold   fold
}

// same checks that two errors are the same to a caller.
func same(rt *rapid.T, want, got error) {
	for _, sentinel := range []error{
		storage.ErrRunNotFound, storage.ErrRunExists, storage.ErrConflict, storage.ErrIllegalTransition, storage.ErrFenced,
		storage.ErrRunNotEnded, storage.ErrNotMaterialized, storage.ErrNotDivided,
	} {
		require.Equal(rt, errors.Is(want, sentinel), errors.Is(got, sentinel), "want %v, got %v", want, got)
	}
	require.Equal(rt, want == nil, got == nil, "want %v, got %v", want, got)
}

// learn pairs the events that were stored since it was called last.
func (p *pair) learn(rt *rapid.T) {
	want, err := p.memory.Events(p.t.Context(), storage.EventFilter{After: p.newest})
	require.NoError(rt, err)
	got, err := p.store.Events(p.t.Context(), storage.EventFilter{After: p.old})
	require.NoError(rt, err)
	require.Len(rt, got, len(want))
	for i := range want {
		require.Greater(rt, got[i].ID, p.old)
		p.newest, p.old = want[i].ID, got[i].ID
		p.ids[p.newest] = p.old
		p.fold.event(&want[i])
	}
	p.sameEvents(rt, want, got)
}

func (p *pair) sameEvents(rt *rapid.T, want, got []storage.Event) {
	want = slices.Clone(want)
	for i := range want {
		want[i].ID = p.ids[want[i].ID]
	}
	require.Equal(rt, want, got)
}

func anyRun(rt *rapid.T) storage.RunID { return runID(rapid.IntRange(1, 5).Draw(rt, "run")) }

func anyText(rt *rapid.T, name string) string {
	return rapid.SampledFrom([]string{"", "a", "b", "a/b", "🚀\x00"}).Draw(rt, name)
}

func anyStatus(rt *rapid.T, name string) storage.RunStatus {
	return rapid.SampledFrom(statuses()).Draw(rt, name)
}

func anyKind(rt *rapid.T) storage.EventKind {
	return rapid.SampledFrom([]storage.EventKind{
		storage.StepStart, storage.AssetMaterialization, storage.AssetMaterialization, storage.AssetObservation,
		storage.StepFailure, storage.AssetFailedToMaterialize, storage.LogMessage, "NEW",
		storage.AssetMaterializationPlanned, storage.AssetMaterializationPlanned,
		storage.AssetCheckPlanned, storage.AssetCheckEvaluation,
	}).Draw(rt, "kind")
}

func anyEvents(rt *rapid.T) []storage.Event {
	events := make([]storage.Event, rapid.IntRange(0, 4).Draw(rt, "n"))
	for i := range events {
		e := storage.Event{
			Kind: anyKind(rt), Step: anyText(rt, "step"), Asset: anyText(rt, "asset"), Partition: anyKey(rt),
			Attempt: rapid.IntRange(0, 3).Draw(rt, "attempt"), At: at(rapid.IntRange(-9, 9).Draw(rt, "at")), Message: anyText(rt, "message"),
		}
		switch e.Kind {
		case storage.LogMessage:
			e.Data = &storage.LogData{Level: anyText(rt, "level"), Fields: []metadata.Entry{metadata.Text(anyText(rt, "key"), "v")}}
		case storage.StepFailure:
			e.Data = &storage.FailureData{Error: storage.Error{Message: anyText(rt, "error")}}
		case storage.AssetMaterialization:
			e.Data = &storage.MaterializationData{DataVersion: anyText(rt, "version")}
		case storage.AssetCheckPlanned, storage.AssetCheckEvaluation:
			e.Data = anyCheck(rt)
		default:
		}
		events[i] = e
	}
	return events
}

func (p *pair) create(rt *rapid.T) {
	r := storage.Run{
		ID: anyRun(rt), Repository: anyText(rt, "repository"), Job: anyText(rt, "job"), Epoch: rapid.Int64Range(0, 2).Draw(rt, "epoch"),
		Status:  rapid.SampledFrom(append(statuses()[:4], "")).Draw(rt, "status"),
		Created: at(rapid.IntRange(-3, 3).Draw(rt, "created")),
		Tags:    rapid.MapOf(rapid.SampledFrom([]string{"a", "b"}), rapid.SampledFrom([]string{"", "x"})).Draw(rt, "tags"),
		Assets:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "a/b"}), 0, 2, rapid.ID[string]).Draw(rt, "assets"),
	}
	if rapid.Bool().Draw(rt, "again") {
		r.Root = anyRun(rt)
	}
	events := anyEvents(rt)
	same(rt, p.memory.CreateRun(p.t.Context(), r, events...), p.store.CreateRun(p.t.Context(), r, events...))
	p.learn(rt)
}

func (p *pair) apply(rt *rapid.T, id storage.RunID, tr storage.Transition) {
	want, wantErr := p.memory.Transition(p.t.Context(), id, tr)
	got, err := p.store.Transition(p.t.Context(), id, tr)
	same(rt, wantErr, err)
	sameRun(rt, want, got)
	p.learn(rt)
	if err == nil && got.Status.Terminal() {
		p.fold.end(id, got.Status)
	}
}

// transition tries any transition, most of them wrong.
func (p *pair) transition(rt *rapid.T) {
	p.apply(rt, anyRun(rt), storage.Transition{
		From: anyStatus(rt, "from"), To: anyStatus(rt, "to"), Epoch: rapid.Int64Range(0, 3).Draw(rt, "epoch"),
		Target: anyStatus(rt, "target"), At: at(1), Events: anyEvents(rt),
	})
}

// advance makes a transition that is likely to be right.
func (p *pair) advance(rt *rapid.T) {
	id := anyRun(rt)
	r, err := p.memory.Run(p.t.Context(), id)
	if err != nil {
		return
	}
	var to []storage.RunStatus
	for _, s := range statuses() {
		if storage.CanTransition(r.Status, s) {
			to = append(to, s)
		}
	}
	if len(to) == 0 {
		return
	}
	p.apply(rt, id, storage.Transition{
		From: r.Status, Epoch: r.Epoch, To: rapid.SampledFrom(to).Draw(rt, "to"), Fence: rapid.Bool().Draw(rt, "fence"),
		Worker: anyText(rt, "worker"), Reason: anyText(rt, "reason"), Error: anyText(rt, "error"),
		Target: rapid.SampledFrom([]storage.RunStatus{"", storage.RunFailed, storage.RunCanceled}).Draw(rt, "target"),
		At:     at(rapid.IntRange(-9, 9).Draw(rt, "at")), Events: anyEvents(rt),
	})
}

func (p *pair) append(rt *rapid.T) {
	b := storage.Batch{Events: anyEvents(rt)}
	if rapid.Bool().Draw(rt, "of a run") {
		b.Run = anyRun(rt)
		r, err := p.memory.Run(p.t.Context(), b.Run)
		if err == nil {
			b.Epoch = r.Epoch
		}
		if rapid.IntRange(0, 9).Draw(rt, "stale") == 0 {
			b.Epoch--
		}
	}
	other := b
	other.Events = slices.Clone(b.Events)
	want, wantErr := p.memory.Append(p.t.Context(), other)
	got, err := p.store.Append(p.t.Context(), b)
	same(rt, wantErr, err)
	p.learn(rt)
	require.Equal(rt, p.ids[want], got)
	if err == nil {
		p.sameEvents(rt, other.Events, b.Events)
	}
}

func (p *pair) delete(rt *rapid.T) {
	id := anyRun(rt)
	same(rt, p.memory.DeleteRun(p.t.Context(), id), p.store.DeleteRun(p.t.Context(), id))
}

func (p *pair) runs(rt *rapid.T) {
	f := storage.RunFilter{Limit: rapid.IntRange(0, 3).Draw(rt, "limit")}
	for _, set := range []func(){
		func() { f.Repository = anyText(rt, "repository") },
		func() { f.Job = anyText(rt, "job") },
		func() { f.Statuses = []storage.RunStatus{anyStatus(rt, "status"), anyStatus(rt, "or")} },
		func() { f.Tags = map[string]string{"a": rapid.SampledFrom([]string{"", "x"}).Draw(rt, "tag")} },
		func() { f.Asset = anyText(rt, "asset") },
		func() { f.Root = anyRun(rt) },
		func() { f.Before = anyRun(rt) },
	} {
		if rapid.IntRange(0, 3).Draw(rt, "set") == 0 {
			set()
		}
	}
	want, wantErr := p.memory.Runs(p.t.Context(), f)
	got, err := p.store.Runs(p.t.Context(), f)
	same(rt, wantErr, err)
	require.Len(rt, got, len(want))
	for i := range want {
		sameRun(rt, want[i], got[i])
	}
}

func (p *pair) events(rt *rapid.T) {
	f := storage.EventFilter{Limit: rapid.IntRange(0, 5).Draw(rt, "limit"), Newest: rapid.Bool().Draw(rt, "newest")}
	id := rapid.Int64Range(0, max(1, p.newest))
	for _, set := range []func(){
		func() { f.Run = anyRun(rt) },
		func() { f.Step = anyText(rt, "step") },
		func() { f.Asset = anyText(rt, "asset") },
		func() { f.Partition = anyKey(rt) },
		func() { f.Kinds = []storage.EventKind{anyKind(rt), anyKind(rt)} },
		func() { f.After = id.Draw(rt, "after") },
		func() { f.Before = id.Draw(rt, "before") },
	} {
		if rapid.IntRange(0, 3).Draw(rt, "set") == 0 {
			set()
		}
	}
	mine := f
	mine.After, mine.Before = p.ids[f.After], p.ids[f.Before]
	want, err := p.memory.Events(p.t.Context(), f)
	require.NoError(rt, err)
	got, err := p.store.Events(p.t.Context(), mine)
	require.NoError(rt, err)
	p.sameEvents(rt, want, got)
}

func (p *pair) assets(rt *rapid.T) {
	key, of := anyText(rt, "asset"), anyKey(rt)
	want, wantErr := p.memory.LatestMaterialization(p.t.Context(), key, of)
	got, err := p.store.LatestMaterialization(p.t.Context(), key, of)
	same(rt, wantErr, err)
	p.sameEvents(rt, []storage.Event{want}, []storage.Event{got})

	keys := []string{"a", "b", "a/b"}
	some, err := p.memory.LatestMaterializations(p.t.Context(), keys)
	require.NoError(rt, err)
	others, err := p.store.LatestMaterializations(p.t.Context(), keys)
	require.NoError(rt, err)
	require.Len(rt, others, len(some))
	for _, key := range keys {
		p.sameEvents(rt, []storage.Event{some[key]}, []storage.Event{others[key]})
	}
}

// check compares what is cheap to compare after every step.
func (p *pair) check(rt *rapid.T) {
	want, err := p.memory.Assets(p.t.Context(), storage.AssetFilter{})
	require.NoError(rt, err)
	got, err := p.store.Assets(p.t.Context(), storage.AssetFilter{})
	require.NoError(rt, err)
	require.Len(rt, got, len(want))
	for i := range want {
		p.sameEvents(rt, []storage.Event{want[i].Latest, want[i].Failed}, []storage.Event{got[i].Latest, got[i].Failed})
		require.Equal(rt, want[i].Key, got[i].Key)
		require.Equal(rt, want[i].Materializations, got[i].Materializations)
	}
	p.folded(rt, want)
}

// folded checks that what is kept of assets is what their events say, as long as none of these was deleted.
func (p *pair) folded(rt *rapid.T, assets []storage.AssetRecord) {
	log, err := p.memory.Events(p.t.Context(), storage.EventFilter{Limit: 10000})
	require.NoError(rt, err)
	if int64(len(log)) != p.newest {
		return
	}
	for _, a := range assets {
		var latest, failed, count int64
		for _, e := range log {
			switch {
			case e.Asset != a.Key:
			case e.Kind == storage.AssetMaterialization:
				latest, failed, count = e.ID, 0, count+1
			case e.Kind == storage.StepFailure, e.Kind == storage.AssetFailedToMaterialize:
				failed = e.ID
			}
		}
		require.Equal(rt, []int64{latest, failed, count}, []int64{a.Latest.ID, a.Failed.ID, a.Materializations})
	}
}
