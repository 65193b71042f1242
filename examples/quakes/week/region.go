package week

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Elsewhere is the region of quakes whose own region has too few.
const Elsewhere = "Elsewhere"

// Limits say what is many, and what is strong.
type Limits struct {
	Many   int     `json:"many"`    // a region with at least that many quakes is described on its own
	Strong float64 `json:"strong"`  // a region with a quake of at least that magnitude is studied
	Near   float64 `json:"near_km"` // what is that near to a strong quake belongs to it
}

var limits = dagster.NewConfig("limits", Limits{Many: 10, Strong: 6, Near: 100})

// Validate refuses limits that mean nothing.
func (l Limits) Validate() error {
	if l.Many < 1 || l.Near <= 0 {
		return errors.New("many, near_km: must be above 0")
	}
	return nil
}

// Region is the earthquakes of one region.
type Region struct {
	Name   string  `json:"name"`
	Quakes []Quake `json:"quakes"`
}

// Summary is what the report says of a region.
type Summary struct {
	Region  string  `json:"region"`
	Count   int     `json:"count"`
	Largest float64 `json:"largest"`
	Energy  float64 `json:"energy_j"`
	Bands   []Band  `json:"bands"`
	Story   Story   `json:"story"`
}

var (
	byRegion  = dagster.NewOp2("by_region", ByRegion)
	sumRegion = dagster.NewOp3("sum_region", SumRegion)
)

// ByRegion sorts the quakes by region. Those of small regions are taken together.
func ByRegion(ctx context.Context, quakes []Quake, l Limits) (dagster.Dynamic[Region], error) {
	regions := make(dagster.Dynamic[Region])
	count := make(map[string]int)
	for _, q := range quakes {
		count[q.Region()]++
	}
	for name, of := range split(quakes, func(q Quake) string {
		if count[q.Region()] < l.Many {
			return Elsewhere
		}
		return q.Region()
	}) {
		regions[strings.ToLower(strings.ReplaceAll(name, " ", "_"))] = Region{Name: name, Quakes: of}
	}
	dagster.AddMetadata(ctx, metadata.Int("regions", len(regions)))
	return regions, nil
}

// SumRegion sums up a region. It has one story, of the way that was taken.
func SumRegion(_ context.Context, r Region, bands []Band, stories []Story) (Summary, error) {
	if len(stories) != 1 {
		return Summary{}, errors.New("want the story of one way")
	}
	s := Summary{Region: r.Name, Count: len(r.Quakes), Largest: largest(r.Quakes).Magnitude, Bands: bands, Story: stories[0]}
	for _, b := range bands {
		s.Energy += b.Energy
	}
	return s, nil
}

// Order says how regions are ranked.
type Order struct {
	By   string `json:"by"`   // "count" or "energy"
	Keep int    `json:"keep"` // how many; 0 for all
}

var order = dagster.NewConfig("order", Order{By: "count"})

// Validate refuses an unknown order.
func (o Order) Validate() error {
	if o.By != "count" && o.By != "energy" {
		return errors.New(`by: want "count" or "energy"`)
	}
	return nil
}

var rank = dagster.NewOp2("rank", Rank)

// Rank puts the regions in order, the first being the most.
func Rank(_ context.Context, regions []Summary, o Order) ([]Summary, error) {
	ranked := slices.Clone(regions)
	slices.SortStableFunc(ranked, func(a, b Summary) int {
		if o.By == "energy" {
			return cmp.Compare(b.Energy, a.Energy)
		}
		return cmp.Compare(b.Count, a.Count)
	})
	if o.Keep > 0 {
		ranked = ranked[:min(o.Keep, len(ranked))]
	}
	return ranked, nil
}
