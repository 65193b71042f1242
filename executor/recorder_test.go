package executor_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// eventStore keeps batches; hold, if set, is waited for before each.
type eventStore struct {
	storage.EventStore
	hold chan struct{}
	fail error

	mu      sync.Mutex
	batches []storage.Batch
	last    int64
}

func (s *eventStore) Append(_ context.Context, b storage.Batch) (int64, error) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return 0, s.fail
	}
	for i := range b.Events {
		s.last++
		b.Events[i].ID, b.Events[i].Run = s.last, b.Run
	}
	s.batches = append(s.batches, b)
	return s.last, nil
}

func (s *eventStore) steps() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.batches {
		for _, e := range b.Events {
			all = append(all, e.Step)
		}
	}
	return all
}

func TestRecorderStoresWhatQueuedUpTogetherAndInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &eventStore{hold: make(chan struct{})}
		var seen []storage.Event
		r := executor.NewRecorder(store, "run", 7, executor.RecorderOptions{OnStored: func(e []storage.Event) { seen = append(seen, e...) }})
		r.Record(storage.Event{Step: "0"})
		synctest.Wait() // the first event is on its way, alone
		var want []string
		for i := range 100 {
			want = append(want, strconv.Itoa(i))
			if i > 0 {
				r.Record(storage.Event{Step: strconv.Itoa(i)})
			}
		}
		close(store.hold)
		require.NoError(t, r.Flush(t.Context()))
		assert.Equal(t, want, store.steps())
		require.Len(t, store.batches, 2)
		assert.Len(t, store.batches[1].Events, 99)
		assert.Equal(t, storage.RunID("run"), store.batches[1].Run)
		assert.Equal(t, int64(7), store.batches[1].Epoch)
		require.NoError(t, r.Close())
		require.NoError(t, r.Close())
		assert.Len(t, seen, 100)
		assert.True(t, slices.IsSortedFunc(seen, func(a, b storage.Event) int { return int(a.ID - b.ID) }))
		r.Record(storage.Event{Step: "late"})
		assert.Len(t, store.steps(), 100)
	})
}

func TestRecorderKeepsTheRunBackWhenTheStoreIsSlower(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &eventStore{hold: make(chan struct{})}
		r := executor.NewRecorder(store, "run", 1, executor.RecorderOptions{})
		r.Record(storage.Event{})
		synctest.Wait()
		r.Record(make([]storage.Event, 1<<16)...)
		through := false
		var wg sync.WaitGroup
		wg.Go(func() {
			r.Record(storage.Event{Step: "blocked"})
			through = true
		})
		synctest.Wait()
		assert.False(t, through)
		store.hold <- struct{}{}
		synctest.Wait()
		assert.True(t, through)
		close(store.hold)
		require.NoError(t, r.Close())
		wg.Wait()
		assert.Len(t, store.steps(), 1<<16+2)
	})
}

func TestRecorderDropsEventsOnceTheStoreHasRefusedSome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &eventStore{hold: make(chan struct{}), fail: storage.ErrFenced}
		r := executor.NewRecorder(store, "run", 1, executor.RecorderOptions{})
		r.Record(storage.Event{})
		synctest.Wait()
		r.Record(make([]storage.Event, 1<<16)...)
		var wg sync.WaitGroup
		wg.Go(func() { r.Record(storage.Event{}) })
		wg.Go(func() { assert.ErrorIs(t, r.Flush(t.Context()), storage.ErrFenced) })
		synctest.Wait()
		require.NoError(t, r.Err())
		close(store.hold)
		<-r.Failed()
		wg.Wait()
		r.Record(storage.Event{})
		require.ErrorIs(t, r.Err(), storage.ErrFenced)
		require.ErrorIs(t, r.Close(), storage.ErrFenced)
	})
}

func TestRecorderRefusesEventsOnceACallbackHasNotReturned(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		callback func([]storage.Event)
		want     string
	}{
		"it panics":      {func([]storage.Event) { panic("no screen") }, "pass on 1 events: panic: no screen"},
		"it ends itself": {func([]storage.Event) { runtime.Goexit() }, "pass on 1 events: goroutine ended with runtime.Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := new(eventStore)
			r := executor.NewRecorder(store, "run", 7, executor.RecorderOptions{OnStored: tt.callback})
			r.Record(storage.Event{Step: "stored"})
			<-r.Failed()
			r.Record(storage.Event{Step: "dropped"})
			require.EqualError(t, r.Flush(t.Context()), tt.want)
			require.EqualError(t, r.Close(), tt.want)
			assert.Equal(t, []string{"stored"}, store.steps())
		})
	}
}

func TestFlushEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &eventStore{hold: make(chan struct{})}
		r := executor.NewRecorder(store, "run", 1, executor.RecorderOptions{})
		require.NoError(t, r.Flush(t.Context()), "nothing to wait for")
		r.Record(storage.Event{})
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("the user left")
		cancel(reason)
		require.ErrorIs(t, r.Flush(ctx), reason)
		close(store.hold)
		require.NoError(t, r.Close())
	})
}
