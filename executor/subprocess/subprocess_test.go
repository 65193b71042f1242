//go:build linux

package subprocess_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/executortest"
	"github.com/dagster-go/dagster/executor/subprocess"
	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

const (
	childVar    = "SUBPROCESS_TEST_CHILD" // makes this binary the process of a step
	instanceVar = "SUBPROCESS_TEST_INSTANCE"
	limit       = 20 * time.Second
)

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv(childVar); ok {
		if err := subprocess.Serve(context.Background(), act); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // a process built to find races would wait a second before it ends
	goleak.VerifyTestMain(m)
}

type described struct{ error }

func (d described) Unwrap() error { return d.error }

func (described) FailureMetadata() []metadata.Entry { return []metadata.Entry{metadata.Int("rows", 3)} }

var errNested = errors.New("connection refused")

// act is a step: its key says what it does.
func act(ctx context.Context, c subprocess.Call, t *executor.Task) executor.Outcome {
	verb, _, _ := strings.Cut(t.Key, "-")
	switch verb {
	case "load":
		for _, m := range t.Sources(0) {
			t.Emit(storage.Event{Kind: storage.LoadedInput, Message: m.Key + " " + fmt.Sprint(m.Step, m.Output)})
		}
	case "print":
		fmt.Print(strings.Repeat("x", 1<<20), "end")
	case "fail":
		return executor.Outcome{Err: described{fmt.Errorf("read orders: %w", errNested)}}
	case "final":
		return executor.Outcome{Err: executor.NoRetry(errNested)}
	case "later":
		if t.Attempt == 1 {
			return executor.Outcome{Err: executor.RetryAfter(errNested, time.Millisecond)}
		}
	case "panic":
		panic("nil map")
	case "exit":
		os.Exit(0)
	case "garbage":
		_, _ = os.NewFile(3, "").WriteString("{\"event\":{\"kind\":\"LOG_MESSAGE\",\"at\":\"2026-01-01T00:00:00Z\"}}\nhello\n")
		<-ctx.Done()
	case "forge":
		t.Emit(storage.Event{Kind: storage.StepSuccess})
	case "said": // and then it crashes
		_, _ = os.NewFile(3, "").WriteString("{\"outcome\":{}}\n")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(limit)
	case "grandchild":
		cmd := exec.Command("setsid", "sleep", "1000")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		_ = cmd.Start()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		_ = exec.Command("sleep", "1000").Start()
		_ = exec.Command("sh", "-c", "setsid sleep 1000 &").Run()
		time.Sleep(time.Minute)
	case "polite":
		<-ctx.Done()
		return executor.Outcome{Err: ctx.Err()}
	case "eat":
		for p := []byte{1}; ; {
			p = append(p, p...)
		}
	}
	t.Emit(storage.Event{Kind: storage.AssetMaterialization, Asset: c.Key, Message: "attempt " + strconv.Itoa(c.Attempt), Data: &storage.MaterializationData{}})
	return executor.Outcome{}
}

// runSteps runs a plan of steps that depend on nothing, or on the one before where its key begins with load.
func runSteps(t *testing.T, change func(*subprocess.Config, *executor.Request), keys ...string) (*executor.Report, *executortest.Log) {
	t.Helper()
	p := &executor.Plan{}
	for i, key := range keys {
		s := executor.Step{Key: key, Outputs: []executor.Output{{Name: "result"}}}
		if strings.HasPrefix(key, "load") {
			s.Inputs = []executor.Input{{Name: "in", Kind: executor.Needs, Sources: []executor.Source{{Step: i - 1}}}}
		}
		p.Steps = append(p.Steps, s)
	}
	instance := uuid.NewString()
	c := subprocess.Config{Plan: p, Run: "run", Epoch: 1, Command: func(subprocess.Call) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"=1", instanceVar+"="+instance)
		return cmd
	}}
	l := &executortest.Log{}
	q := executor.Request{Plan: p, Run: "run", Sink: l, MaxConcurrent: 4}
	if change != nil {
		change(&c, &q)
	}
	w, err := subprocess.New(c)
	require.NoError(t, err)
	q.Worker = w
	report, err := executor.Engine{}.Execute(t.Context(), q)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	if !strings.Contains(strings.Join(keys, " "), "grandchild") {
		_ = process.Marked(instanceVar, instance, func(pid int, _ func(string) (string, bool)) {
			t.Errorf("process %d is left", pid)
		})
	}
	return report, l
}

// one runs one step and returns how it ended.
func one(t *testing.T, key string, change func(*subprocess.Config, *executor.Request)) (executor.StepReport, *executortest.Log) {
	t.Helper()
	r, l := runSteps(t, change, key)
	require.Len(t, r.Steps, 1)
	return r.Steps[0], l
}

func retry(n int) func(*subprocess.Config, *executor.Request) {
	return func(_ *subprocess.Config, q *executor.Request) { q.Plan.Steps[0].Retry.Max = n }
}

