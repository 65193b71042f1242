package executor_test

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/executortest"
)

// model runs plans the simplest way there is: one step after the other, copies and all, by what the words of the contract say.
type model struct {
	plan   *executor.Plan
	act    behaviour
	copies [][]*modelCopy // by step
	took   map[string]string
}

// behaviour decides what an attempt does.
type behaviour func(step int, key string, attempt int) executor.Outcome

type modelCopy struct {
	path     []string
	open     bool // false: its keys did not become known
	status   executor.StepStatus
	attempts int
	outcome  executor.Outcome
}

func (c *modelCopy) key(s *executor.Step) string {
	path := c.path
	if !c.open {
		path = append(slices.Clone(path), "?")
	}
	if len(path) == 0 {
		return s.Key
	}
	return s.Key + "[" + strings.Join(path, "/") + "]"
}

// maps returns the sources that a step is mapped over, outermost first.
func (m *model) maps(step int) []executor.Source {
	over := m.plan.Steps[step].Map
	if over == nil {
		return nil
	}
	return append(m.maps(over.Step), *over)
}

func (m *model) run() {
	m.took = map[string]string{}
	for i := range m.plan.Steps {
		m.copies = append(m.copies, m.expand(i))
		for _, c := range m.copies[i] {
			if c.open {
				m.runCopy(i, c)
			}
		}
	}
}

func (m *model) expand(step int) []*modelCopy {
	over := m.plan.Steps[step].Map
	if over == nil {
		return []*modelCopy{{open: true}}
	}
	var out []*modelCopy
	for _, p := range m.copies[over.Step] {
		switch {
		case !p.open, p.status != executor.StepSucceeded:
			out = append(out, &modelCopy{path: p.path, status: p.status})
		default:
			for _, k := range p.outcome.Keys[over.Output] {
				out = append(out, &modelCopy{path: append(slices.Clone(p.path), k), open: true})
			}
		}
	}
	return out
}

// of returns the copies of a source that a copy takes.
func (m *model) of(step int, c *modelCopy, source int) []*modelCopy {
	mine, its := m.maps(step), m.maps(source)
	shared := 0
	for shared < min(len(mine), len(its)) && mine[shared] == its[shared] {
		shared++
	}
	var out []*modelCopy
	for _, o := range m.copies[source] {
		if n := min(shared, len(o.path)); slices.Equal(o.path[:n], c.path[:n]) {
			out = append(out, o)
		}
	}
	return out
}

func (m *model) runCopy(step int, c *modelCopy) {
	s := &m.plan.Steps[step]
	skip, fail := false, false
	var inputs []string
	for _, in := range s.Inputs {
		ok, skipped, failed := 0, 0, 0
		var values []string
		for _, src := range in.Sources {
			srcOK, srcSkipped, before := 0, 0, failed
			for _, o := range m.of(step, c, src.Step) {
				switch {
				case o.status == executor.StepSkipped, o.status == executor.StepSucceeded && slices.Contains(o.outcome.Missing, src.Output):
					srcSkipped++
				case o.status == executor.StepSucceeded:
					srcOK++
					values = append(values, m.values(step, c, src, o)...)
				default:
					failed++
				}
			}
			ok, skipped = ok+srcOK, skipped+srcSkipped
			skip = skip || in.Kind == executor.After && srcSkipped > 0 && srcOK == 0 && failed == before
		}
		skip = skip || (in.Kind == executor.Needs || in.Kind == executor.FanIn) && skipped > 0 && ok+failed == 0
		fail = fail || in.Kind != executor.Finally && failed > 0
		inputs = append(inputs, strings.Join(values, " "))
	}
	switch {
	case skip:
		c.status = executor.StepSkipped
		return
	case fail:
		c.status = executor.StepNotRun
		return
	}
	m.took[c.key(s)] = strings.Join(inputs, "; ")
	for c.status = executor.StepFailed; c.attempts <= s.Retry.Max && c.status == executor.StepFailed; {
		c.attempts++
		c.outcome = m.act(step, c.key(s), c.attempts)
		if c.outcome.Err == nil {
			c.status = executor.StepSucceeded
		}
	}
}

