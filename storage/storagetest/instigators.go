package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// sensor is the n-th sensor, not stored.
func sensor(n int) storage.Instigator {
	return storage.Instigator{InstigatorID: storage.InstigatorID{Repository: "shop", Kind: storage.SensorInstigator, Name: fmt.Sprint("sensor", n)}}
}

// setInstigators stores some and returns them as they are then.
func setInstigators(t *testing.T, s storage.Storage, list ...storage.Instigator) []storage.Instigator {
	t.Helper()
	require.NoError(t, s.SetInstigators(t.Context(), storage.Guard{}, list))
	for i := range list {
		list[i].Version++
	}
	return list
}

func instigators(t *testing.T, s storage.Storage, f storage.InstigatorFilter) []storage.Instigator {
	t.Helper()
	list, err := s.Instigators(t.Context(), f)
	require.NoError(t, err)
	return list
}

func instigatorNames(t *testing.T, s storage.Storage, f storage.InstigatorFilter) []string {
	t.Helper()
	list := instigators(t, s, f)
	names := make([]string, 0, len(list))
	for _, i := range list {
		names = append(names, i.Name)
	}
	return names
}

func instigatorCases() []testCase {
	return []testCase{
		{"instigators/every field is kept", func(t *testing.T, s storage.Storage) {
			i := storage.Instigator{
				InstigatorID: storage.InstigatorID{Repository: "shop", Kind: storage.ScheduleInstigator, Name: "nightly"},
				Status:       storage.InstigatorStopped, Declared: true, Timing: "0 3 * * * Europe/Paris", Since: at(1), Next: at(2), At: at(3),
				Last: at(4), Attempt: 5, Failures: 6, Cursor: "c\x00🚀", Position: 7, Gone: at(8).In(time.FixedZone("x", 3600)),
			}
			setInstigators(t, s, i)
			i.Version, i.Gone = 1, at(8)
			assert.Equal(t, []storage.Instigator{i}, instigators(t, s, storage.InstigatorFilter{}))
		}},
		{"instigators/nothing stays nothing", func(t *testing.T, s storage.Storage) {
			got := setInstigators(t, s, sensor(1))
			assert.Equal(t, got, instigators(t, s, storage.InstigatorFilter{}))
		}},
		{"instigators/all of a list, or nothing", testInstigatorConflict},
		{"instigators/events say who changed what", func(t *testing.T, s storage.Storage) {
			given := []storage.Event{{ID: 9, Seq: 9, Run: "other", Kind: storage.EngineEvent, At: at(1)}, step(1)}
			require.NoError(t, s.SetInstigators(t.Context(), storage.Guard{}, []storage.Instigator{sensor(1)}, given...))
			assert.Equal(t, int64(9), given[0].ID, "the caller's own")
			stored := events(t, s, storage.EventFilter{})
			inOrder(t, stored)
			require.Len(t, stored, 2)
			assert.Empty(t, stored[0].Run)
		}},
		{"instigators/pages by repository, kind and name", testInstigatorPages},
		{"instigators/those that are due, the longest overdue first", testDue},
	}
}

func testInstigatorConflict(t *testing.T, s storage.Storage) {
	list := setInstigators(t, s, sensor(1), sensor(2))
	for _, version := range []int64{0, 2} {
		second := list[1]
		second.Version, second.Cursor = version, "lost"
		first := list[0]
		first.Cursor = "lost"
		err := s.SetInstigators(t.Context(), storage.Guard{}, []storage.Instigator{first, sensor(3), second}, step(1))
		require.ErrorIs(t, err, storage.ErrConflict)
	}
	stale := sensor(3)
	stale.Version = 1
	require.ErrorIs(t, s.SetInstigators(t.Context(), storage.Guard{}, []storage.Instigator{stale}), storage.ErrConflict)
	require.ErrorIs(t, s.SetInstigators(t.Context(), storage.Guard{}, []storage.Instigator{sensor(3), sensor(3)}), storage.ErrConflict)
	assert.Equal(t, list, instigators(t, s, storage.InstigatorFilter{}))
	assert.Empty(t, events(t, s, storage.EventFilter{}))
}

func testInstigatorPages(t *testing.T, s storage.Storage) {
	list := make([]storage.Instigator, 0, 12)
	for _, repository := range []string{"b", "a"} {
		for _, kind := range []storage.InstigatorKind{storage.SensorInstigator, storage.ScheduleInstigator} {
			for _, name := range []string{"z", "", "y"} {
				list = append(list, storage.Instigator{InstigatorID: storage.InstigatorID{Repository: repository, Kind: kind, Name: name}})
			}
		}
	}
	setInstigators(t, s, list...)
	var paged []storage.InstigatorID
	f := storage.InstigatorFilter{Limit: 5}
	for {
		page := instigators(t, s, f)
		if len(page) == 0 {
			break
		}
		for _, i := range page {
			paged = append(paged, i.InstigatorID)
		}
		f.After = paged[len(paged)-1]
	}
	require.Len(t, paged, 12)
	assert.Equal(t, storage.InstigatorID{Repository: "a", Kind: storage.ScheduleInstigator}, paged[0])
	assert.Equal(t, storage.InstigatorID{Repository: "a", Kind: storage.SensorInstigator, Name: "z"}, paged[5])
	assert.Equal(t, storage.InstigatorID{Repository: "b", Kind: storage.SensorInstigator, Name: "z"}, paged[11])
	for want, f := range map[int]storage.InstigatorFilter{
		6: {Repository: "a"},
		4: {Kind: storage.SensorInstigator, Name: "y", Limit: 9, Repository: ""},
		1: {Kind: storage.SensorInstigator, Name: "y", Repository: "b"},
		0: {Name: "x"},
	} {
		if want == 4 {
			f.Kind = ""
		}
		assert.Len(t, instigators(t, s, f), want, "%+v", f)
	}
}

func testDue(t *testing.T, s storage.Storage) {
	next, err := s.NextDue(t.Context())
	require.NoError(t, err)
	assert.True(t, next.IsZero())
	list := []storage.Instigator{sensor(1), sensor(2), sensor(3), sensor(4), sensor(5)}
	for i, due := range []int{5, 3, 9, 3} {
		list[i].Next = at(due)
	}
	list = setInstigators(t, s, list...)
	next, err = s.NextDue(t.Context())
	require.NoError(t, err)
	assert.Equal(t, at(3), next)
	assert.Equal(t, []string{"sensor2", "sensor4", "sensor1"}, instigatorNames(t, s, storage.InstigatorFilter{Due: at(5)}))
	assert.Equal(t, []string{"sensor2", "sensor4"}, instigatorNames(t, s, storage.InstigatorFilter{Due: at(99), Limit: 2}))
	assert.Empty(t, instigatorNames(t, s, storage.InstigatorFilter{Due: at(2)}))
	assert.Empty(t, instigatorNames(t, s, storage.InstigatorFilter{Due: at(9), Kind: storage.ScheduleInstigator}))
	list[1].Next, list[3].Next = time.Time{}, at(7)
	setInstigators(t, s, list[1], list[3])
	assert.Equal(t, []string{"sensor1", "sensor4", "sensor3"}, instigatorNames(t, s, storage.InstigatorFilter{Due: at(9)}))
	next, err = s.NextDue(t.Context())
	require.NoError(t, err)
	assert.Equal(t, at(5), next)
}
