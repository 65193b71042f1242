package conformance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/conformance"
)

// The counts are written down so that an answer can't get lost on the way.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()

	want := map[string]int{
		"asset_selection": 586, "automation": 99, "backfill": 56, "cron_ticks": 575, "freshness": 84,
		"metadata_values": 52, "multi_partitions": 124, "op_selection": 115, "partition_mappings": 236,
		"partition_schedules": 67, "reexecution": 28, "retry_backoff": 29, "run_semantics": 149,
		"sensor_ticks": 38, "staleness": 42, "step_keys": 24, "tags_validation": 399, "time_partitions": 194,
	}
	names, err := conformance.Names()
	require.NoError(t, err)
	require.Len(t, names, len(want))
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f, err := conformance.Read(name)
			require.NoError(t, err)
			assert.Len(t, f.Cases, want[name])
			assert.Equal(t, "dagster 1.13.27", f.Source)
		})
	}
}

func TestReadUnknownFile(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"cron", "", "../conformance", "/etc/passwd"} {
		_, err := conformance.Read(name)
		assert.ErrorIs(t, err, conformance.ErrUnknownFile, name)
	}
}

func TestReadTable(t *testing.T) {
	t.Parallel()

	f, err := conformance.Read("asset_selection")
	require.NoError(t, err)
	var graphs map[string]struct {
		Assets []struct {
			Key string `json:"key"`
		} `json:"assets"`
	}
	require.NoError(t, f.Table("graphs", &graphs))
	assert.NotEmpty(t, graphs)
	assert.ErrorContains(t, f.Table("worlds", &graphs), `no table "worlds"`)
}

func TestFolderFromEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CONFORMANCE_DIR", dir)
	write := func(cases string) {
		src := `{"source": "made up", "about": "", "cases": [` + cases + `]}`
		require.NoError(t, os.WriteFile(filepath.Join(dir, "retry_backoff.json"), []byte(src), 0o600))
	}

	write(`{"id": "one", "delays": [7]}`)
	f, err := conformance.Read("retry_backoff")
	require.NoError(t, err)
	assert.Equal(t, "made up", f.Source)
	require.Len(t, f.Cases, 1)
	assert.JSONEq(t, `[7]`, string(f.Cases[0].Fields["delays"]))

	_, err = conformance.Read("cron_ticks")
	require.ErrorIs(t, err, conformance.ErrUnknownFile, "the folder replaces the recorded answers as a whole")

	write(`{"id": "one"}, {"id": "one"}`)
	_, err = conformance.Read("retry_backoff")
	require.ErrorContains(t, err, `case "one" is there twice`)

	write(`{"delays": [7]}`)
	_, err = conformance.Read("retry_backoff")
	require.ErrorContains(t, err, "a case without an id")

	write(``)
	_, err = conformance.Read("retry_backoff")
	require.ErrorContains(t, err, "no cases")
}

func TestDisputedAnswers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CONFORMANCE_DIR", dir)
	src := `{"source": "made up", "cases": [
		{"id": "agreed", "ticks": ["a"]},
		{"id": "undecided", "ticks": ["a"], "disputed": "why"},
		{"id": "list", "ticks": ["a"], "error": true, "disputed": "why", "ours": ["b"]},
		{"id": "object", "ticks": ["a"], "count": 1, "disputed": "why", "ours": {"count": 2}},
		{"id": "refused", "ticks": ["a"], "disputed": "why", "ours": {"error": true}}]}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "made.json"), []byte(src), 0o600))

	f, err := conformance.Read("made")
	require.NoError(t, err)
	got := map[string]string{}
	for _, c := range f.Cases {
		fields, err := json.Marshal(c.Fields)
		require.NoError(t, err)
		got[c.ID] = string(fields)
		assert.Equal(t, c.ID == "undecided", c.Undecided, c.ID)
	}
	assert.Equal(t, map[string]string{
		"agreed":    `{"id":"agreed","ticks":["a"]}`,
		"undecided": `{"disputed":"why","id":"undecided","ticks":["a"]}`,
		"list":      `{"id":"list","ticks":["b"]}`,
		"object":    `{"count":2,"id":"object","ticks":["a"]}`,
		"refused":   `{"error":true,"id":"refused","ticks":["a"]}`,
	}, got)
}

func TestRules(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CONFORMANCE_DIR", dir)
	src := `{"source": "made up", "cases": [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c", "n": 3}]}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "made.json"), []byte(src), 0o600))
	f, err := conformance.Read("made")
	require.NoError(t, err)

	type number struct {
		N int `json:"n"`
	}
	is := func(n int) func(number) bool { return func(c number) bool { return c.N == n } }

	ids, fields, notes, err := conformance.Plan(
		f,
		conformance.Rule[number]{Why: "two has no word", Match: is(2)},
		conformance.Rule[number]{Why: "three is four", Match: is(3), Instead: func(c *number) { c.N = 4 }},
	)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "c"}, ids)
	assert.Equal(t, []number{{1}, {4}}, fields)
	assert.Equal(t, []string{
		"1 of 3 cases not asked: two has no word",
		"1 of 3 cases answered otherwise: three is four",
	}, notes)

	ids, fields, _, err = conformance.Plan(
		f,
		conformance.Rule[number]{Why: "odd ones count twice", Match: func(c number) bool { return c.N%2 == 1 }, Instead: func(c *number) { c.N *= 2 }},
		conformance.Rule[number]{Why: "six is a lot", Match: is(6)},
		conformance.Rule[number]{Why: "nine is rare", Match: is(9), Rare: true},
		conformance.Rule[number]{Why: "answers elsewhere may know ten", Match: is(10)},
	)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, ids, "rules hold one after the other")
	assert.Equal(t, []number{{2}, {2}}, fields)
}

func TestRulesMustMatchTheRecordedAnswers(t *testing.T) {
	t.Parallel()

	f := &conformance.File{Name: "made", Cases: []conformance.Case{{ID: "a"}}}
	type any0 struct{}
	never, always := func(any0) bool { return false }, func(any0) bool { return true }
	_, _, _, err := conformance.Plan(f, conformance.Rule[any0]{Why: "nine is odd", Match: never})
	require.ErrorContains(t, err, `no case matches the rule "nine is odd"`)
	_, _, _, err = conformance.Plan(f, conformance.Rule[any0]{Why: "nine is odd", Match: never, Rare: true})
	require.NoError(t, err)
	_, _, _, err = conformance.Plan(f, conformance.Rule[any0]{Why: "all is rare", Match: always, Rare: true})
	require.ErrorContains(t, err, `1 cases match the rule "all is rare"`)
}
