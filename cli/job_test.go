package cli_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

type feed struct {
	URL     string            `json:"url"`
	Limit   int               `json:"limit"`
	Fast    bool              `json:"fast"`
	Wait    time.Duration     `json:"wait"`
	Token   dagster.Secret    `json:"token"`
	Labels  map[string]string `json:"labels"`
	Ratios  []float64         `json:"ratios"`
	Where   place             `json:"where"`
	Any     any               `json:"any"`
	Mode    string            `json:"mode" enum:"a,b"`
	Version string            `json:"version"`
}

// place has a field that is called like a reference.
type place struct {
	Env string `json:"env"`
}

type ways struct{ Big, Small dagster.Maybe[int] }

func same(_ context.Context, n int) (int, error) { return n, nil }

func sum(_ context.Context, list []int) (n int, err error) {
	for _, i := range list {
		n += i
	}
	return n, nil
}

// plant is a repository of jobs.
func plant() *dagster.Repository {
	source := dagster.NewConfig("feed", feed{URL: "https://example.com", Limit: 3, Mode: "a", Token: dagster.Env("DAGSTER_CLI_TEST_TOKEN")})
	list := dagster.NewOp1("list", func(_ context.Context, f feed) (dagster.Dynamic[int], error) {
		d := make(dagster.Dynamic[int])
		for i := range f.Limit {
			d[fmt.Sprintf("k%d", i)] = i
		}
		return d, nil
	}, dagster.Description("All that there is."))
	clean := dagster.NewOp1("clean", same, dagster.Retry(dagster.RetryPolicy{Max: 2}), dagster.Pool("cpu"), dagster.Timeout(90*time.Minute))
	parts := dagster.NewOp1("parts", func(_ context.Context, n int) (dagster.Dynamic[int], error) {
		if n == 0 {
			return dagster.Dynamic[int]{}, nil
		}
		return dagster.Dynamic[int]{"a": n, "b": n}, nil
	})
	one := dagster.NewOp1("one", same)
	add := dagster.NewOp1("add", sum)
	route := dagster.NewOp1("route", func(_ context.Context, n int) (w ways, err error) {
		if n > 10 {
			w.Big = dagster.Some(n)
		} else {
			w.Small = dagster.Some(n)
		}
		return w, nil
	})
	tell := dagster.NewOp1("tell", func(_ context.Context, n int) (dagster.Nothing, error) {
		if n > 10 {
			return dagster.Nothing{}, errors.New("nobody is there")
		}
		return dagster.Nothing{}, nil
	}, dagster.OnSuccess(dagster.From(func(context.Context) (dagster.Nothing, error) { return dagster.Nothing{}, errors.New("no ears") })))
	g := dagster.NewGraph("report", func(s *dagster.Scope) dagster.Output[dagster.Nothing] {
		sums := dagster.Map(s, list.In(s, source), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			return add.In(s, dagster.Map(s, parts.In(s, clean.In(s, n)), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] { return one.In(s, n) }))
		})
		total := add.As("total").In(s, sums)
		end := dagster.Nest(s, "ways", func(s *dagster.Scope) dagster.Output[int] {
			r := route.In(s, total)
			return dagster.Nest(s, "taken", func(s *dagster.Scope) dagster.Output[int] {
				big := one.As("big").In(s, dagster.When(dagster.Field(r, func(w *ways) *dagster.Maybe[int] { return &w.Big })))
				small := one.As("small").In(s, dagster.When(dagster.Field(r, func(w *ways) *dagster.Maybe[int] { return &w.Small })))
				return add.In(s, dagster.FanIn(big, small))
			})
		})
		tell.As("cleanup", dagster.Finally(end)).In(s, dagster.Const(1))
		return tell.In(s, end)
	})
	orders := dagster.NewAsset("orders", dagster.From(func(context.Context) (int, error) { return 1, nil }))
	revenue := dagster.NewAsset("reports/revenue", dagster.From1(orders, same))
	return dagster.NewRepository("plant", orders, revenue,
		dagster.NewJob("nightly", g, dagster.Description("Each night.\n\nWith a report."), dagster.MaxRuntime(time.Hour), dagster.MaxConcurrent(1),
			dagster.LimitTag("db", "", 2), dagster.Tags(map[string]string{"team": "x"}),
			dagster.OnFailure(dagster.From(func(context.Context) (dagster.Nothing, error) { return dagster.Nothing{}, nil }))),
		dagster.NewAssetJob("refresh", `orders or reports/revenue`))
}

// crowd is a repository with a job of sixty steps.
func crowd() *dagster.Repository {
	first := dagster.NewOp("first", func(context.Context) (int, error) { return 1, nil })
	next := dagster.NewOp1("a_step_with_quite_a_long_name", same)
	join := dagster.NewOp1("join", sum)
	g := dagster.NewGraph("crowd", func(s *dagster.Scope) dagster.Output[int] {
		from := first.In(s)
		var all []dagster.Output[int]
		for i := range 6 {
			all = append(all, dagster.Nest(s, fmt.Sprintf("row%d", i), func(s *dagster.Scope) dagster.Output[int] {
				var row []dagster.Output[int]
				for k := range 9 {
					row = append(row, next.As(fmt.Sprintf("a_step_with_quite_a_long_name_%d", k)).In(s, from))
				}
				return join.In(s, dagster.FanIn(row...))
			}))
		}
		return join.In(s, dagster.FanIn(all...))
	})
	return dagster.NewRepository("crowd", dagster.NewJob("crowd", g))
}

