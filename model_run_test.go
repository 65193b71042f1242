package dagster_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// checkMany checks a property with a hundred draws a round, and with many more where there is time for them.
func checkMany(t *testing.T, rounds int, property func(t *rapid.T)) {
	t.Helper()

	if os.Getenv("DAGSTER_DEEP") != "" {
		rounds *= 10
	}
	for range rounds {
		rapid.Check(t, property)
	}
}

// drawModel draws what to run.
func drawModel(t *rapid.T, resumable bool) *modelSpec {
	m := &modelSpec{resumable: resumable, uses: map[string]*int{}}
	for _, use := range []string{"used", "reused"} {
		m.uses[use] = m.drawRetry(t)
	}
	m.scope = m.draw(t, nil, nil, 2)
	return m
}

// outcomes are the model's ends by step, as text.
func (r *modelRun) outcomes() map[string]string {
	all := map[string]string{}
	for key, e := range r.ends {
		all[key] = fmt.Sprint(e.status, " ", e.attempts)
	}
	return all
}

func reportedOutcomes(r *dagster.Result) map[string]string {
	all := map[string]string{}
	for _, s := range r.Steps() {
		all[s.Key] = fmt.Sprint(s.Status, " ", s.Attempts)
	}
	return all
}

func TestJobsDoWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	checkMany(t, 3, func(t *rapid.T) {
		spec := drawModel(t, false)
		want := spec.run(true)
		job := spec.declare()
		limit := rapid.IntRange(1, 4).Draw(t, "concurrent")
		opts := []dagster.RunOption{dagster.MaxConcurrent(limit)}
		pools := rapid.IntRange(0, 2).Draw(t, "in a pool")
		if pools > 0 {
			opts = append(opts, dagster.LimitTag("pool", "a", pools))
		}
		r, err := job.repo.Execute(t.Context(), job.job, opts...)
		require.NotEmpty(t, r.RunID(), "%v", err)
		require.Equal(t, want.outcomes(), reportedOutcomes(r))

		took := map[string]string{}
		for key, e := range want.ends {
			if e.attempts > 0 {
				took[key] = e.took
			}
		}
		require.Equal(t, took, job.took)
		require.LessOrEqual(t, job.most[""], limit)
		if pools > 0 {
			require.LessOrEqual(t, job.most["a"], pools)
		}
		want.compareValues(t, job, r)
	})
}

// compareValues compares what ops made, and the graph.
func (r *modelRun) compareValues(t *rapid.T, job *modelJob, result *dagster.Result) {
	all, failed := map[*modelStep]map[string]int{}, map[*modelStep]bool{}
	for key, e := range r.ends {
		name, path := cutKey(key)
		step := job.steps[name]
		switch {
		case e.status == executor.StepSucceeded && all[step] == nil:
			all[step] = map[string]int{path: e.value}
		case e.status == executor.StepSucceeded:
			all[step][path] = e.value
		case e.status != executor.StepSkipped && path != "?":
			failed[step] = true
		}
	}
	for step, values := range all {
		if job.made[step] == nil || failed[step] {
			continue
		}
		got, err := job.made[step](result)
		require.NoError(t, err)
		require.Equal(t, values, got, "values of %s", step.name)
	}
	got, err := job.graph.Value(result)
	if end := r.ends[r.scope.out().name]; end.status == executor.StepSucceeded {
		require.NoError(t, err)
		require.Equal(t, end.value, got)
	} else {
		require.Error(t, err)
	}
}

// A run that fails, and is run again from its failure until the bodies are mended, ends as if it had never failed.
func TestReexecutionEndsLikeARunThatNeverFailed(t *testing.T) {
	t.Parallel()
	checkMany(t, 3, func(t *rapid.T) {
		spec := drawModel(t, false)
		var opts []dagster.JobOption
		elsewhere := rapid.Bool().Draw(t, "in other processes")
		if elsewhere && rapid.Bool().Draw(t, "durable") {
			opts = append(opts, dagster.Durable())
		}
		job := spec.declare(opts...)
		config := dagster.InstanceConfig{Storage: storage.NewMemory(), IO: dagster.MemoryIO()}
		inst := dagster.NewInstance(config)
		r, err := job.repo.Execute(t.Context(), job.job, dagster.OnInstance(inst))
		require.NotEmpty(t, r.RunID(), "%v", err)
		runs := []*dagster.Result{r}
		for broken := rapid.IntRange(0, 2).Draw(t, "failures before it is mended"); r.Status() == storage.RunFailed; broken-- {
			job.round.Add(1)
			job.whole.Store(broken <= 0)
			if elsewhere {
				inst = dagster.NewInstance(config)
			}
			r, err = job.repo.Reexecute(t.Context(), r.RunID(), dagster.FailedSteps(), dagster.OnInstance(inst))
			require.NotEmpty(t, r.RunID(), "%v", err)
			require.False(t, broken <= 0 && err != nil, "%v", err)
			runs = append(runs, r)
		}
		_, err = job.repo.Reexecute(t.Context(), r.RunID(), dagster.FailedSteps(), dagster.OnInstance(inst))
		require.ErrorContains(t, err, "nothing failed in it")
		spec.run(false).compareLast(t, job, runs)
	})
}

// compareLast compares what became of each step in the last run that ran it.
func (r *modelRun) compareLast(t *rapid.T, job *modelJob, runs []*dagster.Result) {
	got, want := map[string]executor.StepStatus{}, map[string]executor.StepStatus{}
	ran := runs[0] // the last that ran what makes the graph's value
	out := r.scope.out().name
	for _, run := range runs {
		for _, s := range run.Steps() {
			if s.Status == executor.StepSucceeded || s.Status == executor.StepSkipped {
				got[s.Key] = s.Status
			}
			if s.Key == out {
				ran = run
			}
		}
	}
	for key, e := range r.ends {
		if e.status != executor.StepNotRun { // of no keys at all
			want[key] = e.status
		}
		if e.attempts > 0 {
			require.Equal(t, e.took, job.took[key], "what %s took", key)
		}
	}
	require.Equal(t, want, got)
	if end := r.ends[out]; end.status == executor.StepSucceeded {
		value, err := job.graph.Value(ran)
		require.NoError(t, err)
		require.Equal(t, end.value, value)
	}
}

func cutKey(key string) (name, path string) {
	name, path, _ = strings.Cut(strings.TrimSuffix(key, "]"), "[")
	return name, path
}
