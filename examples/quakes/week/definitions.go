// Package week makes a report of one week of earthquakes, as a job: ops that are wired to a graph.
//
// Each file is about one noun: its types, the functions that make it, and the ops that these become. The functions know
// nothing of runs: the tests call them like any other. graph.go wires the ops.
package week

import (
	"time"

	"github.com/dagster-go/dagster"
)

// Definitions are all jobs of the package.
var Definitions = dagster.Defs{Job}

// Job makes the report. The feed is asked for two days at once and no more; whatever fails is told.
var Job = dagster.NewJob(
	"week", Report,
	dagster.Description("A week of earthquakes: fetched by day, studied by region, and written as a page."),
	dagster.MaxRuntime(10*time.Minute), dagster.LimitTag("asks", "feed", 2),
	dagster.OnFailure(dagster.From1(Board, dagster.Do1(TellFailure))),
)
