package cli_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/metadata"
)

var update = flag.Bool("update", false, "write the golden files anew")

// childEnv makes the test binary a program of its own: it serves the repositories of children.
const childEnv = "DAGSTER_CLI_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		cli.Main(children())
		return
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// got is what one command came to.
type got struct {
	stdout, stderr string
	code           int
	err            error
}

// call runs one command in this process.
func call(t *testing.T, cfg cli.Config, args ...string) got {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if cfg.Name == "" {
		cfg.Name = "shop"
	}
	if cfg.Stdout == nil {
		cfg.Stdout = &stdout
	}
	if cfg.Stdin == nil {
		cfg.Stdin = strings.NewReader("")
	}
	if cfg.Getenv == nil {
		cfg.Getenv = func(string) string { return "" }
	}
	cfg.Stderr, cfg.Args = &stderr, args
	err := cli.Run(t.Context(), cfg)
	return got{stdout: stdout.String(), stderr: stderr.String(), code: cli.ExitCode(err), err: err}
}

// at adds the home to a command.
func at(home string, args ...string) []string { return append(args, "--home", home) }

func newHome(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "home")
}

// shop is a repository in which all goes well.
func shop() *dagster.Repository {
	orders := dagster.NewAsset("orders", dagster.From(func(ctx context.Context) ([]int, error) {
		dagster.AddMetadata(ctx, metadata.Rows(3))
		return []int{1, 2, 3}, nil
	}), dagster.Description("Every order.\n\nRaw."), dagster.Group("raw"), dagster.Tags(map[string]string{"tier": "gold"}), dagster.Owners("team:sales"))
	revenue := dagster.NewAsset("reports/revenue", dagster.From1(orders, func(ctx context.Context, o []int) (int, error) {
		dagster.Log(ctx).Warn("no discounts", zap.Int("orders", len(o)))
		return len(o), nil
	}), dagster.CodeVersion("v1"))
	news := dagster.NewAsset("news", dagster.Skippable(dagster.From(func(context.Context) (dagster.Maybe[string], error) {
		return dagster.Maybe[string]{}, nil
	})))
	digest := dagster.NewAsset("digest", dagster.From1(news, func(_ context.Context, s string) (string, error) { return s, nil }))
	return dagster.NewRepository("shop", orders, revenue, news, digest)
}

type speed struct {
	Limit int `json:"limit"`
}

// lab is a repository in which something fails, is tried again, or takes config.
func lab() *dagster.Repository {
	limit := dagster.NewConfig("speed", speed{Limit: 3})
	orders := dagster.NewAsset("orders", dagster.From1(limit, func(_ context.Context, s speed) (int, error) { return s.Limit, nil }))
	flaky := dagster.NewAsset("flaky", dagster.From1(orders, func(ctx context.Context, n int) (int, error) {
		if dagster.Step(ctx).Attempt == 1 {
			return 0, errors.New("connection reset")
		}
		return n, nil
	}), dagster.Retry(dagster.RetryPolicy{Max: 1}))
	broken := dagster.NewAsset("broken", dagster.From1(orders, func(_ context.Context, n int) (int, error) {
		if n > 100 {
			return n, nil
		}
		return 0, errors.New("query: no such table\nSELECT *\x1b[31m FROM orders")
	}))
	after := dagster.NewAsset("after", dagster.From1(broken, func(_ context.Context, n int) (int, error) { return n, nil }))
	return dagster.NewRepository("lab", orders, flaky, broken, after)
}

// children is what processes serve that tests start.
func children() *dagster.Repository {
	defs := dagster.Defs{
		dagster.NewAsset("polite", dagster.From(func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})),
		dagster.NewAsset("deaf", dagster.From(func(context.Context) (int, error) {
			<-make(chan struct{})
			return 0, nil
		})),
	}
	defs = append(defs, dagster.NewAsset("patient", dagster.From(func(ctx context.Context) (int, error) {
		pause := time.NewTimer(50 * time.Millisecond)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		return 0, ctx.Err()
	}), dagster.Partitioned(dagster.DailyPartitions("2024-01-01", dagster.Until("2024-02-10")))))
	var before *dagster.Asset[int]
	for i := range 150 {
		body := dagster.From(func(context.Context) (int, error) { return 0, nil })
		if before != nil {
			body = dagster.From1(before, func(ctx context.Context, n int) (int, error) {
				pause := time.NewTimer(time.Millisecond)
				defer pause.Stop()
				select {
				case <-pause.C:
				case <-ctx.Done():
				}
				return n + 1, ctx.Err()
			})
		}
		before = dagster.NewAsset(fmt.Sprintf("link%03d", i), body)
		defs = append(defs, before)
	}
	defs = append(defs, childJobs(), centuries())
	return dagster.NewRepository("children", defs)
}

// allLinks selects the chain of children.
const allLinks = "+key:link149"

// failing is a writer whose reader has gone away.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

var _ io.Writer = failing{}

func requireCode(t *testing.T, want int, g got) {
	t.Helper()
	require.Equal(t, want, g.code, "stdout:\n%s\nstderr:\n%s", g.stdout, g.stderr)
}

type nameless struct{ name string }

func (n *nameless) Error() string { return n.name }

func TestAnErrorWithoutAMessageIsShown(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(func(context.Context) (int, error) {
		var err *nameless
		return 0, err
	}))
	g := call(t, cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", a)}}, at(newHome(t), "asset", "materialize")...)
	requireCode(t, 1, g)
	assert.Contains(t, g.stdout, "a: *cli_test.nameless is no usable error: panic: runtime error: invalid memory address")
}

func TestAStepOfSeveralAssetsIsShownByItsKey(t *testing.T) {
	t.Parallel()
	type halves struct{ left, right int }
	both := dagster.NewMultiAsset("halves", dagster.From(func(ctx context.Context) (halves, error) {
		dagster.AddMetadataTo(ctx, "left", metadata.Path("page", "left.html"))
		dagster.AddMetadataTo(ctx, "right", metadata.Path("page", "right.html"))
		return halves{1, 2}, nil
	}))
	left := dagster.Part(both, "left", func(h *halves) *int { return &h.left })
	right := dagster.Part(both, "right", func(h *halves) *int { return &h.right })
	home, cfg := newHome(t), cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", left, right)}}
	g := call(t, cfg, at(home, "asset", "materialize")...)
	requireCode(t, 0, g)
	assert.Regexp(t, `started    halves\n`, g.stdout)
	assert.Regexp(t, `succeeded  halves  \S+  left.html  right.html\n`, g.stdout)
	g = call(t, cfg, at(home, "run", "show", "latest")...)
	assert.Contains(t, g.stdout, "halves")
}
