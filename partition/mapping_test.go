package partition_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/partition"
)

// adjoint checks that both directions say the same: a downstream key needs an upstream key just when it is among
// those that need that key.
func adjoint(t *rapid.T, link partition.Link, up, down partition.Set) {
	needs := map[string][]string{}
	for key := range down.Keys() {
		one, err := down.Of(key)
		require.NoError(t, err)
		found, _ := link.Up(one)
		for k := range found.Keys() {
			needs[k] = append(needs[k], key)
		}
	}
	for key := range up.Keys() {
		one, err := up.Of(key)
		require.NoError(t, err)
		require.Equal(t, needs[key], slices.Collect(link.Down(one).Keys()), "below %q", key)
	}
}

// additive checks that mapping a subset is mapping its keys.
func additive(t *rapid.T, link partition.Link, up, down partition.Set, of partition.Subset) {
	found, missing := link.Up(of)
	all, lost := up.None(), map[string]bool{}
	for key := range of.Keys() {
		one, err := down.Of(key)
		require.NoError(t, err)
		some, gone := link.Up(one)
		all = all.Union(some)
		for k := range gone.Keys() {
			lost[k] = true
		}
	}
	require.True(t, found.Equal(all), "%s needs %s, its keys %s", of, found, all)
	require.Equal(t, len(lost), missing.Count())
	require.Equal(t, len(lost) == 0, missing.Empty())
	for key := range missing.Keys() {
		require.True(t, lost[key], key)
		require.False(t, up.Has(key))
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()

	formats := map[partition.Every]string{partition.Hourly: "-04:00"}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones()).Draw(t, "zone")
		draw := func(name string) partition.Set {
			every := rapid.SampledFrom([]partition.Every{partition.Hourly, partition.Daily, partition.Daily, partition.Weekly}).Draw(t, name)
			c := partition.WindowConfig{Every: every, Zone: zone, Start: fmt.Sprintf("2024-03-%02d", rapid.IntRange(5, 12).Draw(t, "day")) + formats[every]}
			if every != partition.Hourly {
				c.Hour = rapid.SampledFrom([]int{0, 0, 3, 22}).Draw(t, "hour")
			}
			if rapid.Bool().Draw(t, "exclude") {
				c.Exclude = []string{"0 0 * * 0,6", "0 5-8 * * *"}
			}
			d, err := partition.Windows(c)
			if err != nil {
				t.Skip(err.Error())
			}
			return d.At(time.Date(2024, 4, 9, 12, 0, 0, 0, time.UTC), nil)
		}
		up, down := draw("up"), draw("down")
		start := rapid.IntRange(-2, 2).Draw(t, "start")
		m := partition.Overlap(start, rapid.IntRange(start, 3).Draw(t, "end"))
		link, err := m.Link(up, down)
		require.NoError(t, err)
		if down.Count() == 0 || up.Count() == 0 {
			return
		}
		from := rapid.IntRange(0, down.Count()-1).Draw(t, "from")
		a, _ := down.Nth(from)
		b, _ := down.Nth(min(from+rapid.IntRange(0, 60).Draw(t, "length"), down.Count()-1))
		some, err := down.Range(a, b)
		require.NoError(t, err)
		additive(t, link, up, down, some)
		if up.Count() < 60 && down.Count() < 60 {
			adjoint(t, link, up, down)
		}
		needsBySharedTime(t, m, up, down, link)
	})
}

// needsBySharedTime compares a mapping without offsets with the windows themselves.
func needsBySharedTime(t *rapid.T, m partition.Mapping, up, down partition.Set, link partition.Link) {
	if m.String() != "overlap from +0 to +0" {
		return
	}
	n := rapid.IntRange(0, down.Count()-1).Draw(t, "one")
	key, _ := down.Nth(n)
	one, err := down.Of(key)
	require.NoError(t, err)
	got, _ := link.Up(one)
	w, err := down.Definition().WindowOf(key)
	require.NoError(t, err)
	var want []string
	for k := range up.Keys() {
		v, err := up.Definition().WindowOf(k)
		require.NoError(t, err)
		if v.Start.Before(w.End) && w.Start.Before(v.End) {
			want = append(want, k)
		}
	}
	require.Equal(t, want, slices.Collect(got.Keys()))
}

