package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

func sharedCases() []sharedCase {
	return []sharedCase{
		{"shared/each reads what the other wrote", testSharedReads},
		{"shared/one of many transitions wins", testRace},
		{"shared/appends to one run", testAppends},
		{"shared/a tail sees each event once", func(t *testing.T, a, b storage.Storage) { testTail(t, a, b, b) }},
		{"shared/a change is told to the other", testWatch},
		{"shared/one of many creations wins", func(t *testing.T, a, b storage.Storage) {
			oneWins(t, together(16, func(i int) error {
				return []storage.Storage{a, b}[i%2].CreateRun(t.Context(), storage.Run{ID: runID(1), Created: at(1)}, step(1))
			}), storage.ErrRunExists)
			assert.Len(t, events(t, b, storage.EventFilter{}), 1)
		}},
		{"shared/a fence of the other holds", func(t *testing.T, a, b storage.Storage) {
			r := started(t, a, 1)
			add(t, a, r, step(1))
			fenced := move(t, b, r, storage.RunStarted)
			_, err := a.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(1)})
			require.ErrorIs(t, err, storage.ErrFenced)
			add(t, a, fenced, step(2))
			move(t, b, fenced, storage.RunSucceeded)
			_, err = a.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: fenced.Epoch, Events: steps(1)})
			require.ErrorIs(t, err, storage.ErrFenced)
			inOrder(t, events(t, b, storage.EventFilter{}))
		}},
		{"shared/a run that the other deleted", func(t *testing.T, a, b storage.Storage) {
			r := started(t, a, 1)
			last := add(t, a, r, made("a", ""), made("b", ""))
			require.NoError(t, b.DeleteRun(t.Context(), move(t, b, r, storage.RunSucceeded).ID))
			_, err := a.Append(t.Context(), storage.Batch{Run: r.ID, Epoch: r.Epoch, Events: steps(1)})
			require.ErrorIs(t, err, storage.ErrRunNotFound)
			assert.Equal(t, last[0], *latest(t, a, "a", ""))
			again := started(t, b, 1)
			e := add(t, a, again, made("a", ""))[0]
			assert.Equal(t, int64(1), e.Seq)
			assert.Greater(t, e.ID, last[1].ID)
			assert.Equal(t, int64(2), asset(t, b, "a").Materializations)
		}},
		{"shared/partitions of both", testSharedPartitions},
		{"shared/a definition that the other changed", testSharedRedefinition},
		{"shared/dynamic keys of both", testSharedDynamic},
		{"shared/one of many candidates leads", testCandidates},
		{"shared/an instigator is evaluated by one of many", testTickRace},
		{"shared/run keys of both", testKeyRace},
		{"shared/places in pools of both", testClaimRace},
		{"shared/a lease that the other lost", func(t *testing.T, a, b storage.Storage) {
			l := lead(t, a, "daemon", "a")
			i := setInstigators(t, a, sensor(1))[0]
			next := lead(t, b, "daemon", "b")
			_, err := a.CommitTick(t.Context(), storage.TickCommit{Lead: l.Guard(), Instigator: i})
			require.ErrorIs(t, err, storage.ErrFenced)
			_, err = b.CommitTick(t.Context(), storage.TickCommit{Lead: next.Guard(), Instigator: i})
			require.NoError(t, err)
		}},
		{"shared/places that the other frees", func(t *testing.T, a, b storage.Storage) {
			r := started(t, a, 1)
			pool(t, b, 1, "db")
			add(t, a, r, step(1))
			assert.True(t, claim(t, b, r, "x", "db"))
			assert.False(t, claim(t, b, r, "y", "db"))
			add(t, a, r, ends(storage.StepSuccess, "x"))
			assert.True(t, claim(t, a, r, "y", "db"))
			move(t, b, r, storage.RunFailed)
			assert.Empty(t, claims(t, a, ""))
		}},
		{"shared/each works without the other", func(t *testing.T, a, b storage.Storage) {
			r := started(t, a, 1)
			require.NoError(t, a.Close())
			add(t, b, r, step(1))
			move(t, b, r, storage.RunSucceeded)
		}},
	}
}

