package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// disk is a place with little room.
type disk struct {
	dir  string
	fill func(s *sqlite.Store)
	free func(s *sqlite.Store)
}

// smallDisk mounts a file system of its own; where that is not allowed, the file is kept from growing.
func smallDisk(t *testing.T) disk {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		return disk{
			dir:  dir,
			fill: func(s *sqlite.Store) { require.NoError(t, s.Limit(t.Context(), 2)) },
			free: func(s *sqlite.Store) { require.NoError(t, s.Limit(t.Context(), 10_000)) },
		}
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	ballast := filepath.Join(dir, "ballast")
	return disk{
		dir: dir,
		fill: func(*sqlite.Store) {
			f, err := os.Create(ballast)
			require.NoError(t, err)
			for err == nil {
				_, err = f.Write(make([]byte, 4096))
			}
			require.ErrorIs(t, err, syscall.ENOSPC)
			require.NoError(t, f.Close())
		},
		free: func(*sqlite.Store) { require.NoError(t, os.Remove(ballast)) },
	}
}

func TestAppend_diskFullAndFreed(t *testing.T) {
	t.Parallel()
	d := smallDisk(t)
	path := filepath.Join(d.dir, "dagster.db")
	s := openAt(t, path)
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: "a"}))
	_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: logged(10)})
	require.NoError(t, err)

	d.fill(s)
	long := []storage.Event{{Kind: storage.LogMessage, Message: strings.Repeat("long ", 1<<14)}}
	for range 3 {
		_, err = s.Append(t.Context(), storage.Batch{Run: "a", Events: long})
		assertRefused(t, err, sqlite.ErrFull, path, "free some space")
	}
	events, err := s.Events(t.Context(), storage.EventFilter{Run: "a"})
	require.NoError(t, err)
	assert.Len(t, events, 10)

	d.free(s)
	last, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: long})
	require.NoError(t, err)
	assert.Equal(t, int64(11), last)
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Close())
}

// Not one commit does the work of a checkpoint, and still the log does not grow for ever.
func TestCheckpoint_keepsTheLogSmall(t *testing.T) {
	t.Parallel()
	s, path := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	largest, shrank := int64(0), false
	for range 400 {
		batch := []storage.Event{{Kind: storage.LogMessage, Message: strings.Repeat("x", 1<<20)}}
		_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: batch})
		require.NoError(t, err)
		info, err := os.Stat(path + "-wal")
		require.NoError(t, err)
		if shrank = info.Size() < largest; shrank {
			break
		}
		largest = info.Size()
	}
	assert.True(t, shrank || largest < 64<<20, "it grew to %d MiB", largest>>20)
}
