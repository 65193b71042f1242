package storagetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// noDefault is a default that limits nothing.
const noDefault = -1

// pool gives pools of these names a limit.
func pool(t *testing.T, s storage.Storage, limit int, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, s.SetPool(t.Context(), storage.Pool{Name: name, Limit: limit}))
	}
}

// claim asks for a place in pools, whose names have spaces between them.
func claim(t *testing.T, s storage.Storage, r storage.Run, step, pools string, priority ...int) bool {
	t.Helper()
	c := storage.Claim{Run: r.ID, Epoch: r.Epoch, Step: step, Pools: strings.Fields(pools)}
	for _, p := range priority {
		c.Priority = p
	}
	held, err := s.Claim(t.Context(), c, noDefault)
	require.NoError(t, err)
	return held
}

// claims are the steps of those on a pool, those that wait in brackets.
func claims(t *testing.T, s storage.Storage, pool string) string {
	t.Helper()
	list, err := s.Claims(t.Context(), pool)
	require.NoError(t, err)
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Step
		if c.Held.IsZero() {
			names[i] = "(" + c.Step + ")"
		}
		require.False(t, c.Asked.IsZero())
		require.False(t, !c.Held.IsZero() && c.Held.Before(c.Asked))
	}
	return strings.Join(names, " ")
}

func ends(kind storage.EventKind, step string) storage.Event {
	return storage.Event{Kind: kind, Step: step, Attempt: 1, At: at(1)}
}

func poolCases() []testCase {
	return []testCase{
		{"pools/none", func(t *testing.T, s storage.Storage) {
			list, err := s.Pools(t.Context(), 3)
			require.NoError(t, err)
			assert.Empty(t, list)
			assert.Empty(t, claims(t, s, ""))
		}},
		{"pools/a limit holds", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			pool(t, s, 2, "db")
			assert.Equal(t, []bool{true, true, false}, []bool{claim(t, s, r, "a", "db"), claim(t, s, r, "b", "db"), claim(t, s, r, "c", "db")})
			assert.Equal(t, "a b (c)", claims(t, s, "db"))
			pool(t, s, 0, "none")
			assert.False(t, claim(t, s, r, "d", "none"))
			pool(t, s, 1, "none")
			assert.True(t, claim(t, s, r, "d", "none"))
		}},
		{"pools/each and how it is used", testPools},
		{"pools/a default where there is no limit", testDefault},
		{"pools/what is held is held", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			pool(t, s, 1, "db")
			for range 3 {
				assert.True(t, claim(t, s, r, "a", "db other db"))
				assert.False(t, claim(t, s, r, "b", "db"))
			}
			assert.Equal(t, "a (b)", claims(t, s, "db"))
			assert.Equal(t, "a (b)", claims(t, s, ""))
		}},
		{"pools/none asked for", func(t *testing.T, s storage.Storage) {
			assert.True(t, claim(t, s, started(t, s, 1), "a", ""))
			assert.Empty(t, claims(t, s, ""))
		}},
		{"pools/the first that asked is the first served", testFIFO},
		{"pools/the higher priority first", testPriority},
		{"pools/who waits for another pool keeps nobody", testHeadOfLine},
		{"pools/a lowered limit takes nothing away", testLowered},
		{"pools/the end of an attempt frees its places", testStepFrees},
		{"pools/the end of a run frees all", testRunFrees},
		{"pools/whoever holds its run no longer is refused", testClaimFenced},
		{"pools/a run that is resumed holds what it held", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			pool(t, s, 1, "db")
			assert.True(t, claim(t, s, r, "a", "db"))
			resumed := move(t, s, r, storage.RunStarted)
			assert.True(t, claim(t, s, resumed, "a", "db"))
			list, err := s.Claims(t.Context(), "db")
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Equal(t, resumed.Epoch, list[0].Epoch)
			assert.Equal(t, []string{"db"}, list[0].Pools)
		}},
		{"pools/a claim that is withdrawn", func(t *testing.T, s storage.Storage) {
			r := started(t, s, 1)
			pool(t, s, 1, "db")
			claim(t, s, r, "a", "db")
			claim(t, s, r, "b", "db")
			claim(t, s, r, "c", "db")
			require.NoError(t, s.Withdraw(t.Context(), r.ID, "b"))
			require.NoError(t, s.Withdraw(t.Context(), r.ID, "none"))
			require.NoError(t, s.Withdraw(t.Context(), runID(9), "a"))
			assert.Equal(t, "a (c)", claims(t, s, "db"))
			require.NoError(t, s.Withdraw(t.Context(), r.ID, "a"))
			assert.True(t, claim(t, s, r, "c", "db"))
		}},
		{"pools/never more than the limit", func(t *testing.T, s storage.Storage) { testClaimRace(t, s, s) }},
	}
}

