package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
)

// builder declares the job of a case by the public API.
type builder struct {
	nodes map[string]*node // ops by path
	defs  map[string]any   // ops without options by name and shape, for those that are used more than once
	given map[string]func(v any) dagster.RunOption
	later atomic.Bool // the first run has ended

	// beyond is what the API has no words for.
	beyond []string
}

// Why a job can't be declared; rules name these.
const (
	manyOuts     = "a nested graph gives one value: that of one of its ops"
	manyLists    = "a Map gives one list: that of one of its ops"
	partlyMapped = "a scope is mapped as a whole, and what it gives is a list then"
	otherCollect = "what is collected is the value of an op, not one that it may leave out"
	unsourced    = "an input has a source, or a value that is known now"
	tooWide      = "more inputs than the adapter of the tests has"
	outOfOrder   = "what is mapped is placed at once, after all that it takes from outside"
)

func (b *builder) unable(why string) {
	if !slices.Contains(b.beyond, why) {
		b.beyond = append(b.beyond, why)
	}
}

// declared is a job that was declared, in its repository.
type declared struct {
	*builder
	job  *dagster.Job
	repo *dagster.Repository
}

// declare declares a job; what could not be declared is in beyond.
func declare(j job) *declared {
	b := &builder{nodes: map[string]*node{}, defs: map[string]any{}, given: map[string]func(v any) dagster.RunOption{}}
	var opts []dagster.JobOption
	if j.Retry != nil {
		opts = append(opts, dagster.Retry(dagster.RetryPolicy{Max: j.Retry.Max}))
	}
	for _, h := range hooksOf(j.Hooks) {
		opts = append(opts, h)
	}
	d := &declared{builder: b, job: dagster.NewJob("job", b.graph("graph", &level{b: b, nodes: j.Nodes, values: map[string]*placed{}}), opts...)}
	d.repo = dagster.NewRepository("conformance", d.job)
	return d
}

// graph declares a graph of what the level places. Its value is of no use to the cases: it is one that changes no event.
func (b *builder) graph(name string, l *level) dagster.AnyGraph {
	if chains := l.chains(); !slices.ContainsFunc(l.nodes, func(n *node) bool { return n.simple() && len(chains[n.Name]) == 0 }) &&
		slices.ContainsFunc(l.nodes, func(n *node) bool { return len(chains[n.Name]) > 0 }) {
		return dagster.NewGraph(name, func(s *dagster.Scope) dagster.Output[[]any] {
			l.s = s
			l.placeAll()
			return l.anyList
		})
	}
	return dagster.NewGraph(name, func(s *dagster.Scope) dagster.Output[any] {
		l.s = s
		l.placeAll()
		return l.any
	})
}

// simple reports whether the node is an op with one output that it always makes.
func (n *node) simple() bool {
	outs := n.outputs()
	return n.Nodes == nil && len(outs) == 1 && !outs[0].Dynamic && !outs[0].Optional
}

// product is what an op with several outputs makes, or one that is optional or dynamic: by index of the output.
type product struct {
	values   []any
	optional []dagster.Maybe[any]
	dynamic  []dagster.Dynamic[any]
	lists    [][]any // the values of dynamic, in key order
}

// act is the body of every op. It finds out by its step which op it is.
func (b *builder) act(ctx context.Context, in ...any) (any, error) {
	step := dagster.Step(ctx)
	path, _, _ := strings.Cut(step.Key, "[")
	n := b.nodes[path]
	if err := n.refuses(in); err != nil {
		return nil, dagster.NoRetry(err)
	}
	fails := n.Do.fails(step.Attempt, in, b.later.Load())
	if fails && n.Do.Before {
		return nil, n.Do.failure()
	}
	made, missing, err := n.make()
	switch {
	case err != nil:
		return nil, dagster.NoRetry(err)
	case fails:
		return nil, n.Do.failure()
	case missing != "":
		return nil, dagster.NoRetry(fmt.Errorf("output not made: %s", missing))
	case n.simple():
		return made.values[0], nil
	}
	return made, nil
}

// refuses says whether a value is none of the type that an input has.
func (n *node) refuses(values []any) error {
	for i, typ := range n.types {
		if !isA(typ, values[i]) {
			return fmt.Errorf("input %d is no %s: %v", i+1, typ, values[i])
		}
	}
	return nil
}

// fails reports whether an attempt does what then says. in are the values that it took.
func (d do) fails(attempt int, in []any, later bool) bool {
	switch {
	case d.Then == "" || d.Then == "ok", d.Attempts > 0 && attempt > d.Attempts, d.OnlyFirstRun && later:
		return false
	case d.Keys == nil:
		return true
	}
	return slices.ContainsFunc(in, func(v any) bool {
		key, ok := v.(string)
		return ok && slices.Contains(d.Keys, key)
	})
}

func (d do) failure() error {
	raised := errors.New(d.Then)
	switch d.Then {
	case "retry_requested":
		return executor.RetryUpTo(raised, 0, max(d.Max, 1))
	case "failure_no_retries":
		return &dagster.Failure{Description: d.Then}
	}
	return raised
}

func isA(typ string, v any) bool {
	switch v.(type) {
	case string:
		return typ != "int"
	case float64:
		return typ != "str"
	}
	return true
}

// make says what the op makes, and which output is missing.
func (n *node) make() (p *product, missing string, err error) {
	outs := n.outputs()
	p = &product{make([]any, len(outs)), make([]dagster.Maybe[any], len(outs)), make([]dagster.Dynamic[any], len(outs)), make([][]any, len(outs))}
	for _, item := range n.emits() {
		name, key, _ := strings.Cut(item, ":")
		i := slices.IndexFunc(outs, func(o out) bool { return o.Name == name })
		if i < 0 {
			return nil, "", fmt.Errorf("no such output: %s", item)
		}
		if err := p.add(i, &outs[i], key, n.Do.value()); err != nil {
			return nil, "", err
		}
	}
	for i, o := range outs {
		if !o.Optional && !o.Dynamic && !p.optional[i].OK {
			missing = o.Name
		}
	}
	return p, missing, nil
}

func (p *product) add(i int, o *out, key string, v any) error {
	if o.Dynamic {
		if _, twice := p.dynamic[i][key]; twice {
			return fmt.Errorf("key made twice: %s", key)
		}
		if p.dynamic[i] == nil {
			p.dynamic[i] = dagster.Dynamic[any]{}
		}
		p.dynamic[i][key] = key
		p.lists[i] = append(p.lists[i], key)
		return nil
	}
	if p.optional[i].OK || !isA(o.Type, v) {
		return fmt.Errorf("output %s: made twice, or %v", o.Name, v)
	}
	p.values[i], p.optional[i] = v, dagster.Some(v)
	return nil
}

// emits lists what the op makes, in order.
func (n *node) emits() []string {
	if n.Do.Emit != nil {
		return *n.Do.Emit
	}
	var all []string
	for _, o := range n.outputs() {
		if !o.Dynamic {
			all = append(all, o.Name)
		}
	}
	return all
}

func (d do) value() any {
	var v any = 1.0
	if d.Value != nil && json.Unmarshal(d.Value, &v) != nil {
		return nil
	}
	return v
}