// values names what a copy of a source gives to a copy of a step.
func (m *model) values(step int, c *modelCopy, src executor.Source, o *modelCopy) (out []string) {
	s := &m.plan.Steps[src.Step]
	name := fmt.Sprintf("%s.%d", o.key(s), src.Output)
	if !s.Outputs[src.Output].Dynamic {
		return []string{name}
	}
	if i := slices.Index(m.maps(step), src); i >= 0 {
		return []string{name + ":" + c.path[i]}
	}
	for _, k := range o.outcome.Keys[src.Output] {
		out = append(out, name+":"+k)
	}
	return out
}

// drawPlan draws a plan of up to 14 steps with maps, retries, tags and every kind of input.
func drawPlan(t *rapid.T) *executor.Plan {
	p := &executor.Plan{}
	var dynamic []executor.Source
	for i := range rapid.IntRange(1, 14).Draw(t, "steps") {
		s := executor.Step{Key: stepName(i), Retry: executor.Retry{Max: rapid.IntRange(0, 2).Draw(t, "retries")}}
		s.Priority = rapid.IntRange(0, 1).Draw(t, "priority")
		if rapid.Bool().Draw(t, "tagged") {
			s.Tags = map[string]string{"pool": rapid.SampledFrom([]string{"a", "b"}).Draw(t, "pool")}
		}
		if len(dynamic) > 0 && rapid.IntRange(0, 2).Draw(t, "mapped") > 0 {
			over := rapid.SampledFrom(dynamic).Draw(t, "over")
			s.Map = &over
			if rapid.Bool().Draw(t, "takes its element") {
				s.Inputs = append(s.Inputs, executor.Input{Sources: []executor.Source{over}})
			}
		}
		for range rapid.IntRange(1, 2).Draw(t, "outputs") {
			o := executor.Output{Name: fmt.Sprint("o", len(s.Outputs)), Optional: rapid.Bool().Draw(t, "optional")}
			o.Dynamic = rapid.IntRange(0, 2).Draw(t, "dynamic") == 0
			if o.Dynamic {
				dynamic = append(dynamic, executor.Source{Step: i, Output: len(s.Outputs)})
			}
			s.Outputs = append(s.Outputs, o)
		}
		if i > 0 {
			for range rapid.IntRange(0, 3).Draw(t, "inputs") {
				s.Inputs = append(s.Inputs, drawInput(t, p))
			}
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

func drawInput(t *rapid.T, p *executor.Plan) executor.Input {
	in := executor.Input{Kind: rapid.SampledFrom([]executor.InputKind{
		executor.Needs, executor.Needs, executor.FanIn, executor.After, executor.Finally, executor.Maybe,
	}).Draw(t, "kind")}
	n := 1
	if in.Kind != executor.Needs {
		n = rapid.IntRange(0, 3).Draw(t, "sources")
	}
	for range n {
		step := rapid.IntRange(0, len(p.Steps)-1).Draw(t, "source")
		output := rapid.IntRange(0, len(p.Steps[step].Outputs)-1).Draw(t, "output")
		in.Sources = append(in.Sources, executor.Source{Step: step, Output: output})
	}
	return in
}

// drawBehaviour draws what attempts do: the same attempt always does the same. Resumable ones fail always or never.
func drawBehaviour(t *rapid.T, p *executor.Plan, resumable bool) behaviour {
	seed := maphash.MakeSeed()
	salt := rapid.Uint64().Draw(t, "behaviour")
	roll := func(key, what string, n int) int {
		return int(maphash.Comparable(seed, fmt.Sprint(salt, key, what)) % uint64(n))
	}
	return func(step int, key string, attempt int) executor.Outcome {
		try := strconv.Itoa(attempt)
		if resumable {
			try = ""
		}
		if roll(key, "fail"+try, 6) == 0 {
			return executor.Outcome{Err: errors.New("disk full")}
		}
		o := executor.Outcome{Keys: map[int][]string{}}
		for i, out := range p.Steps[step].Outputs {
			switch {
			case out.Dynamic:
				o.Keys[i] = []string{"a", "b", "c"}[:roll(key, fmt.Sprint("keys", i), 4)]
			case out.Optional && roll(key, fmt.Sprint("missing", i), 3) == 0:
				o.Missing = append(o.Missing, i)
			}
		}
		return o
	}
}

// modelWorker is a behaviour as a worker that notes what each copy took.
type modelWorker struct {
	plan *executor.Plan
	act  behaviour
	mu   sync.Mutex
	took map[string]string
}

func (w *modelWorker) RunStep(_ context.Context, t *executor.Task) executor.Outcome {
	s := &w.plan.Steps[t.Step]
	var inputs []string
	for i := range s.Inputs {
		var values []string
		for _, m := range t.Sources(i) {
			values = append(values, strings.TrimSuffix(fmt.Sprintf("%s.%d:%s", m.Key, m.Output, m.MapKey), ":"))
		}
		inputs = append(inputs, strings.Join(values, " "))
	}
	w.mu.Lock()
	w.took[t.Key] = strings.Join(inputs, "; ")
	w.mu.Unlock()
	o := w.act(t.Step, t.Key, t.Attempt)
	if o.Err == nil {
		executortest.EmitOutputs(t, s, o)
	}
	return o
}

func (m *model) outcomes() (all []string) {
	for i, copies := range m.copies {
		for _, c := range copies {
			if !c.open {
				c.status = executor.StepNotRun
			}
			all = append(all, fmt.Sprint(c.key(&m.plan.Steps[i]), " ", c.status, " ", c.attempts))
		}
	}
	return all
}

func reported(r *executor.Report) (all []string) {
	for _, s := range r.Steps {
		all = append(all, fmt.Sprint(s.Key, " ", s.Status, " ", s.Attempts))
	}
	return all
}

func TestEngineDoesWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		m := &model{plan: p, act: drawBehaviour(t, p, false)}
		m.run()
		w := &modelWorker{plan: p, act: m.act, took: map[string]string{}}
		q := executor.Request{Plan: p, Worker: w, Sink: &executortest.Log{}, MaxConcurrent: rapid.IntRange(1, 4).Draw(t, "concurrent")}
		if rapid.Bool().Draw(t, "limited") {
			q.TagLimits = []executor.TagLimit{{Key: "pool", PerValue: true, Limit: 1}, {Key: "pool", Limit: 2}}
		}
		report, err := executor.Engine{}.Execute(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, m.outcomes(), reported(report))
		require.Equal(t, m.took, w.took)
	})
}

