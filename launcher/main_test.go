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
	"github.com/dagster-go/dagster/storage"
)

// childVar makes this test binary a worker: its value says how it behaves, in words that are followed in order.
const childVar = "LAUNCHER_TEST_CHILD"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(childVar); ok {
		os.Exit(behave(strings.Fields(text)))
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // a worker built to find races would wait a second before it ends
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop"))
}

// behave is a worker. It says "ready" on the path that the job's tag "say" names, once it does what it was told.
//
//	fail-early      exits with 3 before it asks for work
//	ignore          ignores SIGTERM
//	fork            starts a process in its group, and one that leaves it
//	exit-N          exits with N
//	print           keeps what it prints, and prints
//	eat             takes memory until there is none
//	wait            waits for SIGTERM, then exits with 0
func behave(words []string) int {
	switch words[0] {
	case "fail-early":
		fmt.Fprintln(os.Stderr, "no such database")
		return 3
	case "daemon":
		return beDaemon(strings.Join(words[1:], " "))
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
		case "print":
			defer w.Capture(func(error) {})()
			fmt.Print("to stdout")
			fmt.Fprint(os.Stderr, "to stderr")
		case "eat":
			eat()
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

func eat() {
	for p := []byte{1}; ; {
		p = append(p, p...)
	}
}

// homeVar says where a daemon keeps its workers, runVar which run it launches.
const homeVar, runVar = "LAUNCHER_TEST_HOME", "LAUNCHER_TEST_RUN"

// beDaemon launches a worker that behaves, and prints how it ended.
func beDaemon(behavior string) int {
	ends := make(chan launcher.End)
	home := os.Getenv(homeVar)
	p, err := launcher.NewProcess(launcher.ProcessConfig{
		Home: home, Instance: home, Exited: func(e launcher.End) { ends <- e }, Env: []string{childVar + "=" + behavior},
	})
	if err == nil {
		err = p.Launch(context.Background(), launcher.Request{
			Run: storage.RunID(os.Getenv(runVar)), Epoch: 1, Job: "x", Tags: map[string]string{"say": home + "/ready"},
		})
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println((<-ends).Exit)
	return 0
}
