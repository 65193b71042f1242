package storagetest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

func eventCases() []testCase {
	return []testCase{
		{"events/stamped in place", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			given := steps(3)
			given[1].ID, given[1].Seq, given[1].Run = 99, 99, "other"
			add(t, s, r, given...)
			inOrder(t, given)
			for _, e := range given {
				assert.Equal(t, r.ID, e.Run)
			}
			assert.Equal(t, given, events(t, s, storage.EventFilter{}))
		}},
		{"events/an empty batch is nothing", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			for _, b := range []storage.Batch{{}, {Run: r.ID, Epoch: r.Epoch}} {
				last, err := s.Append(t.Context(), b)
				require.NoError(t, err)
				assert.Zero(t, last)
			}
			assert.Empty(t, events(t, s, storage.EventFilter{}))
		}},
		{"events/numbered by run without a gap", testSeq},
		{"events/of no run", func(t *testing.T, s storage.Storage) {
			free := made("a", "p")
			free.Run, free.Seq = "other", 4
			got := add(t, s, storage.Run{}, free, step(1))
			for _, e := range got {
				assert.Empty(t, e.Run)
				assert.Zero(t, e.Seq)
			}
			assert.Greater(t, got[1].ID, got[0].ID)
			assert.Equal(t, got, events(t, s, storage.EventFilter{}))
			assert.Equal(t, int64(1), add(t, s, started(t, s, 1), step(1))[0].Seq)
		}},
		{"events/every field is kept", func(t *testing.T, s storage.Storage) {
			want := add(t, s, started(t, s, 1), storage.Event{
				Kind: storage.StepOutput, Step: "s[a/b]", Attempt: 3, Asset: "raw/a", Partition: "2026-01-02|eu",
				At: at(5), Message: "made", Data: &storage.OutputData{Output: "o"},
			})
			assert.Equal(t, want, events(t, s, storage.EventFilter{}))
		}},
		{"events/every payload is kept", testPayloads},
		{"events/a kind of another release is kept", func(t *testing.T, s storage.Storage) {
			raw := &storage.RawData{JSON: json.RawMessage(`{"v":9, "a":"<é>"}`)}
			want := add(t, s, storage.Run{}, storage.Event{Kind: "ALERT_START", At: at(1), Data: raw}, storage.Event{Kind: "NEW", At: at(1)})
			assert.Equal(t, want, events(t, s, storage.EventFilter{}))
			assert.Equal(t, want[:1], events(t, s, storage.EventFilter{Kinds: []storage.EventKind{"ALERT_START"}}))
		}},
		{"events/a payload that is not JSON is refused, with all of its batch", testBadPayload},
		{"events/a large batch keeps its order", func(t *testing.T, s storage.Storage) {
			want := add(t, s, started(t, s, 1), steps(5000)...)
			inOrder(t, want)
			assert.Equal(t, want, events(t, s, storage.EventFilter{Limit: 700}))
		}},
		{"events/IDs are never given out again", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			last := add(t, s, r, steps(3)...)[2].ID
			move(t, s, r, storage.RunSucceeded)
			require.NoError(t, s.DeleteRun(t.Context(), r.ID))
			assert.Greater(t, add(t, s, storage.Run{}, step(1))[0].ID, last)
		}},
		{"events/results are the caller's", func(t *testing.T, s storage.Storage) {
			add(t, s, started(t, s, 1), steps(2)...)
			got := events(t, s, storage.EventFilter{})
			got[0].Message, got[1].Step = "x", "x"
			again := events(t, s, storage.EventFilter{})
			assert.Empty(t, again[0].Message)
			assert.Equal(t, "step1", again[1].Step)
		}},
	}
}

func testBadPayload(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	bad := func() []storage.Event {
		return []storage.Event{made("a", ""), {Kind: storage.EngineEvent, At: at(1), Data: &storage.RawData{JSON: config(`{"a":`)}}, step(1)}
	}
	_, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: bad()})
	require.Error(t, err)
	_, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunSucceeded, Events: bad()})
	require.Error(t, err)
	require.Error(t, s.CreateRun(t.Context(), storage.Run{ID: runID(2)}, bad()...))
	assert.Equal(t, r, get(t, s, r.ID))
	assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{}))
	assert.Empty(t, events(t, s, storage.EventFilter{}))
	assert.Nil(t, latest(t, s, "a", ""))
}

func testSeq(t *testing.T, s storage.Storage) {
	a := storage.Run{ID: runID(1), Status: storage.RunStarting, Created: at(1)}
	require.NoError(t, s.CreateRun(t.Context(), a, steps(2)...))
	b := started(t, s, 2)
	a, err := s.Transition(t.Context(), a.ID, storage.Transition{From: a.Status, To: storage.RunStarted, Events: steps(1)})
	require.NoError(t, err)
	for i := range 4 {
		add(t, s, a, steps(i+1)...)
		add(t, s, b, steps(2)...)
		add(t, s, storage.Run{}, step(1))
	}
	_, err = s.Transition(t.Context(), a.ID, storage.Transition{From: a.Status, To: storage.RunSucceeded, Events: steps(1)})
	require.NoError(t, err)
	inOrder(t, events(t, s, storage.EventFilter{}))
	assert.Len(t, events(t, s, storage.EventFilter{Run: a.ID}), 14)
	assert.Len(t, events(t, s, storage.EventFilter{Run: b.ID}), 8)
}

