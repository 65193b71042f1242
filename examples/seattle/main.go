// Seattle makes a report of four years of weather, with everything on the way kept and recorded:
//
//	go run ./examples/seattle asset materialize --partitions all --single-run
package main

import (
	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/examples/seattle/weather"
)

func main() {
	cli.Main(dagster.NewRepository(
		"seattle", weather.Definitions, weather.Morning, weather.Months,
		dagster.Defaults(dagster.Owners("team:weather"), dagster.Tags(map[string]string{"city": "seattle"})),
	))
}
