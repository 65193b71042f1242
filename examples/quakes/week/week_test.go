package week_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/quakes/week"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// into sends the report to a folder.
func into(dir string) dagster.RunOption {
	return dagster.RunConfig(fmt.Appendf(nil, `{"config": {"output": {"dir": %q}}}`, dir))
}

// steps are the steps of a run by key.
func steps(r *dagster.Result) map[string]dagster.StepResult {
	by := make(map[string]dagster.StepResult)
	for _, s := range r.Steps() {
		by[s.Key] = s
	}
	return by
}

// board remembers what was posted.
type board struct {
	mu    sync.Mutex
	posts []string
}

func (b *board) Post(text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts = append(b.posts, text)
	return nil
}

// What the regions come to, counted apart from this program.
var counted = []struct {
	region  string
	count   int
	largest float64
	bands   map[int]int // how many quakes, by the first digit of the magnitude
}{
	{"California", 817, 4.33, map[int]int{0: 504, 1: 251, 2: 59, 3: 2, 4: 1}},
	{"Alaska", 311, 4.8, map[int]int{0: 18, 1: 151, 2: 79, 3: 53, 4: 10}},
	{"Nevada", 174, 3.4, map[int]int{0: 141, 1: 32, 3: 1}},
	{"Elsewhere", 112, 6.1, map[int]int{0: 1, 1: 12, 2: 7, 3: 9, 4: 56, 5: 24, 6: 3}},
	{"Puerto Rico", 47, 3.43, map[int]int{1: 6, 2: 31, 3: 10}},
	{"Hawaii", 46, 2.64, map[int]int{0: 6, 1: 26, 2: 14}},
	{"Washington", 41, 3.12, map[int]int{0: 24, 1: 16, 3: 1}},
	{"Montana", 22, 2.03, map[int]int{0: 10, 1: 11, 2: 1}},
	{"Utah", 21, 2.6, map[int]int{0: 1, 1: 14, 2: 6}},
	{"Taiwan", 20, 6.4, map[int]int{4: 11, 5: 7, 6: 2}},
	{"Canada", 14, 3.8, map[int]int{1: 2, 2: 9, 3: 3}},
	{"Dominican Republic", 12, 3.39, map[int]int{1: 1, 2: 5, 3: 6}},
	{"Indonesia", 11, 5.5, map[int]int{4: 8, 5: 3}},
	{"Oklahoma", 11, 3.7, map[int]int{2: 8, 3: 3}},
	{"Mexico", 10, 4.3, map[int]int{1: 6, 2: 1, 4: 3}},
	{"Wyoming", 10, 3.4, map[int]int{0: 3, 1: 5, 2: 1, 3: 1}},
}

func TestTheWeekIsAsCounted(t *testing.T) {
	t.Parallel()

	dir, posted := t.TempDir(), &board{}
	r, err := dagster.NewRepository("quakes", week.Definitions).Execute(t.Context(), week.Job, into(dir), week.Board.Replace(posted))
	require.NoError(t, err)
	w, err := week.Report.Value(r)
	require.NoError(t, err)

	assert.Equal(t, 1679, w.Count)
	assert.Equal(t, "us1000chhc", w.Largest.ID)
	assert.Equal(t, []string{"2018-01-31", "2018-02-07"}, []string{w.First, w.Last})
	require.Len(t, w.Most, len(counted))
	for i, want := range counted {
		got, bands := w.Most[i], map[int]int{}
		for _, b := range got.Bands {
			bands[b.From] = b.Count
		}
		assert.Equal(t, want.region, got.Region)
		assert.Equal(t, want.count, got.Count, want.region)
		assert.InDelta(t, want.largest, got.Largest, 1e-9, want.region)
		assert.Equal(t, want.bands, bands, want.region)
	}
	assert.Equal(t, week.Story{
		Strong: true, Before: 11, After: 8,
		Text: "Magnitude 6.4, 22km NNE of Hualian, Taiwan, on 6 February 15:50 UTC. Within 100 km: 11 earlier in the week, 8 after it.",
	}, w.Most[9].Story)
	var strongest []string
	for _, s := range w.Strongest[:4] {
		strongest = append(strongest, s.Region)
	}
	assert.Equal(t, []string{"Taiwan", "Elsewhere", "Indonesia", "Alaska"}, strongest)
	assert.InEpsilon(t, 3.861252360195029e14, w.Strongest[0].Energy, 1e-9)
	require.Len(t, w.Fits, 2)
	assert.InDelta(t, 0.7512677056620227, w.Fits[0].B, 1e-9)
	assert.InDelta(t, 0.04396461706104405, w.Fits[0].Error, 1e-9)
	assert.InDelta(t, 0.46582104429326526, w.Fits[1].B, 1e-9)
	assert.Equal(t, []int{292, 181}, []int{w.Fits[0].Count, w.Fits[1].Count})

	assert.Equal(t, []string{"the report is published"}, posted.posts)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	assert.Equal(t, []string{
		"2018-01-31.svg", "2018-02-01.svg", "2018-02-02.svg", "2018-02-03.svg", "2018-02-04.svg", "2018-02-05.svg", "2018-02-06.svg",
		"2018-02-07.svg", "index.html", "week.json", "week.svg",
	}, files, "and no draft")
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	for _, want := range []string{"1679 earthquakes from 31 January 2018 to 7 February 2018.", "<b>Taiwan</b>, 48.8 % of the week's energy."} {
		assert.True(t, strings.Contains(string(page), want), want)
	}
}

