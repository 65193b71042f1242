package cli_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/metadata"
)

// office is a repository whose checks come to what a config says.
func office(version string) *dagster.Repository {
	limit := dagster.NewConfig("limit", speed{Limit: 3})
	orders := dagster.NewAsset("orders", dagster.From1(limit, func(ctx context.Context, s speed) (int, error) {
		dagster.AddMetadata(ctx, metadata.Rows(s.Limit))
		dagster.ReportCheck(ctx, "own", dagster.CheckResult{Passed: true})
		return s.Limit, nil
	}), dagster.CodeVersion("1"), dagster.Checks("own"))
	sum := dagster.NewAsset("sum", dagster.From1(orders, func(_ context.Context, n int) (int, error) { return n, nil }), dagster.CodeVersion(version))
	page := dagster.NewAsset("page", dagster.From1(sum, func(_ context.Context, n int) (string, error) { return strconv.Itoa(n), nil }), dagster.CodeVersion("1"))
	check := func(n int, warn bool) func(context.Context, int) (dagster.CheckResult, error) {
		return func(_ context.Context, got int) (dagster.CheckResult, error) {
			return dagster.CheckResult{Passed: got >= n, Warn: warn, Description: fmt.Sprintf("%d of at least %d", got, n), Metadata: []metadata.Entry{metadata.Int("got", got)}}, nil
		}
	}
	theirs := dagster.NewSource[dagster.Nothing]("theirs", dagster.Observe(dagster.From(func(context.Context) (string, error) { return version, nil })))
	return dagster.NewRepository("office", orders, sum, page, theirs,
		dagster.NewCheck("enough", orders, dagster.From1(orders, check(2, false)), dagster.Blocking(), dagster.Description("There are orders.")),
		dagster.NewCheck("many", orders, dagster.From1(orders, check(3, true))),
		dagster.NewCheck("huge", sum, dagster.From1(sum, check(4, false))))
}

// transcript runs commands in one home, which each repository serves in turn: "v2" before a command is another version of
// the program.
func transcript(t *testing.T, name string, program func(version string) *dagster.Repository, commands ...string) {
	t.Helper()
	home := newHome(t)
	var b strings.Builder
	for _, command := range commands {
		version := "1"
		rest, newer := strings.CutPrefix(command, "v2 ")
		if newer {
			version = "2"
		}
		words := strings.Fields(rest)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		g := call(t, cli.Config{Repositories: []*dagster.Repository{program(version)}}, at(home, words...)...)
		fmt.Fprintf(&b, "$ %s\n%s", command, g.stdout)
		for line := range strings.Lines(g.stderr) {
			b.WriteString("2> " + line)
		}
		fmt.Fprintf(&b, "= %d\n\n", g.code)
	}
	golden(t, name, normalise(b.String(), filepath.Dir(home)))
}

func TestStatusAndChecks(t *testing.T) {
	t.Parallel()

	one := " --max-concurrent 1"
	transcript(t, "status", office,
		"asset status", "asset materialize"+one, "asset status", "asset status --quiet", "run show latest", "asset materialize --stale",
		"v2 asset status", "v2 asset status --quiet --json", "v2 asset materialize --stale"+one, "v2 asset status --select sum", "v2 asset status --select status:stale",
		"asset materialize --skip-unchanged --select orders"+one,
		"asset materialize --set config.limit.limit=1"+one, "run show latest", "run show latest --json", "asset status",
		"asset check --select orders"+one, "asset check --select orders --check many"+one, "asset check --select page", "asset check --check enogh",
		"asset check --select ordrs", "asset materialize --stale --skip-unchanged",
		"asset observe", "v2 asset observe --select theirs", "asset observe --select page", "run events latest",
	)
}

func TestCompletionOfChecks(t *testing.T) {
	t.Parallel()

	g := call(t, cli.Config{Repositories: []*dagster.Repository{office("1")}}, "__complete", "asset", "check", "--check", "h")
	requireCode(t, 0, g)
	assert.Equal(t, "huge\n:4\n", g.stdout)
	g = call(t, cli.Config{Repositories: []*dagster.Repository{office("1")}}, "__complete", "asset", "status", "--select", "or")
	requireCode(t, 0, g)
	require.Contains(t, g.stdout, "orders")
}

func TestHelpOfAssets(t *testing.T) {
	t.Parallel()

	transcript(t, "assethelp", office, "asset status --help", "asset check --help", "asset observe --help")
}
