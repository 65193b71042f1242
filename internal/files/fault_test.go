//go:build unix

package files_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/files"
)

// Faults are brought about in a child, which is this test binary again: a limit, a user or a signal concerns a whole process.
const childEnv, rootEnv = "FILES_TEST_CHILD", "FILES_TEST_ROOT"

func TestMain(m *testing.M) {
	child, ok := map[string]func(root string) error{
		"overwrite": overwrite,
		"limited":   writeLimited,
		"readonly":  writeReadOnly,
	}[os.Getenv(childEnv)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := child(os.Getenv(rootEnv)); err != nil {
		fmt.Println(err)
	}
	os.Exit(0)
}

func command(t *testing.T, child, root string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+child, rootEnv+"="+root)
	return cmd
}

const valueSize = 300_000

// overwrite writes for ever: values of one letter each, and a line for each that is stored.
func overwrite(root string) error {
	d, err := files.Open(root)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		letter := []byte{'a' + byte(i%26)}
		_, err := d.Write(context.Background(), orders, func(w io.Writer) error {
			for range 100 {
				if _, err := w.Write(bytes.Repeat(letter, valueSize/100)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Println(string(letter))
	}
}

func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)

	for round := range 12 {
		cmd := command(t, "overwrite", root)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		last := ""
		for range 1 + round {
			require.True(t, lines.Scan())
			last = lines.Text()
		}
		require.NoError(t, cmd.Process.Kill())
		for lines.Scan() { // what it had stored before the signal came
			last = lines.Text()
		}
		require.Error(t, cmd.Wait())

		got := get(t, d, orders)
		require.Len(t, got, valueSize)
		require.Len(t, strings.Trim(got, got[:1]), 0, "a mix of two values")
		next := string('a' + (last[0]-'a'+1)%26)
		require.Contains(t, []string{last, next}, got[:1], "neither the last value nor the one being written")
	}
}

// writeLimited writes a value that is larger than any file of this process may be.
func writeLimited(root string) error {
	signal.Ignore(syscall.SIGXFSZ) // else the write kills instead of failing
	d, err := files.Open(root)
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: 100_000, Max: 100_000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	_, err = d.Write(context.Background(), orders, func(w io.Writer) error {
		for range 10 {
			_, _ = w.Write(make([]byte, 50_000)) // an encoder that ignores its writer's errors
		}
		return nil
	})
	return err
}

func TestNoSpaceLeft(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)
	put(t, d, orders, "old")

	out, err := command(t, "limited", root).CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, `write "`+d.Path(orders)+`": file too large`+"\n", string(out))
	assert.Equal(t, "old", get(t, d, orders))
	assert.Empty(t, leftovers(t, root))
}

// writeReadOnly writes into a directory that it may only read.
func writeReadOnly(root string) error {
	d, err := files.Open(root)
	if err != nil {
		return err
	}
	if os.Getuid() == 0 { // who may write anywhere
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	f, err := d.Open(orders)
	if err != nil {
		return err
	}
	if _, err := io.Copy(os.Stdout, f); err != nil {
		return err
	}
	_, err = d.Write(context.Background(), orders, text1("new"))
	return err
}

func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put(t, open(t, root), orders, "old\n")
	chmod := func(folder, file fs.FileMode) {
		require.NoError(t, filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
			require.NoError(t, err)
			if e.IsDir() {
				return os.Chmod(p, folder)
			}
			return os.Chmod(p, file)
		}))
	}
	chmod(0o555, 0o444)
	t.Cleanup(func() { chmod(0o700, 0o600) })

	out, err := command(t, "readonly", root).CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "old\n"+`write "`+filepath.Join(root, "raw", "orders.json")+`": permission denied`+"\n", string(out))
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "lake")
	d := open(t, root)
	put(t, d, orders.Part("a"), "x")

	for p, want := range map[string]fs.FileMode{
		root:                                         0o700,
		filepath.Join(root, "raw"):                   0o700,
		filepath.Join(root, ".tmp"):                  0o700,
		filepath.Join(root, "raw", "orders@"):        0o700,
		filepath.FromSlash(d.Path(orders.Part("a"))): 0o600,
	} {
		info, err := os.Stat(p)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), p)
	}
}

func TestReaderKeepsTheValueItOpened(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
	put(t, d, orders, "old")
	f, err := d.Open(orders)
	require.NoError(t, err)
	defer func() { assert.NoError(t, f.Close()) }()

	put(t, d, orders, "new")
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	assert.Equal(t, "old", string(got))
	assert.Equal(t, "new", get(t, d, orders))
}
