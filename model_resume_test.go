package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/executortest"
	"github.com/dagster-go/dagster/storage"
)

// resumer is an executor that runs a plan once to its end, and then again from every point at which it could have crashed.
type resumer struct {
	events  []storage.Event
	resumed []map[string]executor.StepStatus // by number of events before the crash
}

// both records events twice.
type both [2]executor.Sink

// Record records the events.
func (b both) Record(events ...storage.Event) {
	for _, s := range b {
		s.Record(events...)
	}
}

// Execute returns the report of the first time.
func (x *resumer) Execute(ctx context.Context, r executor.Request) (*executor.Report, error) {
	var log executortest.Log
	again := r
	r.Sink = both{r.Sink, &log}
	report, err := executor.Engine{}.Execute(ctx, r)
	if err != nil {
		return nil, err
	}
	x.events = log.Events()
	for n := range len(x.events) + 1 {
		again.Sink, again.History = nil, x.events[:n]
		resumed, err := executor.Engine{}.Execute(ctx, again)
		if err != nil {
			return nil, err
		}
		ends := map[string]executor.StepStatus{}
		for _, s := range resumed.Steps {
			ends[s.Key] = s.Status
		}
		x.resumed = append(x.resumed, ends)
	}
	return report, nil
}

// However many of its events were stored when a job's run crashed, carried on it ends as the model says.
func TestJobsResumeFromAnyPrefixToWhatTheModelSays(t *testing.T) {
	t.Parallel()
	checkMany(t, 1, func(t *rapid.T) {
		spec := drawModel(t, true)
		want := map[string]executor.StepStatus{}
		for key, e := range spec.run(true).ends {
			want[key] = e.status
		}
		job, x := spec.declare(), &resumer{}
		r, _ := job.repo.Execute(t.Context(), job.job, dagster.WithExecutor(x), dagster.MaxConcurrent(rapid.IntRange(1, 4).Draw(t, "concurrent")))
		require.Len(t, x.resumed, len(x.events)+1, "%v", r.Err())
		for n, got := range x.resumed {
			require.Equal(t, want, got, "carried on after %d of %d events", n, len(x.events))
		}
	})
}
