package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// openWithRuns opens a new store with runs of the names given, which have started.
func openWithRuns(t *testing.T, names ...storage.RunID) (s *sqlite.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "dagster.db")
	s = openAt(t, path)
	for _, id := range names {
		require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: id, Status: storage.RunStarting}))
	}
	return s, path
}

func logged(n int) []storage.Event {
	out := make([]storage.Event, n)
	for i := range out {
		out[i] = storage.Event{Kind: storage.LogMessage, Message: fmt.Sprint("line ", i)}
	}
	return out
}

func TestAppend_withdrawn(t *testing.T) {
	t.Parallel()
	s, _ := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	release := make(chan struct{})
	s.Block(t.Context(), release)

	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	batch := logged(3)
	go func() {
		_, err := s.Append(ctx, storage.Batch{Run: "a", Events: batch})
		failed <- err
	}()
	for s.Waiting() == 0 {
		runtime.Gosched()
	}
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	assert.Equal(t, logged(3), batch, "the events of a refused batch are as they were")
	close(release)

	last, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: logged(2)})
	require.NoError(t, err)
	assert.Equal(t, int64(2), last, "nothing of the withdrawn batch is stored")
}

func TestClose_waitsForWhatIsQueued(t *testing.T) {
	t.Parallel()
	s, path := openWithRuns(t, "a")
	release := make(chan struct{})
	s.Block(t.Context(), release)
	stored := make(chan error)
	go func() {
		_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: logged(3)})
		stored <- err
	}()
	for s.Waiting() == 0 {
		runtime.Gosched()
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	close(release)
	require.NoError(t, <-stored)
	require.NoError(t, <-closed)
	require.NoError(t, s.Close())
	_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: logged(1)})
	require.ErrorIs(t, err, storage.ErrClosed)

	s = openAt(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	events, err := s.Events(t.Context(), storage.EventFilter{})
	require.NoError(t, err)
	assert.Len(t, events, 3)
}

// All of these are written in one transaction, in which a statement fails too.
func TestGroup_oneFailsAlone(t *testing.T) {
	t.Parallel()
	s, _ := openWithRuns(t, "a", "b")
	defer func() { require.NoError(t, s.Close()) }()
	release := make(chan struct{})
	s.Block(t.Context(), release)
	ctx := t.Context()
	var wg sync.WaitGroup
	expect := func(want error, f func() error) {
		wg.Go(func() { assert.ErrorIs(t, f(), want) })
	}
	add := func(b storage.Batch) func() error {
		return func() error { _, err := s.Append(ctx, b); return err }
	}
	expect(nil, add(storage.Batch{Run: "a", Events: logged(3)}))
	expect(storage.ErrFenced, add(storage.Batch{Run: "a", Epoch: 7, Events: logged(3)}))
	expect(storage.ErrRunNotFound, add(storage.Batch{Run: "c", Events: logged(3)}))
	expect(storage.ErrRunExists, func() error { return s.CreateRun(ctx, storage.Run{ID: "a"}, logged(1)...) })
	expect(nil, func() error { return s.CreateRun(ctx, storage.Run{ID: "d"}, logged(1)...) })
	expect(storage.ErrConflict, func() error {
		_, err := s.Transition(ctx, "b", storage.Transition{From: storage.RunQueued, To: storage.RunStarting, Events: logged(1)})
		return err
	})
	expect(nil, func() error {
		_, err := s.Transition(ctx, "b", storage.Transition{From: storage.RunStarting, To: storage.RunStarted, Events: logged(1)})
		return err
	})
	expect(storage.ErrRunNotEnded, func() error { return s.DeleteRun(ctx, "a") })
	wg.Go(func() { assert.ErrorContains(t, s.Exec(ctx, "INSERT INTO nowhere VALUES (1)"), "nowhere") })
	for s.Waiting() < 9 {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()

	events, err := s.Events(ctx, storage.EventFilter{})
	require.NoError(t, err)
	assert.Len(t, events, 5)
	for i, e := range events {
		assert.Equal(t, int64(i+1), e.ID)
	}
}

func TestRun_noUpdateLeavesATerminalStatus(t *testing.T) {
	t.Parallel()
	s, _ := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	r, err := s.Transition(t.Context(), "a", storage.Transition{From: storage.RunStarting, To: storage.RunFailed})
	require.NoError(t, err)
	for _, change := range []string{"status = 'STARTED'", "epoch = epoch + 1"} {
		require.ErrorContains(t, s.Exec(t.Context(), "UPDATE runs SET "+change), "never changes")
	}
	got, err := s.Run(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, r, got)
}

// The disk is full for one store while another one reads.
func TestAppend_diskFull(t *testing.T) {
	t.Parallel()
	s, path := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: logged(10)})
	require.NoError(t, err)
	require.NoError(t, s.Limit(t.Context(), 2))

	big := storage.Event{Kind: storage.LogMessage, Message: strings.Repeat("long ", 1<<14)}
	_, err = s.Append(t.Context(), storage.Batch{Run: "a", Events: append(logged(5), big)})
	assertRefused(t, err, sqlite.ErrFull, path, "free some space")
	events, err := s.Events(t.Context(), storage.EventFilter{Run: "a"})
	require.NoError(t, err)
	assert.Len(t, events, 10, "nothing is half written, and reading goes on")

	require.NoError(t, s.Limit(t.Context(), 1000))
	last, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: append(logged(5), big)})
	require.NoError(t, err)
	assert.Equal(t, int64(16), last)
	events, err = s.Events(t.Context(), storage.EventFilter{Run: "a"})
	require.NoError(t, err)
	require.Len(t, events, 16)
	for i, e := range events {
		assert.Equal(t, int64(i+1), e.Seq)
	}
	require.NoError(t, s.Check(t.Context()))
}

