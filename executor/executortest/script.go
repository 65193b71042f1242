package executortest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// script is a plan in words, a step a line, and what its bodies do.
//
//	NAME[@MAP] [KIND SOURCE[,SOURCE]]... [out OUTPUT[?|*]]... [retry N]
//
// A source is STEP or STEP.OUTPUT, an output is "result" unless named otherwise; ? makes it optional, * dynamic. MAP is the
// dynamic output that the step is mapped over. KIND is needs, fanin, maybe, after or finally.
type script []string

func (s script) plan() *executor.Plan {
	p := &executor.Plan{}
	for _, line := range s {
		words := strings.Fields(line)
		name, over, mapped := strings.Cut(words[0], "@")
		step := executor.Step{Key: name}
		if mapped {
			src := source(p, over)
			step.Map = &src
		}
		for i := 1; i < len(words); i += 2 {
			addWord(p, &step, words[i], words[i+1])
		}
		if step.Outputs == nil {
			step.Outputs = []executor.Output{{Name: "result"}}
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

func addWord(p *executor.Plan, step *executor.Step, word, arg string) {
	kinds := map[string]executor.InputKind{
		"needs": executor.Needs, "fanin": executor.FanIn, "maybe": executor.Maybe, "after": executor.After, "finally": executor.Finally,
	}
	switch word {
	case "out":
		o := executor.Output{Name: strings.TrimRight(arg, "?*"), Optional: strings.HasSuffix(arg, "?"), Dynamic: strings.HasSuffix(arg, "*")}
		step.Outputs = append(step.Outputs, o)
	case "retry":
		step.Retry.Max = len(arg) // in strokes: |||
	default:
		in := executor.Input{Name: fmt.Sprint("in", len(step.Inputs)), Kind: kinds[word]}
		for s := range strings.SplitSeq(arg, ",") {
			if s != "none" {
				in.Sources = append(in.Sources, source(p, s))
			}
		}
		step.Inputs = append(step.Inputs, in)
	}
}

func source(p *executor.Plan, text string) executor.Source {
	name, output, named := strings.Cut(text, ".")
	for i, s := range p.Steps {
		if s.Key != name {
			continue
		}
		for j, o := range s.Outputs {
			if !named || o.Name == output {
				return executor.Source{Step: i, Output: j}
			}
		}
	}
	panic(fmt.Sprintf("no source %q", text))
}

// acts says what bodies do, by step key, or by plan key for all copies: words that a body follows in order.
//
//	fail          fails
//	fail-once     fails the first attempt
//	missing OUT   does not make an optional output
//	keys K,K      gives keys to the dynamic output, the first if there are more
type acts map[string]string

// errActed is what bodies fail with.
var errActed = errors.New("acted to fail")

// actor is a worker that follows a script.
type actor struct {
	plan *executor.Plan
	acts acts
}

// RunStep does what the script says of the step.
func (a *actor) RunStep(_ context.Context, t *executor.Task) executor.Outcome {
	words := strings.Fields(a.actsOf(t))
	var o executor.Outcome
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "fail":
			return executor.Outcome{Err: errActed}
		case "fail-once":
			if t.Attempt == 1 {
				return executor.Outcome{Err: errActed}
			}
		case "missing":
			i++
			o.Missing = append(o.Missing, a.output(t, words[i]))
		case "keys":
			i++
			o.Keys = map[int][]string{a.dynamic(t): strings.Split(words[i], ",")}
		}
	}
	EmitOutputs(t, &a.plan.Steps[t.Step], o)
	return o
}

func (a *actor) actsOf(t *executor.Task) string {
	if do, ok := a.acts[t.Key]; ok {
		return do
	}
	return a.acts[a.plan.Steps[t.Step].Key]
}

func (a *actor) output(t *executor.Task, name string) int {
	for i, o := range a.plan.Steps[t.Step].Outputs {
		if o.Name == name {
			return i
		}
	}
	return -1
}

func (a *actor) dynamic(t *executor.Task) int {
	for i, o := range a.plan.Steps[t.Step].Outputs {
		if o.Dynamic {
			return i
		}
	}
	return 0
}

// EmitOutputs emits the STEP_OUTPUT events that a worker owes for an outcome.
func EmitOutputs(t *executor.Task, step *executor.Step, o executor.Outcome) {
	missing := map[int]bool{}
	for _, i := range o.Missing {
		missing[i] = true
	}
	for i, out := range step.Outputs {
		switch {
		case out.Dynamic:
			for _, k := range o.Keys[i] {
				t.Emit(storage.Event{Kind: storage.StepOutput, Data: &storage.OutputData{Output: out.Name, MapKey: k}})
			}
		case !missing[i]:
			t.Emit(storage.Event{Kind: storage.StepOutput, Data: &storage.OutputData{Output: out.Name}})
		}
	}
}
