package weather

import "github.com/dagster-go/dagster"

// Refresh is a job that makes the report again, of the days and months that are there.
var Refresh = dagster.NewAssetJob("refresh", dagster.Select(Table, Normals, Yearly, DrySpells, RecordDays, Chart, Page, Report),
	dagster.Description("Makes the report again, of the days and months that are there."))

// Morning has the report ready before people leave the house, on their clock.
var Morning = dagster.NewSchedule(
	"morning", "0 6 * * *", Refresh, dagster.TimeZone("America/Los_Angeles"),
	dagster.Description("The report, ready for breakfast."),
)
