package sqlite_test

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

func filled(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "dagster.db")
	s := openAt(t, path)
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: "a", Job: "old"}, storage.Event{Kind: storage.RunStart}))
	require.NoError(t, s.Close())
	return path
}

func next(scripts ...string) sqlite.Surroundings {
	var s sqlite.Surroundings
	for _, script := range scripts {
		s.Migrations = append(s.Migrations, sqlite.Migration{Name: "made_up", Script: script, Rewrite: true})
	}
	return s
}

const (
	renameJobs = "UPDATE runs SET job = job || '!'; CREATE TABLE two (a TEXT) STRICT;"
	broken     = "UPDATE runs SET job = 'lost'; INSERT INTO nowhere VALUES (1);"
)

func TestMigrate_keepsACopy(t *testing.T) {
	t.Parallel()
	path := filled(t)
	s, err := sqlite.OpenIn(t.Context(), sqlite.Config{Path: path}, next("UPDATE runs SET job = job || '!'", "UPDATE runs SET job = job || '?'"))
	require.NoError(t, err)
	r, err := s.Run(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "old!?", r.Job)
	versions, err := s.Query(t.Context(), "SELECT version FROM schema_version ORDER BY version")
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6"}, versions)
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: "b"}))
	require.NoError(t, s.Close())

	info, err := os.Stat(path + ".v4")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	before := openAt(t, path+".v4")
	defer func() { require.NoError(t, before.Close()) }()
	r, err = before.Run(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "old", r.Job)

	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	assertRefused(t, err, sqlite.ErrNewer, "schema 6", "up to 4")
}

// What a process that was killed leaves: a copy that was cut short, and a migration of which nothing is there.
func TestMigrate_isDoneAgain(t *testing.T) {
	t.Parallel()
	path := filled(t)
	_, err := sqlite.OpenIn(t.Context(), sqlite.Config{Path: path}, next(broken))
	require.ErrorContains(t, err, "nowhere")
	write(t, path+".v4.partial", "cut sho")

	s := openAt(t, path)
	r, err := s.Run(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "old", r.Job, "the release before goes on with what there was")
	require.NoError(t, s.Close())

	s, err = sqlite.OpenIn(t.Context(), sqlite.Config{Path: path}, next("UPDATE runs SET job = 'new'"))
	require.NoError(t, err)
	r, err = s.Run(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "new", r.Job)
	require.NoError(t, s.Close())
	assert.NoFileExists(t, path+".v4.partial")
	before := openAt(t, path+".v4")
	defer func() { require.NoError(t, before.Close()) }()
	require.NoError(t, before.Check(t.Context()))
}

func TestMigrate_onceForAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dagster.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := sqlite.OpenIn(t.Context(), sqlite.Config{Path: path}, next(renameJobs))
			if assert.NoError(t, err) {
				assert.NoError(t, s.Close())
			}
		})
	}
	wg.Wait()
}

// A process of the release before must not go on writing into a file that it no longer understands.
func TestMigrate_stopsOldWriters(t *testing.T) {
	t.Parallel()
	path := filled(t)
	old := openAt(t, path)
	defer func() { require.NoError(t, old.Close()) }()
	require.NoError(t, old.CreateRun(t.Context(), storage.Run{ID: "b"}))
	s, err := sqlite.OpenIn(t.Context(), sqlite.Config{Path: path}, next(renameJobs))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assertRefused(t, old.CreateRun(t.Context(), storage.Run{ID: "c"}), sqlite.ErrNewer, path)
}

func TestOpen_cancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "dagster.db")})
	require.ErrorIs(t, err, context.Canceled)
}

// The file of the first release: two runs made partitions of an asset, one of the runs was deleted.
func TestMigrate_fromTheFirstRelease(t *testing.T) {
	t.Parallel()
	packed, err := os.Open("testdata/v1.db.gz")
	require.NoError(t, err)
	unpacked, err := gzip.NewReader(packed)
	require.NoError(t, err)
	old, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	path := filepath.Join(t.TempDir(), "dagster.db")
	require.NoError(t, os.WriteFile(path, old, 0o600))

	s := openAt(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Check(t.Context()))
	days := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Daily, Start: "2026-01-01"}))
	require.NoError(t, s.Divide(t.Context(), map[string]partition.Definition{"daily": days}))
	st, err := s.PartitionStatus(t.Context(), "daily")
	require.NoError(t, err)
	assert.Equal(t, "[2026-01-01...2026-01-02], 2026-01-04", st.Materialized.String())
	assert.Equal(t, 1, st.Unknown)
	for key, run := range map[string]storage.RunID{"2026-01-01": "gone", "2026-01-02": "kept", "old key": "kept"} {
		e, err := s.LatestMaterialization(t.Context(), "daily", key)
		require.NoError(t, err)
		assert.Equal(t, run, e.Run)
		assert.Equal(t, "daily"+key, e.Data.(*storage.MaterializationData).DataVersion)
	}
	_, err = s.LatestMaterialization(t.Context(), "whole", "")
	require.NoError(t, err)
	_, err = s.Append(t.Context(), storage.Batch{Run: "kept", Events: []storage.Event{
		{Kind: storage.AssetMaterialization, Asset: "daily", Partition: "2026-01-03"},
	}})
	require.NoError(t, err)
	st, err = s.PartitionStatus(t.Context(), "daily")
	require.NoError(t, err)
	assert.Equal(t, "[2026-01-01...2026-01-04]", st.Materialized.String())
	assert.FileExists(t, path+".v1")
}

func TestOpen_newFileLeavesNoCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "dagster.db")})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, found, 1, "%v", found)
	assert.Equal(t, "dagster.db", found[0].Name())
}
