//go:build linux

package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/process"
)

func TestProcessIsToldFromALaterOne(t *testing.T) {
	t.Parallel()
	id, err := process.Identify(os.Getpid())
	require.NoError(t, err)
	alive, err := id.Alive()
	require.NoError(t, err)
	assert.True(t, alive)
	for name, change := range map[string]func(*process.ID){
		"start": func(id *process.ID) { id.Start++ },
		"boot":  func(id *process.ID) { id.Boot += "x" },
		"pid":   func(id *process.ID) { id.PID = 1 << 30 },
	} {
		other := id
		change(&other)
		alive, err := other.Alive()
		require.NoError(t, err, name)
		assert.False(t, alive, name)
	}
	_, err = process.Identify(1 << 30)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestEndIsSeenBeforeTheProcessIsReaped(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	pid, err := process.Start(cmd)
	require.NoError(t, err)
	id, err := process.Identify(pid)
	require.NoError(t, err)
	h, err := process.Open(pid)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, h.Wait(ctx), context.DeadlineExceeded)
	require.NoError(t, h.Signal(syscall.SIGTERM))
	require.NoError(t, h.Wait(t.Context()))
	require.NoError(t, h.Wait(t.Context()), "again")
	alive, err := id.Alive()
	require.NoError(t, err)
	assert.False(t, alive)
	assert.True(t, process.Exists(pid), "its number is its own")
	exit, ok := process.Reap(pid)
	assert.True(t, ok)
	assert.Equal(t, "ended by SIGTERM", exit.String())
	require.ErrorIs(t, h.Signal(syscall.SIGTERM), os.ErrNotExist)
	require.NoError(t, h.Close())
	_, ok = process.Reap(pid)
	assert.False(t, ok)
	_, err = process.Open(pid)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, process.SignalGroup(pid, syscall.SIGTERM), "there is none, which is no error")
}

func TestSweepKillsWhatIsMarkedAndChosen(t *testing.T) {
	t.Parallel()
	mark := uuid.NewString()
	var pids []int
	for _, kind := range []string{"a", "b"} {
		cmd := exec.CommandContext(t.Context(), "sleep", "1000")
		cmd.Env = []string{"MARK=" + mark, "KIND=" + kind}
		pid, err := process.Start(cmd)
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	assert.True(t, process.IsMarked(pids[0], "MARK", mark))
	assert.False(t, process.IsMarked(pids[0], "MARK", mark[:10]))
	assert.Empty(t, process.Sweep(t.Context(), "MARK", mark, func(lookup func(string) (string, bool)) bool {
		kind, _ := lookup("KIND")
		return kind == "a"
	}))
	exit, _ := process.Reap(pids[0])
	assert.Equal(t, "SIGKILL", exit.Signal)
	var found []int
	require.NoError(t, process.Marked("MARK", mark, func(pid int, _ func(string) (string, bool)) { found = append(found, pid) }))
	assert.Equal(t, pids[1:], found)
	gone, err := process.End(t.Context(), pids[1], func() bool { return false })
	require.NoError(t, err)
	assert.True(t, gone, "it was not meant")
	require.NoError(t, syscall.Kill(pids[1], syscall.SIGKILL))
	process.Reap(pids[1])
}

func TestProcessThatReplacesItsProgramIsFound(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "again")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nexec \""+script+"\"\n"), 0o700))
	cmd := exec.CommandContext(t.Context(), script)
	cmd.Env = []string{"MARK=" + script}
	pid, err := process.Start(cmd)
	require.NoError(t, err)
	missed := 0
	for range 5000 {
		if !process.IsMarked(pid, "MARK", script) {
			missed++
		}
	}
	t.Logf("missed %d", missed)
	assert.Less(t, missed, 50, "one read in twenty finds no environment")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	process.Reap(pid)
}

func TestSignalsHaveNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "SIGKILL", process.SignalName(9))
	assert.Equal(t, "SIGSYS", process.SignalName(31))
	assert.Equal(t, "signal 34", process.SignalName(34))
	assert.Equal(t, "signal 0", process.SignalName(0))
}

func TestOOMKillsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\noom_group_kill 0\n": 2,
		"oom_kill_disable 0\nunder_oom 0\noom_kill 7\n":               7,
	} {
		n, ok := process.OOMKills([]byte(text))
		assert.True(t, ok)
		assert.Equal(t, want, n)
	}
	_, ok := process.OOMKills([]byte("oom_kill_disable 0\n"))
	assert.False(t, ok)
}
