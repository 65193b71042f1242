package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/storage"
)

// runCase is one case of run_semantics: a job, and what becomes of each step of one run.
type runCase struct {
	Kind     string     `json:"kind"`
	Job      job        `json:"job"`
	Assets   []assetRow `json:"assets"`
	Select   []string   `json:"select"`
	Outcome  outcome    `json:"outcome"`
	Disputed string     `json:"disputed"`

	diff differences
}

// job is a graph of ops; the node of the job itself has no name.
type job struct {
	Nodes []*node  `json:"nodes"`
	Retry *retry   `json:"retry"`
	Hooks []string `json:"hooks"`
}

type retry struct {
	Max int `json:"max"`
}

// node is an op, or a graph of further nodes.
type node struct {
	Name      string   `json:"name"`
	In        []in     `json:"in"`
	Outs      []out    `json:"outs"`
	Do        do       `json:"do"`
	Retry     *retry   `json:"retry"`
	Nodes     []*node  `json:"nodes"`
	Resources []string `json:"resources"`
	Op        string   `json:"op"` // the definition's name, where that is another
	Hooks     []string `json:"hooks"`

	misled bool     // it takes a value of another type than it says
	types  []string // of the inputs that are values of their own, in the order of the body's parameters
}

type in struct {
	Name    string  `json:"name"`
	From    sources `json:"from"` // "node", "node.output", or "^input" of the enclosing graph
	FanIn   bool    `json:"fan_in"`
	Collect bool    `json:"collect"`
	Type    string  `json:"type"`

	Default json.RawMessage `json:"default"`
}

type out struct {
	Name     string `json:"name"`
	Optional bool   `json:"optional"`
	Dynamic  bool   `json:"dynamic"`
	Type     string `json:"type"`
	IO       string `json:"io"`
	From     string `json:"from"` // of a graph: "inner.output"
}

// do is what an op does.
type do struct {
	Emit     *[]string       `json:"emit"`
	Then     string          `json:"then"`
	Attempts int             `json:"attempts"` // Then happens only on the first so many; 0 for all
	Max      int             `json:"max"`
	Keys     []string        `json:"keys"` // Then happens only in these copies
	Before   bool            `json:"before"`
	Value    json.RawMessage `json:"value"`

	OnlyFirstRun    bool `json:"only_first_run"`
	IgnoreSelection bool `json:"ignore_selection"`
	CheckFirst      bool `json:"check_first"`
}

// The engine alone, on plans that are made by hand, has the same answers.
func TestConformanceRunSemanticsOnPlans(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "run_semantics", func(t *testing.T, c runCase) {
			t.Helper()

			plan, ops := planOf(t, c.Job)
			report, err := executor.Engine{}.Execute(t.Context(), executor.Request{
				Plan: plan, Worker: acting(ops), Sink: nowhere{}, Seed: 1,
			})
			require.NoError(t, err)

			assert.Equal(t, storage.RunStatus(c.Outcome.Status), report.Status)
			want, got := map[string]string{}, map[string]string{}
			for key, step := range c.Outcome.Steps {
				want[key] = step.Status
			}
			for _, step := range report.Steps {
				got[step.Key] = string(step.Status)
				assert.Equal(t, c.Outcome.Steps[step.Key].Retries, max(step.Attempts-1, 0), "retries of %s", step.Key)
			}
			leaveOutCopiesThatDidNotRun(got, want)
			assert.Equal(t, want, got)
		},
		beyondTheEngine()...,
	)
}