func TestRunsResumeFromAnyPrefixToWhatTheModelSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		for i := range p.Steps {
			p.Steps[i].Retry.Max = 2
		}
		m := &model{plan: p, act: drawBehaviour(t, p, true)}
		m.run()
		want := m.statuses()
		log := &executortest.Log{}
		q := executor.Request{Plan: p, Worker: &modelWorker{plan: p, act: m.act, took: map[string]string{}}, Sink: log, MaxConcurrent: 2}
		_, err := executor.Engine{}.Execute(t.Context(), q)
		require.NoError(t, err)
		events := log.Events()
		for n := range len(events) + 1 {
			q.History, q.Sink = events[:n], nil
			report, err := executor.Engine{}.Execute(t.Context(), q)
			require.NoError(t, err)
			got := map[string]executor.StepStatus{}
			for _, s := range report.Steps {
				got[s.Key] = s.Status
				require.LessOrEqual(t, s.Attempts, 3)
			}
			require.Equal(t, want, got, "carried on after %d of %d events", n, len(events))
		}
	})
}

func (m *model) statuses() map[string]executor.StepStatus {
	m.outcomes() // closes what did not open
	all := map[string]executor.StepStatus{}
	for i, copies := range m.copies {
		for _, c := range copies {
			all[c.key(&m.plan.Steps[i])] = c.status
		}
	}
	return all
}