func testPools(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	pool(t, s, 1, "z", "b")
	claim(t, s, r, "a", "b free")
	claim(t, s, r, "c", "b other")
	want := []storage.PoolState{
		{Pool: storage.Pool{Name: "b", Limit: 1}, Held: 1, Waiting: 1},
		{Pool: storage.Pool{Name: "free", Limit: -1}, Default: true, Held: 1},
		{Pool: storage.Pool{Name: "other", Limit: -1}, Default: true, Waiting: 1},
		{Pool: storage.Pool{Name: "z", Limit: 1}},
	}
	got, err := s.Pools(t.Context(), -7)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	want[1].Limit, want[2].Limit = 4, 4
	got, err = s.Pools(t.Context(), 4)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	pool(t, s, -1, "z", "nothing")
	got, err = s.Pools(t.Context(), 4)
	require.NoError(t, err)
	assert.Equal(t, want[:3], got)
}

func testDefault(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	pool(t, s, 2, "own")
	ask := func(step string, byDefault int, pools ...string) bool {
		held, err := s.Claim(t.Context(), storage.Claim{Run: r.ID, Epoch: r.Epoch, Step: step, Pools: pools}, byDefault)
		require.NoError(t, err)
		return held
	}
	assert.True(t, ask("a", 1, "db"))
	assert.False(t, ask("b", 1, "db"))
	assert.False(t, ask("c", 0, "empty"))
	assert.True(t, ask("d", 0, "own"))
	assert.True(t, ask("e", 0, "own"))
	assert.False(t, ask("f", 9, "own"))
	assert.True(t, ask("b", -1, "db"), "no limit, and so no wait")
	assert.True(t, ask("g", -1, "db"))
	pool(t, s, 4, "db")
	assert.True(t, ask("h", -1, "db"))
	assert.False(t, ask("i", -1, "db"), "what was held without a limit counts")
}

func testFIFO(t *testing.T, s storage.Storage) {
	r, other := started(t, s, 1), started(t, s, 2)
	pool(t, s, 1, "db")
	claim(t, s, r, "a", "db")
	claim(t, s, other, "b", "db")
	claim(t, s, r, "c", "db")
	claim(t, s, r, "d", "db")
	add(t, s, r, ends(storage.StepSuccess, "a"))
	assert.False(t, claim(t, s, r, "d", "db"))
	assert.False(t, claim(t, s, r, "c", "db"))
	assert.False(t, claim(t, s, r, "late", "db"))
	assert.True(t, claim(t, s, other, "b", "db"))
	pool(t, s, 2, "db")
	assert.False(t, claim(t, s, r, "d", "db"))
	assert.True(t, claim(t, s, r, "c", "db"))
	assert.Equal(t, "b c (d) (late)", claims(t, s, "db"))
	pool(t, s, 4, "db")
	assert.True(t, claim(t, s, r, "late", "db"), "there is room for both")
}

func testPriority(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	pool(t, s, 1, "db")
	claim(t, s, r, "a", "db", -5)
	claim(t, s, r, "low", "db", -1)
	claim(t, s, r, "b", "db")
	claim(t, s, r, "c", "db", 3)
	claim(t, s, r, "d", "db", 3)
	assert.Equal(t, "a (c) (d) (b) (low)", claims(t, s, "db"))
	add(t, s, r, ends(storage.StepFailure, "a"))
	assert.False(t, claim(t, s, r, "b", "db"))
	assert.False(t, claim(t, s, r, "d", "db", 3))
	assert.True(t, claim(t, s, r, "c", "db", 3))
	assert.False(t, claim(t, s, r, "low", "db", 9), "it may be asked for with another one")
	assert.Equal(t, "c (low) (d) (b)", claims(t, s, "db"))
}

func testHeadOfLine(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	pool(t, s, 1, "a", "b")
	assert.True(t, claim(t, s, r, "holds a", "a"))
	assert.False(t, claim(t, s, r, "wants both", "b a"))
	assert.True(t, claim(t, s, r, "wants b", "b"), "it holds nothing while it waits")
	add(t, s, r, ends(storage.StepSuccess, "holds a"))
	assert.False(t, claim(t, s, r, "wants both", "b a"))
	assert.True(t, claim(t, s, r, "wants a", "a"), "b is full, so it keeps nobody from a")
	add(t, s, r, ends(storage.StepSuccess, "wants a"), ends(storage.StepSuccess, "wants b"))
	assert.False(t, claim(t, s, r, "late", "a"), "now it is its turn")
	assert.True(t, claim(t, s, r, "wants both", "b a"))
	assert.Equal(t, "wants both (late)", claims(t, s, "a"))
	assert.Equal(t, "wants both", claims(t, s, "b"))
	assert.Equal(t, "wants both (late)", claims(t, s, ""))
}

func testLowered(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	pool(t, s, 3, "db")
	for _, step := range []string{"a", "b", "c", "d"} {
		claim(t, s, r, step, "db")
	}
	pool(t, s, 1, "db")
	assert.Equal(t, "a b c (d)", claims(t, s, "db"))
	assert.True(t, claim(t, s, r, "b", "db"))
	add(t, s, r, ends(storage.StepSuccess, "a"), ends(storage.StepSuccess, "b"))
	assert.False(t, claim(t, s, r, "d", "db"))
	add(t, s, r, ends(storage.StepSuccess, "c"))
	assert.True(t, claim(t, s, r, "d", "db"))
}

