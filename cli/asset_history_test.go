package cli_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/metadata"
)

// works is a repository with a graph that is worth a look.
func works(string) *dagster.Repository {
	one := func(_ context.Context, n int) (int, error) { return n, nil }
	source := dagster.NewSource[int]("raw/feed")
	clean := dagster.NewAsset("clean", dagster.From1(source, one))
	sums := dagster.NewAsset("sums", dagster.From1(clean, one))
	chart := dagster.NewAsset("chart", dagster.From2(clean, sums, func(_ context.Context, a, b int) (int, error) { return a + b, nil }),
		dagster.Metadata(metadata.ColumnLineage(map[string][]metadata.ColumnOf{"total": {{Asset: "sums", Column: "sum"}, {Asset: "clean", Column: "n"}}})))
	page := dagster.NewAsset("page", dagster.From2(chart, sums, func(_ context.Context, a, b int) (int, error) { return a + b, nil }))
	days := dagster.NewAsset("days", dagster.From(func(context.Context) (int, error) { return 1, nil }), dagster.Partitioned(dagster.StaticPartitions("mon", "tue")))
	return dagster.NewRepository("works", source, clean, sums, chart, page, days)
}

func TestLineageOfAssets(t *testing.T) {
	t.Parallel()

	transcript(t, "lineage", works,
		"asset lineage sums", "asset lineage page --upstream", "asset lineage page --upstream --depth 1", "asset lineage clean --downstream --depth 2",
		"asset lineage raw/feed", "asset lineage page", "asset lineage page --quiet", "asset lineage sums --depth 1 --format mermaid",
		"asset lineage sums --depth 1 --format dot", "asset lineage sums --depth 1 --json", "asset lineage chart --column total",
		"asset lineage chart --column total --json", "asset lineage chart --column nope", "asset lineage chart --column total --format dot",
		"asset lineage chrt", "asset lineage page --depth 0", "asset lineage page --format svg", "asset lineage page --json --quiet",
		"asset lineage --help",
	)
}

func TestHistoryOfAssets(t *testing.T) {
	t.Parallel()

	transcript(t, "history", works,
		"asset history raw/feed", "asset report raw/feed --metadata rows=3 --metadata note=by_hand --metadata ok=true --metadata ratio=0.5 --metadata at=https://x.example --metadata range={\"from\":1} --metadata none=null --metadata big=123456789012345678901234567890",
		"asset report raw/feed --metadata rows=8 --version 7f3a", "asset report raw/feed --metadata rows=5 --quiet",
		"asset history raw/feed", "asset history raw/feed --limit 2", "asset history raw/feed --limit 2 --before 2", "asset history raw/feed --limit 1 --json",
		"asset history raw/feed --plot rows", "asset history raw/feed --plot rows --limit 2 --json", "asset history raw/feed --plot ratio",
		"asset history raw/feed --plot row", "asset history raw/feed --plot note", "asset history clean --plot rows",
		"asset report days --partition tue --metadata rows=1", "asset report days --partition mon --metadata rows=2", "asset history days", "asset history days --plot rows",
		"asset history days --partition mon", "asset report days", "asset report days --partition sun", "asset report raw/fed", "asset report raw/feed --metadata rows",
		"asset wipe days", "asset wipe days --yes", "asset status --select days", "asset wipe clean --yes --quiet", "asset wipe nope --yes",
		"asset history raw/feed --limit 0", "asset history nope", "asset history --help", "asset report --help", "asset wipe --help", "asset manifest --help",
	)
}

func TestPlotOfManyPoints(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	cfg := cli.Config{Repositories: []*dagster.Repository{works("")}}
	for _, n := range []string{"0", "1e308", "-1e308", "3", "1e307"} {
		requireCode(t, 0, call(t, cfg, at(home, "asset", "report", "clean", "--metadata", "n="+n)...))
	}
	g := call(t, cfg, at(home, "asset", "history", "clean", "--plot", "n")...)
	requireCode(t, 0, g)
	assert.Contains(t, g.stdout, " 1e+308 ┤")
	assert.Contains(t, g.stdout, "-1e+308 ┤")
	g = call(t, cfg, at(home, "__complete", "asset", "history", "clean", "--plot", "")...)
	requireCode(t, 0, g)
}

func TestManifestOfARepository(t *testing.T) {
	t.Parallel()

	g := call(t, cli.Config{Repositories: []*dagster.Repository{works("")}}, "asset", "manifest")
	requireCode(t, 0, g)
	assert.Contains(t, g.stdout, "{\n  \"version\": 1,\n  \"repository\": \"works\",\n  \"assets\": [\n")
	g = call(t, cli.Config{Repositories: []*dagster.Repository{works(""), shop()}}, "asset", "manifest")
	requireCode(t, 2, g)
}
