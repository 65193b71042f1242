package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// child is this test binary as a program that serves the repository of children.
type child struct {
	*exec.Cmd
	stdout *bufio.Reader
	stderr lines
}

// lines are written by one process and awaited by a test.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) await(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(90 * time.Second)
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.more:
		case <-timeout:
			require.FailNow(t, "it is not said", "want %q in\n%s", text, l.String())
		}
	}
}

func startChild(t *testing.T, args ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c := &child{Cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	c.stderr.more = make(chan struct{}, 1)
	c.Env = append(os.Environ(), childEnv+"=1", "DAGSTER_HOME=")
	c.Dir = t.TempDir()
	c.Stderr = &c.stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	c.stdout = bufio.NewReader(out)
	require.NoError(t, c.Start())
	return c
}

// awaitOut reads lines up to one that has text.
func (c *child) awaitOut(t *testing.T, text string) {
	t.Helper()
	for {
		line, err := c.stdout.ReadString('\n')
		require.NoError(t, err, "want %q; stderr: %s", text, c.stderr.String())
		if strings.Contains(line, text) {
			return
		}
	}
}

// end reads what is left, and returns it with the exit code.
func (c *child) end(t *testing.T) (string, int) {
	t.Helper()
	var rest strings.Builder
	_, err := c.stdout.WriteTo(&rest)
	require.NoError(t, err)
	err = c.Wait()
	if err != nil {
		_, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok, "%v", err)
	}
	return rest.String(), c.ProcessState.ExitCode()
}

func inChildrens(t *testing.T, home string, args ...string) got {
	t.Helper()
	return call(t, cli.Config{Repositories: []*dagster.Repository{children()}}, at(home, args...)...)
}

func TestInterruptCancelsTheRun(t *testing.T) {
	t.Parallel()

	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()

			home := newHome(t)
			c := startChild(t, at(home, "asset", "materialize", "--select", "polite")...)
			c.awaitOut(t, "started    polite")
			require.NoError(t, c.Process.Signal(sig))

			rest, code := c.end(t)
			assert.Equal(t, 1, code, c.stderr.String())
			assert.Contains(t, rest, "canceled   polite")
			assert.Contains(t, rest, "CANCELED in ")
			assert.Contains(t, c.stderr.String(), "canceling: waiting for the steps that run; interrupt again to stop at once")
			g := inChildrens(t, home, "run", "list")
			assert.Contains(t, g.stdout, "CANCELED")
			assert.Contains(t, g.stdout, "stopped by signal: "+sig.String())
			assert.Empty(t, g.stderr, "nothing was left to end")
		})
	}
}

func TestSecondInterruptStopsAtOnce(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	c := startChild(t, at(home, "asset", "materialize", "--select", "deaf")...)
	c.awaitOut(t, "started    deaf")
	require.NoError(t, c.Process.Signal(os.Interrupt))
	c.stderr.await(t, "canceling")
	done := make(chan struct{})
	var sender sync.WaitGroup
	sender.Go(func() { // signals that come with the first one do not count
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = c.Process.Signal(os.Interrupt)
			case <-done:
				return
			}
		}
	})
	_, code := c.end(t)
	close(done)
	sender.Wait()
	assert.Equal(t, 130, code, c.stderr.String())

	g := inChildrens(t, home, "run", "list")
	assert.Contains(t, g.stderr, "was left by a process that is gone: it is now FAILURE")
	assert.Contains(t, g.stdout, "FAILURE")
}

func TestALivingProcessIsLeftAlone(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	c := startChild(t, at(home, "asset", "materialize", "--select", "polite")...)
	c.awaitOut(t, "started    polite")
	for range 3 {
		g := inChildrens(t, home, "run", "list")
		requireCode(t, 0, g)
		assert.Contains(t, g.stdout, "STARTED")
		assert.Empty(t, g.stderr)
	}
	requireCode(t, 2, inChildrens(t, home, "run", "retry", "latest"))
	require.NoError(t, c.Process.Signal(os.Interrupt))
	_, code := c.end(t)
	assert.Equal(t, 1, code)
	locks, err := os.ReadDir(home + "/workers")
	require.NoError(t, err)
	assert.Empty(t, locks)
}

