package week

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster"
)

// Routes are the ways that a region can take: one of them is there.
type Routes struct{ Strong, Quiet dagster.Maybe[Region] }

// Story is what there is to tell of a region.
type Story struct {
	Text   string `json:"text"`
	Strong bool   `json:"strong"`
	Before int    `json:"before"` // quakes near the largest one, and before it
	After  int    `json:"after"`
}

var (
	route = dagster.NewOp2("route", Route)
	study = dagster.NewOp2("study", Study)
	note  = dagster.NewOp1("note", Note)
)

// Route sends a region with a strong quake to be studied, and any other to be noted.
func Route(_ context.Context, r Region, l Limits) (Routes, error) {
	if largest(r.Quakes).Magnitude >= l.Strong {
		return Routes{Strong: dagster.Some(r)}, nil
	}
	return Routes{Quiet: dagster.Some(r)}, nil
}

// Study looks at what came near the largest quake, before it and after.
func Study(_ context.Context, r Region, l Limits) (Story, error) {
	most, s := largest(r.Quakes), Story{Strong: true}
	for _, q := range r.Quakes {
		switch {
		case q.ID == most.ID || q.Kilometres(most) > l.Near:
		case q.Time.Before(most.Time):
			s.Before++
		default:
			s.After++
		}
	}
	s.Text = fmt.Sprintf("Magnitude %.1f, %s, on %s. Within %.0f km: %d earlier in the week, %d after it.",
		most.Magnitude, most.Place, most.Time.UTC().Format("2 January 15:04 UTC"), l.Near, s.Before, s.After)
	return s, nil
}

// Note says what was largest.
func Note(_ context.Context, r Region) (Story, error) {
	most := largest(r.Quakes)
	return Story{Text: fmt.Sprintf("At most magnitude %.1f, %s.", most.Magnitude, most.Place)}, nil
}
