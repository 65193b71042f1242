package dagster_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// diary notes what happens, from any goroutine.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, s)
}

func (d *diary) opens(name string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { d.note("open " + name); return name, nil }
}

func (d *diary) closes(name string) error { d.note("close " + name); return nil }

func TestResourcesOpenOnceAndCloseInReverse(t *testing.T) {
	t.Parallel()
	var d diary
	pool := dagster.NewResource("pool", dagster.From(d.opens("pool")), d.closes)
	db := dagster.NewResource("db", dagster.From1(pool, func(_ context.Context, pool string) (string, error) {
		d.note("open db on " + pool)
		return "db", nil
	}), d.closes)
	unused := dagster.NewResource("unused", dagster.From(d.opens("unused")), d.closes)
	use := func(_ context.Context, db string) (string, error) { d.note("use " + db); return db, nil }
	a := dagster.NewAsset("a", dagster.From1(db, use))
	b := dagster.NewAsset("b", dagster.From1(db, use), dagster.After(a))
	c := dagster.NewAsset("c", dagster.From1(unused, use))
	r, err := dagster.NewRepository("r", a, b, c).Materialize(t.Context(), "a or b")
	require.NoError(t, err)
	assert.Equal(t, []string{"open pool", "open db on pool", "use db", "use db", "close db", "close pool"}, d.lines)
	assert.Equal(t, 2, countKind(r, storage.ResourceInitStarted))
	assert.Equal(t, 2, countKind(r, storage.ResourceInitSuccess))
}

func TestResourcesCloseAfterPanicAndCancel(t *testing.T) {
	t.Parallel()
	tests := map[string]func(context.Context, string) (int, error){
		"panic": func(context.Context, string) (int, error) { panic("no") },
		"error": func(context.Context, string) (int, error) { return 0, errors.New("no") },
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d diary
			db := dagster.NewResource("db", dagster.From(d.opens("db")), d.closes)
			_, err := dagster.NewRepository("r", dagster.NewAsset("a", dagster.From1(db, body))).Materialize(t.Context(), "*")
			require.Error(t, err)
			assert.Equal(t, []string{"open db", "close db"}, d.lines)
		})
	}
	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		var d diary
		ctx, cancel := context.WithCancel(t.Context())
		db := dagster.NewResource("db", dagster.From(d.opens("db")), d.closes)
		a := dagster.NewAsset("a", dagster.From1(db, func(ctx context.Context, _ string) (int, error) {
			cancel()
			<-ctx.Done()
			return 0, ctx.Err()
		}))
		_, err := dagster.NewRepository("r", a).Materialize(ctx, "*")
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, []string{"open db", "close db"}, d.lines)
	})
}

func TestResourceThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	db := dagster.NewResource("db", dagster.From(func(context.Context) (string, error) {
		switch tries.Add(1) {
		case 1:
			return "", errors.New("connection refused")
		case 2:
			panic("driver bug")
		}
		return "db", nil
	}), nil)
	a := dagster.NewAsset("a", dagster.From1(db, func(_ context.Context, db string) (string, error) { return db, nil }), dagster.Retry(dagster.RetryPolicy{Max: 2}))
	repo := dagster.NewRepository("r", a)
	r, err := repo.Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Equal(t, 2, countKind(r, storage.ResourceInitFailure))

	never := dagster.NewResource("never", dagster.From(fails[int](errors.New("connection refused"))), nil)
	b := dagster.NewAsset("b", dagster.From1(never, addOne))
	_, err = dagster.NewRepository("r", b).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, `step "b": open resource "never": connection refused`)
}

func TestCloseThatFailsIsRecordedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, closeFn := range map[string]func(int) error{
		"error": func(int) error { return errors.New("already gone") },
		"panic": func(int) error { panic("already gone") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dagster.NewResource("db", dagster.From(number(1)), closeFn)
			r, err := dagster.NewRepository("r", dagster.NewAsset("a", dagster.From1(db, addOne))).Materialize(t.Context(), "*")
			require.NoError(t, err)
			var found string
			for e := range r.Events() {
				if e.Kind == storage.EngineEvent {
					found = e.Message
				}
			}
			assert.Contains(t, found, `close resource "db": `)
			assert.Contains(t, found, "already gone")
		})
	}
}

func TestReplaceStandsInForAResource(t *testing.T) {
	t.Parallel()
	db := dagster.NewResource("db", dagster.From(fails[int](errors.New("must not open"))), func(int) error { panic("must not close") })
	a := dagster.NewAsset("a", dagster.From1(db, addOne))
	repo := dagster.NewRepository("r", a)
	for n := range 3 {
		t.Run("parallel", func(t *testing.T) {
			t.Parallel()
			r, err := repo.Materialize(t.Context(), "*", db.Replace(n))
			require.NoError(t, err)
			got, err := a.Value(r)
			require.NoError(t, err)
			assert.Equal(t, n+1, got)
		})
	}
	r, err := dagster.NewRepository("dev", a, db.Replace(10)).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := a.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 11, got)
}

func TestSharedResourceOpensOncePerProcess(t *testing.T) {
	t.Parallel()
	var d diary
	db := dagster.NewResource("db", dagster.From(d.opens("db")), d.closes, dagster.Shared())
	a := dagster.NewAsset("a", dagster.From1(db, func(_ context.Context, s string) (string, error) { return s, nil }))
	repo := dagster.NewRepository("r", a)
	for range 3 {
		_, err := repo.Materialize(t.Context(), "*")
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"open db"}, d.lines)
	require.NoError(t, repo.Close())
	require.NoError(t, repo.Close())
	assert.Equal(t, []string{"open db", "close db"}, d.lines)
}

func TestManyStepsShareOneOpening(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	db := dagster.NewResource("db", dagster.From(func(context.Context) (int, error) { return int(opened.Add(1)), nil }), nil)
	var defs dagster.Defs
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		defs = append(defs, dagster.NewAsset(key, dagster.From1(db, addOne)))
	}
	_, err := dagster.NewRepository("r", defs).Materialize(t.Context(), "*", dagster.MaxConcurrent(8))
	require.NoError(t, err)
	assert.EqualValues(t, 1, opened.Load())
}
