package week

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/quakes/data"
	"github.com/dagster-go/dagster/io/csv"
)

// Source says how the feed behaves.
type Source struct {
	Busy []string `json:"busy"`    // days for which the feed turns the first request away
	Wait int      `json:"wait_ms"` // how long it asks to wait then
}

var source = dagster.NewConfig("source", Source{Busy: []string{"2018-02-04"}, Wait: 50})

// feed is opened anew for every run, and so each run meets the same refusals.
var feed = dagster.NewResource("feed", dagster.From1(source, OpenFeed), nil, dagster.Description("The earthquakes, by day."))

// Feed answers like a service that limits its callers, from the data that comes with the program.
type Feed struct {
	source Source
	days   map[string][]Quake

	mu      sync.Mutex
	refused map[string]bool
}

// BusyError is the answer of a feed that has no time.
type BusyError struct {
	Day  string
	Wait time.Duration
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("day %s: too many requests, wait %v", e.Day, e.Wait)
}

// OpenFeed reads the data.
func OpenFeed(_ context.Context, from Source) (*Feed, error) {
	quakes, err := csv.Decode[Quake](strings.NewReader(data.Quakes))
	if err != nil {
		return nil, err
	}
	return &Feed{source: from, days: split(quakes, Quake.Date), refused: make(map[string]bool)}, nil
}

// Days are the days that the feed has, in order.
func (f *Feed) Days() []string { return slices.Sorted(maps.Keys(f.days)) }

// Day returns the events of a day, or a [*BusyError] to the first who asks for a busy one.
func (f *Feed) Day(date string) ([]Quake, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.source.Busy, date) && !f.refused[date] {
		f.refused[date] = true
		return nil, &BusyError{Day: date, Wait: time.Duration(f.source.Wait) * time.Millisecond}
	}
	return f.days[date], nil
}

// split sorts quakes by a key; those of one key stay in order.
func split(quakes []Quake, key func(Quake) string) map[string][]Quake {
	parts := make(map[string][]Quake)
	for _, q := range quakes {
		k := key(q)
		parts[k] = append(parts[k], q)
	}
	return parts
}
