package cli_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// calendar is a repository of what is partitioned: sixty days, their months, cells of days and regions, customers.
func calendar() *dagster.Repository {
	days := dagster.DailyPartitions("2024-01-01", dagster.Until("2024-03-01"))
	regions := dagster.StaticPartitions("eu", "north america", "asia")
	key := func(ctx context.Context) (string, error) {
		if key := dagster.Partition(ctx).Key; key != "2024-02-03" {
			return key, nil
		}
		return "", errors.New("no data of that day")
	}
	each := func(ctx context.Context) (map[string]int, error) {
		out := make(map[string]int)
		for _, key := range dagster.Partition(ctx).Keys {
			out[key] = len(key)
		}
		return out, nil
	}
	length := func(_ context.Context, in map[string]string) (int, error) { return len(in), nil }
	day := dagster.NewAsset("day", dagster.From(key), dagster.Partitioned(days), dagster.Description("One day."))
	month := dagster.NewAsset("month", dagster.From1(day.Partitions(dagster.AllowMissing()), length),
		dagster.Partitioned(dagster.MonthlyPartitions("2024-01-01", dagster.Until("2024-03-01"))))
	cell := dagster.NewAsset("cell", dagster.From(key), dagster.Partitioned(dagster.MultiPartitions(dagster.Dimensions{"day": days, "region": regions})))
	customer := dagster.NewAsset("customer", dagster.From(key), dagster.Partitioned(dagster.DynamicPartitions("customers")))
	loaded := dagster.NewAsset("loaded", dagster.ByPartition(dagster.From(each)), dagster.Partitioned(days))
	total := dagster.NewAsset("total", dagster.From1(day.Partitions(dagster.AllowMissing()), length))
	region := dagster.NewOp("region", key)
	g := dagster.NewGraph("regions", func(s *dagster.Scope) dagster.Output[string] { return region.In(s) })
	return dagster.NewRepository("calendar", day, month, cell, customer, loaded, total,
		dagster.NewJob("by_region", g, dagster.Partitioned(regions)), dagster.NewAssetJob("days", "day"))
}

// ask runs a command of the calendar.
func ask(t *testing.T, home string, args ...string) got {
	t.Helper()
	return call(t, cli.Config{Repositories: []*dagster.Repository{calendar()}}, at(home, args...)...)
}

func TestPartitionRange_ofAwkwardKeys(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	long := strings.Repeat("k", 1024)
	odd := []string{"a...b", "c", "x|y", "sp ace", `quo"te`, "com,ma", "ünï/cödé", "[br]", long, ".dot.", "...", "a"}
	requireCode(t, 0, ask(t, home, append([]string{"partition", "add", "customers"}, odd...)...))
	for _, key := range odd {
		g := ask(t, home, "asset", "materialize", "--select", "customer", "--partition", key)
		requireCode(t, 0, g)
		g = ask(t, home, "run", "list", "--limit", "1")
		requireCode(t, 0, g)
	}
	g := ask(t, home, "partition", "status", "customer", "--json")
	assert.Contains(t, g.stdout, fmt.Sprintf(`"MATERIALIZED": %d`, len(odd)))
	g = ask(t, home, "asset", "materialize", "--select", "customer", "--partition-range", "a...b...c")
	requireCode(t, 0, g)
	g = ask(t, home, "partition", "wipe", "customer", `"com,ma", ["x|y"..."quo\"te"]`, "--yes")
	requireCode(t, 0, g)
	assert.Equal(t, "Forgotten: 4 partitions of \"customer\": [x|y...\"com,ma\"]\n", g.stdout)
	g = ask(t, home, "partition", "list", "customer", "--state", "missing", "--json")
	for _, key := range []string{"com,ma", "x|y", "sp ace", `quo\"te`} {
		assert.Contains(t, g.stdout, `"partition": "`+key+`"`)
	}
	g = ask(t, home, "asset", "materialize", "--select", "customer", "--partitions", "missing")
	requireCode(t, 0, g)
	assert.Contains(t, g.stdout, "SUCCESS in ")
	assert.Contains(t, g.stdout, ": 4 runs succeeded")

	requireCode(t, 0, ask(t, home, "partition", "add", "customers", "b...c"))
	g = ask(t, home, "asset", "materialize", "--select", "customer", "--partition-range", "a...b...c")
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, "it can be cut in 2 ways")
}

