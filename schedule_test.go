package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// scheduledJob is a job of one op.
func scheduledJob(name string, opts ...dagster.JobOption) *dagster.Job {
	one := dagster.NewOp("one", number(1))
	return dagster.NewJob(name, dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return one.In(s) }), opts...)
}

// requesting is a schedule whose function returns this.
func requesting(job *dagster.Job, err error, requests ...dagster.RunRequest) *dagster.Schedule {
	decide := func(context.Context) ([]dagster.RunRequest, error) { return requests, err }
	return dagster.NewSchedule("asks", "0 6 * * *", job, dagster.Requests(dagster.From(decide)))
}

func evaluated(t *testing.T, s *dagster.Schedule, opts ...dagster.RunOption) dagster.ScheduleResult {
	t.Helper()

	r, err := s.Evaluate(t.Context(), dagster.TickInfo{At: time.Date(2024, 3, 5, 6, 0, 0, 0, time.UTC)}, opts...)
	require.NoError(t, err)
	return r
}

func TestScheduleWithoutFunctionRequestsItsJob(t *testing.T) {
	t.Parallel()

	job := scheduledJob("nightly", dagster.Tags(map[string]string{"job": "yes"}))
	s := dagster.NewSchedule("early", "30 2 * * *", job, dagster.Tags(map[string]string{"team": "x"}))
	r := evaluated(t, s)
	assert.Empty(t, r.Skip)
	require.Len(t, r.Requests, 1)
	assert.Equal(t, "nightly", r.Requests[0].Job.Name())
	assert.Equal(t, map[string]string{"team": "x", "dagster/schedule_name": "early"}, r.Requests[0].Tags)
}

type bounds struct {
	Most  int            `json:"most"`
	Token dagster.Secret `json:"token"`
}

// The function has the tick, resources and configs; the schedule's values and tags are in each request.
func TestScheduleAsksItsFunction(t *testing.T) {
	t.Parallel()

	var closed []string
	cfg := dagster.NewConfig("limits", bounds{Most: 1})
	other := dagster.NewConfig("other", bounds{Most: 10})
	shelf := dagster.NewResource("shelf", dagster.From(func(context.Context) (string, error) { return "opened", nil }),
		func(v string) error { closed = append(closed, v); return nil })
	decide := func(ctx context.Context, on string, l bounds) ([]dagster.RunRequest, error) {
		at := dagster.Tick(ctx).At
		own := []dagster.ConfigValue{cfg.Set(bounds{Most: 9})}
		return []dagster.RunRequest{
			{Key: on + at.Format(time.RFC3339), Tags: map[string]string{"why": "x", "team": "own"}, Config: own},
			{Key: "second", Tags: map[string]string{"most": string(rune('0' + l.Most))}},
		}, nil
	}
	s := dagster.NewSchedule("asks", "0 6 * * *", scheduledJob("j"), dagster.TimeZone("Europe/Berlin"),
		dagster.Tags(map[string]string{"team": "x"}), cfg.Set(bounds{Most: 3, Token: dagster.Env("TOKEN")}), other.Set(bounds{}),
		dagster.Requests(dagster.From2(shelf, cfg, decide)))
	r := evaluated(t, s)
	require.Len(t, r.Requests, 2)
	assert.Equal(t, []string{"opened"}, closed)
	first, second := r.Requests[0], r.Requests[1]
	assert.Equal(t, "opened2024-03-05T07:00:00+01:00", first.Key, "the tick is on the schedule's clock")
	assert.Equal(t, map[string]string{"team": "own", "why": "x", "dagster/schedule_name": "asks"}, first.Tags)
	assert.Equal(t, map[string]string{"team": "x", "most": "3", "dagster/schedule_name": "asks"}, second.Tags)

	config, err := first.RunConfig()
	require.NoError(t, err)
	assert.JSONEq(t, `{"config": {"limits": {"most": 9, "token": null}, "other": {"most": 0, "token": null}}}`, string(config))
	config, err = second.RunConfig()
	require.NoError(t, err)
	assert.JSONEq(t, `{"config": {"limits": {"most": 3, "token": {"env": "TOKEN"}}, "other": {"most": 0, "token": null}}}`, string(config))

	r = evaluated(t, s, shelf.Replace("fake"), cfg.Set(bounds{Most: 7}))
	assert.Equal(t, "fake2024-03-05T07:00:00+01:00", r.Requests[0].Key)
	assert.Equal(t, "7", r.Requests[1].Tags["most"], "the option goes before the schedule's own value")
	assert.Equal(t, []string{"opened"}, closed, "what is replaced is neither opened nor closed")
}

