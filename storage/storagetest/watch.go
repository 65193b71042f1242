package storagetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// watch starts to watch s, if it can be watched, and returns a channel that is sent to at each change.
func watch(t *testing.T, s storage.Storage) (changes <-chan struct{}, stop func() error) {
	t.Helper()
	w, ok := s.(storage.Watcher)
	if !ok {
		t.Log("the store is no Watcher")
		closed := make(chan struct{})
		close(closed)
		return closed, func() error { return nil }
	}
	ctx, cancel := context.WithCancel(t.Context())
	c, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- w.Watch(ctx, func() {
			select {
			case c <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	return c, func() error {
		cancel()
		return <-ended
	}
}

// await receives from c, and fails the test rather than wait for what a store never tells.
func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		require.Fail(t, "not told of "+what)
		panic("unreachable")
	}
}

func watchCases() []testCase {
	return []testCase{
		{"watch/tells of every change", func(t *testing.T, s storage.Storage) { testWatch(t, s, s) }},
		{"watch/never twice at once", testWatchSerial},
		{"watch/ends with the store", func(t *testing.T, s storage.Storage) {
			w, ok := s.(storage.Watcher)
			if !ok {
				return
			}
			first, ended := make(chan struct{}, 8), make(chan error, 1)
			go func() {
				ended <- w.Watch(t.Context(), func() { first <- struct{}{} })
			}()
			await(t, first, "the start")
			require.NoError(t, s.Close())
			require.ErrorIs(t, await(t, ended, "the end"), storage.ErrClosed)
			require.ErrorIs(t, w.Watch(t.Context(), func() {}), storage.ErrClosed)
		}},
	}
}

// testWatch changes a store through one handle and watches it through another.
func testWatch(t *testing.T, a, b storage.Storage) {
	changes, stop := watch(t, b)
	await(t, changes, "the start")
	r := created(t, a, 1, storage.RunStarting)
	await(t, changes, "a run")
	for len(runs(t, b, storage.RunFilter{})) == 0 {
		await(t, changes, "a run that can be read")
	}
	add(t, a, r, step(1))
	for len(events(t, b, storage.EventFilter{})) == 0 {
		await(t, changes, "an event")
	}
	move(t, a, r, storage.RunStarted)
	for get(t, b, r.ID).Status != storage.RunStarted {
		await(t, changes, "a transition")
	}
	require.NoError(t, stop())
}

func testWatchSerial(t *testing.T, s storage.Storage) {
	w, ok := s.(storage.Watcher)
	if !ok {
		return
	}
	r := started(t, s, 1)
	const total = 100
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var inside, last atomic.Int64
	ended := make(chan error, 1)
	go func() {
		ended <- w.Watch(ctx, func() {
			assert.Equal(t, int64(1), inside.Add(1))
			page, err := s.Events(ctx, storage.EventFilter{After: last.Load()})
			assert.NoError(t, err)
			if len(page) > 0 && last.Swap(page[len(page)-1].ID) >= page[len(page)-1].ID {
				assert.Fail(t, "a page was read twice")
			}
			inside.Add(-1)
			if len(page) > 0 && page[len(page)-1].Seq == total {
				cancel()
			}
		})
	}()
	for _, err := range together(4, func(int) error {
		for range total / 4 {
			if _, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(1)}); err != nil {
				return err
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
	require.NoError(t, await(t, ended, "the last change"))
}
