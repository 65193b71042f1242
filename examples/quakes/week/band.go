package week

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster"
)

// Band is the quakes of one region whose magnitudes begin with the same digit.
type Band struct {
	From   int     `json:"from"` // 4 for the magnitudes from 4.0 to 4.9; what is below 1 is in 0
	Count  int     `json:"count"`
	Energy float64 `json:"energy_j"`
	Depth  float64 `json:"mean_depth_km"`
}

var (
	byBand  = dagster.NewOp1("by_band", ByBand)
	measure = dagster.NewOp1("measure", Measure)
)

func band(q Quake) int { return max(0, int(q.Magnitude)) }

// ByBand sorts the quakes of a region by magnitude.
func ByBand(_ context.Context, r Region) (dagster.Dynamic[[]Quake], error) {
	return split(r.Quakes, func(q Quake) string { return fmt.Sprintf("m%d", band(q)) }), nil
}

// Measure sums up the quakes of a band.
func Measure(_ context.Context, quakes []Quake) (Band, error) {
	b := Band{From: band(quakes[0]), Count: len(quakes)}
	for _, q := range quakes {
		b.Energy += q.Energy()
		b.Depth += q.Depth / float64(len(quakes))
	}
	return b, nil
}
