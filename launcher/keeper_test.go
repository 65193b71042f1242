//go:build linux

package launcher_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/launcher"
	"github.com/dagster-go/dagster/storage"
)

// startDaemon starts a process that launches a worker of the rig's instance.
func (r *rig) startDaemon(behavior string, run storage.RunID) *exec.Cmd {
	r.t.Helper()
	r.close()
	r.config.Home = r.t.TempDir()
	r.config.Instance, r.ready = r.config.Home, filepath.Join(r.config.Home, "ready")
	cmd := exec.CommandContext(r.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=daemon "+behavior, homeVar+"="+r.config.Home, runVar+"="+string(run))
	return cmd
}

func TestWorkerOutlivesAKilledDaemon(t *testing.T) {
	t.Parallel()
	for name, behavior := range map[string]string{"stops": "say wait", "ignores": "ignore fork say wait"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, behavior)
			run := storage.RunID(uuid.NewString())
			cmd := r.startDaemon(behavior, run)
			require.NoError(t, cmd.Start())
			r.said()
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait()

			r.open()
			require.NoError(t, r.Adopt(t.Context()))
			h, err := r.Health(t.Context(), run)
			require.NoError(t, err)
			assert.Equal(t, launcher.Running, h.State)
			assert.EqualValues(t, 1, h.Epoch)
			r.terminate(run, 100*time.Millisecond)
			e := r.ended()
			assert.Equal(t, run, e.Run)
			assert.Nil(t, e.Exit, "only its parent would know")
			assert.Equal(t, launcher.Gone, r.state(run))
			assert.Empty(t, e.Left)
			assert.Empty(t, r.marked())
		})
	}
}

func TestEndMissedByAllDaemonsIsReportedByAdopt(t *testing.T) {
	t.Parallel()
	r := newRig(t, "fork say wait")
	q := r.launch()
	r.said()
	r.close()
	h := r.record(q.Run)
	require.NoError(t, syscall.Kill(h.PID, syscall.SIGKILL))
	var status syscall.WaitStatus
	_, err := syscall.Wait4(h.PID, &status, 0, nil)
	require.NoError(t, err)

	r.open()
	require.NoError(t, r.Adopt(t.Context()))
	e := r.ended()
	assert.Equal(t, launcher.End{Run: q.Run, Epoch: 1}, e)
	assert.Empty(t, r.marked(), "what it left is gone")
	require.NoError(t, r.Adopt(t.Context()))
	assert.Empty(t, r.ends, "once")
}

type record struct {
	Run   string `json:"run"`
	Epoch int64  `json:"epoch"`
	Host  string `json:"host"`
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
	Boot  string `json:"boot"`
}

func (r *rig) recordFile(run storage.RunID) string {
	return filepath.Join(r.config.Home, "workers", string(run)+".json")
}

func (r *rig) record(run storage.RunID) (rec record) {
	r.t.Helper()
	text, err := os.ReadFile(r.recordFile(run))
	require.NoError(r.t, err)
	require.NoError(r.t, json.Unmarshal(text, &rec))
	return rec
}

func TestM30_ProcessesThatAreBeingStartedAreKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t, "say fork wait") // it says so before it forks
	for range 40 {
		q := r.launch()
		r.said()
		r.terminate(q.Run, time.Millisecond)
		assert.Empty(t, r.ended().Left)
		require.Empty(t, r.marked())
	}
}

func TestReusedNumberIsNeverSignaled(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*record){
		"a later process": func(r *record) { r.Start-- },
		"another boot":    func(r *record) { r.Boot = uuid.NewString() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "say wait")
			q := r.launch()
			r.said()
			other := r.record(q.Run)
			change(&other)
			other.Run = uuid.NewString()
			text, err := json.Marshal(other)
			require.NoError(t, err)
			run := storage.RunID(other.Run)
			require.NoError(t, os.WriteFile(r.recordFile(run), text, 0o600))

			ok, err := r.Terminate(t.Context(), run, 0)
			require.NoError(t, err)
			assert.False(t, ok)
			assert.Equal(t, run, r.ended().Run)
			assert.Equal(t, launcher.Gone, r.state(run))
			assert.Equal(t, launcher.Running, r.state(q.Run), "whose number it was")
		})
	}
}

func TestWorkerOfAnotherMachineIsUnknown(t *testing.T) {
	t.Parallel()
	r := newRig(t, "wait")
	run := storage.RunID(uuid.NewString())
	text, err := json.Marshal(record{Run: string(run), Epoch: 7, Host: "elsewhere.example", PID: os.Getpid()})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(r.recordFile(run), text, 0o600))
	h, err := r.Health(t.Context(), run)
	require.NoError(t, err)
	assert.Equal(t, launcher.Health{State: launcher.Unknown, Epoch: 7}, h)
	ok, err := r.Terminate(t.Context(), run, 0)
	require.NoError(t, err)
	assert.False(t, ok)
}

func TestDamagedRecordIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, "exit-0")
	q := r.request()
	require.NoError(t, os.WriteFile(r.recordFile(q.Run), []byte(`{"run":`), 0o600))
	assert.Equal(t, launcher.Gone, r.state(q.Run))
	require.NoError(t, r.Launch(t.Context(), q))
	assert.True(t, r.ended().Exit.Clean())
}

