package week

import (
	"math"
	"strings"
	"time"
)

// Quake is an event of the feed.
type Quake struct {
	Time      time.Time `csv:"time" json:"time"`
	Latitude  float64   `csv:"latitude" json:"latitude"`
	Longitude float64   `csv:"longitude" json:"longitude"`
	Depth     float64   `csv:"depth_km" json:"depth_km"`
	Magnitude float64   `csv:"magnitude" json:"magnitude"`
	Type      string    `csv:"type" json:"type"` // "earthquake", or what else shakes the ground
	Place     string    `csv:"place" json:"place"`
	ID        string    `csv:"id" json:"id"`
}

// Date is the day of the quake, in UTC: 2018-02-04.
func (q Quake) Date() string { return q.Time.UTC().Format(time.DateOnly) }

// Region is the last part of the place: "22km NNE of Hualian, Taiwan" is in Taiwan. At sea it is the place itself.
func (q Quake) Region() string {
	region := q.Place[strings.LastIndex(q.Place, ",")+1:]
	switch region = strings.TrimSpace(region); region {
	case "CA":
		return "California"
	case "MX":
		return "Mexico"
	}
	return region
}

// Energy is what the quake radiated, in joules, by the rule of Gutenberg and Richter.
func (q Quake) Energy() float64 { return math.Pow(10, 1.5*q.Magnitude+4.8) }

// Kilometres is how far two quakes are apart on the ground.
func (q Quake) Kilometres(other Quake) float64 {
	const radius, degree = 6371, math.Pi / 180
	north := math.Sin((other.Latitude - q.Latitude) * degree / 2)
	east := math.Sin((other.Longitude - q.Longitude) * degree / 2)
	h := north*north + math.Cos(q.Latitude*degree)*math.Cos(other.Latitude*degree)*east*east
	return 2 * radius * math.Asin(math.Sqrt(h))
}

// largest is the quake with the greatest magnitude, the first of several.
func largest(quakes []Quake) Quake {
	var most Quake
	for i, q := range quakes {
		if i == 0 || q.Magnitude > most.Magnitude {
			most = q
		}
	}
	return most
}
