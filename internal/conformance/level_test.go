package conformance_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/dagster-go/dagster"
)

// level is a graph while its nodes are placed, or what is mapped in one.
type level struct {
	b      *builder
	s      *dagster.Scope
	path   string // of the graph, with a dot behind it
	nodes  []*node
	values map[string]*placed // by name of the node, or "^" and that of the graph's input
	mapped bool               // in a Map, or in something that is
	value  string             // the node that makes what the graph gives; empty for the job's own graph

	any     dagster.Output[any] // of some node, a simple one if there is one
	kind    anyKind
	anyList dagster.Output[[]any]
}

// anyKind is of which kind of node some output is.
type anyKind int

const (
	anyNone anyKind = iota
	anyProduct
	anySimple
)

// placed is something that was placed: an op, what a graph gives, the list of a Map, or an input of the graph.
type placed struct {
	op    *node             // that makes it, whatever graphs are around it
	names map[string]string // what its outputs are called in the op; nil if they are called the same
	whole dagster.Output[any]
	void  *dagster.Output[dagster.Nothing] // instead of whole
	list  *dagster.Output[[]any]           // what a Map collects

	branches map[string]dagster.Input[any]

	// is what it stands for, if it is one output alone: the input of a graph, or the element of a map.
	is *source
}

// elementOf is before the name of a dynamic output in the values of what is mapped over it.
const elementOf = "element of "

// source is one output as others can take it.
type source struct {
	one     dagster.Input[any]
	all     dagster.Input[[]any]
	dynamic dagster.Input[dagster.Dynamic[any]]
	void    dagster.Input[dagster.Nothing]
	wait    []dagster.Dependency
}

// split takes "node.output" apart.
func split(from string) (name, output string) {
	if strings.HasPrefix(from, "^") {
		return from, ""
	}
	name, output, ok := strings.Cut(from, ".")
	if !ok {
		output = "result"
	}
	return name, output
}

// source is the output of that name.
func (p *placed) source(name string) *source {
	if p.is != nil {
		return p.is
	}
	if p.names != nil {
		name = p.names[name]
	}
	if p.list != nil {
		return &source{all: *p.list, wait: []dagster.Dependency{*p.list}}
	}
	if p.void != nil {
		return &source{void: *p.void, wait: []dagster.Dependency{*p.void}}
	}
	i := slices.IndexFunc(p.op.outputs(), func(o out) bool { return o.Name == name })
	whole := []dagster.Dependency{p.whole}
	switch {
	case i < 0:
		return &source{}
	case p.op.simple():
		return &source{one: p.whole, wait: whole}
	case p.op.outputs()[i].Dynamic:
		return &source{
			dynamic: dagster.Field(p.whole, func(v *any) *dagster.Dynamic[any] { return &productOf(v).dynamic[i] }),
			all:     dagster.Field(p.whole, func(v *any) *[]any { return &productOf(v).lists[i] }), wait: whole,
		}
	case p.op.outputs()[i].Optional:
		if p.branches[name] == nil {
			p.branches[name] = dagster.When(dagster.Field(p.whole, func(v *any) *dagster.Maybe[any] { return &productOf(v).optional[i] }))
		}
		return &source{one: p.branches[name], wait: []dagster.Dependency{p.branches[name]}}
	}
	return &source{one: dagster.Field(p.whole, func(v *any) *any { return &productOf(v).values[i] }), wait: whole}
}

func productOf(v *any) *product {
	p, ok := (*v).(*product)
	if !ok { // a value that was given for the op
		return &product{values: make([]any, 9), optional: make([]dagster.Maybe[any], 9), dynamic: make([]dagster.Dynamic[any], 9), lists: make([][]any, 9)}
	}
	return p
}

// chains says, for each node, which dynamic outputs it is mapped over, outermost first.
func (l *level) chains() map[string][]string {
	known := map[string][]string{}
	for range l.nodes { // once for each step on the longest way
		for _, n := range l.nodes {
			var chain []string
			for _, in := range n.In {
				for _, from := range in.From {
					chain = joinChains(chain, l.chainOf(known, in, from))
				}
			}
			known[n.Name] = chain
		}
	}
	return known
}

