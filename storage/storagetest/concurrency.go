package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// together calls f(0), f(1), ... f(n-1) at once and returns their errors when all have returned.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// oneWins checks that one of them succeeded and the others failed for the reason given.
func oneWins(t *testing.T, errs []error, reason error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, reason)
	}
	assert.Equal(t, 1, won, "winners")
}

func concurrencyCases() []testCase {
	return []testCase{
		{"concurrency/one of many transitions wins", func(t *testing.T, s storage.Storage) { testRace(t, s, s) }},
		{"concurrency/one of many fences wins", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			oneWins(t, together(32, func(i int) error {
				_, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: r.Status, Epoch: r.Epoch, Worker: strconv.Itoa(i)})
				return err
			}), storage.ErrConflict)
			assert.Equal(t, r.Epoch+1, get(t, s, r.ID).Epoch)
		}},
		{"concurrency/one of many creations wins", func(t *testing.T, s storage.Storage) {
			oneWins(t, together(32, func(i int) error {
				return s.CreateRun(t.Context(), storage.Run{ID: runID(1), Job: strconv.Itoa(i), Created: at(1)}, step(i))
			}), storage.ErrRunExists)
			got := events(t, s, storage.EventFilter{})
			require.Len(t, got, 1)
			assert.Equal(t, "step"+get(t, s, runID(1)).Job, got[0].Step)
		}},
		{"concurrency/one of many deletions wins", func(t *testing.T, s storage.Storage) {
			r := ended(t, s, 1)
			oneWins(t, together(8, func(int) error { return s.DeleteRun(t.Context(), r.ID) }), storage.ErrRunNotFound)
		}},
		{"concurrency/a fence among appends", testFenceRace},
		{"concurrency/appends to one run", func(t *testing.T, s storage.Storage) { testAppends(t, s, s) }},
		{"concurrency/appends to many runs", testManyRuns},
		{"concurrency/a tail sees each event once", func(t *testing.T, s storage.Storage) { testTail(t, s, s, s) }},
		{"concurrency/a batch is seen whole", testWholeBatches},
	}
}

func testRace(t *testing.T, a, b storage.Storage) {
	r := started(t, a, 1)
	oneWins(t, together(32, func(i int) error {
		to, s := storage.RunSucceeded, a
		if i%2 == 1 {
			to, s = storage.RunFailed, b
		}
		_, err := s.Transition(t.Context(), r.ID, storage.Transition{
			From: r.Status, To: to, Epoch: r.Epoch, Events: []storage.Event{{Kind: storage.RunSuccess, Step: string(to), At: at(1)}},
		})
		return err
	}), storage.ErrConflict)
	got := events(t, a, storage.EventFilter{})
	require.Len(t, got, 1, "one end, one event")
	assert.Equal(t, string(get(t, b, r.ID).Status), got[0].Step)
}

func testFenceRace(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	var stored atomic.Int64
	errs := together(9, func(i int) error {
		if i == 0 {
			_, err := s.Transition(t.Context(), r.ID, storage.Transition{
				From: r.Status, To: r.Status, Epoch: r.Epoch, Events: []storage.Event{{Kind: storage.EngineEvent, At: at(1)}},
			})
			return err
		}
		for n := range 50 {
			if _, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: []storage.Event{step(n)}}); err != nil {
				return err
			}
			stored.Add(1)
		}
		return nil
	})
	require.NoError(t, errs[0])
	for _, err := range errs[1:] {
		if err != nil {
			require.ErrorIs(t, err, storage.ErrFenced)
		}
	}
	got := events(t, s, storage.EventFilter{})
	inOrder(t, got)
	assert.Len(t, got, int(stored.Load())+1)
	fences := events(t, s, storage.EventFilter{Kinds: []storage.EventKind{storage.EngineEvent}})
	require.Len(t, fences, 1)
	if errors.Join(errs...) != nil {
		assert.Equal(t, fences[0].ID, got[len(got)-1].ID, "nothing after the fence")
	}
}

