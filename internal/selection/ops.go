package selection

import (
	"fmt"
	"slices"
	"strings"
)

// OpGraph is what op selections are evaluated on: the names at the top of a job's graph, and their edges.
type OpGraph struct {
	Names    []string
	Up, Down [][]int32

	// Nested reports whether there is something at a dotted path below the top.
	Nested func(path string) bool
}

// SelectOps returns the dotted paths that a list of op selections chooses together: names at the top, which stand for all that is
// below them, and nested paths. Each is a selection in the language [Ops], or the dotted path of something nested by itself.
// Its names are those of Dagster's op selection (dagster/_core/selector).
func SelectOps(selections []string, g OpGraph) ([]string, error) {
	nodes := make([]Node, len(g.Names))
	for i, name := range g.Names {
		nodes[i].Key = name
	}
	graph := NewGraph(nodes, g.Up, g.Down)
	chosen := newSet(len(nodes))
	var nested []string
	for _, text := range selections {
		s, err := Ops.Parse(text)
		if err != nil {
			return nil, err
		}
		path, err := s.nestedPath(g)
		if err != nil {
			return nil, err
		}
		if path != "" {
			nested = append(nested, path)
			continue
		}
		set, err := s.Resolve(graph)
		if err != nil {
			return nil, err
		}
		chosen.union(set)
	}
	var out []string
	for i := range chosen.All() {
		out = append(out, g.Names[i])
	}
	top := len(out)
	for _, path := range nested {
		name, _, _ := strings.Cut(path, ".")
		if !slices.Contains(out[:top], name) {
			out = append(out, path)
		}
	}
	return out, nil
}

// nestedPath is the dotted path that a selection is, "" if it has none.
func (s Selection) nestedPath(g OpGraph) (string, error) {
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.op != opName || !strings.Contains(n.value.Text, ".") {
			continue
		}
		switch {
		case len(s.nodes) > 1:
			return "", &Error{s.text, int(n.at), "something nested is selected by itself: nothing above or below it"}
		case !g.Nested(n.value.Text):
			return "", &Error{s.text, int(n.at), fmt.Sprintf("no op %q", n.value.Text)}
		}
		return n.value.Text, nil
	}
	return "", nil
}
