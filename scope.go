package dagster

import (
	"errors"
	"fmt"
)

// Scope is a graph, or a part of one, while it is wired. It belongs to the function that it was given to.
type Scope struct {
	graph  *graph
	parent *Scope
	path   string   // of nested names, each with a dot behind it
	in     *mapping // what its nodes run once for each key of; nil outside of maps
	names  map[string]*node
	spec   stepSpec // of what is nested here

	shut bool // the function has returned
}

// node is one place of an op, or of a graph, in a graph.
type node struct {
	name  string
	index int // in its graph
	scope *Scope
	at    site

	op    *op // of an op
	body  *body
	graph *graph // of a placed graph
	spec  stepSpec

	branches []*branch  // which of them were taken is known when the op has ended
	mapped   []*mapping // what is mapped over of its value

	// readWhole is set if something takes the value itself, and not only what is mapped over of it.
	readWhole bool
}

// branch is one When over what a node makes.
type branch struct {
	// taken tells from the node's value.
	taken func(v any) (bool, error)
}

// mapping is one Map over what a node makes.
type mapping struct {
	node   *node
	parent *mapping // the map that the node itself is in
	codec  *codec   // of an element

	// split gives the keys in order, and their values.
	split func(v any) ([]string, func(key string) any, error)
}

func (s *Scope) mistake(format string, args ...any) {
	if s == nil || s.graph == nil {
		return
	}
	d := definition{kind: "graph", name: s.graph.name, at: here()}
	s.graph.wrong = append(s.graph.wrong, d.wrong(fmt.Errorf(format, args...)))
}

// add places a node under its name.
func (s *Scope) add(n *node) {
	n.scope, n.index = s, len(s.graph.nodes)
	if s.shut {
		s.wrongAt(n, errors.New("placed after the function of its scope has returned"))
	}
	if other, ok := s.names[n.name]; ok {
		instead := "use As for another one"
		if n.graph != nil {
			instead = "place it in a Nest of another name"
		}
		s.wrongAt(n, fmt.Errorf("name: taken in this scope at %s; %s", placeOf(&other.at), instead))
	} else {
		s.names[n.name] = n
	}
	s.graph.nodes = append(s.graph.nodes, n)
}

func (s *Scope) wrongAt(n *node, err error) {
	d := definition{kind: "op", name: s.path + n.name, at: n.at}
	s.graph.wrong = append(s.graph.wrong, d.wrong(err))
}

// sees reports whether something of the other scope may be used in s.
func (s *Scope) sees(other *Scope) bool {
	for at := s; at != nil; at = at.parent {
		if at == other {
			return true
		}
	}
	return false
}

// checkInput says what is wrong with an input of a node in s.
func (s *Scope) checkInput(n *node, i int, in *input) {
	in.walk(func(leaf *input, _ leafUse) {
		switch leaf.kind {
		case readsNil:
			s.wrongAt(n, fmt.Errorf("input %d: %w", i+1, errNil))
		case readsOwn:
			s.wrongAt(n, fmt.Errorf("input %d: %w", i+1, errOwn))
		case readsOutput, readsElement, collects:
			switch {
			case leaf.scope.graph != s.graph:
				s.wrongAt(n, fmt.Errorf("input %d: an output of graph %s, which is not the one that is wired here", i+1, quote(leaf.scope.graph.name)))
			case !s.sees(leaf.scope):
				s.wrongAt(n, fmt.Errorf("input %d: an output that belongs to another scope: return it from there", i+1))
			case leaf.node != nil:
				leaf.node.readWhole = true
			}
		case readsAsset, readsResource, readsConfig, readsConst, joins, may, derives, branches:
		}
	})
}

// checkWaited says what is wrong with what a node in s waits for. Nothing of it is read, and so it may be of a scope inside
// of s: all copies are waited for then.
func (s *Scope) checkWaited(n *node, what string, waited []*input) {
	walkAll(waited, func(leaf *input, _ leafUse) {
		switch {
		case leaf.scope == nil:
		case leaf.scope.graph != s.graph:
			s.wrongAt(n, fmt.Errorf("%s: an output of graph %s, which is not the one that is wired here", what, quote(leaf.scope.graph.name)))
		case !s.sees(leaf.scope) && !leaf.scope.sees(s):
			s.wrongAt(n, fmt.Errorf("%s: an output that belongs to another scope", what))
		}
	})
}

func placeOf(at *site) string {
	d := definition{at: *at}
	return d.place()
}

// Output is what a placed op, or a nested graph, will make. It is an input of what is placed in its scope or inside it.
type Output[T any] struct {
	typed[T]
	in *input

	// convert makes the value of what the leaf came to, where that is not the value itself.
	convert func(v any) (T, error)
}

func (o Output[T]) dependency() *input { return o.in }

func (o Output[T]) read(leaves []any) (T, error) {
	if _, gone := leaves[0].(absent); o.convert != nil && !gone {
		return o.convert(leaves[0])
	}
	return leafValue[T](leaves)
}

// placeOp puts an op with its inputs into a scope.
func placeOp[T any](s *Scope, o *op, b Body[T]) Output[T] {
	if s == nil {
		return Output[T]{}
	}
	n := &node{name: o.name, op: o, body: b.core(), spec: o.spec, at: here()}
	s.add(n)
	for i, in := range n.body.inputs {
		s.checkInput(n, i, in)
	}
	s.checkWaited(n, "after", n.spec.after)
	s.checkWaited(n, "finally", n.spec.finally)
	return Output[T]{in: &input{kind: readsOutput, node: n, scope: s}}
}

// Nest places what wire places under a name of its own: the steps are named name.step. Options hold for all of them.
func Nest[T any](s *Scope, name string, wire func(s *Scope) Output[T], opts ...OpOption) Output[T] {
	if s == nil || wire == nil {
		s.mistake("nest %s: %w", quote(name), errNil)
		return Output[T]{}
	}
	holder := &op{definition: definition{kind: "graph", name: name, at: here()}}
	holder.check(checkIdentifier(name))
	holder.apply(opts)
	for _, m := range holder.mistakes {
		s.graph.wrong = append(s.graph.wrong, holder.wrong(m))
	}
	// The name is taken like an op's, so that no two steps have one key.
	if other, ok := s.names[name]; ok {
		s.graph.wrong = append(s.graph.wrong, holder.wrong(fmt.Errorf("name: taken in this scope at %s", placeOf(&other.at))))
	}
	s.names[name] = &node{name: name, at: holder.at}
	inner := &Scope{graph: s.graph, parent: s, path: s.path + name + ".", in: s.in, names: make(map[string]*node), spec: holder.spec}
	out := wire(inner)
	inner.shut = true
	return lift(s, inner, out)
}

// lift makes an output of an inner scope one of the outer scope.
func lift[T any](s, inner *Scope, out Output[T]) Output[T] {
	if out.in == nil {
		s.mistake("the function of scope %s returned no output", quote(inner.path))
		return out
	}
	if out.in.scope != nil && !inner.sees(out.in.scope) {
		s.mistake("the function of scope %s returned an output of another scope", quote(inner.path))
	}
	in := *out.in
	in.scope = s
	return Output[T]{in: &in, convert: out.convert}
}
