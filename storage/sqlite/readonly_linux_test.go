package sqlite_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	require.NoError(t, os.Chmod(filepath.Dir(temp), 0o755)) //nolint:gosec // for others to come through
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

func TestNetworkName(t *testing.T) {
	t.Parallel()
	for magic, want := range map[uint32]string{
		0x6969: "NFS", 0xff534d42: "SMB", 0x01021997: "9P",
		0xef53: "", 0x01021994: "", 0x9123683e: "", 0x58465342: "", // ext4, tmpfs, btrfs, xfs
	} {
		assert.Equal(t, want, sqlite.NetworkName(magic))
	}
}
