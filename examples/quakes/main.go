// Quakes is a job that makes a report of one week of earthquakes:
//
//	go run ./examples/quakes job execute week
package main

import (
	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/examples/quakes/week"
)

func main() { cli.Main(dagster.NewRepository("quakes", week.Definitions)) }
