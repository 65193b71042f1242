package cli_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// centuries are months of a hundred years that read their hours, of which there are 876,576.
func centuries() dagster.Defs {
	hour := dagster.NewAsset("hour", dagster.From(func(context.Context) (int, error) { return 1, nil }),
		dagster.Partitioned(dagster.HourlyPartitions("1925-01-01-00:00", dagster.Until("2025-01-01-00:00"))))
	month := dagster.NewAsset("month_of_hours", dagster.From1(hour.Partitions(dagster.AllowMissing()), func(_ context.Context, in map[string]int) (int, error) {
		return len(in), nil
	}), dagster.Partitioned(dagster.MonthlyPartitions("1925-01-01", dagster.Until("2025-01-01"))))
	return dagster.Defs{hour, month}
}

// BenchmarkFirstStep is how long it takes from the start of a process to the first step of a month that reads its hours,
// in a home that is there.
func BenchmarkFirstStep(b *testing.B) {
	home := b.TempDir()
	for b.Loop() {
		c := exec.CommandContext(b.Context(), os.Args[0], "asset", "materialize", "--select", "month_of_hours", "--partition", "1999-05-01", "--home", home)
		c.Env = append(os.Environ(), childEnv+"=1")
		out, err := c.StdoutPipe()
		require.NoError(b, err)
		begun := time.Now()
		require.NoError(b, c.Start())
		text, buffer := "", make([]byte, 4096)
		for !strings.Contains(text, "started    month_of_hours") {
			n, err := out.Read(buffer)
			require.NoError(b, err, text)
			text += string(buffer[:n])
		}
		b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms-to-step")
		_, err = io.Copy(io.Discard, out)
		require.NoError(b, err)
		require.NoError(b, c.Wait())
	}
}

// BenchmarkPartitions are commands about many partitions, one after the other in one home.
func BenchmarkPartitions(b *testing.B) {
	home := b.TempDir()
	repo := []*dagster.Repository{dagster.NewRepository("bench", calendar1461(), centuries())}
	run := func(b *testing.B, stdin string, args ...string) {
		b.Helper()
		for b.Loop() {
			cfg := cli.Config{
				Repositories: repo, Args: append(args, "--home", home), Stdin: strings.NewReader(stdin), Stdout: io.Discard, Stderr: io.Discard,
				Getenv: func(string) string { return "" },
			}
			require.NoError(b, cli.Run(b.Context(), cfg), args)
		}
	}
	var keys strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&keys, "customer-%d\n", i)
	}
	for _, bench := range []struct{ name, stdin, command string }{
		{"days/one_run", "", "asset materialize --select day --partition-range 2012-01-01...2015-12-31"},
		{"days/one_each", "", "asset materialize --select day --partitions all"},
		{"days/status", "", "partition status day"},
		{"hours/status", "", "partition status hour"},
		{"keys/add", keys.String(), "partition add customers -"},
		{"keys/list", "", "partition list --dynamic customers --after customer-500000 --limit 1000"},
		{"keys/status", "", "partition status customer"},
		{"keys/one", "", "asset materialize --select customer --partition customer-777777"},
		{"keys/delete", keys.String(), "partition delete customers - --yes"},
	} {
		b.Run(bench.name, func(b *testing.B) { run(b, bench.stdin, strings.Fields(bench.command)...) })
	}
}

func calendar1461() dagster.Defs {
	key := func(ctx context.Context) (string, error) { return dagster.Partition(ctx).Key, nil }
	return dagster.Defs{
		dagster.NewAsset("day", dagster.From(key), dagster.Partitioned(dagster.DailyPartitions("2012-01-01", dagster.Until("2016-01-01")))),
		dagster.NewAsset("customer", dagster.From(key), dagster.Partitioned(dagster.DynamicPartitions("customers"))),
	}
}
