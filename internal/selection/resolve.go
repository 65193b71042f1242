package selection

import (
	"fmt"
	"slices"
	"strings"
)

// Resolve returns which nodes of g are selected. What the graph has not is an [*Error] if it is a name or an exact key, and so is
// an attribute that it can't answer, or a value that an attribute can't have; a selection of nothing is none.
func (s Selection) Resolve(g *Graph) (Set, error) {
	if len(s.nodes) == 0 {
		return newSet(len(g.nodes)), nil
	}
	e := evaluation{Selection: s, graph: g}
	for i := 0; i < len(s.nodes); i++ {
		if err := e.step(i); err != nil {
			return Set{}, err
		}
		i += e.settled(i)
	}
	return e.stack[0], nil
}

// evaluation goes through a tree from its leaves, each node taking the sets of its children from the stack.
type evaluation struct {
	Selection

	graph *Graph
	stack []Set
	spare []Set // to be used again

	steady bool // the last node made of its child what that was already
}

func (e *evaluation) empty() Set {
	if len(e.spare) == 0 {
		return newSet(len(e.graph.nodes))
	}
	s := e.spare[len(e.spare)-1]
	e.spare = e.spare[:len(e.spare)-1]
	clear(s.words)
	return s
}

func (e *evaluation) pop() Set {
	s := e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
	return s
}

func (e *evaluation) push(s Set) { e.stack = append(e.stack, s) }

func (e *evaluation) step(i int) error {
	n := &e.nodes[i]
	e.steady = false
	switch n.op {
	case opAll:
		s := e.empty()
		s.union(e.graph.universe())
		e.push(s)
	case opName:
		return e.name(n)
	case opHas:
		return e.has(n)
	case opAnd, opOr:
		right, left := e.pop(), e.pop()
		if n.op == opAnd {
			left.intersect(right)
		} else {
			left.union(right)
		}
		e.spare = append(e.spare, right)
		e.push(left)
	case opTraverse, opRoots, opSinks, opNot, opOpen:
		of, out := e.pop(), e.empty()
		e.unary(n, of, out)
		e.steady = of.equal(out)
		e.spare = append(e.spare, of)
		e.push(out)
	}
	return nil
}

// settled is how many of the next nodes only do again what changed nothing: +(+(+(...))) is no dearer than +.
func (e *evaluation) settled(i int) int {
	if !e.steady {
		return 0
	}
	n, same := &e.nodes[i], 0
	for _, next := range e.nodes[i+1:] {
		if next.op != n.op || next.up != n.up || next.down != n.down {
			break
		}
		same++
	}
	return same
}

func (e *evaluation) unary(n *node, of, out Set) {
	g := e.graph
	switch n.op {
	case opTraverse:
		if n.up != none {
			g.up.reach(of, out, n.up)
			out.subtract(g.external)
		}
		if n.down != none {
			down := e.empty()
			g.down.reach(of, down, n.down)
			out.union(down)
			e.spare = append(e.spare, down)
		}
	case opRoots:
		g.down.reachProper(of, out)
		e.left(of, out)
	case opSinks:
		g.up.reachProper(of, out)
		e.left(of, out)
	default: // opNot
		out.union(g.universe())
		out.subtract(of)
	}
}

// left makes out what is in of and was not in out.
func (e *evaluation) left(of, out Set) {
	out.combine(of, func(a, b uint64) uint64 { return b &^ a })
}

func (e *evaluation) name(n *node) error {
	at, ok := e.graph.index[n.value.Text]
	if !ok {
		what := fmt.Sprintf("no %s %q", e.lang.noun, n.value.Text)
		if near := e.graph.near(n.value.Text); near != "" {
			what += fmt.Sprintf("; is it %q?", near)
		}
		return &Error{e.text, int(n.at), what}
	}
	s := e.empty()
	s.add(at)
	e.push(s)
	return nil
}

func (e *evaluation) has(n *node) error {
	out := e.empty()
	if err := e.find(n, out); err != nil {
		return &Error{e.text, int(n.at), err.Error()}
	}
	e.push(out)
	return nil
}

// find puts the nodes that have an attribute into out.
func (e *evaluation) find(n *node, out Set) error {
	g, v := e.graph, n.value
	if f, ok := g.finders[n.attribute]; ok {
		return e.ask(n, f, out)
	}
	switch n.attribute {
	case e.lang.key:
		g.findKey(v.Text, out)
	case "is":
		return g.findIs(v, out)
	case "group", "kind", "tag":
		g.findValue(n.attribute, v, out)
		out.intersect(g.universe())
	case "owner":
		g.findValue(n.attribute, v, out)
	case "partitions":
		if v.Null {
			v.Text = "none"
		}
		g.findValue(n.attribute, Value{Text: v.Text}, out)
	default:
		return fmt.Errorf("%s: is not known here", n.attribute)
	}
	return nil
}

func (e *evaluation) ask(n *node, f Finder, out Set) error {
	has, err := f(n.value)
	if err != nil {
		return fmt.Errorf("%s: %w", n.attribute, err)
	}
	for i := range e.graph.nodes {
		if has(i) {
			out.add(int32(i))
		}
	}
	return nil
}

func (g *Graph) findKey(key string, out Set) {
	if !strings.Contains(key, "*") {
		if at, ok := g.index[key]; ok {
			out.add(at)
		}
		return
	}
	w := newWildcard(key)
	for i := range g.nodes {
		if w.match(g.nodes[i].Key) {
			out.add(int32(i))
		}
	}
}

func (g *Graph) findIs(v Value, out Set) error {
	switch v.Text {
	case "external":
		out.union(g.external)
	case "materializable":
		out.union(g.runnable)
	default:
		return fmt.Errorf("is: %w", unknownValue(v, []string{"external", "materializable"}))
	}
	return nil
}

// findValue looks up an attribute by value. Only a group has wildcards, as in Dagster.
func (g *Graph) findValue(attribute string, v Value, out Set) {
	by := g.attributes()[attribute]
	key := v.Text
	switch {
	case attribute == "kind" && v.Null:
		key = noKind
	case v.Null || attribute != "tag" && key == "": // nothing has it
		return
	case attribute == "tag":
		key = tagValue(key, v.Equals)
	}
	if attribute != "group" || !strings.Contains(key, "*") {
		out.addAll(by[key])
		return
	}
	w := newWildcard(key)
	for group, nodes := range by {
		if w.match(group) {
			out.addAll(nodes)
		}
	}
}

func unknownValue(v Value, known []string) error {
	given := fmt.Sprintf("%q", v.Text)
	if v.Null {
		given = "<null>"
	}
	return fmt.Errorf("no value %s: want one of %s", given, strings.Join(slices.Sorted(slices.Values(known)), ", "))
}
