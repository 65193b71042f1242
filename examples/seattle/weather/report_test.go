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

	months, err := weather.SumMonths(t.Context(), observed(t), wet)
	require.NoError(t, err)
	normals, err := weather.AverageMonths(t.Context(), months)
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

// The graph as it runs, on values in memory; the folder is the only thing that it writes.
func TestWholeGraph(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "new", "report")
	repo := dagster.NewRepository("seattle", weather.Definitions)
	r, err := repo.Materialize(t.Context(), "*", dagster.RunConfig(fmt.Appendf(nil, `{"config": {"output": {"dir": %q}}}`, dir)))
	require.NoError(t, err)

	days, err := weather.Days.Value(r)
	require.NoError(t, err)
	assert.Len(t, days, 1461)
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
	assert.Contains(t, r.Metadata(weather.Days), metadata.Rows(1461))
	assert.Contains(t, r.Metadata(weather.Report), metadata.Path("report", filepath.Join(dir, "index.html")))
}

// The same graph on files: what the CSV and JSON files hold is what comes back.
func TestValuesSurviveTheFiles(t *testing.T) {
	t.Parallel()

	inst := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(t.TempDir())})
	repo := dagster.NewRepository("seattle", weather.Definitions)
	_, err := repo.Materialize(t.Context(), "+key:report/page", dagster.OnInstance(inst))
	require.NoError(t, err)
	days, err := weather.Days.Load(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Equal(t, observed(t), days)
	months, err := weather.Monthly.Load(t.Context(), inst, "")
	require.NoError(t, err)
	assert.Len(t, months, 48)
}

// One file with two wrong lines: the run fails, what comes before is kept, what comes after is not run.
func TestAWrongFileFailsTheRun(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "wrong.csv")
	require.NoError(t, os.WriteFile(file, []byte(header+"2012-01-01,-1,1,0,1,sun\n"), 0o600))
	repo := dagster.NewRepository("seattle", weather.Definitions)
	r, err := repo.Materialize(t.Context(), "+key:summary/yearly", dagster.RunConfig(fmt.Appendf(nil, `{"config": {"source": {"file": %q}}}`, file)))
	step, ok := errors.AsType[*dagster.StepError](err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, "clean__days", step.Step)
	assert.Equal(t, 1, step.Attempts)
	require.ErrorContains(t, err, "line 2: precipitation -1: negative")
	raw, err := weather.Raw.Value(r)
	require.NoError(t, err)
	assert.Contains(t, raw, "2012-01-01")
	_, err = weather.Yearly.Value(r)
	require.Error(t, err)
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
		_, err := repo.Materialize(t.Context(), "*", dagster.RunConfig([]byte(config)))
		require.ErrorContains(t, err, want)
	}
}
