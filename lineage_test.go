package dagster_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/metadata"
)

var updateManifest = flag.Bool("update", false, "write the golden files anew")

// diamond is a source, two assets made from it, one made from both, and one after that.
func diamond() *dagster.Repository {
	from := metadata.ColumnLineage(map[string][]metadata.ColumnOf{"n": {{Asset: "left", Column: "l"}, {Asset: "right", Column: "r"}}})
	source := dagster.NewSource[int]("source")
	left := dagster.NewAsset("left", dagster.From1(source, inc), dagster.Group("sides"), dagster.Kinds("go"),
		dagster.Metadata(metadata.ColumnLineage(map[string][]metadata.ColumnOf{"l": {{Asset: "source", Column: "id"}}})))
	right := dagster.NewAsset("right", dagster.From1(source, inc), dagster.CodeVersion("1"), dagster.Description("The other side."))
	both := dagster.NewAsset("both/x", dagster.From2(left, right, addTwo), dagster.Metadata(from), dagster.BlockingChecks("own"))
	end := dagster.NewAsset("end", dagster.From1(both, inc), dagster.Partitioned(dagster.StaticPartitions("a", "b")))
	sound := dagster.NewCheck("sound", left, dagster.From(passes), dagster.Blocking(), dagster.Description("It is sound."))
	job := dagster.NewAssetJob("sides", "group:sides", dagster.Description("Both sides."))
	return dagster.NewRepository("diamond", end, both, right, left, source, sound, job,
		dagster.NewSchedule("daily", "@daily", job, dagster.Description("Each day.")))
}

func keysOf(l *dagster.Lineage) map[string]int {
	out := make(map[string]int)
	for _, a := range l.Assets {
		out[a.Key] = a.Distance
	}
	return out
}

func TestLineage(t *testing.T) {
	t.Parallel()
	repo := diamond()
	l, err := repo.Lineage("left", -1, -1)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"source": -1, "left": 0, "both/x": 1, "end": 2}, keysOf(l))
	assert.Equal(t, []dagster.LineageEdge{{From: "source", To: "left"}, {From: "left", To: "both/x"}, {From: "both/x", To: "end"}}, l.Edges)

	l, err = repo.Lineage("end", 2, 0)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"end": 0, "both/x": -1, "left": -2, "right": -2}, keysOf(l))
	more := map[string]int{}
	for _, a := range l.Assets {
		more[a.Key] = a.More
	}
	assert.Equal(t, map[string]int{"end": 0, "both/x": 0, "left": 1, "right": 1}, more)

	l, err = repo.Lineage("right", 0, 0)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"right": 0}, keysOf(l))
	_, err = repo.Lineage("rigth", -1, -1)
	require.EqualError(t, err, `unknown asset "rigth"; is it "right"?`)
	_, err = repo.Lineage("nothing/like/it", -1, -1)
	require.EqualError(t, err, `unknown asset "nothing/like/it"; the repository has 5`)
}

func TestLineage_pictures(t *testing.T) {
	t.Parallel()
	l, err := diamond().Lineage("both/x", -1, 0)
	require.NoError(t, err)
	assert.Equal(t, `flowchart LR
  a0[("source")]
  a1["right"]
  a2["left"]
  a3["both/x"]
  a0 --> a1
  a0 --> a2
  a1 --> a3
  a2 --> a3
  style a3 stroke-width:3px
`, l.Mermaid())
	assert.Equal(t, `digraph lineage {
  rankdir=LR;
  node [shape=box];
  "source" [shape=cylinder];
  "right";
  "left";
  "both/x" [penwidth=3];
  "source" -> "right";
  "source" -> "left";
  "right" -> "both/x";
  "left" -> "both/x";
}
`, l.DOT())
}

func TestColumnLineage(t *testing.T) {
	t.Parallel()
	repo, inst := diamond(), dagster.NewInstance(dagster.InstanceConfig{})
	edges, err := repo.ColumnLineage(t.Context(), inst, "both/x", "n")
	require.NoError(t, err)
	of := func(asset, column string) metadata.ColumnOf { return metadata.ColumnOf{Asset: asset, Column: column} }
	want := []dagster.ColumnEdge{
		{From: of("left", "l"), To: of("both/x", "n")}, {From: of("right", "r"), To: of("both/x", "n")}, {From: of("source", "id"), To: of("left", "l")},
	}
	assert.Equal(t, want, edges)

	// What was last stored says it anew.
	now := metadata.ColumnLineage(map[string][]metadata.ColumnOf{"l": {}})
	require.NoError(t, repo.Report(t.Context(), inst, "left", "", "", now))
	edges, err = repo.ColumnLineage(t.Context(), inst, "both/x", "n")
	require.NoError(t, err)
	assert.Equal(t, want[:2], edges)
	_, err = repo.ColumnLineage(t.Context(), inst, "left", "x")
	require.EqualError(t, err, `column "x" of asset "left": no metadata says what it is made from`)
	_, err = repo.ColumnLineage(t.Context(), inst, "lft", "x")
	require.ErrorContains(t, err, `is it "left"?`)
}

// The names of fields are promised.
func TestManifest(t *testing.T) {
	t.Parallel()
	m, err := diamond().Manifest()
	require.NoError(t, err)
	for i := range m.Assets {
		m.Assets[i].Code, m.Assets[i].Line, m.Assets[i].File = nil, 0, ""
		for k := range m.Assets[i].Checks {
			m.Assets[i].Checks[k].Line, m.Assets[i].Checks[k].File = 0, ""
		}
	}
	for i := range m.Jobs {
		m.Jobs[i].Code, m.Jobs[i].Line, m.Jobs[i].File = nil, 0, ""
	}
	for i := range m.Schedules {
		m.Schedules[i].Code, m.Schedules[i].Line, m.Schedules[i].File = nil, 0, ""
	}
	got, err := json.MarshalIndent(m, "", "  ")
	require.NoError(t, err)
	path := filepath.Join("testdata", "manifest.json")
	if *updateManifest {
		require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got)+"\n")
}

// BenchmarkManifest describes 10,000 assets, and writes that as JSON.
func BenchmarkManifest(b *testing.B) {
	repo := dagster.NewRepository("bench", declare(dags.Layers(10_000)))
	require.NoError(b, repo.Validate())
	b.Run("10000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m, err := repo.Manifest()
			require.NoError(b, err)
			_, err = json.Marshal(m)
			require.NoError(b, err)
		}
	})
}

func addTwo(_ context.Context, a, b int) (int, error) { return a + b, nil }
