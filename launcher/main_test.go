//go:build unix

package launcher_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dagster-go/dagster/launcher"
)

// childVar makes this test binary a worker: its value says how it behaves, in words that are followed in order.
const childVar = "LAUNCHER_TEST_CHILD"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(childVar); ok {
		os.Exit(behave(strings.Fields(text)))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop"))
}

// behave is a worker. It says "ready" on the path that the job's tag "say" names, once it does what it was told.
//
//	fail-early      exits with 3 before it asks for work
//	ignore          ignores SIGTERM
//	fork            starts a process in its group, and one that leaves it
//	exit-N          exits with N
//	wait            waits for SIGTERM, then exits with 0
func behave(words []string) int {
	if words[0] == "fail-early" {
		fmt.Fprintln(os.Stderr, "no such database")
		return 3
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM)
	w, err := launcher.Await(context.Background())
	if err != nil {
		return 4
	}
	for _, word := range words {
		verb, arg, _ := strings.Cut(word, "-")
		n := 0
		_, _ = fmt.Sscan(arg, &n)
		switch verb {
		case "ignore":
			signal.Ignore(syscall.SIGTERM)
		case "fork":
			fork()
		case "say":
			if err := os.WriteFile(w.Tags["say"], []byte(w.Job), 0o600); err != nil {
				return 5
			}
		case "exit":
			return n
		case "wait":
			select {
			case <-stopped:
			case <-time.After(time.Minute):
			}
		}
	}
	return 0
}

func fork() {
	_ = exec.Command("sleep", "1000").Start()
	_ = exec.Command("sh", "-c", "setsid sh -c 'sleep 1000 & sleep 1000' & exit").Run()
}
