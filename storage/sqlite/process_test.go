package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// What a child process reads from its environment.
const (
	childEnv   = "DAGSTER_TEST_CHILD"   // path of the store
	childRun   = "DAGSTER_TEST_RUN"     // the run it appends to
	childTimes = "DAGSTER_TEST_APPENDS" // how often; empty for ever
)

// child appends events and prints the last ID of each batch once it is stored.
func child(ctx context.Context) error {
	s, err := sqlite.Open(ctx, sqlite.Config{Path: os.Getenv(childEnv)})
	if err != nil {
		return err
	}
	run := storage.RunID(os.Getenv(childRun))
	err = s.CreateRun(ctx, storage.Run{ID: run, Status: storage.RunStarting})
	if err != nil && !errors.Is(err, storage.ErrRunExists) {
		return err
	}
	times, err := strconv.Atoi(os.Getenv(childTimes))
	if err != nil {
		times = 1 << 30
	}
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			for range times / 4 {
				asset := "asset" + strconv.Itoa(rand.IntN(5))
				batch := stepEvents("step", asset)[rand.IntN(8):]
				last, err := s.Append(ctx, storage.Batch{Run: run, Events: batch})
				if err != nil {
					return err
				}
				if _, err := fmt.Println(last); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(g.Wait(), s.Close())
}

func startChild(t *testing.T, path string, run storage.RunID, times string) (*exec.Cmd, io.Reader) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+path, childRun+"="+string(run), childTimes+"="+times)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, out
}

// Whatever moment a process is killed at, what it was told is stored is there, and nothing is half there.
func TestCrash(t *testing.T) {
	t.Parallel()
	rounds := 20
	if os.Getenv("DAGSTER_DEEP") == "1" {
		rounds = 400
	}
	path := filepath.Join(t.TempDir(), "dagster.db")
	for range rounds {
		cmd, out := startChild(t, path, "crashed", "")
		acknowledged := int64(0)
		lines := bufio.NewScanner(out)
		for range 1 + rand.IntN(100) {
			require.True(t, lines.Scan(), "the child goes on until it is killed")
			id, err := strconv.ParseInt(lines.Text(), 10, 64)
			require.NoError(t, err)
			acknowledged = max(acknowledged, id)
		}
		require.NoError(t, cmd.Process.Kill())
		for lines.Scan() { // what it was told in the meantime
			if id, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				acknowledged = max(acknowledged, id)
			}
		}
		require.Error(t, cmd.Wait())
		assertWhole(t, path, acknowledged)
	}
}

// assertWhole holds that all events up to the one acknowledged are there, and that the tables agree.
func assertWhole(t *testing.T, path string, acknowledged int64) {
	t.Helper()
	s := openAt(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	found, err := s.Query(t.Context(), "PRAGMA integrity_check")
	require.NoError(t, err)
	require.Equal(t, []string{"ok"}, found)
	for query, why := range map[string]string{
		"SELECT max(id) = count(*) FROM events":                                                                                 "an ID is missing",
		"SELECT max(seq) = count(*) FROM events":                                                                                "a number is missing",
		"SELECT last_event = (SELECT max(id) FROM events) FROM counters":                                                        "the counter is wrong",
		"SELECT max(id) >= " + strconv.FormatInt(acknowledged, 10) + " FROM events":                                             "an acknowledged event is missing",
		"SELECT sum(materializations) = (SELECT count(*) FROM log WHERE kind = 'ASSET_MATERIALIZATION') FROM assets":            "the count of an asset is wrong",
		"SELECT min(latest = (SELECT max(e.id) FROM events e WHERE e.asset = p.asset AND e.kind = 13)) FROM asset_partitions p": "a latest materialization is wrong",
	} {
		got, err := s.Query(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, []string{"1"}, got, why)
	}
}

// Two processes and this one write at once; none of them is told that the file is busy.
func TestProcesses_writeAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dagster.db")
	const times = 200
	var children errgroup.Group
	for _, run := range []storage.RunID{"one", "two"} {
		cmd, out := startChild(t, path, run, strconv.Itoa(times))
		children.Go(func() error {
			_, err := io.Copy(io.Discard, out)
			return errors.Join(err, cmd.Wait())
		})
	}
	s := openAt(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: "three"}))
	for range times {
		_, err := s.Append(t.Context(), storage.Batch{Run: "three", Events: logged(3)})
		require.NoError(t, err)
	}
	require.NoError(t, children.Wait())
	for _, run := range []storage.RunID{"one", "two", "three"} {
		events, err := s.Events(t.Context(), storage.EventFilter{Run: run, Limit: 10_000})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(events), times)
		for i, e := range events {
			require.Equal(t, int64(i+1), e.Seq, run)
		}
	}
	require.NoError(t, s.Check(t.Context()))
}