// chainOf is what an input makes its node be mapped over.
func (l *level) chainOf(known map[string][]string, in in, from string) []string {
	name, output := split(from)
	i := slices.IndexFunc(l.nodes, func(n *node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	chain := known[name]
	o := l.nodes[i].output(output)
	switch {
	case o.Dynamic && !in.Collect:
		return append(slices.Clone(chain), name+"."+output)
	case in.Collect && !o.Dynamic && l.nodes[i].Nodes == nil && len(chain) > 0:
		return chain[:len(chain)-1]
	case in.Collect && !o.Dynamic && !l.nodes[i].collects(output) && len(chain) > 0:
		return chain[:len(chain)-1]
	}
	return chain
}

// joinChains is the longer of two chains of which one is the start of the other.
func joinChains(a, b []string) []string {
	switch {
	case len(b) <= len(a) && slices.Equal(a[:len(b)], b):
		return a
	case len(a) < len(b) && slices.Equal(b[:len(a)], a):
		return b
	}
	return append(slices.Clone(a), b...)
}

// output is an output of an op, or of what a graph passes on.
func (n *node) output(name string) out {
	for _, o := range n.outputs() {
		if o.Name != name {
			continue
		}
		if n.Nodes == nil {
			return o
		}
		child, output := split(o.From)
		for _, c := range n.Nodes {
			if c.Name == child {
				return c.output(output)
			}
		}
	}
	return out{}
}

// collects reports whether an output of a graph is what something mapped inside of it makes.
func (n *node) collects(name string) bool {
	for _, o := range n.Outs {
		if o.Name != name || n.Nodes == nil {
			continue
		}
		child, output := split(o.From)
		chains := (&level{nodes: n.Nodes}).chains()
		i := slices.IndexFunc(n.Nodes, func(c *node) bool { return c.Name == child })
		return len(chains[child]) > 0 || i >= 0 && n.Nodes[i].collects(output)
	}
	return false
}

func (l *level) placeAll() { l.place(l.nodes, 0, l.chains()) }

// place places nodes that are mapped over the same first outputs, as many as depth says.
func (l *level) place(nodes []*node, depth int, chains map[string][]string) {
	left := slices.Clone(nodes)
	for len(left) > 0 {
		before := len(left)
		left = slices.DeleteFunc(left, func(n *node) bool {
			if len(chains[n.Name]) > depth || !l.ready(n, nil) {
				return false
			}
			l.placeNode(n)
			return true
		})
		if len(left) < before {
			continue
		}
		if left = l.placeMap(left, depth, chains); len(left) == before {
			l.b.unable(outOfOrder)
			return
		}
	}
}

// ready reports whether all that the node takes is there, or is about to be placed with it.
func (l *level) ready(n *node, with []*node) bool {
	for _, in := range n.In {
		for _, from := range in.From {
			name, _ := split(from)
			if l.values[name] == nil && !slices.ContainsFunc(with, func(o *node) bool { return o.Name == name }) {
				return false
			}
		}
	}
	return true
}

// placeMap places those that are mapped over one more output, if they can be, and returns the others.
func (l *level) placeMap(left []*node, depth int, chains map[string][]string) []*node {
	for _, first := range left {
		if len(chains[first.Name]) <= depth {
			continue
		}
		over := chains[first.Name][depth]
		var group, rest []*node
		for _, n := range left {
			if chain := chains[n.Name]; len(chain) > depth && chain[depth] == over {
				group = append(group, n)
			} else {
				rest = append(rest, n)
			}
		}
		name, output := split(over)
		if l.values[name] == nil || slices.ContainsFunc(group, func(n *node) bool { return !l.ready(n, group) }) {
			continue
		}
		l.mapOver(l.values[name].source(output), over, group, depth+1, chains)
		return rest
	}
	return left
}

func (l *level) mapOver(from *source, over string, group []*node, depth int, chains map[string][]string) {
	collected := l.collected(group, chains, depth)
	list := dagster.Map(l.s, from.dynamic, func(s *dagster.Scope, e dagster.Input[any]) dagster.Output[any] {
		inner := &level{b: l.b, s: s, path: l.path, nodes: l.nodes, values: maps.Clone(l.values), mapped: true}
		inner.values[elementOf+over] = &placed{is: &source{one: e, wait: from.wait}}
		inner.place(group, depth, chains)
		if op := inner.values[collected]; op != nil {
			return op.whole
		}
		return inner.any
	})
	l.anyList = list
	for _, n := range group {
		l.values[n.Name] = &placed{list: &list}
	}
}

// collected is the one node of a group whose values are collected outside of it.
func (l *level) collected(group []*node, chains map[string][]string, depth int) string {
	found := ""
	for _, n := range l.nodes {
		for _, in := range n.In {
			for _, from := range in.From {
				name, output := split(from)
				i := slices.IndexFunc(group, func(o *node) bool { return o.Name == name })
				if i < 0 || !in.Collect || len(chains[n.Name]) >= depth {
					continue
				}
				if found != "" && found != from {
					l.b.unable(manyLists)
				}
				if o := group[i].output(output); o.Optional || o.Dynamic {
					l.b.unable(otherCollect)
				}
				found = from
			}
		}
	}
	name, _ := split(found)
	return name
}
