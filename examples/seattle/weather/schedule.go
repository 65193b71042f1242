package weather

import "github.com/dagster-go/dagster"

// Refresh is a job that makes all of the report again.
var Refresh = dagster.NewAssetJob("refresh", "*", dagster.Description("Makes the report again, from the observations on."))

// Morning has the report ready before people leave the house, on their clock.
var Morning = dagster.NewSchedule(
	"morning", "0 6 * * *", Refresh, dagster.TimeZone("America/Los_Angeles"),
	dagster.Description("The report, ready for breakfast."),
)
