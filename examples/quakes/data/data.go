// Package data holds the earthquakes of one week of 2018. README.md says where they come from.
package data

import _ "embed"

// Quakes is the file earthquakes.csv: one line for each event, below a line of column names.
//
//go:embed earthquakes.csv
var Quakes string
