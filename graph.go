package dagster

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// AnyGraph is a graph of any type.
type AnyGraph interface{ graph() *graph }

// Graph is ops wired together, whose value is a T. It is the body of an asset or a job, and an op of other graphs. It is
// immutable, and safe for concurrent use.
type Graph[T any] struct{ of *graph }

// graph is a graph without its type: what it places, in the order in which it was placed.
type graph struct {
	definition
	typ   reflect.Type
	nodes []*node
	out   *input
	spec  stepSpec
	wrong []error

	// convert makes the graph's value of what out came to, where that is not the value itself.
	convert func(v any) (any, error)
}

// NewGraph declares a graph. wire is called once, at once, and places ops and graphs in the scope that it is given; what
// it returns is the graph's value. Options hold for every step in it that does not say otherwise.
func NewGraph[T any](name string, wire func(s *Scope) Output[T], opts ...OpOption) *Graph[T] {
	holder := &op{definition: definition{kind: "graph", name: name, at: here()}}
	holder.check(checkIdentifier(name))
	holder.apply(opts)
	g := &graph{definition: holder.definition, typ: reflect.TypeFor[T](), spec: holder.spec}
	if wire == nil {
		g.mistake("nil function")
		return &Graph[T]{of: g}
	}
	s := &Scope{graph: g, names: make(map[string]*node)}
	out := wire(s)
	s.shut = true
	switch {
	case out.in == nil:
		g.mistake("its function returned no output")
	case out.in.scope == nil || out.in.scope.graph != g || !s.sees(out.in.scope):
		g.mistake("its function returned an output of another scope")
	}
	g.out = out.in
	if g.out != nil {
		g.out.node.readWhole = true
	}
	if out.convert != nil {
		g.convert = func(v any) (any, error) { return boxed(out.convert(v)) }
	}
	return &Graph[T]{of: g}
}

func (g *Graph[T]) body(T) {}

func (g *Graph[T]) core() *body {
	if g == nil {
		return nil
	}
	return &body{typ: g.of.typ, graph: g.of}
}

func (g *Graph[T]) graph() *graph {
	if g == nil {
		return nil
	}
	return g.of
}

// In places the graph in another one: its steps are named by the graph's name, a dot, and their own.
func (g *Graph[T]) In(s *Scope) Output[T] {
	if s == nil || g == nil {
		s.mistake("graph: %w", errNil)
		return Output[T]{}
	}
	n := &node{name: g.of.name, graph: g.of, at: here()}
	s.add(n)
	out := Output[T]{in: &input{kind: readsOutput, node: n, scope: s}}
	if g.of.out != nil && g.of.out.kind == collects { // the list of a Map in it
		out.in.kind = collects
	}
	if g.of.convert != nil {
		out.convert = func(v any) (T, error) { return converted[T](g.of.convert, v) }
	}
	return out
}

func converted[T any](convert func(any) (any, error), v any) (T, error) {
	made, err := convert(v)
	if err != nil {
		var none T
		return none, err
	}
	return leafValue[T]([]any{made})
}

// Value is what the graph made in a run, where it was placed once.
func (g *Graph[T]) Value(r *Result) (T, error) {
	v, err := r.graphValue(g.of)
	if err == nil {
		var t T
		if t, err = leafValue[T]([]any{v}); err == nil {
			return t, nil
		}
	}
	var none T
	return none, fmt.Errorf("value of graph %s: %w", quote(g.of.name), err)
}

// single says what is wrong with the graph as the body of one thing: its value must be made by one step.
func (g *graph) single() error {
	for at := g; ; at = at.out.node.graph {
		switch {
		case at.out == nil:
			return nil // a mistake of the graph itself
		case at.out.kind != readsOutput || at.out.node.scope.in != nil:
			return fmt.Errorf("the value of graph %s is the list of a Map: pass it through an op", quote(g.name))
		case at.out.node.graph == nil:
			return nil
		}
	}
}

// leaves calls visit for each leaf that the graph reads from outside of it, also within graphs that it places.
func (g *graph) leaves(visit func(leaf *input, use leafUse)) {
	outside := func(leaf *input, use leafUse) {
		switch leaf.kind {
		case readsAsset, readsResource, readsConfig:
			visit(leaf, use)
		case readsOutput:
			if leaf.loadedBy != nil {
				visit(&input{kind: readsResource, resource: leaf.loadedBy}, use)
			}
		case readsConst, joins, may, derives, branches, readsElement, collects, readsOwn, readsNil:
		}
	}
	walkAll(g.spec.after, outside)
	walkAll(g.spec.finally, outside)
	for _, n := range g.nodes {
		walkAll(n.spec.after, outside)
		walkAll(n.spec.finally, outside)
		if n.graph != nil {
			n.graph.leaves(visit)
			continue
		}
		walkAll(n.body.inputs, outside)
	}
}

// specs calls visit for the options of everything in the graph.
func (g *graph) specs(visit func(s *stepSpec)) {
	visit(&g.spec)
	for _, n := range g.nodes {
		visit(&n.spec)
		for s := n.scope; s != nil; s = s.parent {
			visit(&s.spec)
		}
		if n.graph != nil {
			n.graph.specs(visit)
		}
	}
}

