//go:build unix

package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/capture"
)

// Streams are of a whole process, so each test has one: this test binary again, which does what childVar names.
const (
	childVar = "CAPTURE_TEST_CHILD"
	dirVar   = "CAPTURE_TEST_DIR"
	warnVar  = "CAPTURE_TEST_WARN"
	limit    = 4 << 20
)

func TestMain(m *testing.M) {
	child, ok := map[string]func(stop func()){
		"megabyte":   printMegabyte,
		"gigabyte":   printGigabyte,
		"grandchild": leaveGrandchild,
		"panic":      func(func()) { panic("boom") },
		"limited":    printMegabyte,
		"removed":    printRemoved,
		"twice":      func(stop func()) { fmt.Print("kept"); stop(); stop(); fmt.Print("after") },
	}[os.Getenv(childVar)]
	if !ok {
		os.Exit(m.Run())
	}
	if os.Getenv(childVar) == "limited" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100_000, Max: 100_000}); err != nil {
			os.Exit(9)
		}
	}
	stop := capture.Start(capture.Config{Dir: os.Getenv(dirVar), Max: limit, Warn: func(err error) {
		f, _ := os.OpenFile(os.Getenv(warnVar), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		_, _ = fmt.Fprintln(f, err)
		_ = f.Close()
	}})
	child(stop)
	stop()
	os.Exit(0)
}

func printMegabyte(func()) {
	for i := range 1 << 14 {
		fmt.Printf("line %58d\n", i)
	}
	fmt.Print("no newline at the end")
	_, _ = fmt.Fprint(os.Stderr, "nor here")
	cmd := exec.Command("echo", "from a child")
	cmd.Stdout = os.Stdout
	_ = cmd.Run()
}

func printGigabyte(func()) {
	p := bytes.Repeat([]byte("x"), 1<<20)
	for range 1 << 10 {
		_, _ = os.Stdout.Write(p)
	}
	fmt.Print("the end")
}

func leaveGrandchild(func()) {
	cmd := exec.Command("sh", "-c", "yes & exec sleep 60")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		os.Exit(9)
	}
	fmt.Println("complete", cmd.Process.Pid)
}

func printRemoved(func()) {
	if err := os.RemoveAll(os.Getenv(dirVar)); err != nil {
		os.Exit(9)
	}
	p := bytes.Repeat([]byte("x"), limit)
	_, _ = os.Stdout.Write(p)
	_, _ = os.Stdout.Write(p)
}

type result struct {
	dir, warned, printed string
	code                 int
	rss                  int64
	took                 time.Duration
}

// run runs a child whose folder is dir.
func run(t *testing.T, child, dir string) result {
	t.Helper()
	other := t.TempDir()
	out, err := os.Create(filepath.Join(other, "out")) // a file, as launchers have it: a pipe would wait for grandchildren
	require.NoError(t, err)
	defer out.Close()
	warnings := filepath.Join(other, "warn")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+child, dirVar+"="+dir, warnVar+"="+warnings)
	cmd.Stdout, cmd.Stderr = out, out
	begun := time.Now()
	err = cmd.Run()
	r := result{dir: dir, took: time.Since(begun), code: cmd.ProcessState.ExitCode()}
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		require.NoError(t, err)
	}
	r.rss = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	text, err := os.ReadFile(warnings)
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	r.warned = string(text)
	text, err = os.ReadFile(out.Name())
	require.NoError(t, err)
	r.printed = string(text)
	return r
}

// read reads what was kept of a stream, and how many bytes of it were dropped.
func read(t *testing.T, dir, stream string) (text string, dropped int64) {
	t.Helper()
	var b strings.Builder
	p := make([]byte, 100_000)
	for offset := int64(0); ; {
		n, from, err := capture.ReadAt(dir, stream, p, offset)
		if errors.Is(err, io.EOF) {
			return b.String(), dropped
		}
		require.NoError(t, err)
		dropped += from - offset
		offset = from + int64(n)
		b.Write(p[:n])
	}
}

func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		n += info.Size()
	}
	return n
}

func TestAllThatWasPrintedIsKept(t *testing.T) { // bug 36
	t.Parallel()
	r := run(t, "megabyte", t.TempDir())
	assert.Empty(t, r.warned)
	assert.Empty(t, r.printed)
	out, dropped := read(t, r.dir, capture.Stdout)
	assert.Zero(t, dropped)
	assert.Len(t, out, 1<<20+len("no newline at the end")+len("from a child\n"))
	assert.True(t, strings.HasSuffix(out, fmt.Sprintf("line %58d\nno newline at the endfrom a child\n", 1<<14-1)))
	out, _ = read(t, r.dir, capture.Stderr)
	assert.Equal(t, "nor here", out)
}

