package storagetest

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

func runKeyCases() []testCase {
	return []testCase{
		{"run keys/one asked for twice in a tick is one run", func(t *testing.T, s storage.Storage) {
			got, _ := commit(t, s, sensor(1), asked(1, "a"), asked(2, "b"), asked(3, "a"))
			assert.Equal(t, []storage.RunID{runID(1), runID(2)}, got.Runs)
			assert.Equal(t, []storage.KnownKey{{Key: "a", Run: runID(1)}}, got.Known)
			assert.Equal(t, []int{2, 1}, runs(t, s, storage.RunFilter{}))
		}},
		{"run keys/one asked for in a later tick too, which is skipped if it got nothing", func(t *testing.T, s storage.Storage) {
			_, i := commit(t, s, sensor(1), asked(1, "a"))
			got, i := commit(t, s, i, asked(2, "a"), asked(3, "b"))
			assert.Equal(t, storage.TickSuccess, got.Status)
			assert.Equal(t, []storage.RunID{runID(3)}, got.Runs)
			got, _ = commit(t, s, i, asked(1, "a"), asked(4, "b"))
			assert.Equal(t, storage.TickSkipped, got.Status)
			assert.Contains(t, got.Reason, runID(1))
			assert.Equal(t, []storage.KnownKey{{Key: "a", Run: runID(1)}, {Key: "b", Run: runID(3)}}, got.Known)
			assert.Equal(t, []storage.Tick{got}, ticks(t, s, storage.TickFilter{Limit: 1}))
		}},
		{"run keys/none is none", func(t *testing.T, s storage.Storage) {
			got, i := commit(t, s, sensor(1), asked(1, ""), asked(2, ""))
			assert.Len(t, got.Runs, 2)
			got, _ = commit(t, s, i, asked(3, ""))
			assert.Len(t, got.Runs, 1)
		}},
		{"run keys/another scope, another instigator", func(t *testing.T, s storage.Storage) {
			scoped := func(n int, scope string) storage.NewRun { r := asked(n, "a"); r.Scope = scope; return r }
			_, i := commit(t, s, sensor(1), scoped(1, "x"), scoped(2, "y"))
			got, _ := commit(t, s, i, scoped(3, ""), scoped(4, "x"))
			assert.Equal(t, []storage.RunID{runID(3)}, got.Runs)
			got, _ = commit(t, s, sensor(2), scoped(5, "x"))
			assert.Equal(t, []storage.RunID{runID(5)}, got.Runs)
		}},
		{"run keys/they stay when their run is deleted", func(t *testing.T, s storage.Storage) {
			_, i := commit(t, s, sensor(1), asked(1, "a"))
			move(t, s, get(t, s, runID(1)), storage.RunCanceled)
			require.NoError(t, s.DeleteRun(t.Context(), runID(1)))
			got, _ := commit(t, s, i, asked(2, "a"))
			assert.Equal(t, []storage.KnownKey{{Key: "a", Run: runID(1)}}, got.Known)
			assert.Len(t, ticks(t, s, storage.TickFilter{Run: runID(1)}), 1, "and so does its tick")
		}},
		{"run keys/forgotten ones may be asked for again", testForgetKeys},
		{"run keys/one of many ticks asks first", func(t *testing.T, s storage.Storage) { testKeyRace(t, s, s) }},
	}
}

func testForgetKeys(t *testing.T, s storage.Storage) {
	scoped := asked(4, "a")
	scoped.Scope = "x"
	_, i := commit(t, s, sensor(1), asked(1, "a"), asked(2, "b"), asked(3, "c"), scoped)
	commit(t, s, sensor(2), asked(5, "a"))
	forget := func(want int, id storage.InstigatorID, keys ...string) {
		t.Helper()
		n, err := s.ForgetRunKeys(t.Context(), id, keys...)
		require.NoError(t, err)
		assert.Equal(t, want, n)
	}
	forget(0, sensor(9).InstigatorID)
	forget(2, i.InstigatorID, "a", "z", "a")
	got, i := commit(t, s, i, asked(6, "a"), asked(7, "b"))
	assert.Equal(t, []storage.RunID{runID(6)}, got.Runs)
	forget(3, i.InstigatorID)
	got, _ = commit(t, s, i, asked(8, "a"), asked(9, "b"))
	assert.Len(t, got.Runs, 2)
	forget(1, sensor(2).InstigatorID)
}

// testKeyRace has many ask for the same keys: each has its try until its version is the newest.
func testKeyRace(t *testing.T, a, b storage.Storage) {
	setInstigators(t, a, sensor(1))
	for _, err := range together(6, func(n int) error {
		s := []storage.Storage{a, b}[n%2]
		for round := range 3 {
			for {
				list, err := s.Instigators(t.Context(), storage.InstigatorFilter{})
				if err != nil {
					return err
				}
				_, err = s.CommitTick(t.Context(), storage.TickCommit{
					Instigator: list[0], Tick: storage.Tick{Status: storage.TickSuccess},
					Runs: []storage.NewRun{asked(100*n+round, strconv.Itoa(round)), asked(100*n+50+round, strconv.Itoa(n))},
				})
				if err == nil {
					break
				}
				if !errors.Is(err, storage.ErrConflict) {
					return err
				}
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
	list := ticks(t, b, storage.TickFilter{})
	assert.Len(t, list, 18)
	seen := map[string]storage.RunID{}
	count := 0
	for i := range list {
		count += len(list[i].Runs)
		for _, k := range list[i].Known {
			if seen[k.Key] == "" {
				seen[k.Key] = k.Run
			}
			assert.Equal(t, seen[k.Key], k.Run, "one key, one run")
		}
	}
	assert.Equal(t, 6, count, "one run a key")
	assert.Len(t, runs(t, a, storage.RunFilter{}), 6)
}