// beyondTheEngine are the cases that plans alone can't ask.
func beyondTheEngine() []conformance.Rule[runCase] {
	ops := func(match func(c runCase) bool) func(runCase) bool {
		return func(c runCase) bool { return c.Kind == "ops" && match(c) }
	}
	anyOp := func(match func(n *node) bool) func(runCase) bool {
		return ops(func(c runCase) bool { return slices.ContainsFunc(flat(c.Job.Nodes), match) })
	}
	return []conformance.Rule[runCase]{
		{
			Why:   "the engine knows no assets",
			Match: func(c runCase) bool { return c.Kind == "assets" },
		},
		{
			Why:   "maps nest here",
			Match: ops(func(c runCase) bool { return c.Outcome.DefinitionError }),
		},
		{
			Why: "a mapping key may hold dashes: dates are keys (docs/adr/0004)",
			Match: anyOp(func(n *node) bool {
				return n.Do.Emit != nil && slices.ContainsFunc(*n.Do.Emit, func(item string) bool {
					_, key, _ := strings.Cut(item, ":")
					return strings.Contains(key, "-")
				})
			}),
		},
		{
			Why:   "types are checked by the compiler, so none can be wrong in a run",
			Match: anyOp(func(n *node) bool { return strings.HasPrefix(string(n.Do.Value), `"`) }),
		},
		{
			Why: "IO managers and resources belong to whoever runs the step, not to the engine",
			Match: anyOp(func(n *node) bool {
				io := slices.ContainsFunc(n.Outs, func(o out) bool { return o.IO != "" })
				return io || slices.Contains(n.Resources, "bad")
			}),
		},
	}
}

// leaveOutCopiesThatDidNotRun drops copies of mapped steps below one that failed. Dagster has no record of them, or one for all
// of them, "m[?]"; the report says of each that it did not run.
func leaveOutCopiesThatDidNotRun(got, want map[string]string) {
	for key, status := range got {
		if _, known := want[key]; !known && status == string(executor.StepNotRun) && strings.HasSuffix(key, "]") {
			delete(got, key)
		}
	}
	for key, status := range want {
		step, all := strings.CutSuffix(key, "[?]")
		if !all || status != string(executor.StepNotRun) || got[key] != "" {
			continue
		}
		ran := slices.ContainsFunc(slices.Collect(maps.Keys(got)), func(k string) bool { return strings.HasPrefix(k, step+"[") })
		if !ran {
			delete(want, key)
		}
	}
}

// flat returns the ops of nested nodes.
func flat(nodes []*node) []*node {
	var ops []*node
	for _, n := range nodes {
		if n.Nodes == nil {
			ops = append(ops, n)
		}
		ops = append(ops, flat(n.Nodes)...)
	}
	return ops
}

// acting is a worker that does what the ops say; ops are by index of their step.
type acting []*node

func (a acting) RunStep(_ context.Context, t *executor.Task) executor.Outcome {
	n := a[t.Step]
	outcome, err := n.emit()
	if n.Do.Then == "" || n.Do.Then == "ok" || n.Do.Attempts > 0 && t.Attempt > n.Do.Attempts ||
		n.Do.Keys != nil && !slices.Contains(n.Do.Keys, t.MapKeys[0]) {
		outcome.Err = err
		return outcome
	}
	switch raised := errors.New(n.Do.Then); n.Do.Then {
	case "retry_requested":
		outcome.Err = executor.RetryUpTo(raised, 0, max(n.Do.Max, 1))
	case "failure_no_retries":
		outcome.Err = executor.NoRetry(raised)
	default:
		outcome.Err = raised
	}
	return outcome
}

// emit says which outputs the op makes, and what is wrong with that.
func (n *node) emit() (executor.Outcome, error) {
	made := map[string][]string{}
	if n.Do.Emit == nil {
		for _, o := range n.outputs() {
			made[o.Name] = nil
		}
	} else {
		for _, item := range *n.Do.Emit {
			name, key, mapped := strings.Cut(item, ":")
			if _, twice := made[name]; twice && !mapped || slices.Contains(made[name], key) && mapped {
				return executor.Outcome{}, executor.NoRetry(errors.New("output made twice: " + item))
			}
			made[name] = append(made[name], key)
		}
	}
	outcome := executor.Outcome{Keys: map[int][]string{}}
	for i, o := range n.outputs() {
		keys, ok := made[o.Name]
		switch {
		case o.Dynamic:
			outcome.Keys[i] = keys
		case !ok && o.Optional:
			outcome.Missing = append(outcome.Missing, i)
		case !ok:
			return executor.Outcome{}, executor.NoRetry(errors.New("output not made: " + o.Name))
		}
		delete(made, o.Name)
	}
	for name := range made {
		return executor.Outcome{}, executor.NoRetry(errors.New("no such output: " + name))
	}
	return outcome, nil
}

func (n *node) outputs() []out {
	if n.Outs == nil {
		return []out{{Name: "result"}}
	}
	return n.Outs
}
