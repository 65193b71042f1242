package cli_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// broken is a store that refuses what a test wants it to.
type broken struct {
	storage.Storage
	create, append, runs, events error
}

func (b *broken) CreateRun(ctx context.Context, r storage.Run, events ...storage.Event) error {
	if b.create != nil {
		return b.create
	}
	return b.Storage.CreateRun(ctx, r, events...)
}

func (b *broken) Append(ctx context.Context, batch storage.Batch) (int64, error) {
	if b.append != nil {
		return 0, b.append
	}
	return b.Storage.Append(ctx, batch)
}

func (b *broken) Runs(ctx context.Context, f storage.RunFilter) ([]storage.Run, error) {
	if b.runs != nil {
		return nil, b.runs
	}
	return b.Storage.Runs(ctx, f)
}

func (b *broken) Events(ctx context.Context, f storage.EventFilter) ([]storage.Event, error) {
	if b.events != nil {
		return nil, b.events
	}
	return b.Storage.Events(ctx, f)
}

// in is a command line on a store.
func in(store storage.Storage, repo *dagster.Repository) cli.Config {
	return cli.Config{
		Repositories: []*dagster.Repository{repo},
		Open:         func(context.Context) (storage.Storage, error) { return keep{store}, nil },
	}
}

func TestStoreThatRefuses(t *testing.T) {
	t.Parallel()

	full := fmt.Errorf("%q: %w: free some space, then try again", "dagster.db", sqlite.ErrFull)
	for name, tt := range map[string]struct {
		store   broken
		command []string
		code    int
		want    string
	}{
		"the run":                {broken{create: full}, []string{"asset", "materialize"}, 3, "free some space"},
		"events of the run":      {broken{append: full}, []string{"asset", "materialize"}, 1, "free some space"},
		"to list runs":           {broken{runs: full}, []string{"run", "list"}, 3, "free some space"},
		"to find the newest run": {broken{runs: full}, []string{"run", "show", "latest"}, 3, "free some space"},
		"to read events":         {broken{events: full}, []string{"asset", "materialize"}, 3, "not all of its events were shown"},
		"who is interrupted":     {broken{runs: context.Canceled}, []string{"run", "list"}, 130, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			tt.store.Storage = storage.NewMemory()
			g := call(t, in(&tt.store, shop()), at(newHome(t), tt.command...)...)
			requireCode(t, tt.code, g)
			assert.Contains(t, g.stdout+g.stderr, tt.want)
		})
	}
}

func TestRunsOfLongAgo(t *testing.T) {
	t.Parallel()

	store := storage.NewMemory()
	for i, tt := range []struct{ ago, took time.Duration }{
		{50 * time.Hour, 3*time.Hour + 5*time.Minute},
		{26 * time.Hour, 61 * time.Second},
		{90 * time.Minute, 1500 * time.Millisecond},
		{150 * time.Second, 12 * time.Millisecond},
	} {
		id := storage.RunID(fmt.Sprintf("run%d", i))
		created := time.Now().Add(-tt.ago)
		require.NoError(t, store.CreateRun(t.Context(), storage.Run{ID: id, Created: created, Status: storage.RunStarting}))
		_, err := store.Transition(t.Context(), id, storage.Transition{From: storage.RunStarting, To: storage.RunFailed, At: created.Add(tt.took), Error: "no"})
		require.NoError(t, err)
	}
	g := call(t, in(store, shop()), at(newHome(t), "run", "list")...)
	requireCode(t, 0, g)
	lines := strings.Split(g.stdout, "\n")
	require.Len(t, lines, 6)
	for i, want := range []string{"2m ago +12ms", "1h ago +1\\.5s", "26h ago +1m01s", "2d ago +3h05m"} {
		assert.Regexp(t, want, lines[i+1])
	}

	g = call(t, in(store, shop()), at(newHome(t), "run", "show", "run9")...)
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, `no run "run9"`)
	g = call(t, in(store, shop()), at(newHome(t), "run", "show", "run1")...)
	requireCode(t, 0, g)
	assert.Contains(t, g.stdout, "why      no\n")
	g = call(t, in(storage.NewMemory(), shop()), at(newHome(t), "run", "show", "latest")...)
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, "no runs yet")
}

type login struct {
	Token dagster.Secret `json:"token"`
}

// A secret's value is not recorded, so a retry asks for it; the variable that it came from is.
func TestRetryWithSecrets(t *testing.T) {
	t.Parallel()

	config := dagster.NewConfig("login", login{Token: dagster.Env("DAGSTER_CLI_TEST_TOKEN")})
	one := dagster.NewAsset("one", dagster.From1(config, func(_ context.Context, l login) (bool, error) {
		_, err := l.Token.Reveal()
		return true, err
	}))
	store := storage.NewMemory()
	cfg := in(store, dagster.NewRepository("shop", one))
	home := newHome(t)
	secret := `{"config": {"login": {"token": "sesame"}}}`

	cfg.Stdin = strings.NewReader(secret)
	requireCode(t, 0, call(t, cfg, at(home, "asset", "materialize", "--config", "-")...))
	g := call(t, cfg, at(home, "run", "retry", "latest")...)
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, "give the config again with --config")
	cfg.Stdin = strings.NewReader(secret)
	requireCode(t, 0, call(t, cfg, at(home, "run", "retry", "latest", "--config", "-")...))

	requireCode(t, 1, call(t, cfg, at(home, "asset", "materialize")...))
	g = call(t, cfg, at(home, "run", "retry", "latest")...)
	requireCode(t, 1, g)
	assert.Contains(t, g.stdout, `environment variable "DAGSTER_CLI_TEST_TOKEN" is not set`)
	g = call(t, cfg, at(home, "run", "events", "latest")...)
	assert.NotContains(t, g.stdout, "sesame")
}

// A run that is retried as a whole gets new tags beside the old ones.
func TestRetryKeepsTags(t *testing.T) {
	t.Parallel()

	store := storage.NewMemory()
	home := newHome(t)
	requireCode(t, 0, call(t, in(store, shop()), at(home, "asset", "materialize", "--select", "orders", "--tag", "a=1", "--tag", "b=1")...))
	requireCode(t, 0, call(t, in(store, shop()), at(home, "run", "retry", "latest", "--tag", "b=2")...))
	g := call(t, in(store, shop()), at(home, "run", "show", "latest")...)
	assert.Contains(t, g.stdout, "a=1, b=2")
	assert.Contains(t, g.stdout, "retry of")
}

func TestExitCodeOfOtherErrors(t *testing.T) {
	t.Parallel()

	assert.Equal(t, 0, cli.ExitCode(nil))
	assert.Equal(t, 1, cli.ExitCode(errors.New("any")))
	assert.Equal(t, 1, cli.ExitCode(&dagster.RunError{}))
	assert.Equal(t, 130, cli.ExitCode(context.Canceled))
}