// The picture beside the example's README is the one that it makes.
func TestReadmeShowsThePicture(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	_, err := dagster.NewRepository("quakes", week.Definitions).Execute(t.Context(), week.Job, into(dir))
	require.NoError(t, err)
	made, err := os.ReadFile(filepath.Join(dir, "week.svg"))
	require.NoError(t, err)
	shown, err := os.ReadFile("../week.svg")
	require.NoError(t, err)
	assert.True(t, string(made) == string(shown), "copy quakes-report/week.svg here")
}

func TestStepsOfTheWeek(t *testing.T) {
	t.Parallel()

	r, err := dagster.NewRepository("quakes", week.Definitions).Execute(t.Context(), week.Job, into(t.TempDir()), week.Board.Replace(&board{}))
	require.NoError(t, err)
	got := steps(r)

	assert.Equal(t, 2, got["fetch_day[2018-02-04]"].Attempts, "the feed is busy on that day")
	assert.Equal(t, 1, got["fetch_day[2018-02-05]"].Attempts)
	assert.Equal(t, executor.StepSucceeded, got["study[taiwan]"].Status)
	assert.Equal(t, executor.StepSkipped, got["note[taiwan]"].Status)
	assert.Equal(t, executor.StepSkipped, got["study[alaska]"].Status)
	assert.Equal(t, executor.StepSucceeded, got["note[alaska]"].Status)
	for _, key := range []string{"california.only", "alaska.fit", "rank", "rank_by_energy", "measure[dominican_republic/m3]", "clean_up"} {
		assert.Equal(t, executor.StepSucceeded, got[key].Status, key)
	}
	assert.True(t, got["publish"].Started.After(got["keep_last"].Ended), "order without data")

	days, err := week.FetchDayOp.Values(r)
	require.NoError(t, err)
	assert.Len(t, days, 8)
	assert.Len(t, days["2018-02-04"], 301)
	bands, err := week.MeasureOp.Values(r)
	require.NoError(t, err)
	assert.Len(t, bands, 55)
	assert.Equal(t, 2, bands["taiwan/m6"].Count)
	refused, said := 0, map[string][]metadata.Entry{}
	for e := range r.Events() {
		if e.Kind == storage.StepUpForRetry {
			refused++
		}
		if d, ok := e.Data.(*storage.OutputData); ok && len(d.Metadata) > 0 {
			said[e.Step] = d.Metadata
		}
	}
	assert.Equal(t, 1, refused)
	assert.Equal(t, []metadata.Entry{metadata.Rows(1679), metadata.Int("left_out", 28)}, said["merge"])
	assert.Equal(t, []metadata.Entry{metadata.Int("regions", 16)}, said["by_region"])
}

// Something is in the way of the report. The failure is told, the draft is removed, and when the way is free another
// process makes the report without asking the feed again.
func TestAFailedWeekIsRunAgain(t *testing.T) {
	t.Parallel()

	dir, home, store := t.TempDir(), t.TempDir(), storage.NewMemory()
	process := func() dagster.RunOption {
		return dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{Storage: store, IO: dagster.FileIO(home)}))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "week.svg", "in the way"), 0o700))
	repo, posted := dagster.NewRepository("quakes", week.Definitions), &board{}
	first, err := repo.Execute(t.Context(), week.Job, into(dir), week.Board.Replace(posted), process())
	require.ErrorContains(t, err, `step "publish"`)
	require.Len(t, posted.posts, 1)
	assert.Contains(t, posted.posts[0], "step publish failed, attempt 1: ")
	assert.Equal(t, executor.StepSucceeded, steps(first)["clean_up"].Status)
	assert.NoDirExists(t, filepath.Join(dir, "draft"))

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "week.svg")))
	second, err := repo.Reexecute(t.Context(), first.RunID(), dagster.FailedSteps(), into(dir), week.Board.Replace(posted), process())
	require.NoError(t, err)
	again := steps(second)
	assert.Contains(t, again, "publish")
	assert.Contains(t, again, "merge", "its value was in the memory of the first process")
	assert.NotContains(t, again, "fetch_day[2018-02-04]", "its value is kept: it is durable")
	w, err := week.Report.Value(second)
	require.NoError(t, err)
	assert.Equal(t, 1679, w.Count)
	assert.FileExists(t, filepath.Join(dir, "week.svg"))
	assert.NoDirExists(t, filepath.Join(dir, "draft"))
	assert.Equal(t, "the report is published", posted.posts[1])
}

