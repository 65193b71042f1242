package storagetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