func testSharedReads(t *testing.T, a, b storage.Storage) {
	r := storage.Run{ID: runID(1), Status: storage.RunStarting, Created: at(1), Tags: map[string]string{"a": "b"}}
	require.NoError(t, a.CreateRun(t.Context(), r, storage.Event{Kind: "NEW_KIND", At: at(1)}))
	r.Launched = r.Created
	assert.Equal(t, r, get(t, b, r.ID))
	r = move(t, b, r, storage.RunStarted)
	assert.Equal(t, r, get(t, a, r.ID))
	for i := range 6 {
		w, other := a, b
		if i%2 == 1 {
			w, other = b, a
		}
		e := add(t, w, r, made("x", ""), storage.Event{Kind: "OTHER_KIND", Asset: "y", At: at(i)})
		assert.Equal(t, int64(2*i+2), e[0].Seq)
		assert.Equal(t, e[0], *latest(t, other, "x", ""))
		assert.Equal(t, int64(i+1), asset(t, other, "x").Materializations)
		assert.Equal(t, e, events(t, other, storage.EventFilter{After: e[0].ID - 1}))
	}
	assert.Equal(t, events(t, a, storage.EventFilter{}), events(t, b, storage.EventFilter{}))
	inOrder(t, events(t, a, storage.EventFilter{}))
	assert.Equal(t, []string{"x", "y"}, assetKeys(t, a, storage.AssetFilter{}))
}

func testSharedPartitions(t *testing.T, a, b storage.Storage) {
	divide(t, a, "x", days(t))
	divide(t, b, "x", days(t))
	keys := slices.Collect(days(t).At(january(), nil).Keys())
	one, two := started(t, a, 1), started(t, b, 2)
	for i, key := range keys {
		add(t, a, one, planned("x", key))
		add(t, b, two, planned("x", key))
		if i%2 == 0 {
			add(t, a, two, made("x", key))
		} else {
			add(t, b, one, made("x", key))
		}
	}
	for _, s := range []storage.Storage{a, b} {
		st := status(t, s, "x")
		assert.Equal(t, len(keys), st.Materialized.Count())
		assert.Equal(t, len(keys)/2, st.InProgress.Count())
		assert.True(t, st.InProgress.Has(keys[1]))
	}
	require.NoError(t, a.WipePartitions(t.Context(), storage.Wipe{Asset: "x", Keys: keys[:3]}))
	add(t, b, two, made("x", keys[1]))
	add(t, a, storage.Run{}, failedKey("x", keys[4]))
	move(t, a, two, storage.RunFailed)
	for _, s := range []storage.Storage{a, b} {
		st := status(t, s, "x")
		assert.Equal(t, len(keys)-2, st.Materialized.Count())
		assert.True(t, st.InProgress.Empty())
		assert.Equal(t, len(keys)/2, st.Failed.Count(), "one was made meanwhile, one failed alone")
	}
}

// What one handle remembers of a definition must not place keys after the other changed it.
func testSharedRedefinition(t *testing.T, a, b storage.Storage) {
	later := days(t, func(c *partition.WindowConfig) { c.Start = "2025-12-31" })
	divide(t, a, "x", days(t))
	add(t, a, storage.Run{}, made("x", "2026-01-02"))
	divide(t, b, "x", later)
	add(t, a, storage.Run{}, made("x", "2026-01-05"))
	want := known{Made: "2026-01-02 2026-01-05"}
	assert.Equal(t, want, knownOf(t, a, "x"))
	assert.Equal(t, want, knownOf(t, b, "x"))
	divide(t, a, "x", static(t, "2026-01-05", "other"))
	add(t, b, storage.Run{}, made("x", "2026-01-06"), made("x", "other"))
	want = known{Made: "2026-01-05 other", Unknown: 2}
	assert.Equal(t, want, knownOf(t, a, "x"))
	assert.Equal(t, want, knownOf(t, b, "x"))
	divide(t, b, "x", later)
	assert.Equal(t, known{Made: "2026-01-02 2026-01-05 2026-01-06", Unknown: 1}, knownOf(t, a, "x"))
}

func testSharedDynamic(t *testing.T, a, b storage.Storage) {
	for i, err := range together(8, func(i int) error {
		s := []storage.Storage{a, b}[i%2]
		mine := numbered(fmt.Sprint(i, "-"), 50)
		for _, key := range mine {
			if err := s.ChangeDynamic(t.Context(), storage.DynamicChange{Name: "n", Add: []string{key, "both"}}); err != nil {
				return err
			}
		}
		return s.ChangeDynamic(t.Context(), storage.DynamicChange{Name: "n", Remove: mine[10:]})
	}) {
		require.NoError(t, err, i)
	}
	keys := dynamicKeys(t, a, storage.DynamicFilter{Name: "n", Limit: 7})
	assert.Len(t, keys, 81)
	assert.Equal(t, keys, dynamicKeys(t, b, storage.DynamicFilter{Name: "n"}))
	for i := range 8 {
		mine := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, fmt.Sprint(i, "-")) })
		assert.Equal(t, numbered(fmt.Sprint(i, "-"), 10), mine, "in the order of one caller")
	}
}
