package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

// subsets returns every choice of the options, applied to the zero value.
func subsets[T any](options ...func(*T)) []T {
	out := make([]T, 0, 1<<len(options))
	for bits := range 1 << len(options) {
		var v T
		for i, o := range options {
			if bits>>i&1 == 1 {
				o(&v)
			}
		}
		out = append(out, v)
	}
	return out
}

// assertIndexed holds that a plan walks indexes only, in their order.
func assertIndexed(t *testing.T, shape string, plan []string, err error) {
	t.Helper()
	require.NoError(t, err, shape)
	require.NotEmpty(t, plan, shape)
	for _, line := range plan {
		assert.NotContains(t, line, "TEMP B-TREE", "%s: %v", shape, plan)
		if strings.HasPrefix(line, "SCAN") {
			// The page of all runs is a walk through their index from its end; a page of others starts at a key.
			assert.Equal(t, "SCAN r USING INDEX runs_created", line, "%s: %v", shape, plan)
		}
	}
}

func TestEvents_everyFilterUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	shapes := subsets(
		func(f *storage.EventFilter) { f.Run = "r" },
		func(f *storage.EventFilter) { f.Step = "s" },
		func(f *storage.EventFilter) { f.Asset = "a" },
		func(f *storage.EventFilter) { f.Partition = "p" },
		func(f *storage.EventFilter) { f.Kinds = append(f.Kinds, storage.StepFailure, storage.RunFailure) },
		func(f *storage.EventFilter) { f.Kinds = append(f.Kinds, storage.StepOutput) },
		func(f *storage.EventFilter) { f.After = 5 },
		func(f *storage.EventFilter) { f.Before = 9 },
		func(f *storage.EventFilter) { f.Newest = true },
	)
	for _, f := range shapes {
		plan, err := s.PlanEvents(t.Context(), f)
		assertIndexed(t, fmt.Sprintf("%+v", f), plan, err)
		want := "SEARCH e USING INTEGER PRIMARY KEY (rowid>?"
		switch {
		case f.Run != "":
			want = "SEARCH e USING INDEX events_run (run=? AND id>?"
		case f.Asset != "":
			want = "SEARCH e USING INDEX events_asset (asset=? AND id>?"
		case len(f.Kinds) == 2:
			want = "SEARCH e USING INDEX events_rare (id>?"
		}
		assert.True(t, strings.HasPrefix(plan[0], want), "%+v: %v", f, plan)
	}
}

func TestRuns_everyFilterUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.CreateRun(t.Context(), storage.Run{ID: "last"}))
	shapes := subsets(
		func(f *storage.RunFilter) { f.Repository = "r" },
		func(f *storage.RunFilter) { f.Job = "j" },
		func(f *storage.RunFilter) { f.Statuses = append(f.Statuses, storage.RunQueued) },
		func(f *storage.RunFilter) { f.Statuses = append(f.Statuses, storage.RunStarted, storage.RunStarting) },
		func(f *storage.RunFilter) { f.Tags = map[string]string{"a": "1"} },
		func(f *storage.RunFilter) { f.Tags = map[string]string{"a": "1", "b": "2"} },
		func(f *storage.RunFilter) { f.Asset = "a" },
		func(f *storage.RunFilter) { f.Root = "r" },
		func(f *storage.RunFilter) { f.Before = "last" },
	)
	for _, f := range shapes {
		plan, err := s.PlanRuns(t.Context(), f)
		assertIndexed(t, fmt.Sprintf("%+v", f), plan, err)
	}
}

func TestAssets_everyFilterUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	shapes := subsets(
		func(f *storage.AssetFilter) { f.Prefix = "p" },
		func(f *storage.AssetFilter) { f.After = "q" },
	)
	for _, f := range shapes {
		plan, err := s.PlanAssets(t.Context(), f)
		assertIndexed(t, fmt.Sprintf("%+v", f), plan, err)
	}
	plan, err := s.PlanLatest(t.Context())
	assertIndexed(t, "latest", plan, err)
	plan, err = s.PlanLatestOf(t.Context())
	assertIndexed(t, "latest of several", plan, err)
}

func TestDeleteRun_usesIndexes(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	plan, err := s.PlanDeletion(t.Context())
	assertIndexed(t, "deletion", plan, err)
}

func TestPartitions_everyStatementUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	plan, err := s.PlanPartitions(t.Context())
	assertIndexed(t, "partitions", plan, err)
}

func TestChecks_everyFilterUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	shapes := subsets(
		func(f *storage.CheckFilter) { f.Assets = append(f.Assets, "a", "b") },
		func(f *storage.CheckFilter) { f.Assets = append(f.Assets, "c") },
		func(f *storage.CheckFilter) { f.Check = "k" },
		func(f *storage.CheckFilter) { f.Partition = "p" },
		func(f *storage.CheckFilter) { f.After = storage.CheckKey{Asset: "b", Check: "k"} },
	)
	for _, f := range shapes {
		plan, err := s.PlanChecks(t.Context(), f)
		assertIndexed(t, fmt.Sprintf("%+v", f), plan, err)
	}
}

func TestInstigators_everyFilterUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	shapes := subsets(
		func(f *storage.InstigatorFilter) { f.Repository = "r" },
		func(f *storage.InstigatorFilter) { f.Kind = storage.SensorInstigator },
		func(f *storage.InstigatorFilter) { f.Name = "n" },
		func(f *storage.InstigatorFilter) { f.After.Name = "a" },
		func(f *storage.InstigatorFilter) { f.Due = time.Unix(1, 0) },
	)
	for _, f := range shapes {
		plan, err := s.PlanInstigators(t.Context(), f)
		assertIndexed(t, fmt.Sprintf("%+v", f), plan, err)
		if !f.Due.IsZero() {
			assert.Contains(t, plan[0], "SEARCH i USING INDEX instigators_next (next", "%+v", f)
		}
	}
}

func TestTicks_everyFilterUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	shapes := subsets(
		func(f *storage.TickFilter) { f.Repository = "r" },
		func(f *storage.TickFilter) { f.Kind = storage.SensorInstigator },
		func(f *storage.TickFilter) { f.Name = "n" },
		func(f *storage.TickFilter) { f.Statuses = append(f.Statuses, storage.TickStarted) },
		func(f *storage.TickFilter) { f.Statuses = append(f.Statuses, storage.TickFailure, storage.TickSuccess) },
		func(f *storage.TickFilter) { f.Run = "r" },
		func(f *storage.TickFilter) { f.Before = 7 },
	)
	for _, f := range shapes {
		plan, err := s.PlanTicks(t.Context(), f)
		assertIndexed(t, fmt.Sprintf("%+v", f), plan, err)
	}
}

func TestDaemon_everyStatementUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "dagster.db"))
	defer func() { require.NoError(t, s.Close()) }()
	plan, err := s.PlanDaemon(t.Context())
	assertIndexed(t, "daemon", plan, err)
}