// Of sixty steps no line is wider than a terminal.
func TestPrintFits(t *testing.T) {
	t.Parallel()

	term := openTerminal(t, 80, 24)
	require.Equal(t, 0, term.start(t.Context(), map[string]string{"NO_COLOR": "1"}, crowd(), "job", "print", "crowd")())
	term.close()
	golden(t, "crowd", normalise(strings.ReplaceAll(term.raw.String(), "\r\n", "\n")))
	for line := range strings.Lines(term.raw.String()) {
		assert.LessOrEqual(t, len(strings.TrimRight(line, "\r\n")), 80, line)
	}
}

func TestMermaidEscapes(t *testing.T) {
	t.Parallel()

	one := dagster.NewAsset("ein/würfel", dagster.From(func(context.Context) (int, error) { return 1, nil }))
	g := call(t, cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", one, dagster.NewAssetJob("all", "*"))}}, "job", "print", "all", "--format", "mermaid")
	if g.code == 0 {
		assert.Equal(t, "flowchart TD\n  s0[\"ein/würfel\"]\n", g.stdout)
	}
	g = call(t, cli.Config{Repositories: []*dagster.Repository{plant()}}, "job", "print", "nightly", "--format", "mermaid")
	requireCode(t, 0, g)
	assert.Equal(t, strings.Count(g.stdout, "subgraph "), strings.Count(g.stdout, "end\n"))
	assert.Contains(t, g.stdout, `[["clean[?]"]]`)
}

func TestCompletionOfJobs(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{shop(), plant()}}
	home := newHome(t)
	list := func(args ...string) string {
		g := call(t, cfg, append([]string{"__complete", "--home", home}, args...)...)
		requireCode(t, 0, g)
		return g.stdout
	}
	assert.Equal(t, "nightly\tEach night. (+2 lines)\n:4\n", strings.ReplaceAll(list("job", "print", "n"), "Each night.\n", "Each night. (+2 lines)\n"))
	assert.Equal(t, "nightly\tEach night.\nrefresh\n:4\n", list("job", "execute", ""))
	assert.Equal(t, "list\nclean\nparts\none\nadd\ntotal\nways\ncleanup\ntell\n:4\n", list("job", "execute", "nightly", "--op-selection", ""))
	assert.Equal(t, "+clean\n+cleanup\n:4\n", list("job", "execute", "nightly", "--op-selection", "+cle"))
	assert.Equal(t, "tell,*total\n:4\n", list("job", "execute", "nightly", "--op-selection", "tell,*tot"))
	assert.Equal(t, "ways.route\nways.taken\n:4\n", list("job", "execute", "nightly", "--op-selection", "ways."))
	assert.Equal(t, ":4\n", list("job", "execute", "refresh", "--op-selection", ""))
	assert.Equal(t, "nightly\tEach night.\n:4\n", list("run", "list", "--job", "ni"))
	assert.Equal(t, "text\nmermaid\n:4\n", list("job", "print", "--format", ""))

	assert.Equal(t, ":4\n", list("run", "retry", "latest", "--op-selection", "to"), "there is no run")
	requireCode(t, 0, call(t, cfg, at(home, "job", "execute", "nightly")...))
	assert.Equal(t, "total\n:4\n", list("run", "retry", "latest", "--op-selection", "to"))
	assert.Contains(t, list("run", "show", ""), "success now nightly\n")
}

// What an op made is gone with the process, and made again by the next one, which says so; if it is durable it is loaded.
func TestRetryInAnotherProcess(t *testing.T) {
	t.Parallel()

	for job, want := range map[string]struct {
		again string
		loads bool
	}{
		"fragile": {"\n  runs again what was kept in memory only: first\n", false},
		"durable": {"", true},
	} {
		t.Run(job, func(t *testing.T) {
			t.Parallel()

			home := newHome(t)
			dir := t.TempDir()
			process := func(args ...string) (string, int) {
				c := startChild(t, append(at(home, args...), "--config", filepath.Join(dir, "config.yaml"))...)
				return c.end(t)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("config:\n  fate: {fails: true}\n"), 0o600))
			out, code := process("job", "execute", job)
			require.Equal(t, 1, code, out)
			assert.Contains(t, out, "failed     second[k0]")
			assert.Contains(t, out, "FAILURE in ")

			require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("config:\n  fate: {fails: false}\n"), 0o600))
			out, code = process("run", "retry", "latest", "--from-failure")
			require.Equal(t, 0, code, out)
			_, summary, ok := strings.Cut(out, "\nSUCCESS in ")
			require.True(t, ok, out)
			assert.Equal(t, want.loads, !strings.Contains(out, "started    first\n"), out)
			if want.again != "" {
				assert.Contains(t, summary, want.again)
				assert.Contains(t, out, "note       runs again what was kept in memory only: first\n")
			} else {
				assert.NotContains(t, out, "memory only")
			}
			g := inChildrens(t, home, "run", "show", "latest")
			requireCode(t, 0, g)
			assert.Contains(t, g.stdout, "job         "+job)
		})
	}
}

