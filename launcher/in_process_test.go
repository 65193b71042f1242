package launcher_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/launcher"
)

func TestInProcessReportsEachEnd(t *testing.T) {
	t.Parallel()
	bodies := map[string]func() error{
		"well":   func() error { return nil },
		"badly":  func() error { return errors.New("no such table") },
		"panics": func() error { panic("nil map") },
		"leaves": func() error { runtime.Goexit(); return nil },
	}
	for job, want := range map[string]string{
		"well": "", "badly": "no such table", "panics": "panic: nil map", "leaves": "run ended its goroutine with runtime.Goexit",
	} {
		t.Run(job, func(t *testing.T) {
			t.Parallel()
			ends := make(chan launcher.End, 1)
			l := launcher.NewInProcess(launcher.InProcessConfig{
				Run:    func(_ context.Context, q launcher.Request) error { return bodies[q.Job]() },
				Exited: func(e launcher.End) { ends <- e },
			})
			require.NoError(t, l.Launch(t.Context(), launcher.Request{Run: "r", Epoch: 3, Job: job}))
			e := <-ends
			assert.EqualValues(t, 3, e.Epoch)
			assert.Equal(t, want == "", e.Exit.Clean())
			assert.Contains(t, e.Exit.Said, want)
			h, err := l.Health(t.Context(), "r")
			require.NoError(t, err)
			assert.Equal(t, launcher.Health{State: launcher.Gone, Epoch: 3, Exit: e.Exit}, h)
			require.NoError(t, l.Close(t.Context()))
			require.ErrorIs(t, l.Launch(t.Context(), launcher.Request{Run: "r", Epoch: 4}), launcher.ErrClosed)
		})
	}
}

func TestInProcessLimitsAndStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at, most atomic.Int32
		l := launcher.NewInProcess(launcher.InProcessConfig{
			Limit: 2,
			Run: func(ctx context.Context, q launcher.Request) error {
				most.Store(max(most.Load(), at.Add(1)))
				defer at.Add(-1)
				select {
				case <-time.After(time.Hour):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			},
		})
		for _, run := range []launcher.Request{{Run: "a"}, {Run: "b"}, {Run: "c"}, {Run: "a"}} {
			require.NoError(t, l.Launch(t.Context(), run))
		}
		synctest.Wait()
		assert.EqualValues(t, 2, at.Load())
		ok, err := l.Terminate(t.Context(), "a", launcher.DefaultGrace)
		require.NoError(t, err)
		assert.True(t, ok)
		synctest.Wait()
		assert.EqualValues(t, 2, at.Load())
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		assert.EqualValues(t, 0, at.Load())
		assert.EqualValues(t, 2, most.Load())
		ok, err = l.Terminate(t.Context(), "a", 0)
		require.NoError(t, err)
		assert.False(t, ok)
		require.NoError(t, l.Launch(t.Context(), launcher.Request{Run: "d"}))
		require.NoError(t, l.Close(t.Context()), "it cancels what runs and waits for it")
		assert.EqualValues(t, 0, at.Load())
	})
}

func TestInProcessReplacesAnEarlierEpoch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at atomic.Int32
		var epochs []int64
		l := launcher.NewInProcess(launcher.InProcessConfig{
			Run: func(ctx context.Context, q launcher.Request) error {
				assert.EqualValues(t, 1, at.Add(1), "one worker at a time")
				defer at.Add(-1)
				<-ctx.Done()
				time.Sleep(time.Second)
				return nil
			},
			Exited: func(e launcher.End) { epochs = append(epochs, e.Epoch) },
		})
		require.NoError(t, l.Launch(t.Context(), launcher.Request{Run: "a", Epoch: 1}))
		require.NoError(t, l.Launch(t.Context(), launcher.Request{Run: "a", Epoch: 2}))
		require.ErrorIs(t, l.Launch(t.Context(), launcher.Request{Run: "a", Epoch: 1}), launcher.ErrStale)
		time.Sleep(time.Minute)
		h, err := l.Health(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, launcher.Health{State: launcher.Running, Epoch: 2}, h)
		require.NoError(t, l.Close(t.Context()))
		assert.Equal(t, []int64{1, 2}, epochs)
	})
}