func testAppends(t *testing.T, a, b storage.Storage) {
	r := started(t, a, 1)
	const writers, batches = 8, 25
	errs := together(writers, func(i int) error {
		s := a
		if i%2 == 1 {
			s = b
		}
		for n := range batches {
			given := []storage.Event{step(n), made(fmt.Sprint("a", i), strconv.Itoa(n)), step(n)}
			for j := range given {
				given[j].Step = strconv.Itoa(i)
				given[j].Attempt = n*3 + j
			}
			last, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: given})
			if err != nil {
				return err
			}
			if last != given[2].ID || given[2].Seq == 0 {
				return fmt.Errorf("last is %d, stamped %d with seq %d", last, given[2].ID, given[2].Seq)
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	got := events(t, b, storage.EventFilter{Run: r.ID, Limit: 100})
	inOrder(t, got)
	assert.Len(t, got, writers*batches*3)
	next := map[string]int{}
	for i, e := range got {
		require.Equal(t, next[e.Step], e.Attempt, "each writer's events stay in its order")
		next[e.Step]++
		require.Equal(t, got[i/3*3].Step, e.Step, "and a batch together")
	}
	for i := range writers {
		assert.Equal(t, int64(batches), asset(t, a, fmt.Sprint("a", i)).Materializations)
		assert.NotNil(t, latest(t, b, fmt.Sprint("a", i), strconv.Itoa(batches-1)))
	}
}

func testManyRuns(t *testing.T, s storage.Storage) {
	errs := together(16, func(i int) error {
		r := storage.Run{ID: runID(i), Status: storage.RunStarting, Created: at(i)}
		if err := s.CreateRun(t.Context(), r, steps(1)...); err != nil {
			return err
		}
		r, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunStarted, Fence: true, Events: steps(1)})
		for range 10 {
			if err == nil {
				_, err = s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: []storage.Event{step(1), made("shared", "")}})
			}
		}
		if err != nil {
			return err
		}
		_, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunSucceeded, Epoch: r.Epoch, Events: steps(1)})
		return err
	})
	require.NoError(t, errors.Join(errs...))
	inOrder(t, events(t, s, storage.EventFilter{}))
	assert.Len(t, events(t, s, storage.EventFilter{Run: runID(3)}), 23)
	assert.Len(t, runs(t, s, storage.RunFilter{Statuses: []storage.RunStatus{storage.RunSucceeded}}), 16)
	assert.Equal(t, int64(160), asset(t, s, "shared").Materializations)
}

// testTail reads through one handle what writers store through two, and must miss and repeat nothing.
func testTail(t *testing.T, a, b, reader storage.Storage) {
	const writers, each = 6, 60
	x, y := started(t, a, 1), started(t, a, 2)
	var seen []storage.Event
	tailed := make(chan error, 1)
	go func() {
		f := storage.EventFilter{Limit: 7}
		for len(seen) < writers*each {
			page, err := reader.Events(t.Context(), f)
			if err != nil {
				tailed <- err
				return
			}
			if len(page) > 0 {
				f.After = page[len(page)-1].ID
			}
			seen = append(seen, page...)
		}
		tailed <- nil
	}()
	errs := together(writers, func(i int) error {
		s, r := []storage.Storage{a, b}[i%2], []storage.Run{x, y, {}}[i%3]
		for n := 0; n < each; n += 3 {
			if _, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(3)}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, <-tailed)
	inOrder(t, seen)
	assert.Equal(t, eventIDs(events(t, a, storage.EventFilter{})), eventIDs(seen))
}

func testWholeBatches(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	const size = 10
	written := make(chan struct{})
	errs := together(2, func(i int) error {
		if i == 0 {
			defer close(written)
			for range 40 {
				if _, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(size)}); err != nil {
					return err
				}
			}
			return nil
		}
		for {
			page, err := s.Events(t.Context(), storage.EventFilter{Run: r.ID})
			if err != nil {
				return err
			}
			if len(page)%size != 0 {
				return fmt.Errorf("%d events of batches of %d", len(page), size)
			}
			select {
			case <-written:
				return nil
			default:
			}
		}
	})
	require.NoError(t, errors.Join(errs...))
}

