package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// Each transcript is a home of its own and the commands that are run in it, one after the other.
func TestTranscripts(t *testing.T) {
	t.Parallel()

	both := func() []*dagster.Repository { return []*dagster.Repository{shop(), lab()} }
	config := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(config, []byte(`{"config": {"speed": {"limit": 7}}}`), 0o600))
	for name, tt := range map[string]struct {
		repos    []*dagster.Repository
		commands []string
	}{
		"assets": {[]*dagster.Repository{shop()}, []string{
			"asset list", "asset list --json", "asset list --select +reports/revenue", "asset show orders", "asset show orders --json",
			"asset show order", "asset show", "asset show a b", "asset list --select news+or", "asset list --select key:*r*",
			"asset list --select group:none",
		}},
		"success": {[]*dagster.Repository{shop()}, []string{
			"run list", "run list --json", "run show latest", "asset materialize --max-concurrent 1 --tag why=test --tag bare=", "run list",
			"run list --json", "run show latest", "run show latest --json", "run events latest", "run events latest --json",
			"asset show orders", "asset show orders --json",
		}},
		"failure": {[]*dagster.Repository{lab()}, []string{
			"asset materialize --max-concurrent 1", "run show latest", "run show latest --json", "run list --status failure",
			"run list --status success", "run retry latest --from-failure --max-concurrent 1", "run show latest", "run list --limit 1",
		}},
		"json": {[]*dagster.Repository{lab()}, []string{
			"asset materialize --max-concurrent 1 --json", "asset materialize --select orders --json",
			"run retry latest --json --config " + config,
		}},
		"mistakes": {[]*dagster.Repository{shop()}, []string{
			"asst", "asset lst", "--nope", "asset materialize orders", "asset materialize --select order", "asset materialize --select +",
			"asset materialize --max-concurrent 0", "asset materialize --tag x", "asset materialize --config /does/not/exist",
			"asset materialize --config -", "run list --status done", "run list --limit 0", "run show", "run show nope", "run retry nope",
			"run list --before nope", "asset list --repository lab", "version x",
		}},
		"config": {[]*dagster.Repository{lab()}, []string{
			"asset materialize --select orders --config " + config, "run show latest",
		}},
		"jobs": {[]*dagster.Repository{plant()}, []string{
			"job list", "job list --json", "job print nightly", "job print nightly --json", "job print nightly --format mermaid", "job print refresh",
			"job execute nightly --max-concurrent 1", "run list --job nightly", "run show latest", "run list --job night",
			"job execute nightly --set config.feed.limit=7 --tag why=test", "run show latest", "run retry latest --from-failure",
			"job execute nightly --op-selection cleanup,list", "run retry latest --op-selection list", "job execute nightly --op-selection total",
			"job execute refresh --max-concurrent 1", "run retry latest --select orders", "run list --job refresh --json --limit 1",
			"run list --job refresh --limit 1",
		}},
		"jobmistakes": {[]*dagster.Repository{plant(), shop()}, []string{
			"job", "job lst", "job list x", "job print", "job print nightl", "job print x", "job print nightly --format dot",
			"job print nightly --format text --json", "job execute", "job execute nope", "job execute nightly --op-selection clea",
			"job execute refresh --op-selection orders", "job execute nightly --op-selection +", "job execute nightly --max-concurrent 0",
			"job scaffold-config x", "job config-schema x", "run retry latest --from-failure --select orders", "job list --repository shop",
			"job execute nightly --repository shop", "asset materialize --select orders --repository plant",
			"run retry latest --op-selection orders", "job execute nightly", "run retry latest --select orders",
		}},
		"schedules": {[]*dagster.Repository{clockwork()}, []string{
			"schedule list", "schedule list --json", "schedule preview early --next 3 --at 2024-03-29T12:00", "schedule preview daily --next 2 --at 2024-03-29",
			"schedule preview daily --at 2023-12-31 --next 1", "schedule preview cities --at 2024-03-29", "schedule preview asks --at 2024-03-29T06:00:00+01:00 --next 1",
			"schedule preview asks --at 2024-03-29T06:00:00+01:00 --next 2 --json", "schedule preview asks --at 2024-03-31 --next 1", "schedule preview fails --at 2024-03-29 --next 1",
			"schedule preview fails --at 2024-03-29T12:00:00+01:00 --next 1 --json", "schedule preview earl", "schedule preview nope", "schedule preview",
			"schedule preview early --at 9999-12-31T23:00", "schedule preview early --next 0", "schedule preview early --at noon", "schedule previw", "schedule list x",
		}},
		"schedulesof2": {[]*dagster.Repository{clockwork(), shop()}, []string{
			"schedule list", "schedule list --repository shop", "schedule preview early --at 2024-03-29 --next 1", "schedule preview nope",
		}},
		"repositories": {both(), []string{
			"asset list", "asset materialize", "asset materialize --select orders", "asset materialize --select news",
			"asset materialize --select nes", "asset show orders", "asset show flaky", "asset show orders --repository lab",
			"asset materialize --repository lab --select orders", "run list", "run list --repository shop", "run list --repository nope",
			"run retry latest", "run list --json --limit 1",
		}},
		"partitions": {[]*dagster.Repository{calendar()}, []string{
			"asset list", "job list", "asset show day", "partition status", "asset materialize --select day",
			"asset materialize --select day --partition 2024-01-01", "asset show day", "asset show day --json",
			"asset materialize --select day --partition-range 2024-01-02...2024-01-20", "run list", "run show latest",
			"asset materialize --select day --partitions [2024-02-01...2024-02-05],2024-02-07", "run list --status failure",
			"run retry latest --json", "asset materialize --select day --partitions failed", "asset materialize --select day --partitions latest",
			"partition status day", "partition status day month --json", "partition list day --limit 3",
			"partition list day --state failed", "partition list day --state missing --after 2024-02-03 --limit 2 --json",
			"partition wipe day [2024-01-01...2024-01-03]", "partition wipe day [2024-01-01...2024-01-03],2024-01-05 --yes",
			"partition status day --spans", "asset materialize --select loaded --partitions [2024-01-01...2024-01-03]",
			"asset materialize --select month --partitions all", "asset materialize --select month --partitions missing",
			"asset materialize --select cell --partition 2024-01-01|eu", "run show latest", "partition status cell",
			"job execute by_region --partition eu", "job execute by_region --partitions all", "job print by_region",
			"job execute days --partitions [2024-02-02...2024-02-04] --json", "run list --job by_region --limit 2",
			"asset materialize --select total", "asset materialize --partitions all --single-run --max-concurrent 1",
			"asset materialize --select +total --partitions latest", "asset materialize --select loaded+ --partitions all --single-run",
		}},
		"partitionmistakes": {[]*dagster.Repository{calendar()}, []string{
			"asset materialize", "asset materialize --select cell", "asset materialize --select customer",
			"asset materialize --select total --partition 2024-01-01", "asset materialize --select total --single-run",
			"asset materialize --select day --partition 2024-01-01 --partitions all", "asset materialize --select day --single-run",
			"asset materialize --select day --partition 2024-01-01 --single-run", "asset materialize --select day --partition 2025-01-01",
			"asset materialize --select day --partition today", "asset materialize --select day --partition-range 2024-01-01",
			"asset materialize --select day --partition-range 2024-01-09...2024-01-01",
			"asset materialize --select day --partition-range 2024-01-01...2025-01-01",
			"asset materialize --select day --partitions [2024-01-01", "asset materialize --select day --partitions mising",
			"asset materialize --select cell --partition 2024-01-01|ue", "asset materialize --select day --partition=",
			"asset materialize --select customer --partition acme", "asset materialize --select customer --partitions all",
			"job execute by_region", "job execute by_region --partitions missing", "job execute by_region --partition e", "run list",
			"partition", "partition lst", "partition list", "partition list da", "partition list total", "partition list day --state done",
			"partition list day --limit 0", "partition list day --after x", "partition list --dynamic custmers", "partition list --dynamic x",
			"partition add customers", "partition add custmers x", "partition delete customers x", "partition wipe day",
			"partition wipe day all", "partition status total", "partition status dya",
		}},
		"help": {[]*dagster.Repository{shop()}, []string{
			"", "--help", "asset", "asset list --help", "asset show --help", "asset status --help", "asset materialize --help", "run --help", "run list --help",
			"schedule --help", "schedule list --help", "schedule preview --help",
			"job --help", "job list --help", "job print --help", "job execute --help", "job scaffold-config --help", "job config-schema --help",
			"run show --help", "run events --help", "run retry --help", "version --help",
			"partition --help", "partition list --help", "partition status --help", "partition wipe --help", "partition add --help",
			"partition delete --help",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			home := newHome(t)
			var b strings.Builder
			for _, command := range tt.commands {
				g := call(t, cli.Config{Repositories: tt.repos}, at(home, strings.Fields(command)...)...)
				fmt.Fprintf(&b, "$ shop %s\n%s", command, g.stdout)
				for line := range strings.Lines(g.stderr) {
					b.WriteString("2> " + line)
				}
				fmt.Fprintf(&b, "= %d\n\n", g.code)
			}
			golden(t, name, normalise(b.String(), filepath.Dir(home), filepath.Dir(config)))
		})
	}
}