// report adds the mistakes of the graph and of all that it places, each once.
func (g *graph) report(c *catalog, seen map[*definition]bool) {
	if seen[&g.definition] {
		return
	}
	seen[&g.definition] = true
	c.report(&g.definition)
	c.wrong = append(c.wrong, g.wrong...)
	for _, n := range g.nodes {
		if n.graph != nil {
			n.graph.report(c, seen)
			continue
		}
		if !seen[&n.op.definition] {
			seen[&n.op.definition] = true
			c.report(&n.op.definition)
		}
	}
}

// Dynamic is the value of an op whose number of results is known only when it has run: [Map] makes one step for each.
// Keys are letters, digits, "_", "-" and ".".
type Dynamic[T any] map[string]T

// Map places what fn places once for each key of d, when the step that makes d has run. Its output is the list of the
// results in key order. A failed key fails only what needs it; what takes the list then does not run. Maps nest: in fn,
// what an op makes can be mapped over again.
func Map[A, B any](s *Scope, d Input[Dynamic[A]], fn func(s *Scope, a Input[A]) Output[B]) Output[[]B] {
	if s == nil || fn == nil {
		s.mistake("map: %w", errNil)
		return Output[[]B]{}
	}
	leaf, err := mappedLeaf(s, inputOf(d))
	if err != nil {
		s.mistake("map: %w", err)
		return Output[[]B]{}
	}
	m := &mapping{node: leaf.node, parent: s.in, codec: defaultCodec[A](), split: func(v any) ([]string, func(string) any, error) {
		dyn, err := d.read([]any{v})
		if err != nil {
			return nil, nil, err
		}
		return slices.SortedFunc(maps.Keys(dyn), cmp.Compare), func(key string) any { return dyn[key] }, nil
	}}
	leaf.node.mapped = append(leaf.node.mapped, m)
	inner := &Scope{graph: s.graph, parent: s, path: s.path, in: m, names: s.names}
	out := fn(inner, &element[A]{in: &input{kind: readsElement, over: m, scope: inner}})
	inner.shut = true
	switch {
	case out.in == nil:
		s.mistake("map: its function returned no output")
		return Output[[]B]{}
	case out.in.kind == collects:
		s.mistake("map: its function returned the list of another Map: pass it through an op")
		return Output[[]B]{}
	case out.in.node == nil || out.in.node.scope.in != m:
		s.mistake("map: its function returned an output that is not its own")
		return Output[[]B]{}
	}
	return Output[[]B]{in: &input{kind: collects, node: out.in.node, scope: s}, convert: collector(out)}
}

// mappedLeaf is the output that is mapped over: what a placed op makes, or a field of it.
func mappedLeaf(s *Scope, in *input) (*input, error) {
	var leaf *input
	n := 0
	in.walk(func(l *input, _ leafUse) { leaf, n = l, n+1 })
	switch {
	case n != 1 || leaf.kind != readsOutput || leaf.node.op == nil:
		return nil, errors.New("only what an op makes can be mapped over, or a field of it: pass it through an op")
	case leaf.scope.graph != s.graph || !s.sees(leaf.scope):
		return nil, errors.New("over an output of another scope")
	case leaf.node.scope.in != s.in:
		return nil, errors.New("over an output from outside of the Map around it: pass it through an op")
	}
	return leaf, nil
}

// collector makes the list of what the copies came to.
func collector[B any](out Output[B]) func(v any) ([]B, error) {
	return func(v any) ([]B, error) {
		parts, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("%T where the list of a map belongs", v)
		}
		list := make([]B, len(parts))
		for i, part := range parts {
			b, err := out.read([]any{part})
			if err != nil {
				return nil, err
			}
			list[i] = b
		}
		return list, nil
	}
}

// element is the input of what is mapped: one value of many.
type element[T any] struct {
	typed[T]
	in *input
}

func (e *element[T]) dependency() *input           { return e.in }
func (e *element[T]) read(leaves []any) (T, error) { return leafValue[T](leaves) }

// taken is the input made by When.
type taken[T any] struct {
	typed[T]
	node *input
	in   Input[Maybe[T]]
}

// When is the value of a branch that was taken; what needs it is skipped when it was not, and [FanIn] leaves it out.
func When[T any](in Input[Maybe[T]]) Input[T] {
	of := inputOf(in)
	w := &taken[T]{node: &input{kind: branches, of: []*input{of}}, in: in}
	if of.width() != 1 {
		return w
	}
	of.walk(func(leaf *input, _ leafUse) {
		if leaf.kind == readsOutput && leaf.node.op != nil {
			w.node.branch = &branch{taken: func(v any) (bool, error) {
				m, err := in.read([]any{v})
				return m.OK, err
			}}
			leaf.node.branches = append(leaf.node.branches, w.node.branch)
		}
	})
	return w
}

// WhenField is the branch that a field of what an op makes stands for: [When] of [Field].
func WhenField[S, T any](in Input[S], pick func(*S) *Maybe[T]) Input[T] { return When(Field(in, pick)) }

func (w *taken[T]) dependency() *input { return w.node }

func (w *taken[T]) read(leaves []any) (v T, err error) {
	m, err := w.in.read(leaves)
	if err != nil {
		return v, err
	}
	if !m.OK {
		return v, errAbsent
	}
	return m.Value, nil
}
