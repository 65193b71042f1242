package weather

import (
	"errors"
	"iter"
	"math"

	"github.com/dagster-go/dagster"
)

// Limits say what counts as dry, hot and frost.
type Limits struct {
	DryBelow float64 `json:"dry_below_mm"` // a day with less is dry, one with more or as much is wet
	HotFrom  float64 `json:"hot_from_c"`   // a day with a high of that much is hot
	Spells   int     `json:"spells"`       // how many dry spells are kept
}

var limits = dagster.NewConfig("limits", Limits{DryBelow: 1, HotFrom: 30, Spells: 8})

// Validate refuses limits that would make no day wet, or keep no spell.
func (l Limits) Validate() error {
	if l.DryBelow <= 0 {
		return errors.New("dry_below_mm: must be above 0")
	}
	if l.Spells < 1 {
		return errors.New("spells: must be at least 1")
	}
	return nil
}

// Dry reports whether a day counts as dry.
func (l Limits) Dry(d Day) bool { return d.Rain < l.DryBelow }

// runs are the longest stretches of days that have the same key. The days are in order.
func runs[K comparable](days []Day, key func(Date) K) iter.Seq[[]Day] {
	return func(yield func([]Day) bool) {
		for len(days) > 0 {
			n := 1
			for n < len(days) && key(days[n].Date) == key(days[0].Date) {
				n++
			}
			if !yield(days[:n]) {
				return
			}
			days = days[n:]
		}
	}
}

// tenths rounds a sum to what was measured: tenths of a millimetre.
func tenths(v float64) float64 { return math.Round(v*10) / 10 }

// whole rounds for the eye, halves up: fmt would round 116.5 down and 105.5 up.
func whole(v float64) int { return int(math.Round(tenths(v))) }
