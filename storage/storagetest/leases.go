package storagetest

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// lead takes the lease of that name, or renews it.
func lead(t *testing.T, s storage.Storage, name, holder string) storage.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), name)
	require.NoError(t, err)
	l.Holder, l.TTL = holder, 15*time.Second
	l, err = s.Acquire(t.Context(), l)
	require.NoError(t, err)
	return l
}

// lost is a leadership that has gone to another.
func lost(t *testing.T, s storage.Storage) storage.Guard {
	t.Helper()
	l := lead(t, s, "lost", "a")
	lead(t, s, "lost", "b")
	return l.Guard()
}

func leaseCases() []testCase {
	return []testCase{
		{"leases/one that nobody had", func(t *testing.T, s storage.Storage) {
			l, err := s.Lease(t.Context(), "daemon")
			require.NoError(t, err)
			assert.Equal(t, storage.Lease{Name: "daemon"}, l)
		}},
		{"leases/every field is kept", func(t *testing.T, s storage.Storage) {
			asked := storage.Lease{Name: "daemon", Holder: "a", TTL: 15 * time.Second, Info: json.RawMessage(`{"host":"h"}`)}
			got, err := s.Acquire(t.Context(), asked)
			require.NoError(t, err)
			want := asked
			want.Epoch, want.Beat = 1, 1
			assert.Equal(t, want, got)
			got.Info[0] = 'x'
			stored, err := s.Lease(t.Context(), "daemon")
			require.NoError(t, err)
			assert.Equal(t, want, stored)
		}},
		{"leases/a renewal keeps the epoch, another holder has the next", func(t *testing.T, s storage.Storage) {
			first := lead(t, s, "daemon", "a")
			renewed := lead(t, s, "daemon", "a")
			assert.Equal(t, []int64{1, 2}, []int64{renewed.Epoch, renewed.Beat})
			taken := lead(t, s, "daemon", "b")
			assert.Equal(t, []int64{2, 3}, []int64{taken.Epoch, taken.Beat})
			_, err := s.Acquire(t.Context(), renewed)
			require.ErrorIs(t, err, storage.ErrConflict)
			assert.NotEqual(t, first.Guard(), taken.Guard())
			assert.Equal(t, int64(1), lead(t, s, "other", "b").Epoch, "each name has its own")
		}},
		{"leases/what was seen must be what is stored", testStaleLease},
		{"leases/one that is given up is free, and its late renewal too late", func(t *testing.T, s storage.Storage) {
			l := lead(t, s, "daemon", "a")
			require.NoError(t, s.Release(t.Context(), l.Guard()))
			free, err := s.Lease(t.Context(), "daemon")
			require.NoError(t, err)
			assert.Equal(t, []any{"", int64(1), int64(2)}, []any{free.Holder, free.Epoch, free.Beat})
			_, err = s.Acquire(t.Context(), l)
			require.ErrorIs(t, err, storage.ErrConflict)
			assert.Equal(t, int64(2), lead(t, s, "daemon", "a").Epoch, "the same holder leads anew")
		}},
		{"leases/only who has it gives it up", func(t *testing.T, s storage.Storage) {
			l := lead(t, s, "daemon", "a")
			next := lead(t, s, "daemon", "b")
			require.NoError(t, s.Release(t.Context(), l.Guard()))
			require.NoError(t, s.Release(t.Context(), storage.Guard{Lease: "nobody's"}))
			stored, err := s.Lease(t.Context(), "daemon")
			require.NoError(t, err)
			assert.Equal(t, next, stored)
		}},
		{"leases/one of many candidates gets it", func(t *testing.T, s storage.Storage) { testCandidates(t, s, s) }},
		{"leases/what is written under a lost one", testLostLease},
	}
}

func testStaleLease(t *testing.T, s storage.Storage) {
	l := lead(t, s, "daemon", "a")
	for name, change := range map[string]func(*storage.Lease){
		"older beat":  func(l *storage.Lease) { l.Beat-- },
		"newer beat":  func(l *storage.Lease) { l.Beat++ },
		"other epoch": func(l *storage.Lease) { l.Epoch-- },
		"no holder":   func(l *storage.Lease) { l.Holder = "" },
	} {
		asked := l
		asked.Holder = "b"
		change(&asked)
		got, err := s.Acquire(t.Context(), asked)
		require.ErrorIs(t, err, storage.ErrConflict, name)
		assert.Equal(t, l, got, name)
	}
	_, err := s.Acquire(t.Context(), storage.Lease{Holder: "a"})
	require.ErrorIs(t, err, storage.ErrConflict, "no name")
	stored, err := s.Lease(t.Context(), "daemon")
	require.NoError(t, err)
	assert.Equal(t, l, stored)
}