func failure(t *testing.T, l *executortest.Log) *storage.FailureData {
	t.Helper()
	events := l.Events()
	d, ok := events[len(events)-1].Data.(*storage.FailureData)
	require.True(t, ok)
	return d
}

func TestStepsRunInProcesses(t *testing.T) {
	t.Parallel()
	r, l := runSteps(t, nil, "a", "load-b")
	assert.Equal(t, storage.RunSucceeded, r.Status)
	assert.Equal(t, []storage.EventKind{storage.StepStart, storage.LoadedInput, storage.AssetMaterialization, storage.EngineEvent, storage.StepSuccess}, l.Kinds("load-b"))
	for _, e := range l.Events() {
		assert.Equal(t, storage.RunID("run"), e.Run)
		assert.False(t, e.At.IsZero())
		switch e.Kind { //nolint:exhaustive // the others have nothing of interest
		case storage.LoadedInput:
			assert.Equal(t, "a 0 0", e.Message)
		case storage.AssetMaterialization:
			assert.Equal(t, e.Step, e.Asset)
			assert.IsType(t, &storage.MaterializationData{}, e.Data)
		case storage.EngineEvent:
			assert.Contains(t, e.Message, "exited with code 0")
			assert.Len(t, e.Data.(*storage.LogData).Fields, 2)
		}
	}
}

func TestFailureArrivesWhole(t *testing.T) {
	t.Parallel()
	s, l := one(t, "fail", nil)
	require.EqualError(t, s.Err, "read orders: connection refused")
	d := failure(t, l)
	assert.Equal(t, "subprocess_test.described", d.Error.Kind)
	assert.Equal(t, "connection refused", d.Error.Cause.Cause.Message)
	assert.Equal(t, []metadata.Entry{metadata.Int("rows", 3)}, d.Metadata)

	s, l = one(t, "panic", nil)
	require.EqualError(t, s.Err, "panic: nil map")
	assert.Contains(t, failure(t, l).Error.Stack, "subprocess_test.act")
}

func TestRetriesAreObeyed(t *testing.T) {
	t.Parallel()
	s, _ := one(t, "final", retry(3))
	assert.Equal(t, 1, s.Attempts)
	s, _ = one(t, "later", nil)
	assert.Equal(t, 2, s.Attempts)
	assert.Equal(t, executor.StepSucceeded, s.Status)
	s, _ = one(t, "fail", retry(1))
	assert.Equal(t, 2, s.Attempts)
	assert.Equal(t, executor.StepFailed, s.Status)
}

func TestM24_MemoryLimitEndsTheStepAlone(t *testing.T) {
	t.Parallel()
	r, _ := runSteps(t, func(c *subprocess.Config, _ *executor.Request) { c.Memory = 1 << 30 }, "eat", "b")
	assert.Equal(t, executor.StepFailed, r.Steps[0].Status)
	assert.Equal(t, executor.StepSucceeded, r.Steps[1].Status)
	e, ok := errors.AsType[*subprocess.ExitError](r.Steps[0].Err)
	require.True(t, ok, r.Steps[0].Err)
	assert.Positive(t, e.Code)
}

func TestM25_ExitWithoutOutcomeFails(t *testing.T) {
	t.Parallel()
	s, _ := one(t, "exit", nil)
	require.EqualError(t, s.Err, "process of the step exited with code 0 and did not say how the step did")
}

func TestM28_DescriptorsStayFlat(t *testing.T) { //nolint:paralleltest // it counts what the whole process has
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(entries)
	}
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprint("step-", i)
	}
	runSteps(t, nil, keys[:5]...)
	before := count()
	r, _ := runSteps(t, nil, keys...)
	assert.Equal(t, storage.RunSucceeded, r.Status)
	assert.LessOrEqual(t, count(), before+5)
}

func TestM29M30_StepThatDoesNotStopIsKilledWithAllItStarted(t *testing.T) {
	t.Parallel()
	s, _ := one(t, "stubborn", func(c *subprocess.Config, q *executor.Request) {
		q.Plan.Steps[0].Timeout, c.Grace = 500*time.Millisecond, 50*time.Millisecond
	})
	require.ErrorContains(t, s.Err, "timed out after 500ms: process of the step did not stop and was killed (SIGKILL)")
	s, _ = one(t, "polite", func(_ *subprocess.Config, q *executor.Request) { q.Plan.Steps[0].Timeout = 200 * time.Millisecond })
	require.EqualError(t, s.Err, "timed out after 200ms: context canceled")
}

func TestM31_GrandchildHoldingStdoutIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	s, _ := one(t, "grandchild", nil)
	assert.Equal(t, executor.StepSucceeded, s.Status)
	assert.Less(t, time.Since(begun), limit)
	_ = process.Sweep(t.Context(), "DAGSTER_STEP", "run/grandchild/1/1", func(func(string) (string, bool)) bool { return true })
}

