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
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// What a child process reads from its environment.
const (
	childEnv   = "DAGSTER_TEST_CHILD"   // path of the store
	childRun   = "DAGSTER_TEST_RUN"     // the run it appends to
	childTimes = "DAGSTER_TEST_APPENDS" // how often; empty for ever
	childKeys  = "DAGSTER_TEST_KEYS"    // instead: how many dynamic keys it adds, starting with the run's name
)

// child appends events and prints the last ID of each batch once it is stored.
func child(ctx context.Context) error {
	s, err := sqlite.Open(ctx, sqlite.Config{Path: os.Getenv(childEnv)})
	if err != nil {
		return err
	}
	if os.Getenv(childKeys) != "" {
		return errors.Join(addKeys(ctx, s), s.Close())
	}
	run := storage.RunID(os.Getenv(childRun))
	if err := s.Divide(ctx, crashDefinitions()); err != nil {
		return err
	}
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
				batch := append(stepEvents("step", asset)[rand.IntN(8):], partitionEvents()...)
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

// crashDefinitions are of the assets that partitionEvents are about.
func crashDefinitions() map[string]partition.Definition {
	hours := partition.Must(partition.Windows(partition.WindowConfig{Every: partition.Hourly, Start: "2026-01-01-00:00"}))
	regions := partition.Must(partition.Static("eu", "us"))
	return map[string]partition.Definition{
		"hourly": hours, "both": partition.Must(partition.Multi(map[string]partition.Definition{"hour": hours, "region": regions})),
	}
}

// partitionEvents are some of any kinds about any partitions, now and then one that does not exist.
func partitionEvents() []storage.Event {
	kinds := []storage.EventKind{storage.AssetMaterializationPlanned, storage.AssetMaterialization, storage.AssetFailedToMaterialize}
	events := make([]storage.Event, rand.IntN(4))
	for i := range events {
		hour := time.Date(2026, 1, 1, rand.IntN(40_000)-10, 0, 0, 0, time.UTC).Format("2006-01-02-15:04")
		events[i] = storage.Event{Kind: kinds[rand.IntN(3)], Asset: "hourly", Partition: hour}
		if rand.IntN(2) == 0 {
			events[i].Asset, events[i].Partition = "both", hour+"|"+[]string{"eu", "us", "asia"}[rand.IntN(3)]
		}
	}
	return events
}

// childOf is another process on a store, not started.
func childOf(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

func startChild(t *testing.T, path string, run storage.RunID, times string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := childOf(t, path)
	cmd.Env = append(cmd.Env, childRun+"="+string(run), childTimes+"="+times)
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
		"SELECT max(id) = count(*) FROM events":                                                                                                      "an ID is missing",
		"SELECT max(seq) = count(*) FROM events":                                                                                                     "a number is missing",
		"SELECT last_event = (SELECT max(id) FROM events) FROM counters":                                                                             "the counter is wrong",
		"SELECT max(id) >= " + strconv.FormatInt(acknowledged, 10) + " FROM events":                                                                  "an acknowledged event is missing",
		"SELECT sum(materializations) = (SELECT count(*) FROM log WHERE kind = 'ASSET_MATERIALIZATION') FROM assets":                                 "the count of an asset is wrong",
		"SELECT min(latest = (SELECT max(e.id) FROM events e WHERE e.asset = p.asset AND e.kind = 13)) FROM asset_partitions p WHERE partition = ''": "a latest materialization is wrong",
	} {
		got, err := s.Query(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, []string{"1"}, got, why)
	}
	assertFolded(t, s)
}

// assertFolded holds that what is known of partitions is what the events say, of which none was deleted, of one run.
func assertFolded(t *testing.T, s *sqlite.Store) {
	t.Helper()
	for asset, d := range crashDefinitions() {
		want := map[string][3]bool{}
		f := storage.EventFilter{Asset: asset, Limit: 10_000}
		for {
			page, err := s.Events(t.Context(), f)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			f.After = page[len(page)-1].ID
			for _, e := range page {
				is := want[e.Partition]
				switch e.Kind {
				case storage.AssetMaterializationPlanned:
					is[2] = true
				case storage.AssetMaterialization:
					is = [3]bool{true, false, false}
				default:
					is = [3]bool{is[0], true, false}
				}
				want[e.Partition] = is
			}
		}
		st, err := s.PartitionStatus(t.Context(), asset)
		if errors.Is(err, storage.ErrNotDivided) && len(want) == 0 {
			continue // it was killed before that
		}
		require.NoError(t, err)
		set := d.At(time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC), nil)
		counts, unknown := [3]int{}, 0
		for key, is := range want {
			if !set.Has(key) {
				unknown++
				continue
			}
			require.Equal(t, is, [3]bool{st.Materialized.Has(key), st.Failed.Has(key), st.InProgress.Has(key)}, key)
			for i := range is {
				if is[i] {
					counts[i]++
				}
			}
		}
		require.Equal(t, counts, [3]int{st.Materialized.Count(), st.Failed.Count(), st.InProgress.Count()}, asset)
		require.Equal(t, unknown, st.Unknown, asset)
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

// addKeys adds dynamic keys, and removes every other one of them, in several requests.
func addKeys(ctx context.Context, s *sqlite.Store) error {
	n, err := strconv.Atoi(os.Getenv(childKeys))
	if err != nil {
		return err
	}
	const size = 5000
	for from := 0; from < n; from += size {
		add := make([]string, 0, size)
		var remove []string
		for i := from; i < min(from+size, n); i++ {
			add = append(add, fmt.Sprintf("%s/%08d", os.Getenv(childRun), i))
			if i%2 == 1 {
				remove = append(remove, add[len(add)-1])
			}
		}
		if err := s.ChangeDynamic(ctx, storage.DynamicChange{Name: "keys", Add: append(add, "shared")}); err != nil {
			return err
		}
		if err := s.ChangeDynamic(ctx, storage.DynamicChange{Name: "keys", Remove: remove}); err != nil {
			return err
		}
	}
	return nil
}

// Two processes add dynamic keys and remove half of them at once: a million with DAGSTER_DEEP, else some.
func TestProcesses_dynamicKeys(t *testing.T) {
	t.Parallel()
	n := 20_000
	if os.Getenv("DAGSTER_DEEP") == "1" {
		n = 500_000
	}
	path := filepath.Join(t.TempDir(), "dagster.db")
	var children errgroup.Group
	for _, name := range []string{"one", "two"} {
		cmd := childOf(t, path)
		cmd.Env = append(cmd.Env, childRun+"="+name, childKeys+"="+strconv.Itoa(n))
		require.NoError(t, cmd.Start())
		children.Go(cmd.Wait)
	}
	require.NoError(t, children.Wait())
	s := openAt(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	next := map[string]int{}
	f := storage.DynamicFilter{Name: "keys", Limit: 10_000}
	for {
		page, err := s.DynamicKeys(t.Context(), f)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		f.After = page[len(page)-1]
		for _, key := range page {
			name, number, _ := strings.Cut(key, "/")
			if name != "shared" {
				require.Equal(t, fmt.Sprintf("%08d", next[name]), number, name)
			}
			next[name] += 2
		}
	}
	assert.Equal(t, map[string]int{"one": n, "two": n, "shared": 2}, next)
}