func TestScheduleSkips(t *testing.T) {
	t.Parallel()

	job := scheduledJob("j")
	assert.Equal(t, "its function requested nothing", evaluated(t, requesting(job, nil)).Skip)
	assert.Equal(t, "holiday", evaluated(t, requesting(job, dagster.SkipTick("holiday"))).Skip)
	assert.Equal(t, "no reason given", evaluated(t, requesting(job, dagster.SkipTick(""))).Skip)
	assert.Equal(t, "holiday", evaluated(t, requesting(job, dagster.SkipTick("holiday"), dagster.RunRequest{})).Skip, "with an error nothing else counts")
	wrapped := errors.Join(errors.New("calendar"), dagster.SkipTick("holiday"))
	assert.Equal(t, "holiday", evaluated(t, requesting(job, wrapped)).Skip)
}

func TestScheduleEvaluationErrors(t *testing.T) {
	t.Parallel()

	job, days := scheduledJob("j"), dagster.DailyPartitions("2024-01-01")
	divided := scheduledJob("divided", dagster.Partitioned(days))
	cfg := dagster.NewConfig("limits", bounds{})
	fail := dagster.NewResource("fail", dagster.From(func(context.Context) (int, error) { return 0, errors.New("no such host") }), nil)
	stuck := dagster.NewResource("stuck", dagster.From(number(1)), func(int) error { return errors.New("lost") })
	asks := func(r *dagster.Resource[int]) *dagster.Schedule {
		return dagster.NewSchedule("asks", "0 6 * * *", job, dagster.Requests(dagster.From1(r, func(context.Context, int) ([]dagster.RunRequest, error) { return nil, nil })))
	}
	panics := func(context.Context) ([]dagster.RunRequest, error) { panic("oh no") }
	tests := []struct {
		name     string
		schedule *dagster.Schedule
		options  []dagster.RunOption
		want     string
	}{
		{"nil", nil, nil, "evaluate schedule: nil"},
		{"an error", requesting(job, errors.New("no")), nil, `evaluate schedule "asks": no`},
		{"a panic", dagster.NewSchedule("asks", "0 6 * * *", job, dagster.Requests(dagster.From(panics))), nil, `evaluate schedule "asks": panic: oh no`},
		{"a resource that does not open", asks(fail), nil, `evaluate schedule "asks": open resource "fail": no such host`},
		{"a resource that does not close", asks(stuck), nil, `evaluate schedule "asks": close resource "stuck": lost`},
		{"no key", requesting(job, nil, dagster.RunRequest{Key: "a"}, dagster.RunRequest{}), nil, "request 2: no run key: each of several requests needs one"},
		{"one key twice", requesting(job, nil, dagster.RunRequest{Key: "a"}, dagster.RunRequest{Key: "b"}, dagster.RunRequest{Key: "a"}), nil, `request 3: run key "a": taken by request 1`},
		{"a partition of nothing", requesting(job, nil, dagster.RunRequest{Partition: "a"}), nil, `request 1: partition "a": job "j" has no partitions`},
		{"a partition to come", requesting(divided, nil, dagster.RunRequest{Partition: "2024-03-05"}), nil, `request 1: partition "2024-03-05" of job "divided": there is no such at 2024-03-05T06:00:00Z, but 64 from "2024-01-01" to "2024-03-04"`},
		{"no partition", requesting(divided, nil, dagster.RunRequest{}), nil, `request 1: no partition: job "divided" is partitioned, and a run of it is for one`},
		{"assets of ops", requesting(job, nil, dagster.RunRequest{Select: "a"}), nil, `request 1: select "a": job "j" has no assets`},
		{"no handle", requesting(job, nil, dagster.RunRequest{Job: new(dagster.Job)}), nil, "request 1: job: nil"},
		{"an empty config value", requesting(job, nil, dagster.RunRequest{Config: make([]dagster.ConfigValue, 1)}), nil, "request 1: set config: nil"},
		{"another resource", requesting(job, nil), []dagster.RunOption{fail.Replace(1)}, `replace resource "fail": unknown resource: nothing here uses it`},
		{"another config", requesting(job, nil), []dagster.RunOption{cfg.Set(bounds{})}, `set config "limits": unknown config: nothing here uses it`},
		{"an option of runs", requesting(job, nil), []dagster.RunOption{dagster.RunTags(map[string]string{"a": "b"})}, "options: want replacements of resources, config values and an instance; others are a run's"},
		{"a wrong schedule", dagster.NewSchedule("asks", "x", job), nil, `evaluate schedule "asks": schedule "asks": parse cron "x"`},
		{"a wrong job", dagster.NewSchedule("asks", "0 6 * * *", dagster.NewJob("", nil)), nil, `job "": name: empty`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			r, err := tt.schedule.Evaluate(t.Context(), dagster.TickInfo{At: time.Date(2024, 3, 5, 6, 0, 0, 0, time.UTC)}, tt.options...)
			require.ErrorContains(t, err, tt.want)
			assert.Zero(t, r)
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err := requesting(job, nil).Evaluate(ctx, dagster.TickInfo{})
	require.ErrorContains(t, err, `evaluate schedule "asks": enough`)
}

// Without a time it is now, by the clock of the instance that is given.
func TestScheduleEvaluatedNow(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 3, 5, 6, 7, 8, 0, time.UTC)
	in := dagster.NewInstance(dagster.InstanceConfig{Now: func() time.Time { return now }})
	decide := func(ctx context.Context) ([]dagster.RunRequest, error) {
		return []dagster.RunRequest{{Key: dagster.Tick(ctx).At.String()}}, nil
	}
	s := dagster.NewSchedule("s", "@daily", scheduledJob("j"), dagster.Requests(dagster.From(decide)))
	r, err := s.Evaluate(t.Context(), dagster.TickInfo{}, dagster.OnInstance(in))
	require.NoError(t, err)
	assert.Equal(t, now.String(), r.Requests[0].Key)

	assert.Zero(t, dagster.Tick(t.Context()))
	assert.Equal(t, now, dagster.Tick(dagster.WithTick(t.Context(), dagster.TickInfo{At: now})).At)
}

// In a repository its values hold, and what requests name is looked up there.
func TestScheduleEvaluatedInRepository(t *testing.T) {
	t.Parallel()

	cfg := dagster.NewConfig("limits", bounds{Most: 1})
	unused := dagster.NewConfig("unused", bounds{Most: 1})
	shelf := dagster.NewResource("shelf", dagster.From(number(1)), nil)
	a, b := dagster.NewAsset("a", dagster.From(number(1))), dagster.NewAsset("b", dagster.From(number(2)))
	assets := dagster.NewAssetJob("assets", "a")
	stranger := scheduledJob("stranger")
	var ask []dagster.RunRequest
	decide := func(_ context.Context, n int, l bounds) ([]dagster.RunRequest, error) {
		if ask != nil {
			return ask, nil
		}
		return []dagster.RunRequest{{Key: string(rune('0'+n)) + string(rune('0'+l.Most)), Job: assets, Select: "a"}}, nil
	}
	s := dagster.NewSchedule("s", "@daily", scheduledJob("j"), dagster.Requests(dagster.From2(shelf, cfg, decide)))
	repo := dagster.NewRepository("r", s, a, b, assets, shelf.Replace(4), cfg.Set(bounds{Most: 5}))
	r, err := repo.EvaluateSchedule(t.Context(), "s", dagster.TickInfo{})
	require.NoError(t, err)
	assert.Equal(t, "45", r.Requests[0].Key)

	for want, q := range map[string]dagster.RunRequest{
		`request 1: job "stranger": not in the repository`:                                  {Job: stranger},
		`request 1: select "b": asset "b" is not in job "assets"`:                           {Job: assets, Select: "b"},
		`request 1: set config "unused": unknown config: nothing in the repository uses it`: {Config: []dagster.ConfigValue{unused.Set(bounds{})}},
	} {
		ask = []dagster.RunRequest{q}
		_, err = repo.EvaluateSchedule(t.Context(), "s", dagster.TickInfo{})
		require.ErrorContains(t, err, want)
	}
	_, err = repo.EvaluateSchedule(t.Context(), "t", dagster.TickInfo{})
	require.EqualError(t, err, `no schedule "t"; the repository has "s"`)
	_, err = dagster.NewRepository("r").EvaluateSchedule(t.Context(), "t", dagster.TickInfo{})
	require.EqualError(t, err, `no schedule "t": the repository has none`)
}

// A job of assets is partitioned as they are, which only their repository knows.
func TestSchedulesOfPartitionedAssets(t *testing.T) {
	t.Parallel()

	days := dagster.Partitioned(dagster.DailyPartitions("2024-01-01", dagster.TimeZone("Asia/Kolkata")))
	plain := dagster.NewAsset("plain", dagster.From(number(1)))
	a, b := dagster.NewAsset("a", dagster.From(number(1)), days), dagster.NewAsset("b", dagster.From(number(2)), days)
	job := dagster.NewAssetJob("refresh", "*")
	daily := dagster.NewPartitionSchedule("daily", job, dagster.AtHour(5))
	ask := dagster.RunRequest{Select: "plain"}
	asks := dagster.NewSchedule("asks", "@daily", job, dagster.Requests(dagster.From(func(context.Context) ([]dagster.RunRequest, error) {
		return []dagster.RunRequest{ask}, nil
	})))
	repo := dagster.NewRepository("r", daily, asks, plain, a, b)
	infos, err := repo.Schedules()
	require.NoError(t, err)
	assert.Equal(t, []string{"0 5 * * *"}, infos[0].Crons)
	assert.Equal(t, "Asia/Kolkata", infos[0].TimeZone)
	at := dagster.TickInfo{At: time.Date(2024, 3, 4, 23, 30, 0, 0, time.UTC)}
	r, err := repo.EvaluateSchedule(t.Context(), "daily", at)
	require.NoError(t, err)
	assert.Equal(t, "2024-03-04", r.Requests[0].Partition)
	assert.Equal(t, map[string]string{"dagster/schedule_name": "daily", "dagster/partition": "2024-03-04", "dagster/partition_set": "refresh_partition_set"}, r.Requests[0].Tags)

	_, err = daily.Evaluate(t.Context(), at)
	require.EqualError(t, err, `evaluate schedule "daily": the partitions of job "refresh" are those of its assets, which only a repository knows: see EvaluateSchedule`)
	r, err = repo.EvaluateSchedule(t.Context(), "asks", at)
	require.NoError(t, err, "what is selected is not partitioned")
	assert.Equal(t, map[string]string{"dagster/schedule_name": "asks"}, r.Requests[0].Tags)
	ask = dagster.RunRequest{Select: "a"}
	_, err = repo.EvaluateSchedule(t.Context(), "asks", at)
	require.ErrorContains(t, err, `request 1: no partition: job "refresh" is partitioned`)
	ask = dagster.RunRequest{Select: "a", Partition: "2024-03-01"}
	r, err = asks.Evaluate(t.Context(), at)
	require.NoError(t, err, "nobody knows better")
	assert.Equal(t, "2024-03-01", r.Requests[0].Tags["dagster/partition"])

	err = dagster.NewRepository("r", dagster.NewSchedule("s", "@daily", job), a).Validate()
	require.ErrorContains(t, err, `job "refresh" is partitioned, and a run of it is for one: take NewPartitionSchedule`)
	err = dagster.NewRepository("r", daily, plain).Validate()
	require.ErrorContains(t, err, `job "refresh" has no partitions: give it some with Partitioned`)
}

// Dynamic partitions are the instance's.
func TestSchedulesOfDynamicPartitions(t *testing.T) {
	t.Parallel()

	customers := dagster.DynamicPartitions("customers")
	cells := dagster.MultiPartitions(dagster.Dimensions{"customer": customers, "day": dagster.DailyPartitions("2024-01-01")})
	in := dagster.NewInstance(dagster.InstanceConfig{})
	require.NoError(t, in.Change(t.Context(), customers.Add("acme", "zeta")))
	s := dagster.NewPartitionSchedule("daily", scheduledJob("refresh", dagster.Partitioned(cells)))
	r := evaluated(t, s, dagster.OnInstance(in))
	require.Len(t, r.Requests, 2)
	assert.Equal(t, "acme|2024-03-04", r.Requests[0].Key)
	assert.Equal(t, "zeta", r.Requests[1].Tags["dagster/partition/customer"])
	assert.Equal(t, "there is no partition yet", evaluated(t, s).Skip)

	each := requesting(scheduledJob("each", dagster.Partitioned(customers)), nil, dagster.RunRequest{Partition: "acme"})
	assert.Len(t, evaluated(t, each).Requests, 1, "without an instance nobody knows better")
	assert.Len(t, evaluated(t, each, dagster.OnInstance(in)).Requests, 1)
	require.NoError(t, in.Change(t.Context(), customers.Remove("acme")))
	_, err := each.Evaluate(t.Context(), dagster.TickInfo{}, dagster.OnInstance(in))
	require.ErrorContains(t, err, `request 1: partition "acme" of job "each": there is no such at`)
}

// A tick may have very many requests.
func TestScheduleWithManyRequests(t *testing.T) {
	t.Parallel()

	keys := make([]string, 20_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%05d", i)
	}
	a := dagster.NewAsset("a", dagster.From(number(1)), dagster.Partitioned(dagster.StaticPartitions(keys...)))
	s := dagster.NewPartitionSchedule("all", dagster.NewAssetJob("refresh", "*"), dagster.AlsoAt("@daily"))
	r, err := dagster.NewRepository("r", a, s).EvaluateSchedule(t.Context(), "all", dagster.TickInfo{})
	require.NoError(t, err)
	require.Len(t, r.Requests, len(keys))
	assert.Equal(t, "k19999", r.Requests[19_999].Partition)
}
