//go:build unix

package launcher_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/launcher"
	"github.com/dagster-go/dagster/storage"
)

const limit = 20 * time.Second // on a machine that does much else

// rig is an instance with its launcher.
type rig struct {
	t      *testing.T
	config launcher.ProcessConfig
	*launcher.Process
	ends  chan launcher.End
	ready string // what workers that say so write
}

// newRig returns a launcher whose workers behave.
func newRig(t *testing.T, behavior string, options ...func(*launcher.ProcessConfig)) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{t: t, ends: make(chan launcher.End, 100), ready: filepath.Join(dir, "ready")}
	r.config = launcher.ProcessConfig{
		Home: filepath.Join(dir, "home"), Logs: filepath.Join(dir, "logs"), Instance: uuid.NewString(),
		Env:    []string{childVar + "=" + behavior},
		Exited: func(e launcher.End) { r.ends <- e },
		Warn:   func(run storage.RunID, err error) { t.Errorf("warning for %s: %v", run, err) },
	}
	for _, o := range options {
		o(&r.config)
	}
	r.open()
	t.Cleanup(r.clean)
	return r
}

// open makes the launcher, another one when there was one.
func (r *rig) open() {
	r.t.Helper()
	p, err := launcher.NewProcess(r.config)
	require.NoError(r.t, err)
	r.Process = p
}

func (r *rig) close() {
	r.t.Helper()
	require.NoError(r.t, r.Close(r.t.Context()))
}

// clean ends whatever is left of the instance.
func (r *rig) clean() {
	assert.NoError(r.t, r.Close(context.WithoutCancel(r.t.Context())))
	for _, pid := range r.marked() {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
			_, _ = p.Wait()
		}
	}
}

// marked returns the processes of the instance.
func (r *rig) marked() (pids []int) {
	_ = process.Marked(launcher.InstanceVar, r.config.Instance, func(pid int, _ func(string) (string, bool)) {
		pids = append(pids, pid)
	})
	return pids
}

func (r *rig) request() launcher.Request {
	return launcher.Request{
		Run: storage.RunID(uuid.NewString()), Epoch: 1, Job: "nightly", Tags: map[string]string{"say": r.ready},
	}
}

func (r *rig) launch() launcher.Request {
	r.t.Helper()
	q := r.request()
	require.NoError(r.t, r.Launch(r.t.Context(), q))
	return q
}

// said waits until a worker has said that it is at work.
func (r *rig) said() {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		text, err := os.ReadFile(r.ready)
		return err == nil && len(text) > 0
	}, limit, time.Millisecond)
	require.NoError(r.t, os.Remove(r.ready))
}

func (r *rig) ended() launcher.End {
	r.t.Helper()
	select {
	case e := <-r.ends:
		return e
	case <-time.After(limit):
		require.FailNow(r.t, "no worker has ended")
		return launcher.End{}
	}
}

func (r *rig) state(run storage.RunID) launcher.State {
	r.t.Helper()
	h, err := r.Health(r.t.Context(), run)
	require.NoError(r.t, err)
	return h.State
}

func (r *rig) terminate(run storage.RunID, grace time.Duration) {
	r.t.Helper()
	ok, err := r.Terminate(r.t.Context(), run, grace)
	require.NoError(r.t, err)
	require.True(r.t, ok, "there is a worker")
}

func TestProcessRunsToItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, "say wait")
	q := r.launch()
	r.said()
	h, err := r.Health(t.Context(), q.Run)
	require.NoError(t, err)
	assert.Equal(t, launcher.Running, h.State)
	assert.EqualValues(t, 1, h.Epoch)
	assert.Contains(t, r.marked(), h.PID)

	r.terminate(q.Run, time.Minute)
	e := r.ended()
	assert.Equal(t, q.Run, e.Run)
	assert.EqualValues(t, 1, e.Epoch)
	assert.True(t, e.Exit.Clean(), e.Exit)
	assert.True(t, e.Exit.Asked)
	assert.Positive(t, e.Exit.CPU)
	assert.Greater(t, e.Exit.MaxRSS, int64(1<<20))
	h, err = r.Health(t.Context(), q.Run)
	require.NoError(t, err)
	assert.Equal(t, launcher.Health{State: launcher.Gone, Epoch: 1, Exit: e.Exit}, h)
	ok, err := r.Terminate(t.Context(), q.Run, 0)
	require.NoError(t, err)
	assert.False(t, ok)
	left, err := os.ReadDir(filepath.Join(r.config.Home, "workers"))
	require.NoError(t, err)
	assert.Empty(t, left, "its record is gone")
}