func contextCases() []testCase {
	return []testCase{
		{"contexts/one that has ended does nothing", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			over, cancel := context.WithCancel(t.Context())
			cancel()
			for name, err := range everyMethod(over, s, r) {
				require.ErrorIs(t, err, context.Canceled, name)
			}
			assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{}))
			assert.Equal(t, r, get(t, s, r.ID))
			assert.Empty(t, events(t, s, storage.EventFilter{}))
		}},
		{"contexts/one that ends meanwhile leaves no half write", testCancelMidway},
	}
}

// everyMethod calls all of a store's methods with r, which is STARTED, and returns their errors by name.
func everyMethod(ctx context.Context, s storage.Storage, r storage.Run) map[string]error {
	errs := map[string]error{}
	errs["CreateRun"] = s.CreateRun(ctx, storage.Run{ID: runID(99)}, step(1))
	_, errs["Run"] = s.Run(ctx, r.ID)
	_, errs["Runs"] = s.Runs(ctx, storage.RunFilter{})
	_, errs["Transition"] = s.Transition(ctx, r.ID, storage.Transition{
		From: r.Status, To: storage.RunSucceeded, Epoch: r.Epoch, Events: steps(1),
	})
	errs["DeleteRun"] = s.DeleteRun(ctx, r.ID)
	_, errs["Append"] = s.Append(ctx, storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(1)})
	_, errs["Events"] = s.Events(ctx, storage.EventFilter{})
	_, errs["LatestMaterialization"] = s.LatestMaterialization(ctx, "a", "")
	_, errs["LatestMaterializations"] = s.LatestMaterializations(ctx, []string{"a"})
	_, errs["Assets"] = s.Assets(ctx, storage.AssetFilter{})
	_, errs["CheckStatuses"] = s.CheckStatuses(ctx, storage.CheckFilter{})
	errs["Divide"] = s.Divide(ctx, map[string]partition.Definition{"a": {}})
	_, errs["PartitionStatus"] = s.PartitionStatus(ctx, "a")
	errs["WipePartitions"] = s.WipePartitions(ctx, storage.Wipe{Asset: "a", All: true})
	errs["ChangeDynamic"] = s.ChangeDynamic(ctx, storage.DynamicChange{Name: "n", Add: []string{"a"}})
	_, errs["DynamicKeys"] = s.DynamicKeys(ctx, storage.DynamicFilter{Name: "n"})
	_, errs["HasDynamic"] = s.HasDynamic(ctx, "n", []string{"a"})
	_, errs["Snapshot"] = s.Snapshot(ctx, []string{"n"})
	daemonMethods(ctx, s, r, errs)
	return errs
}

