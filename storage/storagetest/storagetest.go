// Package storagetest is the contract of package storage as tests: what passes [Run] is a store. A bug found in one
// store becomes a case here.
package storagetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// Run tests the stores that open returns, each a new and empty one. It closes them; open sees to the rest with
// t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) storage.Storage) {
	for _, group := range [][]testCase{
		runCases(), listCases(), transitionCases(), eventCases(), filterCases(), assetCases(), partitionCases(),
		dynamicCases(), checkCases(), leaseCases(), settingCases(), instigatorCases(), tickCases(), runKeyCases(), poolCases(), beatCases(),
		retryCases(), textCases(), concurrencyCases(), contextCases(), closeCases(), watchCases(),
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				defer func() { require.NoError(t, s.Close()) }()
				c.run(t, s)
			})
		}
	}
	t.Run("random/does what memory does", func(t *testing.T) {
		t.Parallel()
		testRandom(t, open)
	})
}

// RunShared tests two handles on one database, as two processes have them. open returns both on a new and empty one;
// they are closed by RunShared.
func RunShared(t *testing.T, open func(t *testing.T) (a, b storage.Storage)) {
	for _, c := range sharedCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			defer func() {
				require.NoError(t, a.Close())
				require.NoError(t, b.Close())
			}()
			c.run(t, a, b)
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, s storage.Storage)
}

type sharedCase struct {
	name string
	run  func(t *testing.T, a, b storage.Storage)
}

// runID is the n-th run's ID.
func runID(n int) storage.RunID {
	return storage.RunID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

// at is a moment that every store can keep, the n-th second of the test.
func at(n int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 678_000, time.UTC).Add(time.Duration(n) * time.Second)
}

// create stores the n-th run, created in the n-th second.
func create(t *testing.T, s storage.Storage, n int, change ...func(*storage.Run)) storage.Run {
	t.Helper()
	r := storage.Run{ID: runID(n), Job: "job", Status: storage.RunNotStarted, Created: at(n)}
	for _, c := range change {
		c(&r)
	}
	require.NoError(t, s.CreateRun(t.Context(), r))
	r, err := storage.Prepare(r, r.Created)
	require.NoError(t, err)
	return r
}

// created is create for a run in a status that runs are created in.
func created(t *testing.T, s storage.Storage, n int, status storage.RunStatus) storage.Run {
	t.Helper()
	return create(t, s, n, func(r *storage.Run) { r.Status = status })
}

// move takes a run to the statuses given, one after the other.
func move(t *testing.T, s storage.Storage, r storage.Run, to ...storage.RunStatus) storage.Run {
	t.Helper()
	for _, status := range to {
		next, err := s.Transition(t.Context(), r.ID, storage.Transition{
			From: r.Status, To: status, Epoch: r.Epoch, At: r.Created.Add(time.Second), Target: target(status),
		})
		require.NoError(t, err)
		r = next
	}
	return r
}

// target is how a run that is moved to a status ends: as FAILURE, so that both ends of CANCELING are reached.
func target(status storage.RunStatus) storage.RunStatus {
	if status == storage.RunCanceling {
		return storage.RunFailed
	}
	return ""
}

// started stores the n-th run and starts it.
func started(t *testing.T, s storage.Storage, n int) storage.Run {
	t.Helper()
	return move(t, s, created(t, s, n, storage.RunStarting), storage.RunStarted)
}

// ended stores the n-th run and ends it.
func ended(t *testing.T, s storage.Storage, n int) storage.Run {
	t.Helper()
	return move(t, s, started(t, s, n), storage.RunSucceeded)
}

// add appends events to a run, or to none if r is empty, and returns them as the store stamped them.
func add(t *testing.T, s storage.Storage, r storage.Run, events ...storage.Event) []storage.Event {
	t.Helper()
	last, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: events})
	require.NoError(t, err)
	require.Equal(t, events[len(events)-1].ID, last)
	return events
}

func step(n int) storage.Event {
	return storage.Event{Kind: storage.StepStart, Step: "step" + strconv.Itoa(n), Attempt: 1, At: at(n)}
}

func steps(n int) []storage.Event {
	events := make([]storage.Event, n)
	for i := range events {
		events[i] = step(i)
	}
	return events
}

func made(asset, partition string) storage.Event {
	return storage.Event{Kind: storage.AssetMaterialization, Asset: asset, Partition: partition, At: at(0)}
}

// events reads all that f chooses, page by page.
func events(t *testing.T, s storage.Storage, f storage.EventFilter) []storage.Event {
	t.Helper()
	all, err := readAll(t, s, f)
	require.NoError(t, err)
	return all
}

func readAll(t *testing.T, s storage.Storage, f storage.EventFilter) ([]storage.Event, error) {
	t.Helper()
	var all []storage.Event
	for {
		page, err := s.Events(t.Context(), f)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
		if last := page[len(page)-1].ID; f.Newest {
			f.Before = last
		} else {
			f.After = last
		}
	}
}

func eventIDs(events []storage.Event) []int64 {
	ids := make([]int64, len(events))
	for i := range events {
		ids[i] = events[i].ID
	}
	return ids
}

// runs reads one page and returns the numbers of its runs.
func runs(t *testing.T, s storage.Storage, f storage.RunFilter) []int {
	t.Helper()
	page, err := s.Runs(t.Context(), f)
	require.NoError(t, err)
	numbers := make([]int, len(page))
	for i, r := range page {
		n, err := strconv.Atoi(string(r.ID[24:]))
		require.NoError(t, err)
		numbers[i] = n
	}
	return numbers
}

func get(t *testing.T, s storage.Storage, id storage.RunID) storage.Run {
	t.Helper()
	r, err := s.Run(t.Context(), id)
	require.NoError(t, err)
	return r
}

// sameRun compares runs; a config may come back in another notation.
func sameRun(t require.TestingT, want, got storage.Run) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	if want.Config != nil && got.Config != nil {
		require.JSONEq(t, string(want.Config), string(got.Config))
		got.Config = slices.Clone(want.Config)
	}
	require.Equal(t, want, got)
}

func config(s string) json.RawMessage { return json.RawMessage(s) }

// inOrder checks that IDs ascend and that each run's events are numbered 1, 2, ...
func inOrder(t *testing.T, events []storage.Event) {
	t.Helper()
	last := int64(0)
	seq := map[storage.RunID]int64{}
	for i := range events {
		e := &events[i]
		if !assert.Greater(t, e.ID, last, "event %d", i) {
			return
		}
		last = e.ID
		if e.Run == "" {
			assert.Zero(t, e.Seq)
			continue
		}
		seq[e.Run]++
		if !assert.Equal(t, seq[e.Run], e.Seq, "event %d of run %s", e.ID, e.Run) {
			return
		}
	}
}
