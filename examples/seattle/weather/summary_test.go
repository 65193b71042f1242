package weather_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/seattle/weather"
)

var wet = weather.Limits{DryBelow: 1, HotFrom: 30, Spells: 3}

// months are those of the file that comes with the program, by the keys of their partitions.
func months(t *testing.T) map[string]weather.Month {
	t.Helper()

	days := map[string]map[string]weather.Day{}
	for _, d := range observed(t) {
		key := d.Date.Month() + "-01"
		if days[key] == nil {
			days[key] = map[string]weather.Day{}
		}
		days[key][string(d.Date)] = d
	}
	out := make(map[string]weather.Month, len(days))
	for key, of := range days {
		m, err := weather.SumMonth(t.Context(), of, wet)
		require.NoError(t, err)
		out[key] = m
	}
	return out
}

func TestSumMonth(t *testing.T) {
	t.Parallel()

	all := months(t)
	require.Len(t, all, 48)
	first, last := all["2012-01-01"], all["2015-12-01"]
	assert.Equal(t, weather.Month{Month: "2012-01", Days: 31, WetDays: 21}, rounded(first))
	assert.InDelta(t, 173.3, first.Rain, 0.001)
	assert.InDelta(t, 7.0548, first.MeanHigh, 0.0001)
	assert.InDelta(t, 1.5419, first.MeanLow, 0.0001)
	assert.Equal(t, weather.Month{Month: "2015-12", Days: 31, WetDays: 24}, rounded(last))
	assert.InDelta(t, 284.5, last.Rain, 0.001)
	assert.Equal(t, 29, all["2012-02-01"].Days, "2012 is a leap year")
	assert.Zero(t, all["2012-08-01"].Rain, "no rain fell in August 2012")
	_, err := weather.SumMonth(t.Context(), nil, wet)
	require.EqualError(t, err, "a month without days")
}

// The body is called as a run calls it, for the partitions that the context says.
func TestCountKinds(t *testing.T) {
	t.Parallel()

	days := map[string]weather.Day{}
	for _, d := range observed(t) {
		if d.Date.Month() == "2012-01" {
			days[string(d.Date)] = d
		}
	}
	ctx := dagster.WithPartition(t.Context(), dagster.PartitionInfo{Keys: []string{"2012-01-01|snow", "2012-01-01|fog"}})
	kinds, err := weather.CountKinds(ctx, days)
	require.NoError(t, err)
	require.Len(t, kinds, 2)
	assert.Equal(t, weather.Kind{Month: "2012-01", Weather: "fog"}, kinds["2012-01-01|fog"])
	snow := kinds["2012-01-01|snow"]
	assert.Equal(t, 7, snow.Days)
	assert.InDelta(t, 68.5, snow.Rain, 0.001)
}

// rounded leaves the numbers out that are compared with a tolerance.
func rounded(m weather.Month) weather.Month {
	return weather.Month{Month: m.Month, Days: m.Days, WetDays: m.WetDays}
}

func TestAverageMonths(t *testing.T) {
	t.Parallel()

	normals, err := weather.AverageMonths(t.Context(), months(t))
	require.NoError(t, err)
	require.Len(t, normals, 12)
	february, july := normals[1], normals[6]
	assert.InDelta(t, 9.8602, february.MeanHigh, 0.0001, "weighted by days: 113 in four years")
	assert.InDelta(t, 4.0549, february.MeanLow, 0.0001)
	assert.InDelta(t, 12.05, july.Rain, 0.001)
	assert.Zero(t, july.Driest)
	assert.InDelta(t, 26.3, july.Wettest, 0.001)
	assert.Equal(t, 4, july.Years)
}

func TestAverageMonthsNeedsEveryMonth(t *testing.T) {
	t.Parallel()

	_, err := weather.AverageMonths(t.Context(), map[string]weather.Month{"2012-01-01": {Month: "2012-01", Days: 31}})
	require.EqualError(t, err, "month 2: no year has it")
	_, err = weather.AverageMonths(t.Context(), map[string]weather.Month{"2012-13-01": {Month: "2012-13", Days: 31}})
	require.ErrorContains(t, err, `month "2012-13"`)
}