var variable = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<id>"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "<time>"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "<time>"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`), "<time>"},
	{regexp.MustCompile(`(?m)^ +\d+\.\ds  `), "  <t>  "},
	{regexp.MustCompile(`(\d+m?s ago|\bnow\b)(  +)?`), "<ago>$2"},
	{regexp.MustCompile(`\b\d+(\.\d+)?m?s\b(  +)?`), "<took>$2"},
	{regexp.MustCompile(`duration_ns":\d+`), `duration_ns":0`},
	{regexp.MustCompile(`go1\.\d+(\.\d+)?`), "<go>"},
	{regexp.MustCompile(`cli/(\w+)_test\.go:\d+`), "cli/${1}_test.go:0"},
	{regexp.MustCompile(`"[^"]+/(cli/\w+_test\.go)"`), `"/src/$1"`},
	{regexp.MustCompile(`"line": \d+`), `"line": 0`},
	{regexp.MustCompile(`"data_version":( ?)"[^"]+"`), `"data_version":$1"<version>"`},
	{regexp.MustCompile(`(<took>|<ago>|TOOK) {2,}`), "$1  "},
	{regexp.MustCompile(` +\n`), "\n"},
}

// normalise takes out what differs from run to run.
func normalise(s string, dirs ...string) string {
	for _, d := range dirs {
		s = strings.ReplaceAll(s, d, "/tmp")
	}
	for _, v := range variable {
		s = v.what.ReplaceAllString(s, v.by)
	}
	return s
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}
