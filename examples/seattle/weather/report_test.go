package weather_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/seattle/weather"
	"github.com/dagster-go/dagster/metadata"
)

func chart(t *testing.T) string {
	t.Helper()

	normals, err := weather.AverageMonths(t.Context(), months(t))
	require.NoError(t, err)
	picture, err := weather.DrawChart(t.Context(), normals)
	require.NoError(t, err)
	return picture
}

func TestChartIsAWholePicture(t *testing.T) {
	t.Parallel()

	picture := chart(t)
	elements := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
	assert.Equal(t, 24, elements["circle"], "a high and a low for each month")
	assert.Equal(t, 15, elements["path"], "the band, its two lines, and a bar for each month")
	assert.Contains(t, picture, "November is the wettest month with 161 mm, July the driest with 12 mm.")
	assert.NotContains(t, picture, "NaN")
	for _, month := range []string{"Jan", "Jul", "Dec"} {
		assert.Contains(t, picture, ">"+month+"<")
	}
}

// The picture beside the example's README is the one that it makes.
func TestReadmeShowsTheChart(t *testing.T) {
	t.Parallel()

	shown, err := os.ReadFile("../chart.svg")
	require.NoError(t, err)
	assert.True(t, chart(t) == string(shown), "copy seattle-report/chart.svg here")
}

func TestChartOfAYearWithoutRain(t *testing.T) {
	t.Parallel()

	normals := make([]weather.Normal, 12)
	for i := range normals {
		normals[i] = weather.Normal{Month: i + 1, Years: 1, MeanHigh: -5, MeanLow: -20}
	}
	picture, err := weather.DrawChart(t.Context(), normals)
	require.NoError(t, err)
	assert.Contains(t, picture, "In January no rain falls.")
	assert.NotContains(t, picture, "NaN")
	assert.NotContains(t, picture, "Inf")
}

func TestChartNeedsTwelveMonths(t *testing.T) {
	t.Parallel()

	_, err := weather.DrawChart(t.Context(), make([]weather.Normal, 3))
	require.EqualError(t, err, "3 months, want 12")
}

func TestPageShowsTheNumbers(t *testing.T) {
	t.Parallel()

	years := []weather.Year{{Year: 2012, Days: 366, Rain: 1226.04, WetDays: 148}, {Year: 2013, Days: 365, Rain: 828}}
	spells := []weather.Spell{{First: "2012-07-23", Last: "2012-10-11", Days: 81, Rain: 0.9}}
	page, err := weather.WritePage(t.Context(), years, spells, weather.Records{}, "<svg>chart</svg>", wet)
	require.NoError(t, err)
	for _, want := range []string{
		"731 days of the years 2012 to 2013", "<b>1027 mm</b>", "<b>81 days</b>", "23 July 2012", "<svg>chart</svg>",
		`<tr><td>2012<td class="n">1226<td class="n">148`, "less than 1 mm of rain",
	} {
		assert.Contains(t, page, want)
	}
	_, err = weather.WritePage(t.Context(), nil, nil, weather.Records{}, "", wet)
	require.EqualError(t, err, "no year to report on")
}

// materialize makes everything, one kind of partitions after the other.
func materialize(t *testing.T, inst *dagster.Instance, opts ...dagster.RunOption) *dagster.Result {
	t.Helper()

	repo := dagster.NewRepository("seattle", weather.Definitions)
	opts = append(opts, dagster.OnInstance(inst))
	for _, a := range []dagster.Selection{"+key:clean/days", "summary/monthly", "summary/kinds"} {
		_, err := repo.Materialize(t.Context(), a, append(opts, dagster.EveryPartition())...)
		require.NoError(t, err)
	}
	r, err := repo.Materialize(t.Context(), "clean/table or summary/yearly or summary/dry_spells or summary/records or key:summary/normals+", opts...)
	require.NoError(t, err)
	return r
}

// The graph as it runs, on values in memory; the folder is the only thing that it writes.
func TestWholeGraph(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "new", "report")
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	r := materialize(t, inst, dagster.RunConfig(fmt.Appendf(nil, `{"config": {"output": {"dir": %q}}}`, dir)))

	days, err := weather.Table.Value(r)
	require.NoError(t, err)
	assert.Equal(t, observed(t), days)
	spells, err := weather.DrySpells.Value(r)
	require.NoError(t, err)
	require.NotEmpty(t, spells)
	assert.Equal(t, 81, spells[0].Days)
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "1461 days of the years 2012 to 2015")
	picture, err := os.ReadFile(filepath.Join(dir, "chart.svg"))
	require.NoError(t, err)
	assert.Equal(t, chart(t), string(picture))
	assert.Contains(t, r.Metadata(weather.Table), metadata.Rows(1461))
	assert.Contains(t, r.Metadata(weather.Report), metadata.Path("report", filepath.Join(dir, "index.html")))
	snow, err := weather.Kinds.Load(t.Context(), inst, "2012-01-01|snow")
	require.NoError(t, err)
	assert.Equal(t, 7, snow.Days)
}

