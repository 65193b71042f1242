package cli_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// A home that cannot be used is one line, and exit code 3.
func TestHomeThatCannotBeUsed(t *testing.T) {
	t.Parallel()

	file := func(t *testing.T) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "home")
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		return path
	}
	for name, make := range map[string]func(t *testing.T) string{
		"it is a file": file,
		"it is in a file": func(t *testing.T) string {
			t.Helper()
			return filepath.Join(file(t), "home")
		},
		"its folder of locks is a file": func(t *testing.T) string {
			t.Helper()
			home := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(home, "workers"), nil, 0o600))
			return home
		},
		"its database is none": func(t *testing.T) string {
			t.Helper()
			home := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(home, "dagster.db"), []byte(strings.Repeat("no database", 1000)), 0o600))
			return home
		},
		"its database is a folder": func(t *testing.T) string {
			t.Helper()
			home := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(home, "dagster.db"), 0o700))
			return home
		},
		"it is from the future": func(t *testing.T) string {
			t.Helper()
			home := newHome(t)
			requireCode(t, 0, call(t, cli.Config{Repositories: []*dagster.Repository{shop()}}, at(home, "asset", "materialize")...))
			db, err := sql.Open("sqlite3", filepath.Join(home, "dagster.db"))
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), "INSERT INTO schema_version VALUES (9999, 'later', 'later')")
			require.NoError(t, err)
			require.NoError(t, db.Close())
			return home
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			home := make(t)
			g := call(t, cli.Config{Repositories: []*dagster.Repository{shop()}}, at(home, "asset", "materialize")...)
			requireCode(t, 3, g)
			assert.Empty(t, g.stdout)
			assert.Equal(t, 1, strings.Count(g.stderr, "\n"), g.stderr)
			assert.Contains(t, g.stderr, home)
			assert.Contains(t, g.stderr, "chooses another folder")

			g = call(t, cli.Config{Repositories: []*dagster.Repository{shop()}}, at(home, "asset", "list")...)
			requireCode(t, 0, g)
			g = call(t, cli.Config{Repositories: []*dagster.Repository{shop()}}, at(home, "asset", "show", "orders")...)
			requireCode(t, 0, g)
		})
	}
}

func TestHomeIsNamedByTheEnvironment(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}, Getenv: func(name string) string {
		return map[string]string{"DAGSTER_HOME": home}[name]
	}}
	requireCode(t, 0, call(t, cfg, "asset", "materialize"))
	assert.FileExists(t, filepath.Join(home, "dagster.db"))
	other := newHome(t)
	g := call(t, cfg, at(other, "run", "list")...)
	assert.Contains(t, g.stdout, "No runs yet")
	assert.NoDirExists(t, other, "to look at runs makes no home")
}

// A folder that holds something else is not hidden from version control.
func TestHomeInAProject(t *testing.T) {
	t.Parallel()

	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "main.go"), nil, 0o600))
	requireCode(t, 0, call(t, cli.Config{Repositories: []*dagster.Repository{shop()}}, at(home, "asset", "materialize")...))
	assert.NoFileExists(t, filepath.Join(home, ".gitignore"))
}

// Runs of other programs, which name their process otherwise, are not ended.
func TestForeignWorkersAreLeftAlone(t *testing.T) {
	t.Parallel()

	store := storage.NewMemory()
	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}, Open: func(context.Context) (storage.Storage, error) { return keep{store}, nil }}
	run := storage.Run{ID: "other", Status: storage.RunStarting, Worker: "host/12"}
	require.NoError(t, store.CreateRun(t.Context(), run))
	requireCode(t, 0, call(t, cfg, at(newHome(t), "asset", "materialize")...))
	other, err := store.Run(t.Context(), "other")
	require.NoError(t, err)
	assert.Equal(t, storage.RunStarting, other.Status)
}

// keep is a store that a command does not close.
type keep struct{ storage.Storage }

func (keep) Close() error { return nil }

