package cli_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// terminal is a pseudo-terminal, and what it shows.
type terminal struct {
	t       *testing.T
	device  *os.File // for the program
	control *os.File

	mu   sync.Mutex
	show *screen
	raw  strings.Builder
	more chan struct{}
	done chan struct{}
}

func openTerminal(t *testing.T, columns, rows int) *terminal {
	t.Helper()
	control, device, err := pty.Open()
	require.NoError(t, err)
	term := &terminal{t: t, device: device, control: control, show: newScreen(columns), more: make(chan struct{}, 1), done: make(chan struct{})}
	term.setSize(columns, rows)
	go func() {
		defer close(term.done)
		buffer := make([]byte, 4096)
		for {
			n, err := control.Read(buffer)
			if err != nil {
				return
			}
			term.mu.Lock()
			_, _ = term.show.Write(buffer[:n])
			term.raw.Write(buffer[:n])
			term.mu.Unlock()
			select {
			case term.more <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(func() { term.close() })
	return term
}

func (t *terminal) setSize(columns, rows int) {
	t.t.Helper()
	size := &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}
	require.NoError(t.t, pty.Setsize(t.control, size))
}

// resize changes the window between two writes.
func (t *terminal) resize(columns, rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setSize(columns, rows)
	t.show.resize(columns)
}

// close ends the program's side; what was written is read first.
func (t *terminal) close() {
	_ = t.device.Close()
	<-t.done
	_ = t.control.Close()
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.show.String()
}

func (t *terminal) await(what func(screen string) bool) {
	t.t.Helper()
	timeout := time.After(90 * time.Second) // of the whole: the display goes on to be drawn
	for !what(t.String()) {
		select {
		case <-t.more:
		case <-timeout:
			require.FailNow(t.t, "it is not shown", t.String())
		}
	}
}

func (t *terminal) awaitText(texts ...string) {
	t.t.Helper()
	t.await(func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// gated are assets that wait until their gate opens.
type gated struct{ gates map[string]chan error }

func (g gated) asset(name string) *dagster.Asset[int] {
	gate := make(chan error)
	g.gates[name] = gate
	return dagster.NewAsset(name, dagster.From(func(ctx context.Context) (int, error) {
		dagster.Progress(ctx, 1, 4)
		select {
		case err := <-gate:
			return 1, err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}))
}

// start runs a command on the terminal; wait returns its exit code.
func (t *terminal) start(ctx context.Context, env map[string]string, repo *dagster.Repository, args ...string) (wait func() int) {
	t.t.Helper()
	code := make(chan int, 1)
	home := newHome(t.t)
	go func() {
		code <- cli.ExitCode(cli.Run(ctx, cli.Config{
			Repositories: []*dagster.Repository{repo}, Name: "shop", Args: args, Stdout: t.device, Stderr: t.device,
			Getenv: func(name string) string {
				if name == "DAGSTER_HOME" {
					return home
				}
				return env[name]
			},
		}))
	}()
	return func() int { return <-code }
}

func TestLiveDisplay(t *testing.T) {
	t.Parallel()

	g := gated{make(map[string]chan error)}
	one, two, three := g.asset("one"), g.asset("two"), g.asset("a/third/asset/with/a/long/name")
	last := dagster.NewAsset("last", dagster.From1(three, func(_ context.Context, n int) (int, error) { return n, nil }))
	term := openTerminal(t, 80, 24)
	wait := term.start(t.Context(), nil, dagster.NewRepository("shop", one, two, three, last), "asset", "materialize", "--max-concurrent", "3")

	term.awaitText("0 of 4 done, 3 running, 1 waiting", "  one  25%  1/4", "  two  25%  1/4", "  a/third/asset/with/a/long/name  25%  1/4")
	g.gates["one"] <- nil
	term.awaitText("1 of 4 done, 2 running, 1 waiting", "succeeded  one")

	// A narrow window cuts the lines of the display, and what was drawn on the wide one is gone.
	term.resize(20, 24)
	term.await(func(screen string) bool {
		return strings.Contains(screen, "  a/third/…\n") && strings.Count(screen, "of 4") == 1 && strings.Count(screen, "a/third") == 1
	})
	term.resize(100, 24)
	term.awaitText("a/third/asset/with/a/long/name  25%")
	g.gates["two"] <- errors.New("no such table\nSELECT *\x1b[31m FROM two")
	term.awaitText("1 of 4 done, 1 failed, 1 running, 1 waiting", "failed     two")
	g.gates["a/third/asset/with/a/long/name"] <- nil
	assert.Equal(t, 1, wait())
	term.close()
	golden(t, "live", normalise(term.String()))
	assert.Contains(t, term.raw.String(), "\x1b[31mfailed", "red")
	assert.LessOrEqual(t, term.show.maximum, 23)
}

func TestLiveDisplayOfManySteps(t *testing.T) {
	t.Parallel()

	g := gated{make(map[string]chan error)}
	var defs dagster.Defs
	for i := range 30 {
		defs = append(defs, g.asset(fmt.Sprintf("asset%02d", i)))
	}
	term := openTerminal(t, 60, 8)
	wait := term.start(t.Context(), nil, dagster.NewRepository("shop", defs), "asset", "materialize", "--max-concurrent", "30")
	term.awaitText("0 of 30 done, 30 running", "  asset04", "and 25 more")
	for _, gate := range g.gates {
		close(gate)
	}
	assert.Equal(t, 0, wait())
	term.close()
	assert.Contains(t, term.String(), "SUCCESS in ")
	assert.Contains(t, term.String(), ": 30 succeeded")
	assert.NotContains(t, term.String(), "running")
	assert.Equal(t, 30, strings.Count(term.String(), "  succeeded  asset"))
	assert.LessOrEqual(t, term.show.maximum, 7)
}

func TestLiveDisplayOfACanceledRun(t *testing.T) {
	t.Parallel()

	g := gated{make(map[string]chan error)}
	release := make(chan struct{})
	slow := dagster.NewAsset("slow", dagster.From(func(context.Context) (int, error) {
		<-release
		return 0, nil
	}))
	term := openTerminal(t, 80, 24)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wait := term.start(ctx, nil, dagster.NewRepository("shop", g.asset("one"), slow), "asset", "materialize", "--max-concurrent", "2")
	term.awaitText("2 running")
	cancel()
	term.awaitText("canceling: waiting for the steps that run", "canceled   one", "1 running")
	close(release)
	assert.Equal(t, 1, wait())
	term.close()
	assert.Contains(t, term.String(), "CANCELED in ")
	assert.NotContains(t, term.String(), "canceling")
}

// Without colours, and on a terminal that cannot move its cursor.
func TestPlainTerminals(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		env   map[string]string
		moves bool
	}{
		"NO_COLOR":  {map[string]string{"NO_COLOR": "1"}, true},
		"TERM=dumb": {map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := gated{make(map[string]chan error)}
			term := openTerminal(t, 80, 24)
			wait := term.start(t.Context(), tt.env, dagster.NewRepository("shop", g.asset("one")), "asset", "materialize")
			if tt.moves {
				term.awaitText("1 running")
			} else {
				term.awaitText("started    one")
			}
			g.gates["one"] <- nil
			assert.Equal(t, 0, wait())
			term.close()
			assert.Contains(t, term.String(), "succeeded  one")
			assert.NotRegexp(t, "\x1b\\[[0-9]*m", term.raw.String(), "no colour")
			assert.Equal(t, tt.moves, strings.Contains(term.raw.String(), "\x1b["))
		})
	}
}

// A table is as wide as the terminal at most, whatever its signs.
func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()

	one := dagster.NewAsset("one", dagster.From(func(context.Context) (int, error) { return 0, nil }), dagster.Description("注文と顧客の一覧\x1b[2J です"))
	two := dagster.NewAsset("a/much/longer/one", dagster.From1(one, func(_ context.Context, n int) (int, error) { return n, nil }), dagster.Description("été"))
	term := openTerminal(t, 44, 24)
	require.Equal(t, 0, term.start(t.Context(), map[string]string{"NO_COLOR": "1"}, dagster.NewRepository("shop", one, two), "asset", "list")())
	term.close()
	assert.Equal(t, strings.Join([]string{
		"ASSET              GROUP    NEEDS  DESCRIPT…",
		"one                default         注文と顧…",
		"a/much/longer/one  default  one    été",
		"",
	}, "\r\n"), term.raw.String())
}
