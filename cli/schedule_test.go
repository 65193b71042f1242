package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/storage/sqlite"
)

type greeting struct {
	Name  string         `json:"name"`
	Token dagster.Secret `json:"token"`
}

// clockwork is a repository of schedules.
func clockwork() *dagster.Repository {
	greets := dagster.NewConfig("greets", greeting{Name: "world"})
	greet := dagster.NewOp1("greet", func(context.Context, greeting) (int, error) { return 1, nil })
	job := func(name string, opts ...dagster.JobOption) *dagster.Job {
		return dagster.NewJob(name, dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return greet.In(s, greets) }), opts...)
	}
	nightly := job("nightly")
	berlin := dagster.TimeZone("Europe/Berlin")
	days := dagster.DailyPartitions("2024-01-01", berlin)
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("city%02d", i))
	}
	people := dagster.NewResource("people", dagster.From(func(context.Context) ([]string, error) { return []string{"ann", "bob"}, nil }), nil)
	decide := func(ctx context.Context, people []string) ([]dagster.RunRequest, error) {
		at := dagster.Tick(ctx).At
		if at.Weekday() == time.Sunday {
			return nil, dagster.SkipTick("it is Sunday,\nand late")
		}
		var out []dagster.RunRequest
		for _, p := range people {
			out = append(out, dagster.RunRequest{
				Key: p, Tags: map[string]string{"day": at.Weekday().String(), "bare": ""},
				Config: []dagster.ConfigValue{greets.Set(greeting{Name: p, Token: dagster.Env("TOKEN")})},
			})
		}
		return out, nil
	}
	fails := func(context.Context) ([]dagster.RunRequest, error) { return nil, errors.New("nobody is there") }
	return dagster.NewRepository("clockwork",
		dagster.NewSchedule("early", "0 2 * * *", nightly, dagster.AlsoAt("30 14 * * fri"), berlin, dagster.Running(),
			dagster.Description("Before work.\n\nAnd on Fridays."), dagster.Tags(map[string]string{"team": "x"})),
		dagster.NewPartitionSchedule("daily", job("refresh", dagster.Partitioned(days)), dagster.AtHour(5)),
		dagster.NewPartitionSchedule("cities", job("visit", dagster.Partitioned(dagster.StaticPartitions(many...))), dagster.AlsoAt("*/7 3 * * *"), berlin),
		dagster.NewSchedule("asks", "0 6 * * *", nightly, berlin, dagster.Owners("team:x"), dagster.Requests(dagster.From1(people, decide))),
		dagster.NewSchedule("fails", "0 6 * * *", nightly, berlin, dagster.Requests(dagster.From(fails))),
	)
}

// Without a time the ticks are those to come.
func TestPreviewOfNow(t *testing.T) {
	t.Parallel()

	before := time.Now().Truncate(time.Second)
	g := call(t, cli.Config{Repositories: []*dagster.Repository{clockwork()}}, "schedule", "preview", "early", "--next", "4", "--json")
	requireCode(t, 0, g)
	var p struct{ Ticks []time.Time }
	require.NoError(t, json.Unmarshal([]byte(g.stdout), &p))
	require.Len(t, p.Ticks, 4)
	for _, at := range p.Ticks {
		assert.False(t, at.Before(before), at)
		before = at
	}
}

// The home knows the keys of dynamic partitions.
func TestPreviewOfDynamicPartitions(t *testing.T) {
	t.Parallel()

	customers := dagster.DynamicPartitions("customers")
	a := dagster.NewAsset("a", dagster.From(func(context.Context) (int, error) { return 1, nil }), dagster.Partitioned(customers))
	s := dagster.NewSchedule("each", "@daily", dagster.NewAssetJob("all", "*"), dagster.Requests(dagster.From(func(context.Context) ([]dagster.RunRequest, error) {
		return []dagster.RunRequest{{Partition: "acme"}}, nil
	})))
	cfg := cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", a, s)}}
	home := newHome(t)
	requireCode(t, 0, call(t, cfg, at(home, "schedule", "preview", "each")...))
	assert.NoDirExists(t, home)

	require.NoError(t, os.MkdirAll(home, 0o700))
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(home, "dagster.db")})
	require.NoError(t, err)
	in := dagster.NewInstance(dagster.InstanceConfig{Storage: store})
	require.NoError(t, in.Change(t.Context(), customers.Add("zeta")))
	g := call(t, cfg, at(home, "schedule", "preview", "each")...)
	requireCode(t, 1, g)
	assert.Contains(t, g.stderr, `partition "acme" of job "all": there is no such`)
	require.NoError(t, in.Change(t.Context(), customers.Add("acme")))
	requireCode(t, 0, call(t, cfg, at(home, "schedule", "preview", "each")...))
	require.NoError(t, store.Close())
}

func TestCompletionOfSchedules(t *testing.T) {
	t.Parallel()

	g := call(t, cli.Config{Repositories: []*dagster.Repository{clockwork()}}, "__complete", "schedule", "preview", "e")
	requireCode(t, 0, g)
	assert.Equal(t, "early\tat 02:00; at 14:30, on Friday\n:4\n", g.stdout)
}
