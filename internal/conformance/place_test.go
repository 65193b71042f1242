package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/dagster-go/dagster"
)

func (l *level) placeNode(n *node) {
	if n.Nodes != nil {
		l.placeGraph(n)
		return
	}
	l.b.nodes[l.path+n.Name] = n
	w := l.wire(n)
	if l.void(n) {
		out := place[dagster.Nothing](l, n, w)
		l.values[n.Name] = &placed{op: n, void: &out}
		return
	}
	out := place[any](l, n, w)
	l.values[n.Name] = &placed{op: n, whole: out, branches: map[string]dagster.Input[any]{}}
	l.offer(n, out)
}

// offer remembers an output as one that may be the value of the graph.
func (l *level) offer(n *node, out dagster.Output[any]) {
	kind := anyProduct
	if n != nil && n.simple() {
		kind = anySimple
	}
	if kind >= l.kind {
		l.any, l.kind = out, kind
	}
}

// void reports whether the op makes nothing, and another one is the value of the graph.
func (l *level) void(n *node) bool {
	chains := l.chains()
	return !l.mapped && n.void() && n.Name != l.value &&
		slices.ContainsFunc(l.nodes, func(o *node) bool { return o.simple() && !o.void() && len(chains[o.Name]) == 0 })
}

func (n *node) void() bool { return n.simple() && n.outputs()[0].Type == "nothing" }

// placeGraph nests a graph. One that takes nothing is a graph of its own, if what it gives is plain.
func (l *level) placeGraph(n *node) {
	inner := &level{b: l.b, path: l.path + n.Name + ".", nodes: n.Nodes, values: map[string]*placed{}, mapped: l.mapped}
	for _, in := range n.In {
		inner.values["^"+in.Name] = &placed{is: l.take(in)}
	}
	if l.mapped && !n.wholly() {
		l.b.unable(partlyMapped)
	}
	child, names := l.given(n)
	inner.value = child
	chains := inner.chains()
	at := slices.IndexFunc(n.Nodes, func(c *node) bool { return c.Name == child })
	if at >= 0 && (len(chains[child]) > 0 || slices.ContainsFunc(n.Outs, func(o out) bool { return n.collects(o.Name) })) {
		list := dagster.Nest(l.s, n.Name, func(s *dagster.Scope) dagster.Output[[]any] {
			inner.s = s
			inner.placeAll()
			if inner.values[child] == nil || inner.values[child].list == nil {
				return dagster.Output[[]any]{}
			}
			return *inner.values[child].list
		})
		l.values[n.Name] = &placed{list: &list}
		return
	}
	wire := func(s *dagster.Scope) dagster.Output[any] {
		inner.s = s
		inner.placeAll()
		if p := inner.values[child]; p != nil {
			return p.whole
		}
		return inner.any
	}
	var out dagster.Output[any]
	if len(n.In) == 0 && !l.mapped && at >= 0 && n.Nodes[at].simple() {
		out = dagster.NewGraph(n.Name, wire).In(l.s)
	} else {
		out = dagster.Nest(l.s, n.Name, wire)
	}
	p := &placed{whole: out, names: map[string]string{}, branches: map[string]dagster.Input[any]{}}
	if c := inner.values[child]; c != nil {
		p.op = c.op
		for mine, its := range names {
			if p.names[mine] = its; c.names != nil {
				p.names[mine] = c.names[its]
			}
		}
		l.offer(c.op, out)
	}
	l.values[n.Name] = p
}

// given is the node that makes what others take of a graph, and how its outputs are called there.
func (l *level) given(n *node) (child string, names map[string]string) {
	names = map[string]string{}
	for _, o := range n.Outs {
		name, output := split(o.From)
		used := l.path != "" // by the graph around it, perhaps
		for _, other := range l.nodes {
			for _, in := range other.In {
				used = used || slices.ContainsFunc(in.From, func(from string) bool {
					from, output := split(from)
					return from == n.Name && output == o.Name
				})
			}
		}
		switch {
		case used && child != "" && child != name:
			l.b.unable(manyOuts)
		case used || child == "":
			child = name
		}
		if name == child {
			names[o.Name] = output
		}
	}
	if child == "" {
		child = n.last()
	}
	return child, names
}

// last is a node of a graph that nobody takes anything of: one that is not mapped, and simple, if there is one.
func (n *node) last() string {
	chains := (&level{nodes: n.Nodes}).chains()
	best, rank := "", -1
	for _, c := range n.Nodes {
		r := 0
		if len(chains[c.Name]) == 0 {
			r = 1
			if c.simple() && !c.void() {
				r = 2
			}
		}
		if r >= rank {
			best, rank = c.Name, r
		}
	}
	return best
}

// wholly reports whether all ops of a graph need what the graph takes: then they are mapped as it is.
func (n *node) wholly() bool {
	needs := map[string]bool{}
	for range n.Nodes {
		for _, c := range n.Nodes {
			for _, in := range c.In {
				for _, from := range in.From {
					name, _ := split(from)
					needs[c.Name] = needs[c.Name] || name[0] == '^' || needs[name]
				}
			}
		}
	}
	return !slices.ContainsFunc(n.Nodes, func(c *node) bool { return !needs[c.Name] || c.Nodes != nil && !c.wholly() })
}

