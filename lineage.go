package dagster

import (
	"slices"
	"strings"
)

// Lineage is a part of a repository's graph: assets around one of them, and what is made from what. It is a copy: changing
// it changes nothing.
type Lineage struct {
	Asset  string         `json:"asset"`
	Assets []LineageAsset `json:"assets"` // with the one itself; each after those that it needs
	Edges  []LineageEdge  `json:"edges"`  // between them
}

// LineageAsset is an asset of a [Lineage].
type LineageAsset struct {
	Key      string   `json:"key"`
	Group    string   `json:"group"`
	Kinds    []string `json:"kinds,omitempty"`
	External bool     `json:"external,omitempty"` // made elsewhere
	Virtual  bool     `json:"virtual,omitempty"`  // a view of other assets

	// Distance is how many steps it is away: below 0 for what the asset is made from, above 0 for what is made from it.
	Distance int `json:"distance"`

	// More is how many assets it leads on to that are too far away to be part of the lineage.
	More int `json:"more,omitempty"`
}

// LineageEdge says that one asset is made from another, or waits for it.
type LineageEdge struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Lineage returns what an asset is made from, up to a number of steps, and what is made from it, down to a number of
// steps; a negative number is for all of it. An unknown key is an error.
func (r *Repository) Lineage(asset string, up, down int) (*Lineage, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	at, err := c.named(asset)
	if err != nil {
		return nil, err
	}
	far := map[int32]int{at: 0}
	more := make(map[int32]int)
	reach(at, c.up, up, -1, far, more)
	reach(at, c.down, down, 1, far, more)
	out := &Lineage{Asset: asset, Assets: make([]LineageAsset, 0, len(far)), Edges: []LineageEdge{}}
	for i := range c.assets {
		distance, ok := far[int32(i)]
		if !ok {
			continue
		}
		a := &c.assets[i]
		one := LineageAsset{
			Key: a.key, Group: a.spec.group, Kinds: slices.Clone(a.spec.kinds), External: a.external, Virtual: a.isView(), Distance: distance, More: more[int32(i)],
		}
		if one.Group == "" {
			one.Group = defaultGroup
		}
		out.Assets = append(out.Assets, one)
		for _, from := range slices.Sorted(slices.Values(c.up[i])) {
			if _, ok := far[from]; ok {
				out.Edges = append(out.Edges, LineageEdge{From: c.assets[from].key, To: a.key})
			}
		}
	}
	return out, nil
}

// reach notes how far away each asset is that edges lead to, in steps of sign, and how many the last ones lead on to.
func reach(at int32, edges [][]int32, depth, sign int, far, more map[int32]int) {
	todo := []int32{at}
	for steps := 1; len(todo) > 0; steps++ {
		var next []int32
		for _, i := range todo {
			for _, j := range edges[i] {
				if _, ok := far[j]; ok {
					continue
				}
				if depth >= 0 && steps > depth {
					more[i]++
					continue
				}
				far[j] = sign * steps
				next = append(next, j)
			}
		}
		todo = next
	}
}

// Mermaid is the lineage as a Mermaid flowchart, the asset itself with a thick frame.
func (l *Lineage) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids := l.ids()
	for i := range l.Assets {
		a := &l.Assets[i]
		open, shut := `["`, `"]`
		switch {
		case a.Virtual:
			open, shut = `(["`, `"])`
		case a.External:
			open, shut = `[("`, `")]`
		}
		b.WriteString("  " + ids[a.Key] + open + mermaidText(a.Key) + shut + "\n")
	}
	for _, e := range l.Edges {
		b.WriteString("  " + ids[e.From] + " --> " + ids[e.To] + "\n")
	}
	b.WriteString("  style " + ids[l.Asset] + " stroke-width:3px\n")
	return b.String()
}

// DOT is the lineage in the language of Graphviz, the asset itself with a thick frame.
func (l *Lineage) DOT() string {
	var b strings.Builder
	b.WriteString("digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n")
	for i := range l.Assets {
		a := &l.Assets[i]
		b.WriteString("  " + dotText(a.Key))
		switch {
		case a.Key == l.Asset:
			b.WriteString(" [penwidth=3]")
		case a.Virtual:
			b.WriteString(" [style=dashed]")
		case a.External:
			b.WriteString(" [shape=cylinder]")
		}
		b.WriteString(";\n")
	}
	for _, e := range l.Edges {
		b.WriteString("  " + dotText(e.From) + " -> " + dotText(e.To) + ";\n")
	}
	b.WriteString("}\n")
	return b.String()
}
