package dagster_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

func TestScheduleMistakes(t *testing.T) {
	t.Parallel()

	job, days := scheduledJob("j"), dagster.DailyPartitions("2024-01-01")
	divided := func(p *dagster.Partitions) *dagster.Job { return scheduledJob("divided", dagster.Partitioned(p)) }
	hours, weeks, months := dagster.HourlyPartitions("2024-01-01-00:00"), dagster.WeeklyPartitions("2024-01-01"), dagster.MonthlyPartitions("2024-01-01")
	cities := dagster.StaticPartitions("eu", "us")
	a := dagster.NewAsset("a", dagster.From(number(1)))
	cfg := dagster.NewConfig("unused", bounds{})
	decide := func(context.Context) ([]dagster.RunRequest, error) { return nil, nil }
	at := func(cron string, opts ...dagster.ScheduleOption) *dagster.Schedule {
		return dagster.NewSchedule("s", cron, job, opts...)
	}
	of := func(p *dagster.Partitions, opts ...dagster.ScheduleOption) *dagster.Schedule {
		return dagster.NewPartitionSchedule("s", divided(p), opts...)
	}
	tests := []struct {
		name string
		def  dagster.Definition
		want string
	}{
		{"empty name", dagster.NewSchedule("", "@daily", job), `schedule "": name: empty`},
		{"odd name", dagster.NewSchedule("a b", "@daily", job), `schedule "a b": name: only letters`},
		{"nil job", dagster.NewSchedule("s", "@daily", nil), `schedule "s": nil job`},
		{"nil job of partitions", dagster.NewPartitionSchedule("s", nil), `schedule "s": nil job`},
		{"nil option", at("@daily", nil), "nil option"},
		{"bad cron", at("60 * * * *"), `parse cron "60 * * * *": minute "60": want 0-59`},
		{"impossible cron", at("0 0 31 4 *"), `parse cron "0 0 31 4 *": no year has such a day`},
		{"no cron", at(""), "5 fields"},
		{"another bad cron", at("@daily", dagster.AlsoAt("x")), `parse cron "x"`},
		{"unknown zone", at("@daily", dagster.TimeZone("Europe/Berlim")), `time zone "Europe/Berlim": unknown time zone`},
		{"local zone", at("@daily", dagster.TimeZone("Local")), `time zone "Local": want a name that is the same everywhere`},
		{"zone twice", at("@daily", dagster.TimeZone("UTC"), dagster.TimeZone("UTC")), "time zone: given twice"},
		{"running twice", at("@daily", dagster.Running(), dagster.Running()), "running: given twice"},
		{"moved", at("@daily", dagster.AtHour(3)), "at hour: its cron says when it fires; only one that comes from partitions is moved"},
		{"nil function", at("@daily", dagster.Requests(nil)), "nil body"},
		{"asset", at("@daily", dagster.Requests(dagster.From1(a, func(context.Context, int) ([]dagster.RunRequest, error) { return nil, nil }))), `requests: it takes asset "a": a schedule takes resources, configs and constants`},
		{"owner", at("@daily", dagster.Owners("joe")), `owner "joe": give an email address`},
		{"empty config", at("@daily", (*dagster.Config[bounds])(nil).Set(bounds{})), "set config: nil"},
		{"unused config", at("@daily", cfg.Set(bounds{})), `set config "unused": unknown config: nothing in the repository uses it`},

		{"function of partitions", of(days, dagster.Requests(dagster.From(decide))), "requests: its partitions say what it requests"},
		{"no partitions", dagster.NewPartitionSchedule("s", job), `job "j" has no partitions: give it some with Partitioned`},
		{"dynamic", of(dagster.DynamicPartitions("customers")), `dynamic partitions "customers" have no times`},
		{"static without cron", of(cities), "static partitions have no times: say with AlsoAt when to run them"},
		{"static moved", of(cities, dagster.AlsoAt("@daily"), dagster.AtHour(3)), "at hour: static partitions have no cron that could be moved"},
		{"cron of days", of(days, dagster.AlsoAt("@daily")), "also at: its partitions say when it fires"},
		{"zone of days", of(days, dagster.TimeZone("UTC")), "time zone: it is that of its partitions"},
		{"no dimension of time", of(dagster.MultiPartitions(dagster.Dimensions{"a": cities, "b": cities})), "of the job's dimensions 0 are time, want one"},
		{"two of time", of(dagster.MultiPartitions(dagster.Dimensions{"a": days, "b": hours})), "of the job's dimensions 2 are time, want one"},
		{"hour of hours", of(hours, dagster.AtHour(3)), "at hour: the partitions are hourly"},
		{"weekday of days", of(days, dagster.OnWeekday(time.Monday)), "on weekday: the partitions are daily"},
		{"day of days", of(days, dagster.OnDay(3)), "on day: the partitions are daily"},
		{"both days", of(weeks, dagster.OnDay(3), dagster.OnWeekday(time.Monday)), "on weekday, on day: only one of them can be"},
		{"hour 24", of(days, dagster.AtHour(24)), `parse cron "0 24 * * *": hour "24"`},
		{"minute -1", of(days, dagster.AtMinute(-1)), `minute "-1"`},
		{"minute twice", of(days, dagster.AtMinute(1), dagster.AtMinute(2)), "at minute: given twice"},
		{"day 31", of(months, dagster.OnDay(31)), "on day: 31: not every month has that day"},
		{"another cron", of(dagster.CronPartitions("0 */6 * * *", "2024-01-01-00", dagster.KeyFormat("%Y-%m-%d-%H")), dagster.AtMinute(3)), `at minute: cron "0 */6 * * *" is not one time of each hour, day, week or month`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			err := dagster.NewRepository("r", tt.def).Validate()
			require.ErrorContains(t, err, tt.want)
			assert.Contains(t, err.Error(), "schedule_validate_test.go:", "the line is named")
			assert.Len(t, mistakes(t, err), 1, "%v", err)
		})
	}
}