func TestStorageThatDoesNotOpen(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}, Open: func(context.Context) (storage.Storage, error) { return nil, errors.New("no such host") }}
	g := call(t, cfg, at(newHome(t), "asset", "materialize")...)
	requireCode(t, 3, g)
	assert.Contains(t, g.stderr, "no such host")
}

func TestDefinitionMistakesAreAllShown(t *testing.T) {
	t.Parallel()

	wrong := dagster.NewRepository("wrong", dagster.NewSource[int]("ok"), dagster.NewAsset("a b", dagster.From(func(context.Context) (int, error) { return 0, nil })),
		dagster.NewAsset("c", dagster.From(func(context.Context) (int, error) { return 0, nil }), dagster.Timeout(-1)))
	home := newHome(t)
	for _, args := range [][]string{{"asset", "list"}, {"asset", "materialize"}, {"asset", "show", "c"}} {
		g := call(t, cli.Config{Repositories: []*dagster.Repository{wrong}}, at(home, args...)...)
		requireCode(t, 2, g)
		assert.Contains(t, g.stderr, `shop: asset "a b": key: part "a b"`)
		assert.Contains(t, g.stderr, `shop: asset "c": timeout -1ns: not positive (cli/home_test.go:`)
		assert.Equal(t, 2, strings.Count(g.stderr, "\n"), g.stderr)
	}
	assert.NoDirExists(t, home)
}

func TestRepositoriesThatCannotBeServed(t *testing.T) {
	t.Parallel()

	for want, repos := range map[string][]*dagster.Repository{
		"a repository is nil":               {nil},
		`two repositories are named "shop"`: {shop(), shop()},
	} {
		g := call(t, cli.Config{Repositories: repos}, "asset", "list")
		requireCode(t, 2, g)
		assert.Contains(t, g.stderr, want)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{lab()}}
	home := newHome(t)
	for input, want := range map[string]string{
		`{"config": {"sped": {}}}`:              `config.sped: unknown config; the repository has "speed"`,
		`{"config": {"speed": {"limit": "x"}}}`: "config.speed.limit",
		`{"config": {"speed": {"limits": 1}}}`:  "limits",
		`[]`:                                    "stdin:1:1: want names and values",
		`{`:                                     "stdin:1:1: unexpected end of JSON input",
	} {
		cfg.Stdin = strings.NewReader(input)
		g := call(t, cfg, at(home, "asset", "materialize", "--config", "-")...)
		requireCode(t, 2, g)
		assert.Contains(t, g.stderr, want)
	}
	cfg.Stdin = strings.NewReader(`{"config": {"speed": {"limit": 101}}}`)
	g := call(t, cfg, at(home, "asset", "materialize", "--config", "-")...)
	requireCode(t, 0, g)

	// A retry keeps the config, so it succeeds as well.
	requireCode(t, 0, call(t, cfg, at(home, "run", "retry", "latest")...))
	cfg.Stdin = strings.NewReader(`{"config": {"speed": {"limit": 1}}}`)
	requireCode(t, 1, call(t, cfg, at(home, "run", "retry", "latest", "--config", "-")...))
}

func TestRetryWithoutAnythingToDo(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}}
	home := newHome(t)
	requireCode(t, 0, call(t, cfg, at(home, "asset", "materialize")...))
	g := call(t, cfg, at(home, "run", "retry", "latest", "--from-failure")...)
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, "nothing to run")
	cfg.Repositories = []*dagster.Repository{lab()}
	g = call(t, cfg, at(home, "run", "retry", "latest")...)
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, `repository "shop", which this program does not serve; it serves "lab"`)
}

