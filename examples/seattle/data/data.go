// Package data holds the daily weather of Seattle from 2012 to 2015. README.md says where it comes from.
package data

import _ "embed"

// Weather is the file seattle-weather.csv: one line a day, below a line of column names.
//
//go:embed seattle-weather.csv
var Weather string