func TestScheduleNamesAreTaken(t *testing.T) {
	t.Parallel()

	job := scheduledJob("j")
	first := dagster.NewSchedule("s", "@daily", job)
	second := dagster.NewSchedule("s", "bad", job)
	require.NoError(t, dagster.NewRepository("r", first, first, dagster.Defs{first}).Validate())
	err := dagster.NewRepository("r", first, second, (*dagster.Schedule)(nil)).Validate()
	assert.Len(t, mistakes(t, err), 3)
	require.ErrorContains(t, err, "name: taken by the schedule declared at")
}

func TestSchedulesAreDescribed(t *testing.T) {
	t.Parallel()

	cfg := dagster.NewConfig("limits", bounds{})
	shelf := dagster.NewResource("shelf", dagster.From1(cfg, func(context.Context, bounds) (int, error) { return 1, nil }), nil)
	decide := func(context.Context, int) ([]dagster.RunRequest, error) { return nil, nil }
	s := dagster.NewSchedule("early", "0 2 * * *", scheduledJob("nightly"), dagster.AlsoAt("30 14 * * fri"), dagster.TimeZone("Europe/Berlin"),
		dagster.Running(), dagster.Description("Before work."), dagster.Tags(map[string]string{"team": "x"}), dagster.Owners("team:x"),
		dagster.Requests(dagster.From1(shelf, decide)))
	p := dagster.NewPartitionSchedule("days", scheduledJob("daily", dagster.Partitioned(dagster.DailyPartitions("2024-01-01"))))
	repo := dagster.NewRepository("r", s, p)
	infos, err := repo.Schedules()
	require.NoError(t, err)
	require.Len(t, infos, 2)
	early := infos[0]
	assert.Equal(t, "early", early.Name)
	assert.Equal(t, "nightly", early.Job)
	assert.Equal(t, []string{"0 2 * * *", "30 14 * * fri"}, early.Crons)
	assert.Equal(t, "Europe/Berlin", early.TimeZone)
	assert.True(t, early.Running)
	assert.Equal(t, "Before work.", early.Description)
	assert.Equal(t, map[string]string{"team": "x"}, early.Tags)
	assert.Equal(t, []string{"team:x"}, early.Owners)
	assert.Equal(t, []string{"limits"}, early.Configs)
	assert.Equal(t, []string{"shelf"}, early.Resources)
	assert.Contains(t, early.File, "schedule_validate_test.go")

	var ticks []string
	for at := range early.Ticks(time.Date(2024, 3, 29, 12, 0, 0, 0, time.UTC)) {
		if ticks = append(ticks, at.Format(time.RFC3339)); len(ticks) == 3 {
			break
		}
	}
	assert.Equal(t, []string{"2024-03-29T14:30:00+01:00", "2024-03-30T02:00:00+01:00", "2024-03-31T03:00:00+02:00"}, ticks)
	assert.Equal(t, []string{"0 0 * * *"}, infos[1].Crons)
	assert.True(t, infos[1].Partitioned)
	assert.False(t, infos[1].Running)
	assert.Empty(t, slices.Collect(new(dagster.ScheduleInfo).Ticks(time.Now())))

	jobs, err := repo.Jobs()
	require.NoError(t, err)
	assert.Equal(t, "nightly", jobs[0].Name, "the job comes along")

	_, err = dagster.NewRepository("", s).Schedules()
	require.Error(t, err)
}