func TestPages(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}}
	home := newHome(t)
	for range 3 {
		requireCode(t, 0, call(t, cfg, at(home, "asset", "materialize", "--select", "orders")...))
	}
	g := call(t, cfg, at(home, "run", "list", "--limit", "2", "--asset", "orders")...)
	requireCode(t, 0, g)
	assert.Equal(t, 3, strings.Count(g.stdout, "\n"), g.stdout)
	next, ok := strings.CutPrefix(strings.TrimSpace(g.stderr), "More: shop ")
	require.True(t, ok, g.stderr)
	assert.Contains(t, next, "--asset orders --limit 2")
	g = call(t, cfg, strings.Fields(next)...)
	requireCode(t, 0, g)
	assert.Equal(t, 2, strings.Count(g.stdout, "\n"), g.stdout)
	assert.Empty(t, g.stderr)
	g = call(t, cfg, at(home, "run", "list", "--before", "nope")...)
	requireCode(t, 2, g)
	g = call(t, cfg, at(home, "run", "list", "--asset", "order")...)
	assert.Equal(t, "No runs that fit: no asset \"order\"; is it \"orders\"?\n", g.stdout)
}

// A reader that has gone away has read what it wanted.
func TestClosedOutput(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}, Stdout: failing{syscall.EPIPE}}
	home := newHome(t)
	requireCode(t, 0, call(t, cfg, at(home, "asset", "list")...))
	requireCode(t, 0, call(t, cfg, at(home, "asset", "materialize")...))
	cfg.Stdout = failing{syscall.ENOSPC}
	g := call(t, cfg, at(home, "asset", "list", "--json")...)
	requireCode(t, 1, g)
	assert.Contains(t, g.stderr, "write output: no space left on device")
}

func TestCompletion(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{shop(), lab()}}
	home := newHome(t)
	requireCode(t, 0, call(t, cfg, at(home, "asset", "materialize", "--repository", "shop")...))
	list := func(args ...string) string {
		g := call(t, cfg, append([]string{"__complete", "--home", home}, args...)...)
		requireCode(t, 0, g)
		return g.stdout
	}
	assert.Contains(t, list("asset", "show", "ord"), "orders\tEvery order.\norders\n")
	assert.Contains(t, list("asset", "materialize", "--select", "+rep"), "+reports/revenue\n")
	assert.Contains(t, list("asset", "list", "--repository", ""), "shop\nlab\n")
	assert.Contains(t, list("run", "list", "--status", "success,fai"), "success,failure\n")
	assert.Regexp(t, "^latest\n[0-9a-f-]{36}\tsuccess (now|[0-9]+s ago) orders, news and 2 more\n", list("run", "show", ""))
	g := call(t, cfg, "__complete", "--home", newHome(t), "run", "show", "")
	assert.Equal(t, ":4\n", g.stdout)
	g = call(t, cfg, "completion", "bash")
	requireCode(t, 0, g)
	assert.Contains(t, g.stdout, "__start_shop")
}

func TestCanceledBeforeItBegan(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var b strings.Builder
	err := cli.Run(ctx, cli.Config{Repositories: []*dagster.Repository{shop()}, Stdout: &b, Stderr: &b, Args: at(newHome(t), "asset", "materialize")})
	assert.Equal(t, 130, cli.ExitCode(err), "%v\n%s", err, b.String())
}

func TestVersion(t *testing.T) {
	t.Parallel()

	g := call(t, cli.Config{}, "version")
	requireCode(t, 0, g)
	assert.Regexp(t, `^shop \S+ \(dagster \S+, go1\.\S+, time zones .+\)\n$`, g.stdout)
	g = call(t, cli.Config{}, "version", "--json")
	assert.Contains(t, g.stdout, `"dagster": "`)
}

// counting is an executor that counts its runs.
type counting struct {
	executor.Executor
	runs int
}

func (c *counting) Execute(ctx context.Context, r executor.Request) (*executor.Report, error) {
	c.runs++
	return c.Executor.Execute(ctx, r)
}

func TestAnotherExecutor(t *testing.T) {
	t.Parallel()

	e := &counting{Executor: &executor.Engine{}}
	cfg := cli.Config{Repositories: []*dagster.Repository{shop()}, Executor: e}
	requireCode(t, 0, call(t, cfg, at(newHome(t), "asset", "materialize")...))
	assert.Equal(t, 1, e.runs)
}