// Some ops of the job alone: what they need is selected with them, or given.
func TestAPartOfTheWeek(t *testing.T) {
	t.Parallel()

	posted := &board{}
	config := fmt.Appendf(nil, `{"config": {"limits": {"strong": 9.5}, "output": {"dir": %q}}}`, t.TempDir())
	repo := dagster.NewRepository("quakes", week.Definitions)
	r, err := repo.Execute(t.Context(), week.Job, dagster.RunConfig(config), week.Board.Replace(posted), dagster.OpSelection("*sum_region"))
	require.NoError(t, err)
	regions, err := week.RegionsOp.Values(r)
	require.NoError(t, err)
	assert.False(t, regions["taiwan"].Story.Strong, "nothing is as strong as that")
	assert.Equal(t, executor.StepSkipped, steps(r)["study[taiwan]"].Status)
	assert.NotContains(t, steps(r), "publish")

	_, err = repo.Execute(t.Context(), week.Job, week.Board.Replace(posted), into(t.TempDir()), dagster.OpSelection("merge"))
	require.ErrorContains(t, err, `step "merge" needs what was mapped by "fetch_day", which is not selected`)
}

// Config of one step alone: the regions by count are all there, those by energy are cut.
func TestConfigOfOneUse(t *testing.T) {
	t.Parallel()

	config := []byte(`{"ops": {"rank_by_energy": {"config": {"keep": 2}}}}`)
	r, err := dagster.NewRepository("quakes", week.Definitions).Execute(
		t.Context(), week.Job, into(t.TempDir()), week.Board.Replace(&board{}), dagster.RunConfig(config))
	require.NoError(t, err)
	w, err := week.Report.Value(r)
	require.NoError(t, err)
	assert.Len(t, w.Most, 16)
	assert.Len(t, w.Strongest, 2)
	assert.Equal(t, "Taiwan", w.Strongest[0].Region)
}

func TestLastWeekIsKept(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "week.json"), []byte("of last week"), 0o600))
	_, err := dagster.NewRepository("quakes", week.Definitions).Execute(t.Context(), week.Job, into(dir))
	require.NoError(t, err)
	kept, err := os.ReadFile(filepath.Join(dir, "last-week.json"))
	require.NoError(t, err)
	assert.Equal(t, "of last week", string(kept))
	var w week.Week
	made, err := os.ReadFile(filepath.Join(dir, "week.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(made, &w))
	assert.Equal(t, 1679, w.Count)
	told, err := os.ReadFile(filepath.Join(dir, "notices.txt"))
	require.NoError(t, err)
	assert.Equal(t, "the report is published\n", string(told))
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("quakes", week.Definitions)
	for config, want := range map[string]string{
		`{"config": {"limits": {"many": 0}}}`:       "many, near_km: must be above 0",
		`{"config": {"order": {"by": "beauty"}}}`:   `by: want "count" or "energy"`,
		`{"config": {"output": {"dir": ""}}}`:       "dir: empty",
		`{"ops": {"rank": {"config": {"kep": 1}}}}`: "ops.rank.config.kep: unknown field",
	} {
		_, err := repo.Execute(t.Context(), week.Job, dagster.RunConfig([]byte(config)))
		require.ErrorContains(t, err, want)
	}
}

func TestBodiesArePlainFunctions(t *testing.T) {
	t.Parallel()

	feed, err := week.OpenFeed(t.Context(), week.Source{Busy: []string{"2018-02-01"}, Wait: 7})
	require.NoError(t, err)
	_, err = week.FetchDay(t.Context(), feed, "2018-02-01")
	var busy *week.BusyError
	require.ErrorAs(t, err, &busy)
	events, err := week.FetchDay(t.Context(), feed, "2018-02-01")
	require.NoError(t, err)
	assert.Len(t, events, 231)
	quakes, err := week.Merge(t.Context(), [][]week.Quake{events})
	require.NoError(t, err)
	assert.Len(t, quakes, 224)
	assert.True(t, slices.IsSortedFunc(quakes, func(a, b week.Quake) int { return a.Time.Compare(b.Time) }))
	_, err = week.Merge(t.Context(), nil)
	require.EqualError(t, err, "no earthquakes")
	_, err = week.FitMagnitudes(t.Context(), "Nowhere", nil, 2)
	require.EqualError(t, err, "Nowhere: 0 quakes from magnitude 2.0 on: too few")
}
