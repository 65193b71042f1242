package week

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/dagster-go/dagster"
)

// Fit says how much rarer larger quakes are in a region: by the rule of Gutenberg and Richter, 10 to the power of B times
// for each whole magnitude.
type Fit struct {
	Region string  `json:"region"`
	From   float64 `json:"from"` // the magnitude from which on no quake is missed
	Count  int     `json:"count"`
	B      float64 `json:"b"`
	Error  float64 `json:"error"`
}

var (
	only     = dagster.NewOp2("only", Only)
	complete = dagster.NewOp1("complete", Complete)
	fit      = dagster.NewOp3("fit", FitMagnitudes)
)

// Only are the quakes of a region.
func Only(_ context.Context, quakes []Quake, region string) ([]Quake, error) {
	return slices.DeleteFunc(slices.Clone(quakes), func(q Quake) bool { return q.Region() != region }), nil
}

// bin is a magnitude in tenths, halves up.
func bin(q Quake) int { return int(math.Floor(q.Magnitude*10 + 0.5)) }

// Complete is the magnitude from which on the network misses none: two tenths above the most frequent one, as is usual.
func Complete(_ context.Context, quakes []Quake) (float64, error) {
	count := make(map[int]int)
	most := 0
	for _, q := range quakes {
		count[bin(q)]++
	}
	for b, n := range count {
		if n > count[most] || n == count[most] && b < most {
			most = b
		}
	}
	return float64(most+2) / 10, nil
}

// FitMagnitudes is Aki's estimate from the quakes of at least the given magnitude, with its standard error.
func FitMagnitudes(_ context.Context, region string, quakes []Quake, from float64) (Fit, error) {
	f, sum := Fit{Region: region, From: from}, 0
	low := int(math.Round(from * 10))
	for _, q := range quakes {
		if bin(q) >= low {
			f.Count++
			sum += bin(q)
		}
	}
	if f.Count < 10 {
		return Fit{}, fmt.Errorf("%s: %d quakes from magnitude %.1f on: too few", region, f.Count, from)
	}
	mean := float64(sum) / 10 / float64(f.Count)
	f.B = math.Log10E / (mean - from + 0.05)
	f.Error = f.B / math.Sqrt(float64(f.Count))
	return f, nil
}