func TestStopGivesTheStreamsBack(t *testing.T) {
	t.Parallel()
	r := run(t, "twice", t.TempDir())
	assert.Equal(t, "after", r.printed)
	out, _ := read(t, r.dir, capture.Stdout)
	assert.Equal(t, "kept", out)
}

func TestCrashIsKept(t *testing.T) {
	t.Parallel()
	r := run(t, "panic", t.TempDir())
	assert.Equal(t, 2, r.code)
	out, _ := read(t, r.dir, capture.Stderr)
	assert.Contains(t, out, "panic: boom")
	assert.Contains(t, out, "goroutine 1 [running]")
}

func TestM31_GrandchildHoldingStdoutIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	r := run(t, "grandchild", t.TempDir())
	t.Logf("ended after %s", r.took)
	assert.Less(t, r.took, 20*time.Second)
	out, _ := read(t, r.dir, capture.Stdout)
	_, after, ok := strings.Cut(out, "complete ")
	require.True(t, ok, "what the process printed is complete")
	var pid int
	_, err := fmt.Sscan(after, &pid)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}

func TestM32_GigabyteOnOneLineIsCapped(t *testing.T) {
	t.Parallel()
	r := run(t, "gigabyte", t.TempDir())
	assert.Empty(t, r.warned)
	assert.LessOrEqual(t, size(t, r.dir), int64(limit))
	out, dropped := read(t, r.dir, capture.Stdout)
	assert.Greater(t, len(out), limit/2)
	assert.EqualValues(t, 1<<30+len("the end"), int64(len(out))+dropped)
	assert.True(t, strings.HasPrefix(out, "xxx"))
	assert.Contains(t, out, "x\n[truncated: more than 4194304 bytes were printed, what follows is the end]\nx")
	assert.True(t, strings.HasSuffix(out, "xthe end"))
	assert.Less(t, r.rss, int64(100<<20))
	t.Logf("took %s, %d MiB", r.took, r.rss>>20)
}

func TestM73_FullDiskIsAWarning(t *testing.T) {
	t.Parallel()
	r := run(t, "limited", t.TempDir())
	assert.Zero(t, r.code)
	assert.Regexp(t, `^capture output: keep stdout: write .*: file too large\n$`, r.warned, "once")
	out, _ := read(t, r.dir, capture.Stdout)
	assert.True(t, strings.HasPrefix(out, "line "))
	assert.True(t, strings.HasSuffix(out, "\n[truncated: what follows could not be written]\n"))
	assert.Len(t, out, 100_000)
}

func TestM73_FullFileSystemIsAWarning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=64k", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(dir, 0)) })
	r := run(t, "megabyte", dir)
	assert.Zero(t, r.code)
	assert.Contains(t, r.warned, "no space left on device")
	assert.Equal(t, 1, strings.Count(r.warned, "\n"), "once")
	out, _ := read(t, dir, capture.Stdout)
	assert.True(t, strings.HasSuffix(out, "\n[truncated: what follows could not be written]\n"))
}

func TestM74_FolderThatIsRemovedIsAWarning(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	require.NoError(t, os.Mkdir(dir, 0o700))
	r := run(t, "removed", dir)
	assert.Zero(t, r.code)
	assert.Contains(t, r.warned, "no such file or directory")
	assert.Equal(t, 1, strings.Count(r.warned, "\n"), "once")
}

func TestM74_FolderThatCannotBeUsedIsAWarning(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"missing": "/nowhere", "file": os.Args[0], "pseudo": "/proc/self/fdinfo"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, "twice", dir)
			assert.Zero(t, r.code)
			assert.Equal(t, 1, strings.Count(r.warned, "\n"), "once: %s", r.warned)
			assert.Equal(t, "keptafter", r.printed, "the streams stay as they are")
		})
	}
}

func TestM77_PlantedLinkIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	victim := filepath.Join(t.TempDir(), "victim")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o600))
	require.NoError(t, os.Symlink(victim, filepath.Join(dir, fmt.Sprintf("stdout-%020d.log", 0))))
	r := run(t, "twice", dir)
	assert.Zero(t, r.code)
	assert.Contains(t, r.warned, "escapes")
	text, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(text))
	_, _, err = capture.ReadAt(dir, capture.Stdout, make([]byte, 10), 0)
	require.Error(t, err)
}

func TestReadAtOfNothing(t *testing.T) {
	t.Parallel()
	_, _, err := capture.ReadAt(t.TempDir(), capture.Stdout, make([]byte, 10), 0)
	require.ErrorIs(t, err, io.EOF)
	_, _, err = capture.ReadAt("/nowhere", capture.Stdout, make([]byte, 10), 0)
	require.ErrorIs(t, err, os.ErrNotExist)
}
