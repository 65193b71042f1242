package storagetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

func listCases() []testCase {
	return []testCase{
		{"lists/of nothing", func(t *testing.T, s storage.Storage) {
			assert.Empty(t, runs(t, s, storage.RunFilter{}))
			assert.Empty(t, runs(t, s, storage.RunFilter{Job: "j", Tags: map[string]string{"a": "b"}}))
			assert.Empty(t, events(t, s, storage.EventFilter{}))
			got, err := s.Assets(t.Context(), storage.AssetFilter{})
			require.NoError(t, err)
			assert.Empty(t, got)
		}},
		{"lists/newest first, whatever the order of their IDs", func(t *testing.T, s storage.Storage) {
			create(t, s, 2)
			create(t, s, 1, func(r *storage.Run) { r.Created = at(3) })
			create(t, s, 3, func(r *storage.Run) { r.Created = at(1) })
			assert.Equal(t, []int{1, 2, 3}, runs(t, s, storage.RunFilter{}))
			assert.Equal(t, []int{2, 3}, runs(t, s, storage.RunFilter{Before: runID(1)}))
		}},
		{"lists/runs of one moment by ID", func(t *testing.T, s storage.Storage) {
			for _, n := range []int{2, 3, 1} {
				create(t, s, n, func(r *storage.Run) { r.Created = at(0) })
			}
			assert.Equal(t, []int{3, 2, 1}, runs(t, s, storage.RunFilter{}))
			assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{Before: runID(2)}))
		}},
		{"lists/every filter", testRunFilters},
		{"lists/filters see what has changed", func(t *testing.T, s storage.Storage) {
			r := created(t, s, 1, storage.RunStarting)
			starting := storage.RunFilter{Statuses: []storage.RunStatus{storage.RunStarting}}
			assert.Equal(t, []int{1}, runs(t, s, starting))
			move(t, s, r, storage.RunStarted)
			assert.Empty(t, runs(t, s, starting))
			assert.Equal(t, []int{1}, runs(t, s, storage.RunFilter{Statuses: []storage.RunStatus{storage.RunStarted}}))
		}},
		{"lists/limits of runs", func(t *testing.T, s storage.Storage) {
			for n := range 1001 {
				create(t, s, n)
			}
			assert.Len(t, runs(t, s, storage.RunFilter{}), 100)
			assert.Len(t, runs(t, s, storage.RunFilter{Limit: -1}), 100)
			assert.Equal(t, []int{1000}, runs(t, s, storage.RunFilter{Limit: 1}))
			assert.Len(t, runs(t, s, storage.RunFilter{Limit: 5000}), 1000)
		}},
		{"lists/pages hold still while runs are created", testRunPages},
		{"lists/a page after a run that is gone", func(t *testing.T, s storage.Storage) {
			ended(t, s, 1)
			require.NoError(t, s.DeleteRun(t.Context(), runID(1)))
			_, err := s.Runs(t.Context(), storage.RunFilter{Before: runID(1)})
			require.ErrorIs(t, err, storage.ErrRunNotFound)
		}},
	}
}

func testRunFilters(t *testing.T, s storage.Storage) {
	create(t, s, 1, func(r *storage.Run) { r.Repository, r.Job = "shop", "a" })
	create(t, s, 2, func(r *storage.Run) {
		r.Repository, r.Job, r.Tags = "shop", "b", map[string]string{"x": "1", "y": ""}
	})
	create(t, s, 3, func(r *storage.Run) {
		r.Job, r.Tags, r.Assets = "a", map[string]string{"x": "1", "y": "2"}, []string{"k", "raw/k"}
	})
	create(t, s, 4, func(r *storage.Run) { r.Job, r.Root, r.Parent, r.Assets = "A", runID(1), runID(1), []string{"raw/k"} })
	create(t, s, 5, func(r *storage.Run) { r.Job, r.Root, r.Parent, r.Status = "a", runID(1), runID(4), storage.RunQueued })
	ended(t, s, 6)

	type tags = map[string]string
	for name, tt := range map[string]struct {
		f    storage.RunFilter
		want []int
	}{
		"all":             {storage.RunFilter{}, []int{6, 5, 4, 3, 2, 1}},
		"repository":      {storage.RunFilter{Repository: "shop"}, []int{2, 1}},
		"no repository":   {storage.RunFilter{Repository: "sho"}, []int{}},
		"job, its case":   {storage.RunFilter{Job: "a"}, []int{5, 3, 1}},
		"status":          {storage.RunFilter{Statuses: []storage.RunStatus{storage.RunQueued}}, []int{5}},
		"statuses":        {storage.RunFilter{Statuses: []storage.RunStatus{storage.RunQueued, storage.RunSucceeded}}, []int{6, 5}},
		"unknown status":  {storage.RunFilter{Statuses: []storage.RunStatus{"MANAGED"}}, []int{}},
		"tag":             {storage.RunFilter{Tags: tags{"x": "1"}}, []int{3, 2}},
		"tags":            {storage.RunFilter{Tags: tags{"x": "1", "y": "2"}}, []int{3}},
		"empty tag":       {storage.RunFilter{Tags: tags{"y": ""}}, []int{2}},
		"absent tag":      {storage.RunFilter{Tags: tags{"z": ""}}, []int{}},
		"one of two":      {storage.RunFilter{Tags: tags{"x": "1", "z": ""}}, []int{}},
		"asset":           {storage.RunFilter{Asset: "raw/k"}, []int{4, 3}},
		"part of a key":   {storage.RunFilter{Asset: "raw"}, []int{}},
		"root":            {storage.RunFilter{Root: runID(1)}, []int{5, 4, 1}},
		"root of none":    {storage.RunFilter{Root: runID(4)}, []int{4}},
		"all at once":     {storage.RunFilter{Job: "a", Tags: tags{"x": "1"}, Asset: "k"}, []int{3}},
		"job and status":  {storage.RunFilter{Job: "b", Statuses: []storage.RunStatus{storage.RunQueued}}, []int{}},
		"before":          {storage.RunFilter{Before: runID(3)}, []int{2, 1}},
		"before of other": {storage.RunFilter{Job: "a", Before: runID(4)}, []int{3, 1}},
		"job and limit":   {storage.RunFilter{Job: "a", Limit: 2}, []int{5, 3}},
		"root and before": {storage.RunFilter{Root: runID(1), Before: runID(5), Limit: 1}, []int{4}},
		"quotes":          {storage.RunFilter{Job: "a' OR '1'='1"}, []int{}},
	} {
		assert.Equal(t, tt.want, runs(t, s, tt.f), name)
	}
}

func testRunPages(t *testing.T, s storage.Storage) {
	want := make([]int, 25)
	for i := range want {
		create(t, s, i+1)
		want[len(want)-1-i] = i + 1
	}
	var got []int
	f := storage.RunFilter{Limit: 4}
	for n := 100; ; n++ {
		page := runs(t, s, f)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		f.Before = runID(page[len(page)-1])
		create(t, s, n)
	}
	assert.Equal(t, want, got)
}