// On files: what they hold is what comes back. A day that is made again makes its month another, and no other month.
func TestADayAgain(t *testing.T) {
	t.Parallel()

	inst := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(t.TempDir())})
	repo := dagster.NewRepository("seattle", weather.Definitions)
	run := func(sel dagster.Selection, of dagster.PartitionSet) {
		_, err := repo.Materialize(t.Context(), sel, of, dagster.OnInstance(inst))
		require.NoError(t, err)
	}
	run("+key:clean/days", dagster.PartitionRange("2012-01-01", "2012-03-31"))
	day, err := weather.Days.Load(t.Context(), inst, "2012-02-29")
	require.NoError(t, err)
	assert.Equal(t, observed(t)[59], day)
	run("summary/monthly", dagster.PartitionRange("2012-01-01", "2012-03-01"))
	month, err := weather.Monthly.Load(t.Context(), inst, "2012-02-01")
	require.NoError(t, err)
	assert.Equal(t, months(t)["2012-02-01"], month)

	_, err = repo.Materialize(t.Context(), "summary/monthly", dagster.PartitionKey("2012-04-01"), dagster.OnInstance(inst))
	require.ErrorContains(t, err, `partition "2012-04-01": load asset "clean/days": open `)
	r, err := repo.ExecuteJob(t.Context(), "day", dagster.PartitionKey("2012-04-01"), dagster.OnInstance(inst))
	require.NoError(t, err)
	assert.Equal(t, []string{"2012-04-01"}, r.Partitions())
	status, err := weather.Days.PartitionStatus(t.Context(), inst)
	require.NoError(t, err)
	assert.Equal(t, "[2012-01-01...2012-04-01]", status.Materialized.String())
}

// One file with two wrong lines: the run fails, what comes before is kept, what comes after is not run.
func TestAWrongFileFailsTheRun(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "wrong.csv")
	repo := dagster.NewRepository("seattle", weather.Definitions)
	run := func(line string) (*dagster.Result, error) {
		require.NoError(t, os.WriteFile(file, []byte(header+line), 0o600))
		return repo.Materialize(t.Context(), "+key:clean/table", dagster.PartitionKey("2012-01-02"), dagster.RunConfig(fmt.Appendf(nil, `{"config": {"source": {"file": %q}}}`, file)))
	}
	r, err := run("2012-01-01,-1,1,0,1,sun\n")
	step, ok := errors.AsType[*dagster.StepError](err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, "clean__days", step.Step)
	assert.Equal(t, 1, step.Attempts)
	require.ErrorContains(t, err, "line 2: precipitation -1: negative")
	raw, err := weather.Raw.Value(r)
	require.NoError(t, err)
	assert.Contains(t, raw, "2012-01-01")
	_, err = weather.Table.Value(r)
	require.Error(t, err)
	_, err = run("2012-01-01,0,1,0,1,sun\n")
	require.ErrorContains(t, err, "the file has no line for 2012-01-02")
}

// A file that is not there may come: it is asked for three times, after a second and then three.
func TestAMissingFileIsAskedForAgain(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		repo := dagster.NewRepository("seattle", weather.Definitions)
		_, err := repo.Materialize(t.Context(), dagster.Select(weather.Raw),
			dagster.RunConfig([]byte(`{"config": {"source": {"file": "no/such/file.csv"}}}`)))
		step, ok := errors.AsType[*dagster.StepError](err)
		require.True(t, ok, "got %v", err)
		assert.Equal(t, 3, step.Attempts)
		require.ErrorIs(t, err, fs.ErrNotExist)
		assert.Equal(t, 4*time.Second, time.Since(began))
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()

	repo := dagster.NewRepository("seattle", weather.Definitions)
	for config, want := range map[string]string{
		`{"config": {"limits": {"dry_below_mm": 0}}}`: "dry_below_mm: must be above 0",
		`{"config": {"limits": {"spells": 0}}}`:       "spells: must be at least 1",
		`{"config": {"output": {"dir": ""}}}`:         "dir: empty",
		`{"config": {"limits": {"dry": 1}}}`:          "config.limits.dry",
	} {
		_, err := repo.Materialize(t.Context(), "report/files", dagster.RunConfig([]byte(config)))
		require.ErrorContains(t, err, want)
	}
}
