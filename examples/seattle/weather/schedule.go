package weather

import "github.com/dagster-go/dagster"

// Refresh is a job that makes the report again, of the days and months that are there.
var Refresh = dagster.NewAssetJob("refresh", dagster.Select(Table, Normals, Yearly, DrySpells, RecordDays, Chart, Page, Report),
	dagster.Description("Makes the report again, of the days and months that are there."))

// Months makes a month of the summaries as soon as it is over, and the days of it are there.
var Months = dagster.NewPartitionSchedule(
	"months", dagster.NewAssetJob("month", dagster.Select(Monthly), dagster.Description("The summary of one month, of its days.")), dagster.AtHour(4),
	dagster.Description("Last month's summary, in the first night of a month."),
)

// Morning has the report ready before people leave the house, on their clock.
var Morning = dagster.NewSchedule(
	"morning", "0 6 * * *", Refresh, dagster.TimeZone("America/Los_Angeles"),
	dagster.Description("The report, ready for breakfast."),
)