func testCandidates(t *testing.T, a, b storage.Storage) {
	seen := lead(t, a, "daemon", "first")
	oneWins(t, together(16, func(i int) error {
		l := seen
		l.Holder = strconv.Itoa(i)
		_, err := []storage.Storage{a, b}[i%2].Acquire(t.Context(), l)
		return err
	}), storage.ErrConflict)
	l, err := b.Lease(t.Context(), "daemon")
	require.NoError(t, err)
	assert.Equal(t, seen.Epoch+1, l.Epoch)
}

// testLostLease holds that all that takes a guard refuses one that was lost, and changes nothing.
func testLostLease(t *testing.T, s storage.Storage) {
	g := lost(t, s)
	r := created(t, s, 1, storage.RunQueued)
	_, err := s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunStarting, Lead: g, Events: steps(1)})
	require.ErrorIs(t, err, storage.ErrFenced)
	assert.Equal(t, r, get(t, s, r.ID))
	i := sensor(1)
	require.ErrorIs(t, s.SetInstigators(t.Context(), g, []storage.Instigator{i}, step(1)), storage.ErrFenced)
	_, err = s.CommitTick(t.Context(), storage.TickCommit{Lead: g, Instigator: i, Runs: []storage.NewRun{{Run: storage.Run{ID: runID(2)}}}})
	require.ErrorIs(t, err, storage.ErrFenced)
	assert.Empty(t, instigators(t, s, storage.InstigatorFilter{}))
	assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{}))
	assert.Empty(t, events(t, s, storage.EventFilter{}))

	g.Epoch++
	require.NoError(t, s.SetInstigators(t.Context(), g, []storage.Instigator{i}))
	i.Version++
	_, err = s.CommitTick(t.Context(), storage.TickCommit{Lead: g, Instigator: i})
	require.NoError(t, err)
	_, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunStarting, Lead: g})
	require.NoError(t, err)
	_, err = s.Transition(t.Context(), r.ID, storage.Transition{
		From: storage.RunStarting, To: storage.RunStarted, Lead: storage.Guard{Lease: "nobody's", Epoch: 1},
	})
	require.ErrorIs(t, err, storage.ErrFenced)
}

func settingCases() []testCase {
	return []testCase{
		{"settings/one that was never set", func(t *testing.T, s storage.Storage) {
			got, err := s.Setting(t.Context(), "queue")
			require.NoError(t, err)
			assert.Equal(t, storage.Setting{Name: "queue"}, got)
		}},
		{"settings/each change is a version, with its events", func(t *testing.T, s storage.Storage) {
			given := []storage.Event{{ID: 9, Seq: 9, Run: "other", Kind: storage.EngineEvent, At: at(1)}}
			set := storage.Setting{Name: "queue", Value: json.RawMessage(`{"paused":true}`)}
			for n := range int64(3) {
				set.Version = n
				got, err := s.SetSetting(t.Context(), set, given...)
				require.NoError(t, err)
				set.Version = n + 1
				assert.Equal(t, set, got)
			}
			got, err := s.Setting(t.Context(), "queue")
			require.NoError(t, err)
			assert.Equal(t, set, got)
			assert.Equal(t, int64(9), given[0].ID, "the caller's own")
			stored := events(t, s, storage.EventFilter{})
			inOrder(t, stored)
			require.Len(t, stored, 3)
			assert.Empty(t, stored[0].Run)
		}},
		{"settings/a conflict changes nothing", func(t *testing.T, s storage.Storage) {
			want, err := s.SetSetting(t.Context(), storage.Setting{Name: "queue", Value: json.RawMessage("1")})
			require.NoError(t, err)
			for _, version := range []int64{0, 2, -1} {
				got, err := s.SetSetting(t.Context(), storage.Setting{Name: "queue", Version: version}, step(1))
				require.ErrorIs(t, err, storage.ErrConflict)
				assert.Equal(t, want, got)
			}
			assert.Empty(t, events(t, s, storage.EventFilter{}))
		}},
	}
}