func TestSumYears(t *testing.T) {
	t.Parallel()

	years, err := weather.SumYears(t.Context(), observed(t), wet)
	require.NoError(t, err)
	require.Len(t, years, 4)
	for i, want := range []weather.Year{
		{Year: 2012, Days: 366, Rain: 1226, WetDays: 148, MeanHigh: 15.2768, MeanLow: 7.2896, HotDays: 8, FrostDays: 21},
		{Year: 2013, Days: 365, Rain: 828, WetDays: 119, MeanHigh: 16.0589, MeanLow: 8.154, HotDays: 15, FrostDays: 30},
		{Year: 2014, Days: 365, Rain: 1232.8, WetDays: 123, MeanHigh: 16.9959, MeanLow: 8.6625, HotDays: 17, FrostDays: 22},
		{Year: 2015, Days: 365, Rain: 1139.2, WetDays: 116, MeanHigh: 17.4279, MeanLow: 8.8356, HotDays: 23, FrostDays: 15},
	} {
		got := years[i]
		assert.InDelta(t, want.Rain, got.Rain, 0.001)
		assert.InDelta(t, want.MeanHigh, got.MeanHigh, 0.0001)
		assert.InDelta(t, want.MeanLow, got.MeanLow, 0.0001)
		got.Rain, got.MeanHigh, got.MeanLow = want.Rain, want.MeanHigh, want.MeanLow
		assert.Equal(t, want, got)
	}
}

func TestFindDrySpells(t *testing.T) {
	t.Parallel()

	days := observed(t)
	for name, tt := range map[string]struct {
		below float64
		want  []weather.Spell
	}{
		"below 1 mm": {1, []weather.Spell{
			{First: "2012-07-23", Last: "2012-10-11", Days: 81, Rain: 0.9},
			{First: "2015-06-02", Last: "2015-07-25", Days: 54, Rain: 1.6},
			{First: "2013-06-28", Last: "2013-08-01", Days: 35},
		}},
		"no rain at all": {0.1, []weather.Spell{
			{First: "2012-07-23", Last: "2012-09-08", Days: 48},
			{First: "2013-06-28", Last: "2013-08-01", Days: 35},
			{First: "2015-06-29", Last: "2015-07-23", Days: 25},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			spells, err := weather.FindDrySpells(t.Context(), days, weather.Limits{DryBelow: tt.below, Spells: 3})
			require.NoError(t, err)
			require.Len(t, spells, 3)
			for i, want := range tt.want {
				assert.InDelta(t, want.Rain, spells[i].Rain, 0.001)
				want.Rain = spells[i].Rain
				assert.Equal(t, want, spells[i])
			}
		})
	}
}

func TestFindDrySpellsAtTheEdges(t *testing.T) {
	t.Parallel()

	spells, err := weather.FindDrySpells(t.Context(), nil, wet)
	require.NoError(t, err)
	assert.Empty(t, spells)
	spells, err = weather.FindDrySpells(t.Context(), []weather.Day{{Date: "2012-01-01"}, {Date: "2012-01-02", Rain: 1}, {Date: "2012-01-03"}}, wet)
	require.NoError(t, err)
	assert.Equal(t, []weather.Spell{
		{First: "2012-01-01", Last: "2012-01-01", Days: 1}, {First: "2012-01-03", Last: "2012-01-03", Days: 1},
	}, spells, "the earlier of two as long comes first, and the last day counts")
}

func TestFindRecords(t *testing.T) {
	t.Parallel()

	records, err := weather.FindRecords(t.Context(), observed(t))
	require.NoError(t, err)
	dates := func(days []weather.Day) []weather.Date {
		out := make([]weather.Date, len(days))
		for i, d := range days {
			out[i] = d.Date
		}
		return out
	}
	assert.Equal(t, []weather.Date{"2015-03-15", "2012-11-19", "2015-12-08", "2015-11-14", "2014-03-05"}, dates(records.Wettest))
	assert.Equal(t, []weather.Date{"2014-08-11", "2015-07-19", "2012-08-16", "2014-07-01", "2015-07-30"}, dates(records.Hottest))
	assert.Equal(t, []weather.Date{"2013-12-07", "2013-12-08", "2014-02-06", "2014-02-05", "2013-12-05"}, dates(records.Coldest))
	assert.InDelta(t, 55.9, records.Wettest[0].Rain, 0.001)
	assert.InDelta(t, 35.6, records.Hottest[0].High, 0.001)
	assert.InDelta(t, -7.1, records.Coldest[0].Low, 0.001)
}