func TestPartitions_fromStandardInput(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	var keys strings.Builder
	const n = 25_000
	for i := range n {
		fmt.Fprintf(&keys, "customer %d\r\n", i)
	}
	cfg := cli.Config{Repositories: []*dagster.Repository{calendar()}, Stdin: strings.NewReader(keys.String() + "\ncustomer 7")}
	g := call(t, cfg, at(home, "partition", "add", "customers", "-")...)
	requireCode(t, 0, g)
	assert.Regexp(t, `^25,000 keys added, 1 there already`, g.stdout)
	g = ask(t, home, "partition", "list", "--dynamic", "customers", "--after", "customer 9998", "--limit", "2")
	requireCode(t, 0, g)
	assert.Equal(t, "PARTITION\ncustomer 9999\ncustomer 10000\n", g.stdout)
	assert.Equal(t, "More: shop partition list customers --dynamic --limit 2 --after 'customer 10000' --home "+home+"\n", g.stderr)

	cfg.Stdin = strings.NewReader(keys.String())
	requireCode(t, 2, call(t, cfg, at(home, "partition", "delete", "customers", "-")...))
	g = call(t, cfg, at(home, "partition", "delete", "customers", "-", "--yes")...)
	requireCode(t, 0, g)
	assert.Regexp(t, `^25,000 keys deleted`, g.stdout)
	assert.Equal(t, "No partitions that fit.\n", ask(t, home, "partition", "list", "--dynamic", "customers").stdout)
}

// Of each bar no line is wider than a terminal, and what failed is seen without colours.
func TestPartitionStatusFits(t *testing.T) {
	t.Parallel()

	term := openTerminal(t, 80, 24)
	run := func(code int, args ...string) {
		require.Equal(t, code, term.start(t.Context(), map[string]string{"NO_COLOR": "1"}, calendar(), args...)(), args)
	}
	run(1, "asset", "materialize", "--select", "day", "--partitions", "[2024-01-05...2024-02-05]")
	run(0, "asset", "materialize", "--select", "cell", "--partitions", "[2024-01-01...2024-01-31]|eu", "--single-run")
	run(0, "partition", "status", "day", "cell")
	term.close()
	text := strings.ReplaceAll(term.raw.String(), "\r\n", "\n")
	text = text[strings.LastIndex(text, "day  daily from"):]
	golden(t, "partitionstatus", text)
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, line)
	}
}

func TestCompletionOfPartitions(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	list := func(args ...string) string {
		g := call(t, cli.Config{Repositories: []*dagster.Repository{calendar()}}, append([]string{"__complete", "--home", home}, args...)...)
		requireCode(t, 0, g)
		return g.stdout
	}
	assert.Equal(t, "2024-02-29\n2024-02-28\n2024-02-27\n2024-02-26\n2024-02-25\n2024-02-24\n2024-02-23\n2024-02-22\n2024-02-21\n2024-02-20\n:36\n",
		list("asset", "materialize", "--select", "day", "--partition", "2024-02-2"))
	assert.Equal(t, "eu\n:36\n", list("job", "execute", "by_region", "--partition", "e"))
	assert.Equal(t, "day\tdaily from 2024-01-01\n:4\n", list("partition", "status", "d"))
	assert.Equal(t, "customers\n:4\n", list("partition", "add", ""))
	assert.Equal(t, "2024-01-07\n:36\n", list("partition", "list", "day", "--after", "2024-01-07"))
	assert.Equal(t, ":4\n", list("partition", "delete", "customers", ""), "there is no home")
	requireCode(t, 0, ask(t, home, "partition", "add", "customers", "acme", "zenith"))
	assert.Equal(t, "acme\n:36\n", list("partition", "delete", "customers", "a"))
	assert.Equal(t, "zenith\n:36\n", list("asset", "materialize", "--select", "customer", "--partition", "z"))
}
