// Prepare makes earthquakes.csv of the package data from the file as it was published, which it reads from its standard
// input. How to call it is in the README of that package.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/dagster-go/dagster/io/csv"
)

// feature is what is kept of one event of the feed.
type feature struct {
	ID         string `json:"id"`
	Properties struct {
		Time      int64   `json:"time"` // milliseconds
		Magnitude float64 `json:"mag"`
		Type      string  `json:"type"`
		Place     string  `json:"place"`
	} `json:"properties"`
	Geometry struct {
		Coordinates [3]float64 `json:"coordinates"` // longitude, latitude, depth
	} `json:"geometry"`
}

// row is a line of the file that is made.
type row struct {
	Time      string  `csv:"time"`
	Latitude  float64 `csv:"latitude"`
	Longitude float64 `csv:"longitude"`
	Depth     float64 `csv:"depth_km"`
	Magnitude float64 `csv:"magnitude"`
	Type      string  `csv:"type"`
	Place     string  `csv:"place"`
	ID        string  `csv:"id"`
}

func main() {
	if err := prepare(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// prepare keeps every event, in the order of time.
func prepare(from io.Reader, to io.Writer) error {
	var feed struct {
		Features []feature `json:"features"`
	}
	if err := json.NewDecoder(from).Decode(&feed); err != nil {
		return fmt.Errorf("read the feed: %w", err)
	}
	if len(feed.Features) == 0 {
		return errors.New("read the feed: no events in it")
	}
	rows := make([]row, len(feed.Features))
	for i, f := range feed.Features {
		at, p := f.Geometry.Coordinates, f.Properties
		rows[i] = row{
			Time: time.UnixMilli(p.Time).UTC().Format("2006-01-02T15:04:05.000Z"), Latitude: at[1], Longitude: at[0], Depth: at[2],
			Magnitude: p.Magnitude, Type: p.Type, Place: p.Place, ID: f.ID,
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
	return csv.Encode(to, rows)
}
