package cli_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An interrupt lets the run at hand end, and starts no other; what asks the process to go cancels it.
func TestInterruptOfManyRuns(t *testing.T) {
	t.Parallel()

	for sig, says := range map[os.Signal]string{
		os.Interrupt:    "stopping after this run; interrupt again to stop at once; ",
		syscall.SIGTERM: "canceling: waiting for the steps that run; ",
	} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()

			home := newHome(t)
			c := startChild(t, at(home, "asset", "materialize", "--select", "patient", "--partitions", "all")...)
			c.awaitOut(t, "succeeded  2024-01-01")
			require.NoError(t, c.Process.Signal(sig))
			rest, code := c.end(t)
			assert.Equal(t, 1, code, c.stderr.String())
			assert.Contains(t, c.stderr.String(), says)
			assert.Regexp(t, `CANCELED in \S+: \d+ runs? succeeded, 3\d left`, rest)
			assert.Regexp(t, `Go on:  \S+ asset materialize --select patient --partitions '\[2024-01-\d\d...2024-02-09\]' --home `, rest)
			g := inChildrens(t, home, "run", "list")
			assert.Empty(t, g.stderr, "nothing was left to end")
			if sig == os.Interrupt {
				assert.NotContains(t, g.stdout, "CANCELED")
			}
			g = inChildrens(t, home, "partition", "list", "patient", "--state", "in_progress")
			assert.Equal(t, "No partitions that fit.\n", g.stdout)
		})
	}
}

// While many runs go on, a terminal shows how many are done; what failed stays.
func TestLiveDisplayOfManyRuns(t *testing.T) {
	t.Parallel()

	term := openTerminal(t, 80, 24)
	wait := term.start(t.Context(), nil, calendar(), "asset", "materialize", "--select", "day", "--partitions", "all")
	assert.Equal(t, 1, wait())
	term.close()
	text := term.String()
	assert.Contains(t, text, "60 runs, one for each of [2024-01-01...2024-02-29]\n")
	assert.Contains(t, text, "failed     2024-02-03  ")
	assert.Contains(t, text, ": 59 runs succeeded, 1 failed\n  2024-02-03: day: no data of that day\n")
	assert.NotContains(t, text, "succeeded  2024-01-02", "too many to list")
}
