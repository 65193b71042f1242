package conformance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
)

// sources is a list of sources, or one.
type sources []string

// UnmarshalJSON takes a list or a single text.
func (s *sources) UnmarshalJSON(src []byte) error {
	var one string
	if json.Unmarshal(src, &one) == nil {
		*s = sources{one}
		return nil
	}
	return json.Unmarshal(src, (*[]string)(s))
}

// planner makes a plan from a job.
type planner struct {
	plan  executor.Plan
	ops   []*node
	retry *retry // of ops that have none

	made map[string]executor.Source // by path of the node and name of the output
	left []pending
}

// pending is an op whose sources are not all planned yet.
type pending struct {
	path string
	node *node
	in   [][]string // the sources of each input, as paths of outputs
}

// planOf makes the plan of a job, and the ops by index of their step.
func planOf(t *testing.T, j job) (*executor.Plan, []*node) {
	t.Helper()

	p := &planner{retry: j.Retry, made: map[string]executor.Source{}}
	p.enter("", j.Nodes, nil, map[string]string{})
	for len(p.left) > 0 {
		before := len(p.left)
		p.left = slices.DeleteFunc(p.left, p.place)
		require.Less(t, len(p.left), before, "the job has a cycle, or a source that is none")
	}
	return &p.plan, p.ops
}

// enter collects the ops of a graph. outer are the sources of the graph's own inputs; renamed maps the outputs of graphs to
// those of the ops that make them.
func (p *planner) enter(prefix string, nodes []*node, outer map[string][]string, renamed map[string]string) {
	for _, n := range nodes { // what graphs give must be known before anyone asks for it
		nameOutputs(prefix, n, renamed)
	}
	for _, n := range nodes {
		resolved := make([][]string, len(n.In))
		inner := map[string][]string{}
		for i, in := range n.In {
			for _, from := range in.From {
				resolved[i] = append(resolved[i], resolve(prefix, from, outer, renamed)...)
			}
			inner[in.Name] = resolved[i]
		}
		if n.Nodes != nil {
			p.enter(prefix+n.Name+".", n.Nodes, inner, renamed)
			continue
		}
		p.left = append(p.left, pending{prefix + n.Name, n, resolved})
	}
}

func nameOutputs(prefix string, n *node, renamed map[string]string) {
	path := prefix + n.Name
	for _, inner := range n.Nodes {
		nameOutputs(path+".", inner, renamed)
	}
	if n.Nodes == nil {
		return
	}
	for _, o := range n.Outs {
		from := outputPath(path+".", o.From)
		if further, ok := renamed[from]; ok {
			from = further
		}
		renamed[path+":"+o.Name] = from
	}
}

// outputPath writes "node" or "node.output" as the path of an output, "a.b:result".
func outputPath(prefix, from string) string {
	name, output, ok := strings.Cut(from, ".")
	if !ok {
		output = "result"
	}
	return prefix + name + ":" + output
}

func resolve(prefix, from string, outer map[string][]string, renamed map[string]string) []string {
	if name, ok := strings.CutPrefix(from, "^"); ok {
		return outer[name]
	}
	path := outputPath(prefix, from)
	if inner, ok := renamed[path]; ok {
		path = inner
	}
	return []string{path}
}

// place adds the step of an op, if all its sources have theirs.
func (p *planner) place(op pending) bool {
	step := executor.Step{Key: op.path}
	if r := op.node.Retry; r != nil {
		step.Retry.Max = r.Max
	} else if p.retry != nil {
		step.Retry.Max = p.retry.Max
	}
	for _, o := range op.node.outputs() {
		step.Outputs = append(step.Outputs, executor.Output{Name: o.Name, Optional: o.Optional, Dynamic: o.Dynamic})
	}
	for i, in := range op.node.In {
		input := executor.Input{Name: in.Name, Kind: executor.Needs}
		switch {
		case in.FanIn:
			input.Kind = executor.FanIn
		case in.Type == "nothing":
			input.Kind = executor.After
		}
		for _, path := range op.in[i] {
			source, ok := p.made[path]
			if !ok {
				return false
			}
			input.Sources = append(input.Sources, source)
			if !in.Collect {
				p.join(&step, source)
			}
		}
		if len(input.Sources) > 0 {
			step.Inputs = append(step.Inputs, input)
		}
	}
	for k, o := range op.node.outputs() {
		p.made[op.path+":"+o.Name] = executor.Source{Step: len(p.plan.Steps), Output: k}
	}
	p.plan.Steps = append(p.plan.Steps, step)
	p.ops = append(p.ops, op.node)
	return true
}

// join puts a step into the map that a source spans: its own, if it is a dynamic output, or the one that it is in.
func (p *planner) join(step *executor.Step, source executor.Source) {
	from := p.plan.Steps[source.Step]
	switch {
	case from.Outputs[source.Output].Dynamic:
		step.Map = &source
	case from.Map != nil:
		step.Map = from.Map
	}
}
