package sqlite_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// openUnprivileged opens a store as a user whom permissions stop: the superuser's thread borrows another user's
// rights, and is thrown away with the goroutine.
func openUnprivileged(t *testing.T, path string) error {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if err := syscall.Setfsuid(65534); err != nil {
				result <- err
				return
			}
		}
		s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		if err == nil {
			err = s.Close()
		}
		result <- err
	}()
	return <-result
}

func TestOpen_readOnly(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(temp), 0o755))
	path := filepath.Join(temp, "home", "dagster.db")
	require.NoError(t, openAt(t, path).Close())
	dir := filepath.Dir(path)
	t.Cleanup(func() { assert.NoError(t, os.Chmod(dir, 0o700)) })

	require.NoError(t, os.Chmod(dir, 0o777))
	require.NoError(t, os.Chmod(path, 0o444))
	assertRefused(t, openUnprivileged(t, path), sqlite.ErrReadOnly, "file", path, "make it writable")

	require.NoError(t, os.Chmod(path, 0o666))
	require.NoError(t, os.Chmod(dir, 0o555))
	assertRefused(t, openUnprivileged(t, path), sqlite.ErrReadOnly, "directory", dir, "make it writable")

	require.NoError(t, os.Remove(path))
	assertRefused(t, openUnprivileged(t, path), sqlite.ErrReadOnly, "directory", dir, "make it writable")
	assertRefused(t, openUnprivileged(t, filepath.Join(dir, "deeper", "dagster.db")), sqlite.ErrReadOnly, "directory", "make it writable")
}

// Not parallel: the umask belongs to the process.
func TestOpen_permissions(t *testing.T) { //nolint:paralleltest // see above
	for _, mask := range []int{0, 0o022, 0o777} {
		dir := filepath.Join(t.TempDir(), "home", "deep")
		path := filepath.Join(dir, "dagster.db")
		old := syscall.Umask(mask)
		s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		if err == nil {
			err = s.CreateRun(t.Context(), storage.Run{ID: "a"})
		}
		syscall.Umask(old)
		require.NoError(t, err)
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode(), "%s under umask %o", name, mask)
		}
		for _, name := range []string{dir, filepath.Dir(dir)} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o700)|os.ModeDir, info.Mode(), "%s under umask %o", name, mask)
		}
		require.NoError(t, s.Close())
	}
}
