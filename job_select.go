package dagster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/selection"
)

// OpSelection runs only some ops of a job: names at the top of its graph, each with "*" before it for all above or
// behind it for all below, or with a "+" for each level ("*merge", "clean+"), and dotted paths of what is nested
// ("etl.clean"). They are in the language of [Selection] with the attribute name ("name:clean_* and not name:x+"), but a
// dotted path, which is alone. Several selections add up. The name of a graph stands for all that is in it. What the
// selected ops read of others must be given: see the Given methods of ops.
func OpSelection(ops ...string) RunOption {
	ops = slices.Clone(ops)
	return runOption(func(o *runOptions) {
		if len(ops) == 0 {
			o.mistake(fmt.Errorf("op selection: %w", errEmpty))
		}
		o.opSelection = append(o.opSelection, ops...)
	})
}

// selectOps returns which steps of a job's graph are selected.
func selectOps(full *plan, ops []string) (func(path string) bool, error) {
	g := opGraph(full)
	paths, err := selection.SelectOps(ops, g)
	if err != nil {
		return nil, err
	}
	chosen := make(map[string]bool, len(paths))
	for _, p := range paths {
		chosen[p] = true
	}
	return func(path string) bool {
		for at := path; ; {
			if chosen[at] {
				return true
			}
			i := strings.LastIndexByte(at, '.')
			if i < 0 {
				return false
			}
			at = at[:i]
		}
	}, nil
}

// opGraph is the top of a job's graph: its ops, and its nested graphs as a whole.
func opGraph(p *plan) selection.OpGraph {
	index := make(map[string]int32)
	var g selection.OpGraph
	paths := make(map[string]bool)
	top := func(key string) int32 {
		name, _, _ := strings.Cut(key, ".")
		i, ok := index[name]
		if !ok {
			i = int32(len(g.Names)) //nolint:gosec // far fewer ops than that
			index[name] = i
			g.Names, g.Up, g.Down = append(g.Names, name), append(g.Up, nil), append(g.Down, nil)
		}
		return i
	}
	for i := range p.steps {
		key := p.steps[i].key
		for at := key; at != ""; {
			paths[at] = true
			cut := strings.LastIndexByte(at, '.')
			at = at[:max(cut, 0)]
		}
		down := top(key)
		for _, in := range p.exec.Steps[i].Inputs {
			for _, s := range in.Sources {
				if up := top(p.steps[s.Step].key); up != down && !slices.Contains(g.Up[down], up) {
					g.Up[down] = append(g.Up[down], up)
					g.Down[up] = append(g.Down[up], down)
				}
			}
		}
	}
	g.Nested = func(path string) bool { return paths[path] }
	return g
}
