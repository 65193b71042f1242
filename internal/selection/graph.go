package selection

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/dagster-go/dagster/internal/nearest"
)

// Node is what a graph knows of one node.
type Node struct {
	Key        string
	Group      string
	Kinds      []string
	Owners     []string
	Tags       map[string]string
	Partitions string // time, static, dynamic or multipartitions; "" for none

	// External is set for what is made elsewhere. "*", "not", group:, kind: and tag: leave it out, and so does what stands
	// above a "+"; see [Graph.WithSources].
	External bool
}

// Graph is what selections are evaluated on. It is immutable, and safe for concurrent use.
type Graph struct {
	*compiled

	sources bool
	finders map[string]Finder
}

// compiled is what graphs of the same nodes share.
type compiled struct {
	nodes      []Node
	index      map[string]int32
	up, down   edges
	external   Set
	runnable   Set // all others
	all        Set
	attributes func() map[string]map[string][]int32 // nodes by attribute and value; tags by key, "=" and value
}

// Finder answers one attribute: which nodes have the value. Its error says what is wrong with the value.
type Finder func(v Value) (func(node int) bool, error)

// NewGraph makes a graph of nodes and of edges, which are indexes of nodes: what each needs, and what needs it. An edge from a
// node to itself does not count. It is evaluated fastest if nodes stand behind those that they need. The nodes belong to the graph.
func NewGraph(nodes []Node, up, down [][]int32) *Graph {
	c := &compiled{
		nodes: nodes, up: newEdges(up, true), down: newEdges(down, false), index: make(map[string]int32, len(nodes)),
		external: newSet(len(nodes)), runnable: newSet(len(nodes)), all: newSet(len(nodes)),
	}
	for i := range nodes {
		at := int32(i)
		c.index[nodes[i].Key] = at
		c.all.add(at)
		if nodes[i].External {
			c.external.add(at)
		} else {
			c.runnable.add(at)
		}
	}
	c.attributes = sync.OnceValue(c.byAttribute)
	return &Graph{compiled: c}
}

// WithSources is the graph whose external nodes are like all others, but for what stands above a "+".
func (g *Graph) WithSources() *Graph {
	out := *g
	out.sources = true
	return &out
}

// With is the graph that knows one more attribute, which only those around it can answer: status, job, code_location. Without
// it the attribute is an error.
func (g *Graph) With(attribute string, find Finder) *Graph {
	out := *g
	out.finders = maps.Clone(g.finders)
	if out.finders == nil {
		out.finders = make(map[string]Finder, 1)
	}
	out.finders[attribute] = find
	return &out
}

// OneOf is a [Finder] for an attribute with a few values, such as status, of which has tells whether a node has one. Another
// value is an error that lists those that there are.
func OneOf(known []string, has func(value string, node int) bool) Finder {
	return func(v Value) (func(int) bool, error) {
		if !slices.Contains(known, v.Text) {
			return nil, unknownValue(v, known)
		}
		return func(node int) bool { return has(v.Text, node) }, nil
	}
}

// Len is the number of nodes.
func (g *Graph) Len() int { return len(g.nodes) }

// universe is what "*" stands for.
func (g *Graph) universe() Set {
	if g.sources {
		return g.all
	}
	return g.runnable
}

// kindTag begins a tag that says a kind, as in Dagster.
const kindTag = "dagster/kind/"

func (c *compiled) byAttribute() map[string]map[string][]int32 {
	out := make(map[string]map[string][]int32)
	for _, a := range []string{"group", "kind", "owner", "tag", "partitions"} {
		out[a] = make(map[string][]int32)
	}
	for i := range c.nodes {
		n, at := &c.nodes[i], int32(i)
		add := func(attribute, value string) { out[attribute][value] = append(out[attribute][value], at) }
		add("group", n.Group)
		if n.Partitions != "" {
			add("partitions", n.Partitions)
		} else {
			add("partitions", "none")
		}
		for _, k := range n.Kinds {
			add("kind", k)
			add("tag", tagValue(kindTag+k, ""))
		}
		for _, o := range n.Owners {
			add("owner", o)
		}
		some := len(n.Kinds) > 0
		for k, v := range n.Tags {
			add("tag", tagValue(k, v))
			if kind, ok := strings.CutPrefix(k, kindTag); ok {
				add("kind", kind)
				some = true
			}
		}
		if !some {
			add("kind", noKind)
		}
	}
	return out
}

// noKind stands for a node without kinds; no kind is empty.
const noKind = ""

// tagValue joins a tag by a sign that neither has.
func tagValue(key, value string) string { return key + "\x00" + value }

// near guesses which key was meant.
func (g *Graph) near(key string) string {
	keys := make([]string, len(g.nodes))
	for i := range g.nodes {
		keys[i] = g.nodes[i].Key
	}
	return nearest.Name(key, keys)
}

// wildcard is a pattern in which "*" stands for any signs.
type wildcard []string

// newWildcard keeps one of several "*" in a row, so that matching takes no longer than the key has bytes.
func newWildcard(pattern string) wildcard {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last < 1 {
		return parts
	}
	out := wildcard{parts[0]}
	for _, part := range parts[1:last] {
		if part != "" {
			out = append(out, part)
		}
	}
	return append(out, parts[last])
}

func (w wildcard) match(s string) bool {
	first, last := w[0], w[len(w)-1]
	if len(w) == 1 {
		return s == first
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range w[1 : len(w)-1] { // the leftmost place is never worse than a later one
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return true
}