func testStepFrees(t *testing.T, s storage.Storage) {
	r, other := started(t, s, 1), started(t, s, 2)
	pool(t, s, 1, "db")
	pool(t, s, 9, "other")
	for _, kind := range []storage.EventKind{storage.StepSuccess, storage.StepFailure, storage.StepUpForRetry} {
		require.True(t, claim(t, s, r, "a", "db other"), kind)
		require.True(t, claim(t, s, r, "b", "other"), kind)
		require.True(t, claim(t, s, other, "a", "other"), kind)
		add(t, s, r, ends(storage.StepStart, "a"), ends(storage.StepOutput, "a"))
		assert.Equal(t, "a", claims(t, s, "db"), kind)
		_, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch + 1, Events: []storage.Event{ends(kind, "a")}})
		require.ErrorIs(t, err, storage.ErrFenced)
		assert.Equal(t, "a", claims(t, s, "db"), "what is refused frees nothing")
		add(t, s, r, ends(kind, "a"))
		assert.Empty(t, claims(t, s, "db"), kind)
		assert.Equal(t, "b a", claims(t, s, "other"), "neither another step nor another run's")
		add(t, s, storage.Run{}, ends(kind, "b"))
		assert.Equal(t, "b a", claims(t, s, "other"), "nor an event of no run")
		require.NoError(t, s.Withdraw(t.Context(), r.ID, "b"))
		require.NoError(t, s.Withdraw(t.Context(), other.ID, "a"))
	}
	require.True(t, claim(t, s, r, "a", "db"))
	_, err := s.Transition(t.Context(), r.ID, storage.Transition{
		From: r.Status, To: storage.RunCanceling, Events: []storage.Event{ends(storage.StepFailure, "a")},
	})
	require.NoError(t, err)
	assert.Empty(t, claims(t, s, "db"), "whichever way the event is stored")
}

func testRunFrees(t *testing.T, s storage.Storage) {
	pool(t, s, 1, "db")
	for n, end := range []storage.RunStatus{storage.RunSucceeded, storage.RunFailed} {
		r := started(t, s, n)
		require.True(t, claim(t, s, r, "a", "db"))
		require.False(t, claim(t, s, r, "b", "db"))
		move(t, s, r, end)
		assert.Empty(t, claims(t, s, "db"))
		require.NoError(t, s.DeleteRun(t.Context(), r.ID))
	}
	r := started(t, s, 9)
	require.True(t, claim(t, s, r, "a", "db"))
	canceling := move(t, s, r, storage.RunCanceling)
	assert.Equal(t, "a", claims(t, s, "db"), "it may still be at it")
	move(t, s, canceling, storage.RunFailed)
	assert.Empty(t, claims(t, s, ""))
	list, err := s.Pools(t.Context(), noDefault)
	require.NoError(t, err)
	assert.Equal(t, []storage.PoolState{{Pool: storage.Pool{Name: "db", Limit: 1}}}, list)
}

func testClaimFenced(t *testing.T, s storage.Storage) {
	r, over := started(t, s, 1), ended(t, s, 2)
	for err, c := range map[error]storage.Claim{
		storage.ErrRunNotFound: {Run: runID(9), Step: "a", Pools: []string{"db"}},
		storage.ErrFenced:      {Run: r.ID, Epoch: r.Epoch + 1, Step: "a", Pools: []string{"db"}},
	} {
		held, got := s.Claim(t.Context(), c, noDefault)
		require.ErrorIs(t, got, err)
		assert.False(t, held)
	}
	_, err := s.Claim(t.Context(), storage.Claim{Run: over.ID, Epoch: over.Epoch, Step: "a"}, noDefault)
	require.ErrorIs(t, err, storage.ErrFenced, "it has ended")
	assert.Empty(t, claims(t, s, ""))
}

// testClaimRace has many steps share two pools; whoever has a place looks how many have one.
func testClaimRace(t *testing.T, a, b storage.Storage) {
	x, y := started(t, a, 1), started(t, a, 2)
	pool(t, a, 2, "p")
	pool(t, a, 3, "q")
	errs := together(8, func(n int) error {
		s, r := []storage.Storage{a, b}[n%2], []storage.Run{x, y}[n/2%2]
		c := storage.Claim{Run: r.ID, Epoch: r.Epoch, Step: strconv.Itoa(n), Pools: [][]string{{"p"}, {"q"}, {"p", "q"}}[n%3], Priority: n % 2}
		for range 6 {
			for {
				held, err := s.Claim(t.Context(), c, noDefault)
				if err != nil {
					return err
				}
				if held {
					break
				}
			}
			list, err := s.Pools(t.Context(), noDefault)
			if err != nil {
				return err
			}
			for _, p := range list {
				if p.Held > p.Limit {
					return fmt.Errorf("%+v", p)
				}
			}
			if _, err := s.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: []storage.Event{ends(storage.StepSuccess, c.Step)}}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	assert.Empty(t, claims(t, b, ""))
}
