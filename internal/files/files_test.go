package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/files"
)

var orders = files.Asset("raw/orders", "json")

func open(t *testing.T, root string) *files.Dir {
	t.Helper()
	d, err := files.Open(root)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func text1(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func put(t *testing.T, d *files.Dir, name files.Name, s string) {
	t.Helper()
	n, err := d.Write(t.Context(), name, text1(s))
	require.NoError(t, err)
	require.EqualValues(t, len(s), n)
}

func get(t *testing.T, d *files.Dir, name files.Name) string {
	t.Helper()
	f, err := d.Open(name)
	require.NoError(t, err)
	got, err := io.ReadAll(f)
	require.NoError(t, errors.Join(err, f.Close()))
	return string(got)
}

// leftovers lists unfinished values.
func leftovers(t *testing.T, root string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, ".tmp", "*"))
	require.NoError(t, err)
	return found
}

func TestWriteReplacesAValue(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "deep", "lake")
	d := open(t, root)

	put(t, d, orders, "one")
	put(t, d, orders, "two, which is longer")
	put(t, d, orders.Part("2024-01-02"), "part")
	put(t, d, files.Asset("raw", "json"), "raw")
	put(t, d, files.Asset("raw/orders/2024-01-02", "json"), "asset")
	put(t, d, files.Step("7f", "load", "json"), "")

	assert.Equal(t, "two, which is longer", get(t, d, orders))
	assert.Equal(t, "part", get(t, d, orders.Part("2024-01-02")))
	assert.Equal(t, "raw", get(t, d, files.Asset("raw", "json")))
	assert.Equal(t, "asset", get(t, d, files.Asset("raw/orders/2024-01-02", "json")))
	assert.Empty(t, get(t, d, files.Step("7f", "load", "json")))
	assert.Empty(t, leftovers(t, root))
	assert.Equal(t, filepath.Join(root, "raw", "orders.json"), d.Path(orders))

	again := open(t, root)
	assert.Equal(t, "part", get(t, again, orders.Part("2024-01-02")))
}

func TestMissingValue(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())

	_, err := d.Open(orders)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.EqualError(t, err, `open "`+d.Path(orders)+`": no such file or directory`)
	require.ErrorIs(t, d.Remove(orders), fs.ErrNotExist)

	put(t, d, orders, "x")
	require.NoError(t, d.Remove(orders))
	_, err = d.Open(orders)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestZeroNameIsRefused(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())

	_, err := d.Open(files.Name{})
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = d.Write(t.Context(), files.Name{}, text1("x"))
	require.ErrorIs(t, err, fs.ErrInvalid)
	require.ErrorIs(t, d.Remove(files.Name{}), fs.ErrInvalid)
}

func TestOldValueStaysWhenAWriteFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")

	for _, tt := range []struct {
		name  string
		write func(cancel context.CancelFunc, w io.Writer) error
		want  error
	}{
		{"error", func(_ context.CancelFunc, w io.Writer) error {
			_, err := io.WriteString(w, "half")
			return errors.Join(err, boom)
		}, boom},
		{"canceled, and it stops", func(cancel context.CancelFunc, w io.Writer) error {
			cancel()
			_, err := io.WriteString(w, "half")
			return err
		}, context.Canceled},
		{"canceled, and it does not care", func(cancel context.CancelFunc, w io.Writer) error {
			_, err := io.WriteString(w, "all")
			cancel()
			return err
		}, context.Canceled},
		{"ignores the error of its writer", func(cancel context.CancelFunc, w io.Writer) error {
			cancel()
			_, _ = io.WriteString(w, "half")
			return nil
		}, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			d := open(t, root)
			put(t, d, orders, "old")

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := d.Write(ctx, orders, func(w io.Writer) error { return tt.write(cancel, w) })
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, `write "`+d.Path(orders)+`": `)
			assert.Equal(t, "old", get(t, d, orders))
			assert.Empty(t, leftovers(t, root))
		})
	}
}

func TestErrorOfTheWriteFunctionIsKept(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())

	_, err := d.Write(t.Context(), orders, func(io.Writer) error {
		return &fs.PathError{Op: "open", Path: "elsewhere.csv", Err: fs.ErrPermission}
	})
	require.EqualError(t, err, `write "`+d.Path(orders)+`": open elsewhere.csv: permission denied`)
}

func TestOldValueStaysWhenAWritePanics(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)
	put(t, d, orders, "old")

	require.PanicsWithValue(t, "boom", func() {
		_, _ = d.Write(t.Context(), orders, func(w io.Writer) error {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
			panic("boom")
		})
	})
	assert.Equal(t, "old", get(t, d, orders))
	assert.Empty(t, leftovers(t, root))
}

func TestCanceledWriteDoesNotStart(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	called := false
	_, err := d.Write(ctx, orders, func(io.Writer) error { called = true; return nil })
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, called)
}

