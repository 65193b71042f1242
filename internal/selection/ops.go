package selection

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/nearest"
)

// OpGraph is what op selections are evaluated on: the names at the top of a job's graph, and their edges.
type OpGraph struct {
	Names    []string
	Up, Down [][]int

	// Nested reports whether there is something at a dotted path below the top.
	Nested func(path string) bool
}

// Ops returns the dotted paths that a list of op selections chooses: names at the top, which stand for all that is below
// them, and nested paths. Each selection is a name, with "*" before it for all above or behind it for all below, or with
// a "+" for each level; or the dotted path of something nested; or "*" alone. The rules are those of Dagster's op
// selection (dagster/_core/selector).
func Ops(selections []string, g OpGraph) ([]string, error) {
	chosen := make(map[string]bool)
	for _, text := range selections {
		if err := opSelection(text, g, chosen); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, name := range g.Names {
		if chosen[name] {
			out = append(out, name)
			delete(chosen, name)
		}
	}
	for path := range chosen { // nested: a few
		top, _, _ := strings.Cut(path, ".")
		if !slices.Contains(out, top) {
			out = append(out, path)
		}
	}
	return out, nil
}

func opSelection(text string, g OpGraph, chosen map[string]bool) error {
	if text == "*" {
		for _, name := range g.Names {
			chosen[name] = true
		}
		return nil
	}
	name, up, down, ok := cutOp(text)
	if !ok {
		return &Error{text, 0, `want a name, with "*" or "+" before or behind it`}
	}
	if strings.Contains(name, ".") {
		switch {
		case up != 0 || down != 0:
			return &Error{text, 0, "something nested is selected by itself: nothing above or below it"}
		case !g.Nested(name):
			return &Error{text, 0, fmt.Sprintf("no op %q", name)}
		}
		chosen[name] = true
		return nil
	}
	at := -1
	for i, n := range g.Names {
		if n == name {
			at = i
		}
	}
	if at < 0 {
		what := fmt.Sprintf("no op %q", name)
		if near := nearest.Name(name, g.Names); near != "" {
			what += fmt.Sprintf("; is it %q?", near)
		}
		return &Error{text, 0, what}
	}
	levels(g, g.Up, at, up, chosen)
	levels(g, g.Down, at, down, chosen)
	return nil
}

// all stands for as many levels as there are.
const all = -1

// cutOp takes a selection apart: the name, and how many levels above and below it.
func cutOp(text string) (name string, up, down int, ok bool) {
	name = text
	if rest, star := strings.CutPrefix(name, "*"); star {
		name, up = rest, all
	} else {
		for strings.HasPrefix(name, "+") {
			name, up = name[1:], up+1
		}
	}
	if rest, star := strings.CutSuffix(name, "*"); star {
		name, down = rest, all
	} else {
		for strings.HasSuffix(name, "+") {
			name, down = name[:len(name)-1], down+1
		}
	}
	for i := range len(name) {
		if c := name[i]; !isName(c) || c == '/' || c == '-' {
			return "", 0, 0, false
		}
	}
	return name, up, down, name != ""
}

// levels chooses a node, and so many levels of what it is connected with.
func levels(g OpGraph, edges [][]int, at, n int, chosen map[string]bool) {
	now := []int{at}
	seen := map[int]bool{at: true}
	for len(now) > 0 {
		var next []int
		for _, i := range now {
			chosen[g.Names[i]] = true
			if n == 0 {
				continue
			}
			for _, j := range edges[i] {
				if !seen[j] {
					seen[j] = true
					next = append(next, j)
				}
			}
		}
		if n > 0 {
			n--
		}
		now = next
	}
}