// daemonMethods calls the methods that daemons and workers need.
func daemonMethods(ctx context.Context, s storage.Storage, r storage.Run, errs map[string]error) {
	id := storage.InstigatorID{Repository: "r", Kind: storage.SensorInstigator, Name: "n"}
	_, errs["Lease"] = s.Lease(ctx, "l")
	_, errs["Acquire"] = s.Acquire(ctx, storage.Lease{Name: "l", Holder: "h"})
	errs["Release"] = s.Release(ctx, storage.Guard{Lease: "l"})
	_, errs["Setting"] = s.Setting(ctx, "s")
	_, errs["SetSetting"] = s.SetSetting(ctx, storage.Setting{Name: "s"}, step(1))
	_, errs["Instigators"] = s.Instigators(ctx, storage.InstigatorFilter{})
	_, errs["NextDue"] = s.NextDue(ctx)
	errs["SetInstigators"] = s.SetInstigators(ctx, storage.Guard{}, []storage.Instigator{{InstigatorID: id}}, step(1))
	_, errs["CommitTick"] = s.CommitTick(ctx, storage.TickCommit{
		Instigator: storage.Instigator{InstigatorID: id}, Runs: []storage.NewRun{{Run: storage.Run{ID: runID(98)}, Key: "k"}},
	})
	_, errs["Ticks"] = s.Ticks(ctx, storage.TickFilter{})
	_, errs["PurgeTicks"] = s.PurgeTicks(ctx, []storage.TickStatus{storage.TickSkipped}, at(9), 0)
	_, errs["ForgetRunKeys"] = s.ForgetRunKeys(ctx, id)
	errs["SetPool"] = s.SetPool(ctx, storage.Pool{Name: "p", Limit: 1})
	_, errs["Pools"] = s.Pools(ctx, 1)
	_, errs["Claim"] = s.Claim(ctx, storage.Claim{Run: r.ID, Epoch: r.Epoch, Step: "s", Pools: []string{"p"}}, 1)
	errs["Withdraw"] = s.Withdraw(ctx, r.ID, "s")
	_, errs["Claims"] = s.Claims(ctx, "")
	_, errs["Beat"] = s.Beat(ctx, storage.Beat{Run: r.ID, Epoch: r.Epoch})
	_, errs["Beats"] = s.Beats(ctx)
	errs["Reject"] = s.Reject(ctx, r.ID, r.Epoch, steps(1))
	_, errs["Rejected"] = s.Rejected(ctx, r.ID)
}

func testCancelMidway(t *testing.T, s storage.Storage) {
	const size = 20
	done := map[int]bool{}
	for n := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		r := storage.Run{ID: runID(n), Status: storage.RunStarting, Created: at(n)}
		require.NoError(t, s.CreateRun(t.Context(), r))
		errs := together(3, func(i int) error {
			if i == 0 {
				cancel()
				return nil
			}
			if i == 1 {
				_, err := s.Append(ctx, storage.Batch{Run: r.ID, Events: steps(size)})
				return err
			}
			_, err := s.Transition(ctx, r.ID, storage.Transition{From: r.Status, To: storage.RunStarted, Events: steps(size)})
			return err
		})
		cancel()
		want := 0
		for _, err := range errs[1:] {
			if err == nil {
				want += size
				continue
			}
			require.ErrorIs(t, err, context.Canceled)
		}
		// What was given up may have been stored all the same, but then all of it.
		got := events(t, s, storage.EventFilter{Run: r.ID})
		assert.GreaterOrEqual(t, len(got), want)
		assert.Zero(t, len(got)%size)
		inOrder(t, got)
		moved := get(t, s, r.ID).Status == storage.RunStarted
		assert.True(t, moved || errs[2] != nil)
		assert.True(t, !moved || len(got) > 0, "a status without its events")
		done[len(got)] = true
	}
	assert.NotEmpty(t, done)
}

func closeCases() []testCase {
	return []testCase{
		{"close/twice", func(t *testing.T, s storage.Storage) {
			started(t, s, 1)
			require.NoError(t, s.Close())
			require.NoError(t, s.Close())
		}},
		{"close/every call after it", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			require.NoError(t, s.Close())
			for name, err := range everyMethod(t.Context(), s, r) {
				require.ErrorIs(t, err, storage.ErrClosed, name)
			}
		}},
		{"close/amid calls", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			for i, err := range together(9, func(i int) error {
				if i == 0 {
					return s.Close()
				}
				for {
					if _, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(1)}); err != nil {
						return err
					}
				}
			}) {
				if i > 0 {
					require.ErrorIs(t, err, storage.ErrClosed)
					continue
				}
				require.NoError(t, err)
			}
		}},
	}
}
