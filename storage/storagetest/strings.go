package storagetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// texts are strings that somebody's store once lost, cut, folded or took for something else.
func texts() []string {
	return []string{
		"🚀 日本 é", "a\x00b", "\x00", " a ", "\n", "'; DROP TABLE runs;--", `a"b\c`, "%_", "e\u0301", "é", "E", "e", "\ufffd",
		"1", "1.0", "null", "\u2028", "\U0010ffff", strings.Repeat("long ", 200),
	}
}

func textCases() []testCase {
	return []testCase{
		{"text/in runs", testTextInRuns},
		{"text/in events", testTextInEvents},
		{"text/a mebibyte", testLongText},
		{"text/what is not UTF-8 is not lost", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			e := step(1)
			e.Message, e.Data = "a\xffb", &storage.OutputData{Output: "c\xffd"}
			e.Kind = storage.StepOutput
			add(t, s, r, e)
			got := events(t, s, storage.EventFilter{})
			require.Len(t, got, 1)
			assert.Contains(t, []string{"a\xffb", "a\ufffdb"}, got[0].Message)
			assert.Contains(t, []string{"c\xffd", "c\ufffdd"}, got[0].Data.(*storage.OutputData).Output)
			require.Error(t, s.CreateRun(t.Context(), storage.Run{ID: runID(2), Job: "\xff"}), "a run says how it is found: no guessing")
		}},
		{"text/times of any age", testTimes},
	}
}

func testTextInRuns(t *testing.T, s storage.Storage) {
	for i, text := range texts() {
		want := create(t, s, i, func(r *storage.Run) {
			r.Repository, r.Job, r.Worker, r.Status = text, text, text, storage.RunStarting
			r.Tags, r.Assets, r.Steps = map[string]string{text: text}, []string{text, "x"}, []string{"x", text}
		})
		assert.Equal(t, want, get(t, s, want.ID))
		for name, f := range map[string]storage.RunFilter{
			"repository": {Repository: text}, "job": {Job: text}, "tag": {Tags: map[string]string{text: text}}, "asset": {Asset: text},
		} {
			assert.Equal(t, []int{i}, runs(t, s, f), "%s %q", name, text)
		}
	}
	for i, text := range texts() {
		r := get(t, s, runID(i))
		r, err := s.Transition(t.Context(), r.ID, storage.Transition{
			From: r.Status, To: storage.RunCanceling, Target: storage.RunFailed, Reason: text, Worker: "w" + text,
		})
		require.NoError(t, err)
		r, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunFailed, Error: text + "!"})
		require.NoError(t, err)
		assert.Equal(t, []string{text, "w" + text, text + "!"}, []string{r.CancelReason, r.Worker, r.Error})
		assert.Equal(t, r, get(t, s, r.ID))
	}
}

func testTextInEvents(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	for _, text := range texts() {
		e := made(text, text)
		e.Step, e.Message = text, text
		e.Data = &storage.MaterializationData{
			DataVersion: text, Metadata: []metadata.Entry{metadata.Text(text, text)}, Tags: map[string]string{text: text},
		}
		want := add(t, s, r, e)
		for name, f := range map[string]storage.EventFilter{"step": {Step: text}, "asset": {Asset: text}, "partition": {Partition: text}} {
			assert.Equal(t, want, events(t, s, f), "%s %q", name, text)
		}
		assert.Equal(t, want[0], *latest(t, s, text, text))
		assert.Contains(t, assetKeys(t, s, storage.AssetFilter{Prefix: text}), text)
	}
	assert.Len(t, assetKeys(t, s, storage.AssetFilter{}), len(texts()))
}

func testLongText(t *testing.T, s storage.Storage) {
	long := strings.Repeat("0123456789abcd🚀\x00\"\n", 1<<20/20+1)
	require.Greater(t, len(long), 1<<20)
	r := create(t, s, 1, func(r *storage.Run) {
		r.Status, r.Tags = storage.RunStarting, map[string]string{"k": long}
		r.Config = config(`"` + strings.Repeat("x", 1<<20) + `"`)
	})
	sameRun(t, r, get(t, s, r.ID))
	e := step(1)
	e.Kind, e.Message, e.Data = storage.LogMessage, long, &storage.LogData{Level: "info", Fields: []metadata.Entry{metadata.Text("k", long)}}
	want := add(t, s, r, e, step(2))
	got := events(t, s, storage.EventFilter{})
	require.Len(t, got, 2)
	assert.Equal(t, long, got[0].Message)
	assert.True(t, want[0].Data.(*storage.LogData).Fields[0] == got[0].Data.(*storage.LogData).Fields[0])
}

func testTimes(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	local := time.FixedZone("", 3*3600)
	given := make([]storage.Event, 0, 6)
	for _, when := range []time.Time{
		{},
		time.Unix(0, 0),
		time.Unix(-1, 999_999_000),
		time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2200, 1, 1, 0, 0, 0, 1000, local),
	} {
		given = append(given, storage.Event{Kind: storage.StepStart, At: when})
	}
	now := time.Now()
	given = append(given, storage.Event{Kind: storage.StepStart, At: now.Truncate(time.Microsecond)})
	add(t, s, r, given...)
	got := events(t, s, storage.EventFilter{})
	for i, e := range got {
		assert.True(t, given[i].At.Equal(e.At), "%v came back as %v", given[i].At, e.At)
		assert.Equal(t, time.UTC, e.At.Location())
	}
	assert.True(t, got[0].At.IsZero())
	assert.False(t, got[1].At.IsZero())

	old := create(t, s, 2, func(r *storage.Run) { r.Created = time.Date(1960, 1, 1, 0, 0, 0, 0, local) })
	assert.True(t, old.Created.Equal(get(t, s, old.ID).Created))
	assert.Equal(t, []int{1, 2}, runs(t, s, storage.RunFilter{}))
}
