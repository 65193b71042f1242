// Package weather is the weather of Seattle as assets: from the observations, by way of checked rows and summaries, to a
// report with a picture.
//
// Each file is about one noun: the asset, its types, and the function that makes it. The functions know nothing of
// runs: the tests call them like any other.
package weather

import "github.com/dagster-go/dagster"

// Definitions are all assets, checks and jobs of the package.
var Definitions = dagster.Defs{
	Raw, Days, Table, OneDay,
	Monthly, Kinds, Normals, Yearly, DrySpells, RecordDays,
	Chart, Page, Report,
	Plausible, Alike,
}

// OneDay reads the file again and makes a day of it, or some.
var OneDay = dagster.NewAssetJob("day", "+key:clean/days", dagster.Description("The file, and the days that the run is for."))
