package machine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

func compile(t *testing.T, p *machine.Plan) *machine.Graph {
	t.Helper()
	g, err := machine.Compile(p)
	require.NoError(t, err)
	return g
}

func input(source machine.Source) machine.Input {
	return machine.Input{Sources: []machine.Source{source}}
}

// mapped is a plan with a map: gen -> m[key] -> all, and a step beside it.
func mapped() *machine.Plan {
	result := []machine.Output{{Name: "result"}}
	return &machine.Plan{Steps: []machine.Step{
		{Key: "gen", Outputs: []machine.Output{{Name: "keys", Dynamic: true}}},
		{Key: "m", Outputs: result, Map: &machine.Source{}, Inputs: []machine.Input{input(machine.Source{})}},
		{Key: "all", Outputs: result, Inputs: []machine.Input{input(machine.Source{Step: 1})}},
		{Key: "beside", Outputs: result, Retry: machine.Retry{Max: 2, Delay: time.Second, Jitter: machine.FullJitter}},
	}}
}

func TestMistakesInAPlanAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := machine.Compile(&machine.Plan{Steps: []machine.Step{
		{Key: "a"},
		{Key: "a"},
		{Key: "b[x]"},
		{Key: "c", Inputs: []machine.Input{{Name: "in", Sources: []machine.Source{{Step: 9}}}}},
		{Key: "d", Inputs: []machine.Input{{Name: "in", Sources: []machine.Source{{Step: 0}}}}},
		{Key: "e", Outputs: make([]machine.Output, 65)},
		{Key: "f", Map: &machine.Source{Step: 5}},
		{Key: "g", Inputs: []machine.Input{{Name: "in"}}},
		{Key: "h", Retry: machine.Retry{Max: -1}},
		{Key: "i", Inputs: []machine.Input{{Name: "in", Kind: 99}}},
	}})
	require.Error(t, err)
	for _, want := range []string{
		`step "a": key is taken`, `step "b[x]": key is empty or has brackets`, `step "c": input "in": source 9 is not a step before it`,
		`step "d": input "in": step "a" has no output 0`, `step "e": 65 outputs are more than 64`, `step "f": map: output 0 of step "e" is not dynamic`,
		`step "g": input "in": kind 0 with 0 sources`, `step "h": retry or timeout is negative`, `step "i": input "in": kind 99 with 0 sources`,
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = machine.Compile(nil)
	require.Error(t, err)
}

func TestEventsOfAnEarlierAttemptChangeNothing(t *testing.T) {
	t.Parallel()
	m, _ := machine.New(compile(t, mapped()), 1)
	beside, _ := m.Lookup("beside")
	all, _ := m.Lookup("all")
	m.Apply(machine.Event{Kind: machine.Began, ID: beside, Attempt: 1})
	retry := m.Apply(machine.Event{Kind: machine.Broke, ID: beside, Attempt: 1})
	require.Len(t, retry, 1)
	assert.Equal(t, machine.DoRetry, retry[0].Do)
	run := m.Apply(machine.Event{Kind: machine.Due, ID: beside, Attempt: 1})
	assert.Equal(t, []machine.Command{{Do: machine.DoRun, ID: beside, Attempt: 2}}, run)
	for _, kind := range []machine.EventKind{machine.Began, machine.Made, machine.Broke, machine.Interrupted, machine.Due} {
		assert.Empty(t, m.Apply(machine.Event{Kind: kind, ID: beside, Attempt: 1}))
	}
	assert.Equal(t, machine.Ready, m.State(beside))
	assert.Empty(t, m.Apply(machine.Event{Kind: machine.Made, ID: 99, Attempt: 1}), "no such step")
	assert.Empty(t, m.Apply(machine.Event{Kind: machine.Made, ID: all}), "not ready yet")
	assert.Equal(t, machine.Pending, m.State(all))
}

func TestTheSameEventsGiveTheSameCommands(t *testing.T) {
	t.Parallel()
	g := compile(t, mapped())
	play := func(order uint64) string {
		m, commands := machine.New(g, 42)
		random := rand.New(rand.NewPCG(order, 0))
		queue := append([]machine.Command(nil), commands...)
		var said strings.Builder
		fmt.Fprint(&said, commands)
		for len(queue) > 0 {
			i := random.IntN(len(queue))
			c := queue[i]
			queue = append(queue[:i], queue[i+1:]...)
			e := machine.Event{Kind: machine.Due, ID: c.ID, Attempt: c.Attempt}
			if c.Do == machine.DoRun {
				m.Apply(machine.Event{Kind: machine.Began, ID: c.ID, Attempt: c.Attempt})
				e.Kind = machine.Made
				if m.Step(c.ID) == 0 {
					e.Keys = map[int][]string{0: {"b", "a", "c"}}
				}
				if m.Step(c.ID) == 3 && c.Attempt < 3 {
					e.Kind = machine.Broke
				}
			}
			next := m.Apply(e)
			fmt.Fprint(&said, next)
			queue = append(queue, next...)
		}
		require.True(t, m.Done())
		return said.String()
	}
	for order := range uint64(20) {
		assert.Equal(t, play(order), play(order))
	}
}

