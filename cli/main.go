package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/dagster-go/dagster"
)

// Main serves the repositories with the arguments, streams and signals of the process, and exits. The first interrupt,
// SIGTERM or SIGHUP cancels what runs, the second one exits at once.
func Main(repos ...*dagster.Repository) {
	os.Exit(serve(repos))
}

func serve(repos []*dagster.Repository) int {
	// A reader that has gone away must not end the process in the middle of a run: with a handler, a write to a closed
	// pipe returns an error instead. To ignore the signal would do as well here, but what a step starts would inherit that.
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE)
	defer signal.Stop(pipes)

	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)
	go func() {
		cancel(&interruption{signal: <-signals})
		awaitSecond(signals)
		fmt.Fprintln(os.Stderr, "stopped at once")
		os.Exit(exitInterrupted)
	}()
	return ExitCode(Run(ctx, Config{Repositories: repos, Args: os.Args[1:]}))
}

// twice is how soon after the first signal another one is the same, delivered twice: to the process by name and to its
// group, as some programs do that start others.
const twice = 200 * time.Millisecond

func awaitSecond(signals <-chan os.Signal) {
	for first := time.Now(); time.Since(first) < twice; {
		<-signals
	}
}

// interruption is why a run was canceled: the user, or the system, asked the process to stop.
type interruption struct{ signal os.Signal }

// Error is recorded as the reason.
func (i *interruption) Error() string { return "stopped by signal: " + i.signal.String() }

// Is makes an interruption a cancellation.
func (i *interruption) Is(target error) bool { return target == context.Canceled }