func TestMappingsAreAdjoint(t *testing.T) {
	t.Parallel()

	all := worlds(t)
	two, three, days, regions := all["two"], all["three"], all["windows"], static(t, "us", "eu", "", "a b", "ä", `q"t`, "x.").At(time.Time{}, nil)
	numbers := static(t, "1", "2", "3").At(time.Time{}, nil)
	tests := map[string]struct {
		mapping  partition.Mapping
		up, down partition.Set
	}{
		"identity":             {partition.Identity(), all["static"].set, static(t, "k", "z", "a").At(time.Time{}, nil)},
		"identity of products": {partition.Identity(), two.set, two.set},
		"all":                  {partition.All(), days.set, numbers},
		"last":                 {partition.Last(), two.set, numbers},
		"specific":             {partition.Specific("1", "3"), numbers, two.set},
		"table":                {partition.Table(map[string][]string{"1": {"us", "eu"}, "2": {"us"}, "3": {"ä"}}), numbers, regions},
		"dimension of up":      {partition.Dimensional(""), three.set, days.set},
		"dimension of down":    {partition.Dimensional("region"), regions, two.set},
		"by dimension": {partition.ByDimension(map[string]partition.DimensionMapping{
			"day": {Dimension: "day", Mapping: partition.Overlap(-1, 0)}, "region": {Dimension: "region"},
		}), two.set, three.set},
		"two dimensions by one": {partition.ByDimension(map[string]partition.DimensionMapping{
			"customer": {Dimension: "day", Mapping: partition.Func(odd, everyDay(days.set))}, "day": {Dimension: "day"},
		}), three.set, two.set},
		"function": {partition.Func(odd, everyDay(days.set)), all["dynamic"].set, days.set},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			link, err := tt.mapping.Link(tt.up, tt.down)
			require.NoError(t, err)
			keys := slices.Collect(tt.down.Keys())
			once := false
			rapid.Check(t, func(t *rapid.T) {
				if !once {
					adjoint(t, link, tt.up, tt.down)
				}
				once = true
				some, err := tt.down.Of(rapid.SliceOf(rapid.SampledFrom(keys)).Draw(t, "keys")...)
				require.NoError(t, err)
				additive(t, link, tt.up, tt.down, some)
			})
		})
	}
}

// odd names a customer by the day, and one that does not exist.
func odd(day string) []string {
	if strings.ContainsAny(day[len(day)-1:], "13579") {
		return []string{"ann", "nobody"}
	}
	return []string{"zoe"}
}

// everyDay is the other direction of odd.
func everyDay(days partition.Set) func(string) []string {
	return func(customer string) []string {
		var list []string
		for day := range days.Keys() {
			if slices.Contains(odd(day), customer) {
				list = append(list, day)
			}
		}
		return list
	}
}

func TestMappingDoesNotFit(t *testing.T) {
	t.Parallel()

	day := windows(t, partition.WindowConfig{Every: partition.Daily, Start: "2025-01-01"})
	berlin := windows(t, partition.WindowConfig{Every: partition.Daily, Start: "2025-01-01", Zone: "Europe/Berlin"})
	letters := static(t, "a", "b")
	product, err := partition.Multi(map[string]partition.Definition{"x": letters, "y": letters})
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		mapping  partition.Mapping
		up, down partition.Definition
	}{
		"identity of two kinds":      {partition.Identity(), day, letters},
		"overlap of letters":         {partition.Overlap(0, 0), day, letters},
		"overlap of zones":           {partition.Overlap(0, 0), day, berlin},
		"overlap the wrong way":      {partition.Overlap(1, 0), day, day},
		"unknown key in a table":     {partition.Table(map[string][]string{"z": {"a"}}), letters, letters},
		"unknown value in a table":   {partition.Table(map[string][]string{"a": {"z"}}), letters, letters},
		"two dimensions match":       {partition.Dimensional(""), product, letters},
		"no such dimension":          {partition.Dimensional("z"), product, letters},
		"no product":                 {partition.Dimensional(""), day, letters},
		"unknown upstream dimension": {partition.ByDimension(map[string]partition.DimensionMapping{"z": {Dimension: "x"}}), product, product},
		"inner mapping":              {partition.ByDimension(map[string]partition.DimensionMapping{"x": {Dimension: "x", Mapping: partition.Overlap(0, 0)}}), product, product},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			assert.ErrorIs(t, tt.mapping.Check(tt.up, tt.down), partition.ErrMapping)
		})
	}
}

func TestUnpartitioned(t *testing.T) {
	t.Parallel()

	none := partition.Definition{}.At(benchNow(), nil)
	assert.Equal(t, 1, none.Count())
	days := windows(t, partition.WindowConfig{Every: partition.Daily, Start: "2025-06-01"}).At(benchNow(), nil)
	link, err := partition.Infer(days.Definition(), none.Definition()).Link(days, none)
	require.NoError(t, err)
	found, _ := link.Up(none.All())
	assert.True(t, found.Equal(days.All()))
	assert.True(t, link.Down(found).Equal(none.All()))
}

func ExampleOverlap() {
	hours := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Hourly, Start: "2024-03-31-06:00", Zone: "Europe/Berlin"}))
	days := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2024-03-31", Zone: "Europe/Berlin"}))
	now := time.Date(2024, 4, 3, 0, 0, 0, 0, time.UTC)
	link, err := partition.Overlap(0, 0).Link(hours.At(now, nil), days.At(now, nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	march, err := days.At(now, nil).Of("2024-03-31")
	found, missing := link.Up(march)
	fmt.Println(found, err)
	fmt.Println(slices.Collect(missing.Keys()))
	// Output:
	// [2024-03-31-06:00...2024-03-31-23:00] <nil>
	// [2024-03-31-00:00 2024-03-31-01:00 2024-03-31-03:00 2024-03-31-04:00 2024-03-31-05:00]
}

func ExampleInfer() {
	day := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2024-01-01"}))
	region := partition.Must(partition.Static("eu", "us"))
	cell := partition.Must(partition.Multi(map[string]partition.Definition{"day": day, "region": region}))
	fmt.Println(partition.Infer(day, day))
	fmt.Println(partition.Infer(cell, region))
	fmt.Println(partition.Infer(cell, partition.Definition{}))
	// Output:
	// overlap from +0 to +0
	// dimension
	// all
}