func TestLaunchIsIdempotent(t *testing.T) {
	t.Parallel()
	r := newRig(t, "say wait")
	q := r.request()
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() { errs <- r.Launch(t.Context(), q) }()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	r.said()
	assert.Len(t, r.marked(), 1)

	q.Epoch = 2
	require.NoError(t, r.Launch(t.Context(), q), "a later epoch replaces the worker")
	e := r.ended()
	assert.EqualValues(t, 1, e.Epoch)
	assert.Equal(t, "SIGKILL", e.Exit.Signal)
	assert.True(t, e.Exit.Killed)
	r.said()
	assert.Len(t, r.marked(), 1)
	q.Epoch = 1
	require.ErrorIs(t, r.Launch(t.Context(), q), launcher.ErrStale)
	r.terminate(q.Run, 0)
	assert.EqualValues(t, 2, r.ended().Epoch)
}

func TestWorkerThatFailsAtOnceIsReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, "fail-early")
	q := r.launch()
	begun := time.Now()
	e := r.ended()
	t.Logf("told after %s", time.Since(begun))
	assert.Equal(t, q.Run, e.Run)
	assert.Equal(t, 3, e.Exit.Code)
	assert.Equal(t, "no such database\n", e.Exit.Said)
	assert.Equal(t, "exited with code 3", e.Exit.String())
}

func TestM29_WorkerIgnoringSIGTERMIsKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t, "ignore say wait")
	q := r.launch()
	r.said()
	r.terminate(q.Run, 50*time.Millisecond)
	e := r.ended()
	assert.Equal(t, "SIGKILL", e.Exit.Signal)
	assert.True(t, e.Exit.Killed)
	assert.Equal(t, -1, e.Exit.Code)
	assert.False(t, e.Exit.OOM)
	assert.Equal(t, "killed: it did not stop when it was told to (SIGKILL)", e.Exit.String())
}

func TestTerminateShortensTheGrace(t *testing.T) {
	t.Parallel()
	r := newRig(t, "ignore say wait")
	q := r.launch()
	r.said()
	r.terminate(q.Run, time.Hour)
	r.terminate(q.Run, 10*time.Millisecond)
	r.terminate(q.Run, time.Hour)
	assert.True(t, r.ended().Exit.Killed)
}

func TestM30_ProcessThatLeftTheGroupIsKilled(t *testing.T) {
	t.Parallel()
	for _, behavior := range []string{"ignore fork say wait", "fork say wait"} {
		r := newRig(t, behavior)
		q := r.launch()
		r.said()
		require.Eventually(t, func() bool { return len(r.marked()) >= 4 }, limit, time.Millisecond)
		r.terminate(q.Run, 50*time.Millisecond)
		e := r.ended()
		assert.Empty(t, e.Left)
		assert.Empty(t, r.marked())
	}
}

func TestM34_ExitBySignalIsNamed(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 31; n++ {
		switch n {
		case 17, 18, 19, 20, 21, 22, 23, 28:
			continue // they end nothing
		}
		name := process.SignalName(n)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "", func(c *launcher.ProcessConfig) {
				c.Path, c.Args = "/bin/sh", func(launcher.Request) []string { return []string{"-c", fmt.Sprintf("kill -%d $$", n)} }
			})
			r.launch()
			e := r.ended()
			assert.Equal(t, name, e.Exit.Signal)
			assert.False(t, e.Exit.Killed)
			assert.False(t, e.Exit.OOM)
			assert.Equal(t, "ended by "+name, e.Exit.String())
		})
	}
}

func TestM35_ProgramThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	big := func(c *launcher.ProcessConfig) {
		c.Env = append(c.Env, fmt.Sprintf("BIG=%0300000d", 0))
	}
	for name, c := range map[string]struct {
		path, want string
		option     func(*launcher.ProcessConfig)
	}{
		"ENOENT": {path: "/nowhere/to/be/found", want: "no such file or directory"},
		"EACCES": {path: file, want: "permission denied"},
		"E2BIG":  {path: "", want: "argument list too long", option: big},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "wait", func(config *launcher.ProcessConfig) {
				config.Path = c.path
				if c.option != nil {
					c.option(config)
				}
			})
			q := r.request()
			err := r.Launch(t.Context(), q)
			require.ErrorContains(t, err, c.want)
			path := c.path
			if path == "" {
				path, _ = os.Executable()
			}
			require.ErrorContains(t, err, fmt.Sprintf("start %q", path))
			assert.Equal(t, launcher.Gone, r.state(q.Run))
		})
	}
}

func TestWorkersOutliveTheLauncher(t *testing.T) {
	t.Parallel()
	r := newRig(t, "say wait")
	q := r.launch()
	r.said()
	r.close()
	require.ErrorIs(t, r.Launch(t.Context(), q), launcher.ErrClosed)

	r.open()
	assert.Equal(t, launcher.Running, r.state(q.Run), "found by its record")
	require.NoError(t, r.Launch(t.Context(), q), "and not started again")
	assert.Len(t, r.marked(), 1)
	orphans, err := r.Orphans(t.Context(), func(storage.RunID) bool { return true })
	require.NoError(t, err)
	assert.Empty(t, orphans)
	r.terminate(q.Run, time.Minute)
	assert.Equal(t, q.Run, r.ended().Run)
	assert.Equal(t, launcher.Gone, r.state(q.Run))
}