// wiring is what an op takes.
type wiring struct {
	one  []dagster.Input[any]
	all  []dagster.Input[[]any]
	opts []dagster.OpOption
}

func (l *level) wire(n *node) wiring {
	var w wiring
	n.types = nil
	for _, in := range n.In {
		switch from := l.take(in); {
		case in.Type == "nothing":
			if len(from.wait) > 0 {
				w.opts = append(w.opts, dagster.After(from.wait...))
			}
		case from.one != nil:
			w.one, n.types = append(w.one, from.one), append(n.types, in.Type)
		case from.all != nil:
			w.all = append(w.all, from.all)
		default:
			l.b.unable(unsourced)
		}
	}
	for _, name := range n.Resources {
		w.one = append(w.one, l.b.resource(name))
	}
	if n.Retry != nil {
		w.opts = append(w.opts, dagster.Retry(dagster.RetryPolicy{Max: n.Retry.Max}))
	}
	for _, h := range hooksOf(n.Hooks) {
		w.opts = append(w.opts, h)
	}
	if o := n.outputs(); len(o) > 0 && o[0].IO != "" {
		w.opts = append(w.opts, dagster.StoredIn(l.b.io(o[0].IO)))
	}
	return w
}

// take is what an input of a node takes.
func (l *level) take(in in) *source {
	var from []*source
	for _, text := range in.From {
		name, output := split(text)
		if e := l.values[elementOf+name+"."+output]; e != nil && !in.Collect {
			from = append(from, e.is)
			continue
		}
		if l.values[name] == nil {
			l.b.unable(unsourced)
			continue
		}
		from = append(from, l.values[name].source(output))
		if last := from[len(from)-1]; name[0] != '^' && !in.Collect && last.one == nil && last.void == nil {
			l.b.unable(partlyMapped)
		}
	}
	switch {
	case len(from) == 0 && in.Default != nil:
		var v any
		_ = json.Unmarshal(in.Default, &v) // any JSON is one
		return &source{one: dagster.Const(v)}
	case len(from) == 0:
		return &source{}
	case in.FanIn:
		return joined(from)
	case in.Collect:
		return &source{all: from[0].all, wait: from[0].wait}
	}
	return from[0]
}

// joined is the fan-in of sources; those that make nothing can only be waited for.
func joined(from []*source) *source {
	var ones []dagster.Input[any]
	var voids []dagster.Input[dagster.Nothing]
	for _, s := range from {
		if s.one != nil {
			ones = append(ones, s.one)
		} else if s.void != nil {
			voids = append(voids, s.void)
		}
	}
	out := &source{}
	if len(ones) > 0 {
		out.all = dagster.FanIn(ones...)
		out.wait = append(out.wait, out.all)
	}
	if len(voids) > 0 {
		out.wait = append(out.wait, dagster.FanIn(voids...))
	}
	return out
}

// hooksOf declares hooks, those on success first, as Dagster runs them.
func hooksOf(names []string) []dagster.StepOption {
	var opts []dagster.StepOption
	for _, name := range []string{"success", "success_raises", "failure", "failure_raises"} {
		if !slices.Contains(names, name) {
			continue
		}
		body := dagster.From(dagster.Do(func(context.Context) error {
			if name == "success_raises" || name == "failure_raises" {
				return errors.New("hook")
			}
			return nil
		}))
		if name[0] == 's' {
			opts = append(opts, dagster.OnSuccess(body))
		} else {
			opts = append(opts, dagster.OnFailure(body))
		}
	}
	return opts
}

func (b *builder) resource(name string) dagster.Input[any] {
	return cached(b, "resource "+name, func() *dagster.Resource[any] {
		return dagster.NewResource(name, dagster.From(func(context.Context) (any, error) {
			if name == "bad" {
				return nil, errors.New("no connection")
			}
			return name, nil
		}), nil)
	})
}

func (b *builder) io(name string) *dagster.Resource[dagster.IOManager] {
	return cached(b, "io "+name, func() *dagster.Resource[dagster.IOManager] { return newIO(name) })
}

func newIO(name string) *dagster.Resource[dagster.IOManager] {
	return dagster.NewResource(name, dagster.From(func(context.Context) (dagster.IOManager, error) {
		return &keeper{name: name}, nil
	}), nil)
}

func cached[V any](b *builder, name string, declare func() V) V {
	if v, ok := b.defs[name].(V); ok {
		return v
	}
	v := declare()
	b.defs[name] = v
	return v
}

// keeper is an IO manager that fails as its name says.
type keeper struct {
	name string
	kept sync.Map
}

// Store keeps a value.
func (k *keeper) Store(_ context.Context, at dagster.Address, v any) error {
	if k.name == "io_store_fails" {
		return errors.New("disk full")
	}
	k.kept.Store(at.Path(), v)
	return nil
}

// Load returns a value that was kept.
func (k *keeper) Load(_ context.Context, at dagster.Address) (any, error) {
	v, ok := k.kept.Load(at.Path())
	if !ok || k.name == "io_load_fails" {
		return nil, fmt.Errorf("load %s: %w", at, dagster.ErrNotStored)
	}
	return v, nil
}