func TestWriterIsDeadAfterTheWrite(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())

	var kept io.Writer
	_, err := d.Write(t.Context(), orders, func(w io.Writer) error {
		kept = w
		return text1("value")(w)
	})
	require.NoError(t, err)
	_, err = kept.Write([]byte("late"))
	require.ErrorIs(t, err, os.ErrClosed)
	assert.Equal(t, "value", get(t, d, orders))
}

func TestConcurrentWritesToOneName(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)

	var wg sync.WaitGroup
	for _, letter := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			for range 10 {
				_, err := d.Write(t.Context(), orders, text1(strings.Repeat(letter, 100_000)))
				assert.NoError(t, err)
				f, err := d.Open(orders)
				if !assert.NoError(t, err) {
					return
				}
				got, err := io.ReadAll(f)
				assert.NoError(t, errors.Join(err, f.Close()))
				assert.True(t, len(got) == 100_000 && bytes.Count(got, got[:1]) == len(got), "a mix of two values")
			}
		})
	}
	wg.Wait()
	assert.Empty(t, leftovers(t, root))
}

func TestFolderRemovedByHand(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)
	put(t, d, orders, "old")

	require.NoError(t, os.RemoveAll(filepath.Join(root, "raw")))
	require.NoError(t, os.RemoveAll(filepath.Join(root, ".tmp")))
	put(t, d, orders, "new")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "raw")))
	put(t, d, orders, "newer")
	assert.Equal(t, "newer", get(t, d, orders))
}

func TestFolderInThePlaceOfAValue(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)
	require.NoError(t, os.MkdirAll(d.Path(orders), 0o700))

	_, err := d.Write(t.Context(), orders, text1("x"))
	require.ErrorContains(t, err, `write "`+d.Path(orders)+`": `)
	_, err = d.Open(orders)
	require.EqualError(t, err, `open "`+d.Path(orders)+`": not a regular file`)
	require.EqualError(t, d.Remove(orders), `remove "`+d.Path(orders)+`": is a folder`)
	assert.Empty(t, leftovers(t, root))
}

func TestFileInThePlaceOfAFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "raw"), []byte("mine"), 0o600))
	d := open(t, root)

	_, err := d.Write(t.Context(), orders, text1("x"))
	require.ErrorContains(t, err, `write "`+d.Path(orders)+`": `)
	_, err = d.Open(orders)
	require.Error(t, err)
	_, err = files.Open(filepath.Join(root, "raw"))
	require.ErrorContains(t, err, `open directory "`+filepath.Join(root, "raw")+`": `)
}

func TestLinkOutOfTheDirectoryIsNotFollowed(t *testing.T) {
	t.Parallel()
	root, outside := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "orders.json"), []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "raw")))
	d := open(t, root)

	_, err := d.Open(orders)
	require.ErrorContains(t, err, "escapes")
	_, err = d.Write(t.Context(), orders, text1("x"))
	require.Error(t, err)
	require.Error(t, d.Remove(orders))
	kept, err := os.ReadFile(filepath.Join(outside, "orders.json"))
	require.NoError(t, err)
	assert.Equal(t, "secret", string(kept))
}

func TestOpenSweepsOldLeftoversOnly(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put(t, open(t, root), orders, "value")
	old, fresh := filepath.Join(root, ".tmp", "old"), filepath.Join(root, ".tmp", "fresh")
	for _, p := range []string{old, fresh} {
		require.NoError(t, os.WriteFile(p, []byte("half"), 0o600))
	}
	long := time.Now().Add(-25 * time.Hour)
	require.NoError(t, os.Chtimes(old, long, long))
	require.NoError(t, os.Chtimes(filepath.Join(root, "raw", "orders.json"), long, long))

	d := open(t, root)
	assert.Equal(t, []string{fresh}, leftovers(t, root))
	n, err := d.Sweep(time.Now().Add(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Empty(t, leftovers(t, root))
	assert.Equal(t, "value", get(t, d, orders))
}

func TestLargeValueIsStreamed(t *testing.T) { //nolint:paralleltest // measures the memory of the process
	const chunk, chunks = 64 << 10, 1024
	d := open(t, t.TempDir())
	data := bytes.Repeat([]byte("0123456789abcdef"), chunk/16)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := d.Write(t.Context(), orders, func(w io.Writer) error {
		for range chunks {
			if _, err := w.Write(data); err != nil {
				return err
			}
		}
		return nil
	})
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	assert.EqualValues(t, chunk*chunks, n)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20), "bytes allocated for a value of 64 MiB")
}

func BenchmarkWriteSmall(b *testing.B) {
	d, err := files.Open(b.TempDir())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Write(b.Context(), orders, text1("value")); err != nil {
			b.Fatal(err)
		}
	}
}