func testPayloads(t *testing.T, s storage.Storage) {
	entries := []metadata.Entry{
		metadata.Text("t", "a\x00\"🚀"), metadata.Int("i", math.MinInt64), metadata.Float("inf", math.Inf(1)), metadata.Null("n"),
		metadata.Time("at", at(1)), metadata.JSON("j", map[string]any{"a": []int{1}}), metadata.Table("tab", []map[string]int{{"a": 1}}),
		{Key: "new", Value: metadata.RawValue{Type: "python_artifact", JSON: `{"key":"new","type":"python_artifact","value":"/n"}`}},
	}
	cause := &storage.Error{Message: "m", Kind: "k", Stack: "s", Cause: &storage.Error{Message: "c"}}
	var given []storage.Event
	put := func(kind storage.EventKind, p storage.Payload) {
		given = append(given, storage.Event{Kind: kind, At: at(1), Data: p})
	}
	put(storage.StepStart, nil)
	put(storage.StepOutput, &storage.OutputData{})
	put(storage.HandledOutput, &storage.OutputData{Output: "o", MapKey: "k", IOManager: "io", Metadata: entries})
	put(storage.LoadedInput, &storage.InputData{Input: "i", FromStep: "s", FromAsset: "a", Output: "o", IOManager: "io"})
	put(storage.AssetMaterialization, &storage.MaterializationData{
		DataVersion: "d", Metadata: entries, Tags: map[string]string{"a": "b"}, Error: cause,
		Provenance: &storage.Provenance{CodeVersion: "c", Inputs: []storage.InputVersion{{Asset: "a", DataVersion: "d", Event: 1}}},
	})
	put(storage.StepSuccess, &storage.SuccessData{Duration: time.Hour + 1})
	put(storage.StepFailure, &storage.FailureData{Error: *cause, Reason: "r", RetryIn: 1, Metadata: entries})
	put(storage.ResourceInitSuccess, &storage.ResourceData{Resource: "r", Duration: -1})
	put(storage.LogMessage, &storage.LogData{Level: "info", Fields: entries})
	put(storage.Progress, &storage.ProgressData{Done: 1, Total: math.MaxInt64, Unit: "u"})
	assert.Equal(t, add(t, s, started(t, s, 1), given...), events(t, s, storage.EventFilter{}))
}

func filterCases() []testCase {
	return []testCase{
		{"filters/every field, alone and together", testEventFilters},
		{"filters/limits of events", func(t *testing.T, s storage.Storage) {
			add(t, s, started(t, s, 1), steps(10001)...)
			for limit, want := range map[int]int{0: 1000, -1: 1000, 1: 1, 20000: 10000} {
				got, err := s.Events(t.Context(), storage.EventFilter{Limit: limit})
				require.NoError(t, err)
				assert.Len(t, got, want, "limit %d", limit)
				inOrder(t, got)
			}
		}},
		{"filters/pages hold still while events arrive", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			want := slices.Clone(add(t, s, r, steps(30)...))
			slices.Reverse(want)
			var got []storage.Event
			f := storage.EventFilter{Newest: true, Limit: 4}
			for {
				page, err := s.Events(t.Context(), f)
				require.NoError(t, err)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
				f.Before = page[len(page)-1].ID
				add(t, s, r, step(0))
			}
			assert.Equal(t, want, got)
		}},
	}
}

// testEventFilters compares all combinations of a few values of each field with what the filter's words say.
func testEventFilters(t *testing.T, s storage.Storage) {
	runs := []storage.Run{started(t, s, 1), started(t, s, 2), {}}
	all := make([]storage.Event, 0, 60)
	for i := range cap(all) {
		e := storage.Event{
			Kind: []storage.EventKind{storage.AssetMaterialization, storage.StepStart, storage.LogMessage}[i%3],
			Step: []string{"", "s", "S"}[i/3%3], Asset: []string{"", "a", "a%"}[i/2%3], Partition: []string{"", "p"}[i/5%2], At: at(i),
		}
		all = append(all, add(t, s, runs[i/7%3], e)...)
	}
	low, high := all[10].ID, all[50].ID
	filters := make([]storage.EventFilter, 0, 144)
	for _, run := range []storage.RunID{"", runs[0].ID} {
		for _, step := range []string{"", "s"} {
			for _, asset := range []string{"", "a", "a%"} {
				for _, partition := range []string{"", "p"} {
					for _, kinds := range [][]storage.EventKind{nil, {storage.StepStart}, {storage.AssetMaterialization, storage.LogMessage, "X"}} {
						filters = append(filters,
							storage.EventFilter{Run: run, Step: step, Asset: asset, Partition: partition, Kinds: kinds, Limit: 3},
							storage.EventFilter{Run: run, Step: step, Asset: asset, Partition: partition, Kinds: kinds, Newest: true, After: low, Before: high})
					}
				}
			}
		}
	}
	for _, f := range filters {
		var want []storage.Event
		for _, e := range all {
			if chosen(f, e) {
				want = append(want, e)
			}
		}
		if f.Newest {
			slices.Reverse(want)
		}
		require.Equal(t, want, events(t, s, f), fmt.Sprintf("%+v", f))
	}
}

func chosen(f storage.EventFilter, e storage.Event) bool {
	switch {
	case f.Run != "" && f.Run != e.Run, f.Step != "" && f.Step != e.Step, f.Asset != "" && f.Asset != e.Asset:
		return false
	case f.Partition != "" && f.Partition != e.Partition, f.Kinds != nil && !slices.Contains(f.Kinds, e.Kind):
		return false
	default:
		return e.ID > f.After && (f.Before == 0 || e.ID < f.Before)
	}
}
