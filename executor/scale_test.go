package executor_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/executortest"
	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/storage"
)

const many = 100_000

func TestADeepChainAndAWideFan(t *testing.T) {
	t.Parallel()
	for name, deps := range map[string][][]int{"chain": dags.Chain(many), "fan": dags.Fan(many)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: graph(deps), Worker: bodies{}, MaxConcurrent: 4})
			require.NoError(t, err)
			assert.Equal(t, storage.RunSucceeded, report.Status)
			assert.Equal(t, map[executor.StepStatus]int{executor.StepSucceeded: many}, count(report))
		})
	}
}

func TestASkipGoesDownADeepChain(t *testing.T) {
	t.Parallel()
	p := graph(dags.Chain(many))
	p.Steps[0].Outputs[0].Optional = true
	log := &executortest.Log{}
	report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: p, Sink: log, Worker: bodies{
		"n0": func(context.Context, *executor.Task) executor.Outcome { return executor.Outcome{Missing: []int{0}} },
	}})
	require.NoError(t, err)
	assert.Equal(t, map[executor.StepStatus]int{executor.StepSucceeded: 1, executor.StepSkipped: many - 1}, count(report))
	events := log.Events()
	require.Len(t, events, 2+many-1)
	for i, e := range events[2:] {
		require.Equal(t, stepName(i+1), e.Step)
	}
}

func TestAMapOfManyKeys(t *testing.T) {
	t.Parallel()
	keys := make([]string, many)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	p := &executor.Plan{Steps: []executor.Step{
		{Key: "gen", Outputs: []executor.Output{{Name: "keys", Dynamic: true}}},
		{Key: "m", Outputs: []executor.Output{{Name: "result"}}, Map: &executor.Source{}, Inputs: []executor.Input{{Sources: []executor.Source{{}}}}},
		{Key: "all", Inputs: []executor.Input{{Sources: []executor.Source{{Step: 1}}}}},
	}}
	var last string
	report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: p, Worker: bodies{
		"gen": func(context.Context, *executor.Task) executor.Outcome {
			return executor.Outcome{Keys: map[int][]string{0: keys}}
		},
		"all": func(_ context.Context, t *executor.Task) executor.Outcome {
			made := t.Sources(0)
			last = made[len(made)-1].Key
			return executor.Outcome{}
		},
	}})
	require.NoError(t, err)
	assert.Equal(t, map[executor.StepStatus]int{executor.StepSucceeded: many + 2}, count(report))
	assert.Equal(t, "m[99999]", last)
}

func count(r *executor.Report) map[executor.StepStatus]int {
	n := map[executor.StepStatus]int{}
	for _, s := range r.Steps {
		n[s.Status]++
	}
	return n
}