// Many writers while the disk is full: each is told, those that fit go on.
func TestAppend_diskFullForMany(t *testing.T) {
	t.Parallel()
	s, _ := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Limit(t.Context(), 1))
	release := make(chan struct{})
	s.Block(t.Context(), release)
	var wg sync.WaitGroup
	var mu sync.Mutex
	full := 0
	for i := range 20 {
		wg.Go(func() {
			batch := logged(1)
			if i%2 == 0 {
				batch[0].Message = strings.Repeat("long ", 1<<14)
			}
			_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: batch})
			if i%2 == 1 {
				assert.NoError(t, err)
			}
			if errors.Is(err, sqlite.ErrFull) {
				mu.Lock()
				full++
				mu.Unlock()
			}
		})
	}
	for s.Waiting() < 20 {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	assert.Equal(t, 10, full)
}

// The tables hold numbers; a person with a shell reads the view.
func TestView_log(t *testing.T) {
	t.Parallel()
	s, _ := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: append(stepEvents("step", "asset"), storage.Event{Kind: "OF_THE_FUTURE"})})
	require.NoError(t, err)
	for column, want := range map[string]string{
		"run": "a", "kind": "ASSET_MATERIALIZATION", "step": "step", "asset": "asset", "at": "2024-01-02T03:04:05.678901234Z",
		"json_extract(data, '$.data_version')": "b3f5a9c07d11",
	} {
		got, err := s.Query(t.Context(), "SELECT "+column+" FROM log WHERE seq = 7")
		require.NoError(t, err)
		assert.Equal(t, []string{want}, got, column)
	}
	got, err := s.Query(t.Context(), "SELECT kind FROM log WHERE seq = 9")
	require.NoError(t, err)
	assert.Equal(t, []string{"OF_THE_FUTURE"}, got)
}

// A kind that no release knew when the other process started.
func TestKinds_ofAnotherProcess(t *testing.T) {
	t.Parallel()
	a, path := openWithRuns(t, "a")
	defer func() { require.NoError(t, a.Close()) }()
	b := openAt(t, path)
	defer func() { require.NoError(t, b.Close()) }()
	for _, kind := range []storage.EventKind{"NEW", "NEWER", "NEW"} {
		_, err := a.Append(t.Context(), storage.Batch{Run: "a", Events: []storage.Event{{Kind: kind}}})
		require.NoError(t, err)
	}
	events, err := b.Events(t.Context(), storage.EventFilter{Kinds: []storage.EventKind{"NEW", "NEVER"}})
	require.NoError(t, err)
	require.Len(t, events, 2)
	assert.Equal(t, storage.EventKind("NEW"), events[1].Kind)
	events, err = b.Events(t.Context(), storage.EventFilter{Run: "a"})
	require.NoError(t, err)
	require.Len(t, events, 3)
	assert.Equal(t, storage.EventKind("NEWER"), events[1].Kind)
	_, err = b.Append(t.Context(), storage.Batch{Run: "a", Events: []storage.Event{{Kind: "NEWER"}}})
	require.NoError(t, err)
	events, err = a.Events(t.Context(), storage.EventFilter{Kinds: []storage.EventKind{"NEWER"}})
	require.NoError(t, err)
	assert.Len(t, events, 2)
}

func TestTimes_outOfRange(t *testing.T) {
	t.Parallel()
	s, _ := openWithRuns(t, "a")
	defer func() { require.NoError(t, s.Close()) }()
	for _, year := range []int{1600, 2300} {
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: []storage.Event{{Kind: storage.LogMessage, At: at}}})
		require.ErrorContains(t, err, "out of range")
		require.ErrorContains(t, s.CreateRun(t.Context(), storage.Run{ID: "b", Created: at}), "out of range")
		_, err = s.Transition(t.Context(), "a", storage.Transition{From: storage.RunStarting, To: storage.RunStarted, At: at})
		require.ErrorContains(t, err, "out of range")
	}
	at := time.Date(1900, 1, 2, 3, 4, 5, 6, time.UTC)
	_, err := s.Append(t.Context(), storage.Batch{Run: "a", Events: []storage.Event{{Kind: storage.LogMessage, At: at}}})
	require.NoError(t, err)
	events, err := s.Events(t.Context(), storage.EventFilter{})
	require.NoError(t, err)
	assert.Equal(t, at, events[0].At)
}