func TestCancelLeavesWhatRunsToItsDriver(t *testing.T) {
	t.Parallel()
	m, _ := machine.New(compile(t, mapped()), 1)
	beside, _ := m.Lookup("beside")
	m.Apply(machine.Event{Kind: machine.Began, ID: 0, Attempt: 1})
	assert.Empty(t, m.Apply(machine.Event{Kind: machine.Cancel}))
	assert.Equal(t, []machine.State{machine.Running, machine.NotRun}, []machine.State{m.State(0), m.State(beside)})
	assert.False(t, m.Done())
	pass := m.Apply(machine.Event{Kind: machine.Made, ID: 0, Attempt: 1, Keys: map[int][]string{0: {"a"}}})
	assert.Equal(t, []machine.Command{{Do: machine.DoPass, ID: 0, Attempt: 1}}, pass, "no copy is started")
	assert.True(t, m.Done())
	assert.True(t, m.Canceled())
}

// history is a log of step events in short.
func history(lines ...[2]string) (events []storage.Event) {
	for _, l := range lines {
		e := storage.Event{Seq: int64(len(events) + 1), Step: l[0], Kind: storage.EventKind(l[1]), Attempt: 1}
		if key, ok := map[string]string{"KEY a": "a", "KEY b": "b"}[l[1]]; ok {
			e.Kind, e.Data = storage.StepOutput, &storage.OutputData{Output: "keys", MapKey: key}
		}
		events = append(events, e)
	}
	return events
}

func TestReexecutionSelectsWhatFailedAndWhatDidNotRun(t *testing.T) {
	t.Parallel()
	g := compile(t, mapped())
	for _, tt := range []struct {
		name string
		log  []storage.Event
		want []string
	}{
		{"nothing happened", nil, []string{"gen", "m[?]", "all", "beside"}},
		{"the source of a map failed", history([2]string{"gen", "STEP_START"}, [2]string{"gen", "STEP_FAILURE"}, [2]string{"beside", "STEP_START"}, [2]string{"beside", "STEP_SUCCESS"}), []string{"gen", "m[?]", "all"}},
		{"one copy failed", history(
			[2]string{"gen", "STEP_START"}, [2]string{"gen", "KEY a"}, [2]string{"gen", "KEY b"}, [2]string{"gen", "STEP_SUCCESS"},
			[2]string{"m[a]", "STEP_START"}, [2]string{"m[b]", "STEP_START"}, [2]string{"m[b]", "STEP_FAILURE"}, [2]string{"m[a]", "STEP_SUCCESS"},
			[2]string{"beside", "STEP_START"}, [2]string{"beside", "STEP_SUCCESS"},
		), []string{"m[b]", "all"}},
		{"no keys", history([2]string{"gen", "STEP_START"}, [2]string{"gen", "STEP_SUCCESS"}, [2]string{"all", "STEP_START"}, [2]string{"all", "STEP_SUCCESS"}), []string{"beside"}},
	} {
		got, err := machine.FromFailure(g, tt.log)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, tt.name)
	}
	_, err := machine.FromFailure(g, history([2]string{"other", "STEP_START"}))
	require.EqualError(t, err, `event 1: plan has no step "other"`)
}

func TestReexecutionLeavesOutWhatWasSkipped(t *testing.T) {
	t.Parallel()
	p := &machine.Plan{Steps: []machine.Step{
		{Key: "a", Outputs: []machine.Output{{Name: "o", Optional: true}}},
		{Key: "b", Outputs: []machine.Output{{Name: "o"}}},
		{Key: "both", Outputs: []machine.Output{{Name: "o"}}, Inputs: []machine.Input{input(machine.Source{}), input(machine.Source{Step: 1})}},
		{Key: "below", Inputs: []machine.Input{input(machine.Source{Step: 2})}},
	}}
	got, err := machine.FromFailure(compile(t, p), history(
		[2]string{"a", "STEP_START"}, [2]string{"a", "STEP_SUCCESS"}, [2]string{"b", "STEP_START"}, [2]string{"b", "STEP_FAILURE"},
	))
	require.NoError(t, err)
	assert.Equal(t, []string{"b"}, got)
}

func TestRebuildSkipsAgainOnlyWhatTheLogDoesNotSay(t *testing.T) {
	t.Parallel()
	p := &machine.Plan{Steps: []machine.Step{
		{Key: "a", Outputs: []machine.Output{{Name: "o", Optional: true}}},
		{Key: "b", Outputs: []machine.Output{{Name: "o"}}, Inputs: []machine.Input{input(machine.Source{})}},
		{Key: "c", Inputs: []machine.Input{input(machine.Source{Step: 1})}},
	}}
	log := history([2]string{"a", "STEP_START"}, [2]string{"a", "STEP_SUCCESS"}, [2]string{"b", "STEP_SKIPPED"})
	m, commands, err := machine.Rebuild(compile(t, p), 1, log, time.Time{})
	require.NoError(t, err)
	assert.Equal(t, []machine.Command{{Do: machine.DoSkip, ID: 2}}, commands)
	assert.True(t, m.Done())
}