// A run of a job is canceled like one of assets.
func TestInterruptCancelsTheJob(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	c := startChild(t, at(home, "job", "execute", "polite_job")...)
	c.awaitOut(t, "started    polite_op")
	require.NoError(t, c.Process.Signal(os.Interrupt))
	rest, code := c.end(t)
	assert.Equal(t, 1, code, c.stderr.String())
	assert.Contains(t, rest, "canceled   polite_op")
	assert.Contains(t, rest, "CANCELED in ")
	assert.Contains(t, inChildrens(t, home, "run", "list", "--job", "polite_job").stdout, "stopped by signal: interrupt")
}

type fate struct {
	Fails bool `json:"fails"`
}

// childJobs are the jobs of children.
func childJobs() dagster.Defs {
	fails := dagster.NewConfig("fate", fate{})
	first := dagster.NewOp("first", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"k0": 1}, nil })
	second := dagster.NewOp2("second", func(_ context.Context, f fate, n int) (int, error) {
		if f.Fails {
			return 0, errors.New("no luck")
		}
		return n, nil
	})
	last := dagster.NewOp1("last", sum)
	polite := dagster.NewOp("polite_op", func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	})
	g := dagster.NewGraph("fragile_graph", func(s *dagster.Scope) dagster.Output[int] {
		return last.In(s, dagster.Map(s, first.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] { return second.In(s, fails, n) }))
	})
	waits := dagster.NewGraph("polite_graph", func(s *dagster.Scope) dagster.Output[int] { return polite.In(s) })
	return dagster.Defs{dagster.NewJob("fragile", g), dagster.NewJob("durable", g, dagster.Durable()), dagster.NewJob("polite_job", waits)}
}

// The live display learns how many steps there are while the run goes on.
func TestLiveDisplayOfMappedSteps(t *testing.T) {
	t.Parallel()

	list, item, part := make(chan []string), make(chan struct{}), make(chan struct{})
	await := func(ctx context.Context, gate chan struct{}) error {
		select {
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) {
		d := make(dagster.Dynamic[int])
		for _, k := range <-list {
			d[k] = len(k)
		}
		return d, nil
	})
	split := dagster.NewOp1("split", func(ctx context.Context, n int) (dagster.Dynamic[int], error) {
		return dagster.Dynamic[int]{"x": n, "y": n}, await(ctx, item)
	})
	small := dagster.NewOp1("small", func(ctx context.Context, n int) (int, error) { return n, await(ctx, part) })
	none := dagster.NewOp1("none", same)
	join := dagster.NewOp1("join", sum)
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		sums := dagster.Map(s, keys.In(s), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			return join.In(s, dagster.Map(s, split.In(s, n), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] { return small.In(s, n) }))
		})
		return none.As("last").In(s, join.As("total").In(s, sums))
	})
	term := openTerminal(t, 80, 24)
	wait := term.start(t.Context(), nil, dagster.NewRepository("shop", dagster.NewJob("mapped", g, dagster.MaxConcurrent(2))), "job", "execute", "mapped")
	term.awaitText("0 of 6+ done, 1 running, 5 waiting", "  keys\n")
	list <- []string{"a", "bb"}
	term.awaitText("1 of 8+ done, 2 running, 5 waiting", "  split[a]\n", "  split[bb]\n", "succeeded  keys")
	item <- struct{}{}
	term.awaitText("2 of 9+ done, 2 running, 5 waiting")
	item <- struct{}{}
	term.awaitText("3 of 11 done, 2 running, 6 waiting")
	close(part)
	assert.Equal(t, 0, wait())
	term.close()
	assert.Contains(t, term.String(), ": 11 succeeded\n")
	assert.NotContains(t, term.String(), "[?]")
}

// Of a run that is not over its copies are known as well, and what stands for those that are not.
func TestShowMappedSteps(t *testing.T) {
	t.Parallel()

	cfg := cli.Config{Repositories: []*dagster.Repository{plant()}}
	home := newHome(t)
	requireCode(t, 1, call(t, cfg, at(home, "job", "execute", "nightly", "--set", "config.feed.limit=7")...))
	g := call(t, cfg, at(home, "run", "show", "latest", "--json")...)
	requireCode(t, 0, g)
	assert.Equal(t, 7, strings.Count(g.stdout, `"step": "clean[`))
	assert.Equal(t, 12, strings.Count(g.stdout, `"step": "one[`), "no parts of k0")
	assert.NotContains(t, g.stdout, "[?]")

	requireCode(t, 0, call(t, cfg, at(home, "job", "execute", "nightly", "--set", "config.feed.limit=0")...))
	g = call(t, cfg, at(home, "run", "show", "latest")...)
	assert.NotContains(t, g.stdout, "[?]")
	assert.NotContains(t, g.stdout, "clean[")
}
