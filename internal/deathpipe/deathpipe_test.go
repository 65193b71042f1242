//go:build linux

package deathpipe_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/deathpipe"
	"github.com/dagster-go/dagster/internal/process"
)

const childVar = "DEATHPIPE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVar) {
	case "worker": // starts a step, says its number and waits
		p, err := deathpipe.New()
		if err != nil {
			os.Exit(9)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"=step")
		p.Attach(cmd)
		process.Lead(cmd)
		cmd.Stdout = os.Stdout
		if cmd.Start() != nil {
			os.Exit(9)
		}
		time.Sleep(time.Minute)
	case "step": // starts a process in its group, says the numbers of both and waits
		stop, err := deathpipe.Watch(deathpipe.Die)
		if err != nil {
			os.Exit(9)
		}
		defer stop()
		cmd := exec.Command("sleep", "60")
		if cmd.Start() != nil {
			os.Exit(9)
		}
		fmt.Println(os.Getpid(), cmd.Process.Pid)
		time.Sleep(time.Minute)
	default:
		os.Exit(m.Run())
	}
}

func TestM20_StepsOfAKilledWorkerAreKilled(t *testing.T) {
	t.Parallel()
	worker := exec.CommandContext(t.Context(), os.Args[0])
	worker.Env = append(os.Environ(), childVar+"=worker")
	out, err := worker.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, worker.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var pids [2]int
	_, err = fmt.Sscan(line, &pids[0], &pids[1])
	require.NoError(t, err)
	var ids [2]process.ID
	for i, pid := range pids {
		ids[i], err = process.Identify(pid)
		require.NoError(t, err)
	}
	require.NoError(t, worker.Process.Kill())
	for _, id := range ids {
		require.Eventually(t, func() bool {
			alive, err := id.Alive()
			return err == nil && !alive
		}, 20*time.Second, time.Millisecond)
	}
	_ = worker.Wait()
}

func TestCloseEndsWhatHangsOnIt(t *testing.T) {
	t.Parallel()
	p, err := deathpipe.New()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=step")
	p.Attach(cmd)
	process.Lead(cmd)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, p.Close())
	err = cmd.Wait()
	require.ErrorContains(t, err, "killed")
	assert.Equal(t, syscall.SIGKILL, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
}

func TestWithoutAPipeNothingIsWatched(t *testing.T) {
	t.Parallel()
	stop, err := deathpipe.Watch(func() { assert.Fail(t, "called") })
	require.NoError(t, err)
	stop()
}

func TestAttachReplacesAnEarlierPipe(t *testing.T) {
	t.Parallel()
	p, err := deathpipe.New()
	require.NoError(t, err)
	defer p.Close()
	cmd := exec.CommandContext(t.Context(), "true")
	cmd.Env = []string{"DAGSTER_DEATH_FD=9", "A=b"}
	p.Attach(cmd)
	assert.Equal(t, "DAGSTER_DEATH_FD=3", cmd.Env[len(cmd.Env)-1])
	assert.Equal(t, 1, strings.Count(strings.Join(cmd.Env, " "), "DAGSTER_DEATH_FD"))
}
