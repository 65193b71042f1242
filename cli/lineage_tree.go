package cli

import (
	"fmt"
	"strings"

	"github.com/dagster-go/dagster"
)

// lineageTree draws a lineage as a tree. What has been drawn with all below it is named again, but not drawn again.
type lineageTree struct {
	style style
	key   string
	of    map[string]*dagster.LineageAsset
	up    map[string][]string
	down  map[string][]string
	b     strings.Builder
}

func newLineageTree(s style, l *dagster.Lineage) *lineageTree {
	t := &lineageTree{style: s, key: l.Asset, of: make(map[string]*dagster.LineageAsset), up: make(map[string][]string), down: make(map[string][]string)}
	for i := range l.Assets {
		t.of[l.Assets[i].Key] = &l.Assets[i]
	}
	for _, e := range l.Edges {
		t.up[e.To] = append(t.up[e.To], e.From)
		t.down[e.From] = append(t.down[e.From], e.To)
	}
	return t
}

// text is the tree of what the asset is made from, of what is made from it, or both one below the other.
func (t *lineageTree) text(up, down bool) string {
	t.b.WriteString(t.style.paint(bold, oneLine(t.key)) + "\n")
	if up && down {
		t.part("made from", "made from nothing", t.up, -1)
		t.part("needed by", "needed by nothing", t.down, 1)
		return t.b.String()
	}
	if up {
		t.below(t.key, "", t.up, -1, map[string]bool{})
	} else {
		t.below(t.key, "", t.down, 1, map[string]bool{})
	}
	return t.b.String()
}

func (t *lineageTree) part(title, none string, edges map[string][]string, sign int) {
	if len(edges[t.key]) == 0 && t.of[t.key].More == 0 {
		t.b.WriteString("\n" + none + "\n")
		return
	}
	t.b.WriteString("\n" + title + "\n")
	t.below(t.key, "", edges, sign, map[string]bool{})
}

// below draws what edges lead to from an asset.
func (t *lineageTree) below(key, indent string, edges map[string][]string, sign int, drawn map[string]bool) {
	next := edges[key]
	more := 0
	if a := t.of[key]; a != nil && a.Distance*sign > 0 {
		more = a.More
	}
	for i, k := range next {
		branch, deeper := "├─ ", "│  "
		if i == len(next)-1 && more == 0 {
			branch, deeper = "└─ ", "   "
		}
		t.b.WriteString(indent + branch + t.name(k))
		again := drawn[k] && len(edges[k]) > 0
		if again {
			t.b.WriteString(t.style.paint(dim, " (see above)"))
		}
		t.b.WriteByte('\n')
		if !again {
			drawn[k] = true
			t.below(k, indent+deeper, edges, sign, drawn)
		}
	}
	if more > 0 {
		t.b.WriteString(indent + "└─ " + t.style.paint(dim, fmt.Sprintf("(%d more)", more)) + "\n")
	}
}

func (t *lineageTree) name(key string) string {
	name := oneLine(key)
	switch a := t.of[key]; {
	case a == nil:
	case a.Virtual:
		name += t.style.paint(dim, " (a view)")
	case a.External:
		name += t.style.paint(dim, " (made elsewhere)")
	}
	return name
}