func TestOrphansAreFoundAndKilled(t *testing.T) {
	t.Parallel()
	for name, warm := range map[string]int{"cold": 0, "warm": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "fork say wait", func(c *launcher.ProcessConfig) { c.Warm = warm })
			if warm > 0 {
				r.warm()
			}
			wanted, unwanted := r.launch(), r.request()
			r.said()
			require.NoError(t, r.Launch(t.Context(), unwanted))
			r.said()
			keep := func(run storage.RunID) bool { return run == wanted.Run }
			var orphans []launcher.Orphan
			require.Eventually(t, func() (enough bool) { // what it started may not have begun
				var err error
				orphans, err = r.Orphans(t.Context(), keep)
				return err != nil || len(orphans) >= 3
			}, limit, time.Millisecond)
			h, err := r.Health(t.Context(), unwanted.Run)
			require.NoError(t, err)
			assert.True(t, slices.ContainsFunc(orphans, func(o launcher.Orphan) bool { return o.PID == h.PID }), "its worker is among them")
			for len(orphans) > 0 {
				for _, o := range orphans {
					assert.Equal(t, unwanted.Run, o.Run)
					gone, err := r.Reap(t.Context(), o)
					require.NoError(t, err)
					assert.True(t, gone)
				}
				orphans, err = r.Orphans(t.Context(), keep) // there may be more by now
				require.NoError(t, err)
			}
			assert.Equal(t, unwanted.Run, r.ended().Run)
			assert.Equal(t, launcher.Running, r.state(wanted.Run))
			r.terminate(wanted.Run, 0)
			r.ended()
		})
	}
}

func TestM24_OutOfMemoryIsToldApart(t *testing.T) {
	t.Parallel()
	group := "/sys/fs/cgroup/memory/" + uuid.NewString()
	if os.Getuid() != 0 || os.Mkdir(group, 0o700) != nil {
		t.Skip("no control group can be made here")
	}
	t.Cleanup(func() { _ = os.Remove(group) })
	if os.WriteFile(group+"/memory.limit_in_bytes", []byte("100M"), 0o600) != nil {
		t.Skip("no limit can be set here")
	}
	r := newRig(t, "eat")
	cmd := r.startDaemon("eat", storage.RunID(uuid.NewString()))
	args := cmd.Args
	cmd.Path = "/bin/sh"
	cmd.Args = append([]string{"sh", "-c", "echo $$ > " + group + `/cgroup.procs && exec "$0" "$@"`}, args...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	r.open()
	assert.Equal(t, "killed by the system: out of memory (SIGKILL)\n", string(out))
}

// descriptors returns how many files this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

func TestM28_DescriptorsStayFlat(t *testing.T) { //nolint:paralleltest // it counts what the whole process has
	for name, warm := range map[string]int{"cold": 0, "warm": 2} { //nolint:paralleltest // as above
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "exit-0", func(c *launcher.ProcessConfig) { c.Warm = warm })
			work := func(n int) {
				for range n {
					r.launch()
					e := r.ended()
					require.True(t, e.Exit.Clean(), e.Exit)
				}
				require.Eventually(t, func() bool { return r.Ready() == warm }, limit, time.Millisecond)
			}
			work(5)
			before := descriptors(t)
			work(100)
			assert.LessOrEqual(t, descriptors(t), before+5)
		})
	}
}

// warm waits until a process is ready.
func (r *rig) warm() {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.Ready() > 0 }, limit, time.Millisecond)
}

func TestWarmWorkerTakesOneRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, "say print wait", func(c *launcher.ProcessConfig) { c.Warm = 1 })
	r.warm()
	waiting := r.marked()
	require.Len(t, waiting, 1)
	q := r.launch()
	r.said()
	h, err := r.Health(t.Context(), q.Run)
	require.NoError(t, err)
	assert.Equal(t, waiting[0], h.PID)
	env, err := os.ReadFile("/proc/" + strconv.Itoa(h.PID) + "/environ")
	require.NoError(t, err)
	assert.NotContains(t, string(env), launcher.RunVar)
	r.warm() // another took its place
	assert.Len(t, r.marked(), 2)
	r.terminate(q.Run, time.Minute)
	assert.True(t, r.ended().Exit.Clean())
	dir := filepath.Join(r.config.Logs, string(q.Run), "1")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		names = append(names, e.Name()+"="+string(text))
	}
	assert.Equal(t, "start.log= stderr-00000000000000000000.log=to stderr stdout-00000000000000000000.log=to stdout", strings.Join(names, " "))
	r.close()
	assert.Empty(t, r.marked(), "what waits for a run ends with the launcher")
	left, err := os.ReadDir(r.config.Logs)
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

func TestWarmWorkersThatFailAreNotStartedInALoop(t *testing.T) {
	t.Parallel()
	warnings := make(chan string, 100)
	r := newRig(t, "fail-early", func(c *launcher.ProcessConfig) {
		c.Warm = 3
		c.Warn = func(_ storage.RunID, err error) { warnings <- err.Error() }
	})
	assert.Contains(t, <-warnings, "ended before it had a run: no such database")
	r.launch()
	assert.Equal(t, 3, r.ended().Exit.Code, "a launch starts its own")
	r.close()
	assert.LessOrEqual(t, len(warnings), 1)
}