func TestM33_NonsenseFailsTheStepWithItsLine(t *testing.T) {
	t.Parallel()
	s, l := one(t, "garbage", nil)
	require.ErrorContains(t, s.Err, "read what the step's process says: line 2: invalid character 'h'")
	assert.Contains(t, l.Kinds("garbage"), storage.LogMessage)
	s, _ = one(t, "forge", nil)
	require.ErrorContains(t, s.Err, "line 1: a step can't say STEP_SUCCESS")
}

func TestM34_ExitBySignalIsNamedAndRetried(t *testing.T) {
	t.Parallel()
	var keys []string
	for n := 1; n <= 31; n++ {
		switch n {
		case 17, 18, 19, 20, 21, 22, 23, 28:
			continue // they end nothing
		}
		keys = append(keys, fmt.Sprint("signal-", n))
	}
	r, _ := runSteps(t, func(c *subprocess.Config, q *executor.Request) {
		step := c.Command
		c.Command = func(call subprocess.Call) *exec.Cmd {
			if call.Attempt > 1 {
				return step(call)
			}
			_, n, _ := strings.Cut(call.Key, "-")
			return exec.Command("sh", "-c", "kill -"+n+" $$")
		}
		for i := range q.Plan.Steps {
			q.Plan.Steps[i].Retry.Max = i % 2
		}
	}, keys...)
	for i, s := range r.Steps {
		if i%2 == 1 {
			assert.Equal(t, executor.StepSucceeded, s.Status, "%s: the last attempt counts", s.Key) // bug 34
			assert.Equal(t, 2, s.Attempts)
			continue
		}
		n, _ := strconv.Atoi(strings.TrimPrefix(s.Key, "signal-"))
		require.EqualError(t, s.Err, "process of the step was ended by "+process.SignalName(n))
	}
}

func TestOutcomeThatWasSaidCounts(t *testing.T) { // S5
	t.Parallel()
	s, _ := one(t, "said", nil)
	assert.Equal(t, executor.StepSucceeded, s.Status)
}

func TestM35_ProgramThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	for _, c := range []struct{ path, env, want string }{
		{"/nowhere/to/be/found", "", "no such file or directory"},
		{file, "", "permission denied"},
		{os.Args[0], fmt.Sprintf("BIG=%0300000d", 0), "argument list too long"},
	} {
		r, _ := runSteps(t, func(config *subprocess.Config, q *executor.Request) {
			q.MaxConcurrent = 1 // the next step starts only when the slot was given back
			config.Command = func(subprocess.Call) *exec.Cmd {
				return &exec.Cmd{Path: c.path, Args: []string{c.path}, Env: []string{c.env}}
			}
		}, "a", "b")
		for _, s := range r.Steps {
			require.EqualError(t, s.Err, fmt.Sprintf("start %q: %s", c.path, c.want))
		}
	}
}

func TestOutputOfAStepIsKeptBeforeItsEnd(t *testing.T) { // bug 36
	t.Parallel()
	dir := t.TempDir()
	s, _ := one(t, "print", func(c *subprocess.Config, _ *executor.Request) {
		c.Logs = func(subprocess.Call) string { return dir }
	})
	assert.Equal(t, executor.StepSucceeded, s.Status)
	text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("stdout-%020d.log", 0)))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("x", 1<<20)+"end", string(text))
}

func TestM73_LogsThatCannotBeKeptAreAWarning(t *testing.T) { // bug 37
	t.Parallel()
	s, l := one(t, "a", func(c *subprocess.Config, _ *executor.Request) {
		c.Logs = func(subprocess.Call) string { return "/nowhere" }
	})
	assert.Equal(t, executor.StepSucceeded, s.Status)
	assert.Equal(t, storage.EngineEvent, l.Kinds("a")[1])
	assert.Contains(t, l.Events()[1].Message, "capture output: open /nowhere")
}

func TestCancellationStopsProcesses(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := &executor.Plan{Steps: []executor.Step{{Key: "polite"}}}
	w, err := subprocess.New(subprocess.Config{Plan: p, Run: "run", Command: func(subprocess.Call) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"=1")
		cancel()
		return cmd
	}})
	require.NoError(t, err)
	report, err := executor.Engine{}.Execute(ctx, executor.Request{Plan: p, Run: "run", Worker: w})
	require.NoError(t, err)
	assert.Equal(t, storage.RunCanceled, report.Status)
	require.NoError(t, w.Close())
}

// BenchmarkStep measures one attempt in a process of its own, which does nothing.
func BenchmarkStep(b *testing.B) {
	p := &executor.Plan{Steps: []executor.Step{{Key: "a"}}}
	w, err := subprocess.New(subprocess.Config{Plan: p, Run: "run", Command: func(subprocess.Call) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"=1")
		return cmd
	}})
	require.NoError(b, err)
	for b.Loop() {
		if o := w.RunStep(b.Context(), executor.NewTask(executor.TaskConfig{Key: "a"})); o.Err != nil {
			b.Fatal(o.Err)
		}
	}
	require.NoError(b, w.Close())
}
