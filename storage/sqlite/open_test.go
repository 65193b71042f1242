package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// A store in a file: what was stored is there when it is opened again.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "dagster")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	home := sqlite.Config{Path: filepath.Join(dir, "dagster.db")}

	store, err := sqlite.Open(ctx, home)
	if err != nil {
		panic(err)
	}
	run := storage.Run{ID: "0190a5b0-0000-7000-8000-000000000001", Job: "nightly", Status: storage.RunStarting}
	if err := store.CreateRun(ctx, run, storage.Event{Kind: storage.RunStartingEvent}); err != nil {
		panic(err)
	}
	if err := store.Close(); err != nil {
		panic(err)
	}

	store, err = sqlite.Open(ctx, home)
	if err != nil {
		panic(err)
	}
	defer func() { _ = store.Close() }()
	events, err := store.Events(ctx, storage.EventFilter{Run: run.ID})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(events), events[0].Kind)
	// Output: 1 PIPELINE_STARTING
}

// assertRefused holds that err is one line that wraps want and contains the words.
func assertRefused(t *testing.T, err, want error, words ...string) {
	t.Helper()
	require.ErrorIs(t, err, want)
	assert.NotContains(t, err.Error(), "\n")
	for _, w := range words {
		assert.Contains(t, err.Error(), w)
	}
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		in     sqlite.Surroundings
		before func(t *testing.T, path string)
		want   error
		words  []string
	}{
		{
			name: "an old library", in: sqlite.Surroundings{Library: 3_051_002},
			want: sqlite.ErrUnsupported, words: []string{"3.51.2", "link 3.51.3 or newer"},
		},
		{
			name: "a network file system",
			in:   sqlite.Surroundings{FileSystem: func(string) (string, error) { return sqlite.NetworkName(0x6969), nil }},
			want: sqlite.ErrUnsupported, words: []string{"is on NFS", "choose a local disk"},
		},
		{
			name: "a file that is no database",
			before: func(t *testing.T, path string) {
				t.Helper()
				t.Helper()
				write(t, path, strings.Repeat("not a database. ", 1000))
			},
			want: sqlite.ErrDamaged, words: []string{"not an SQLite database", "restore a copy"},
		},
		{
			name: "a file that is too short",
			before: func(t *testing.T, path string) {
				t.Helper()
				t.Helper()
				write(t, path, "SQLite format 3\x00")
			},
			want: sqlite.ErrDamaged, words: []string{"restore a copy"},
		},
		{
			name: "a file that was cut off",
			before: func(t *testing.T, path string) {
				t.Helper()
				require.NoError(t, openAt(t, path).Close())
				require.NoError(t, os.Truncate(path, 8192))
			},
			want: sqlite.ErrDamaged, words: []string{"cut off", "restore a copy"},
		},
		{
			name: "a database of another program",
			before: func(t *testing.T, path string) {
				t.Helper()
				s := openAt(t, path)
				require.NoError(t, s.Exec(t.Context(), "DROP TABLE schema_version"))
				require.NoError(t, s.Close())
			},
			want: sqlite.ErrUnsupported, words: []string{"another program", "choose another path"},
		},
		{
			name: "a newer schema",
			before: func(t *testing.T, path string) {
				t.Helper()
				s := openAt(t, path)
				require.NoError(t, s.Exec(t.Context(), "INSERT INTO schema_version VALUES (99, 'of the future', '')"))
				require.NoError(t, s.Close())
			},
			want: sqlite.ErrNewer, words: []string{"schema 99", "use the newer release"},
		},
		{
			name: "a damaged schema",
			before: func(t *testing.T, path string) {
				t.Helper()
				require.NoError(t, openAt(t, path).Close())
				f, err := os.OpenFile(path, os.O_WRONLY, 0)
				require.NoError(t, err)
				_, err = f.WriteAt(make([]byte, 3900), 100)
				require.NoError(t, err)
				require.NoError(t, f.Close())
			},
			want: sqlite.ErrDamaged, words: []string{"restore a copy"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "dagster.db")
			if tt.before != nil {
				tt.before(t, path)
			}
			_, err := sqlite.OpenIn(t.Context(), sqlite.Config{Path: path}, tt.in)
			assertRefused(t, err, tt.want, append(tt.words, path)...)
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func TestOpen_withoutPath(t *testing.T) {
	t.Parallel()
	_, err := sqlite.Open(t.Context(), sqlite.Config{})
	require.ErrorContains(t, err, "set Config.Path")
}

func TestOpen_pathOfADirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(file, "dagster.db")})
	require.ErrorContains(t, err, "is a file")
	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Dir(file)})
	require.ErrorContains(t, err, "is a directory")
}

func TestOpen_strangePaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "a#b.db", "ö.db", "a&mode=memory.db"} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, openAt(t, path).Close())
		assert.FileExists(t, path)
	}
}

func TestOpen_settings(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "mmap_size": "0", "query_only": "1", "busy_timeout": "10000",
	} {
		got, err := s.Query(t.Context(), "PRAGMA "+pragma)
		require.NoError(t, err)
		assert.Equal(t, []string{want}, got, pragma)
	}
	require.NoError(t, s.Check(t.Context()))
}

func TestCheck_findsDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dagster.db")
	s := openAt(t, path)
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: "a"}))
	for range 50 {
		_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: stepEvents("step", "asset")})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	info, err := f.Stat()
	require.NoError(t, err)
	_, err = f.WriteAt([]byte(strings.Repeat("damage", 2000)), info.Size()-16<<10)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	s = openAt(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	assertRefused(t, s.Check(t.Context()), sqlite.ErrDamaged, path, "restore a copy")
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

func TestOpen_noFile(t *testing.T) {
	t.Parallel()

	for path, want := range map[string]string{
		"":                     "no path given: set Config.Path",
		":memory:":             "storage.NewMemory is a store in memory",
		"file:runs.db?mode=ro": "want the path of a file, no URI",
	} {
		_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.ErrorContains(t, err, want)
	}
}