func TestManyProcessesShareOneHome(t *testing.T) {
	t.Parallel()

	const processes = 4
	home := newHome(t)
	var all []*child
	for range processes {
		all = append(all, startChild(t, at(home, "asset", "materialize", "--select", "+key:link010")...))
	}
	for _, c := range all {
		rest, code := c.end(t)
		assert.Equal(t, 0, code, "%s\n%s", rest, c.stderr.String())
		assert.Empty(t, c.stderr.String())
	}
	g := inChildrens(t, home, "run", "list", "--json")
	requireCode(t, 0, g)
	assert.Equal(t, processes, strings.Count(g.stdout, `"status": "SUCCESS"`))
}

// A process that is killed has printed nothing that is not stored, and leaves a home in which the next one works.
func TestKilledProcess(t *testing.T) {
	t.Parallel()

	rounds := 10
	if os.Getenv("DAGSTER_DEEP") != "" {
		rounds = 200
	}
	home := newHome(t)
	for range rounds {
		c := startChild(t, at(home, "asset", "materialize", "--select", allLinks, "--json")...)
		var printed strings.Builder
		for range 1 + rand.IntN(900) {
			line, err := c.stdout.ReadString('\n')
			require.NoError(t, err, c.stderr.String())
			printed.WriteString(line)
		}
		require.NoError(t, c.Process.Kill())
		rest, code := c.end(t)
		require.Equal(t, -1, code, "it was to be killed while it ran")
		printed.WriteString(rest)

		g := inChildrens(t, home, "run", "events", "latest", "--json")
		requireCode(t, 0, g)
		require.Contains(t, g.stderr, "was left by a process that is gone: it is now FAILURE")
		whole := printed.String()
		whole = whole[:strings.LastIndexByte(whole, '\n')+1]
		require.True(t, strings.HasPrefix(g.stdout, whole), "printed:\n%s\nstored:\n%s", whole, g.stdout)
		requireSequence(t, g.stdout, "PIPELINE_FAILURE")
	}
	g := inChildrens(t, home, "asset", "materialize", "--select", allLinks, "--json")
	requireCode(t, 0, g)
	require.Empty(t, g.stderr)
	requireSequence(t, g.stdout, "PIPELINE_SUCCESS")

	g = inChildrens(t, home, "run", "show", "latest")
	requireCode(t, 0, g)
	require.Contains(t, g.stdout, "150 succeeded")
	require.NotContains(t, g.stdout, "link001", "too many to list")
}

// requireSequence wants the events of one run, each once, in order, up to the last.
func requireSequence(t *testing.T, text, last string) {
	t.Helper()
	var e struct {
		Seq  int    `json:"seq"`
		Kind string `json:"kind"`
	}
	want := 0
	for line := range strings.Lines(text) {
		want++
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		require.Equal(t, want, e.Seq)
	}
	require.Equal(t, last, e.Kind)
}

// Who reads the output may go away: the run goes on.
func TestReaderThatGoesAway(t *testing.T) {
	t.Parallel()

	for _, form := range [][]string{nil, {"--json"}} {
		t.Run(strings.Join(form, ""), func(t *testing.T) {
			t.Parallel()

			home := newHome(t)
			r, w, err := os.Pipe()
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			args := append(at(home, "asset", "materialize", "--select", allLinks), form...)
			c := exec.CommandContext(ctx, os.Args[0], args...)
			c.Env = append(os.Environ(), childEnv+"=1")
			c.Stdout = w
			require.NoError(t, c.Start())
			require.NoError(t, w.Close())
			_, err = bufio.NewReader(r).ReadString('\n')
			require.NoError(t, err)
			require.NoError(t, r.Close())
			require.NoError(t, c.Wait())

			g := inChildrens(t, home, "run", "events", "latest", "--json")
			requireCode(t, 0, g)
			assert.Empty(t, g.stderr)
			requireSequence(t, g.stdout, "PIPELINE_SUCCESS")
		})
	}
}

// Without --home and DAGSTER_HOME the home is in the working directory, for its owner alone, and out of version control.
func TestDefaultHome(t *testing.T) {
	t.Parallel()

	c := startChild(t, "asset", "materialize", "--select", "link000")
	rest, code := c.end(t)
	require.Equal(t, 0, code, "%s\n%s", rest, c.stderr.String())
	info, err := os.Stat(c.Dir + "/.dagster")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	ignore, err := os.ReadFile(c.Dir + "/.dagster/.gitignore")
	require.NoError(t, err)
	assert.Equal(t, "*\n", string(ignore))
	assert.FileExists(t, c.Dir+"/.dagster/storage/link000.json")
}
