package selection_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/selection"
)

// tree is a selection as the test understands it: evaluated by the letter, in sets of keys.
type tree struct {
	op       string // all, name, key, group, not, and, or, roots, sinks, traverse
	text     string
	up, down int // -1 for none, far for all
	of       []*tree
}

const far = 1000

// world is a graph as the test understands it. It may have cycles.
type world struct {
	keys     []string
	group    map[string]string
	external map[string]bool
	up, down map[string][]string
}

func drawWorld(t *rapid.T) *world {
	w := &world{group: map[string]string{}, external: map[string]bool{}, up: map[string][]string{}, down: map[string][]string{}}
	n := rapid.OneOf(rapid.IntRange(1, 12), rapid.Just(130)).Draw(t, "nodes")
	for i := range n {
		key := fmt.Sprintf("n%d", i)
		w.keys = append(w.keys, key)
		w.group[key] = rapid.SampledFrom([]string{"g1", "g2", "h"}).Draw(t, "group")
		w.external[key] = rapid.IntRange(0, 4).Draw(t, "external") == 0
	}
	sorted := rapid.Bool().Draw(t, "sorted")
	for range rapid.IntRange(0, 2*n).Draw(t, "edges") {
		i, j := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
		if sorted {
			i, j = min(i, j), max(i, j)
		}
		from, to := w.keys[i], w.keys[j]
		if !slices.Contains(w.down[from], to) {
			w.down[from], w.up[to] = append(w.down[from], to), append(w.up[to], from)
		}
	}
	return w
}

func (w *world) graph() *selection.Graph {
	nodes := make([]selection.Node, len(w.keys))
	up, down := make([][]int32, len(w.keys)), make([][]int32, len(w.keys))
	indexes := func(keys []string) (out []int32) {
		for _, k := range keys {
			out = append(out, int32(slices.Index(w.keys, k)))
		}
		return out
	}
	for i, key := range w.keys {
		nodes[i] = selection.Node{Key: key, Group: w.group[key], External: w.external[key]}
		up[i], down[i] = indexes(w.up[key]), indexes(w.down[key])
	}
	return selection.NewGraph(nodes, up, down)
}

func drawTree(t *rapid.T, w *world, depth int) *tree {
	ops := []string{"all", "name", "key", "key", "group"}
	if depth > 0 {
		ops = append(ops, "not", "and", "or", "roots", "sinks", "traverse", "and", "or", "traverse", "traverse")
	}
	e := &tree{op: rapid.SampledFrom(ops).Draw(t, "op")}
	children := 0
	switch e.op {
	case "name":
		e.text = rapid.SampledFrom(w.keys).Draw(t, "name")
	case "key":
		e.text = rapid.SampledFrom([]string{"n1", "n*", "*1", "n*1*", "none", "odd one", "*"}).Draw(t, "key")
	case "group":
		e.text = rapid.SampledFrom([]string{"g1", "h", "g*", "none"}).Draw(t, "group")
	case "and", "or":
		children = 2
	case "not", "roots", "sinks", "traverse":
		children = 1
	}
	if e.op == "traverse" {
		levels := rapid.SampledFrom([]int{-1, 0, 1, 2, 5, far})
		e.up, e.down = levels.Draw(t, "up"), levels.Draw(t, "down")
	}
	for range children {
		e.of = append(e.of, drawTree(t, w, depth-1))
	}
	return e
}

// write writes a tree with all the parentheses that there can be.
func (e *tree) write() string {
	switch e.op {
	case "all":
		return "*"
	case "name":
		return e.text
	case "key", "group":
		return e.op + `:"` + e.text + `"`
	case "not":
		return "not (" + e.of[0].write() + ")"
	case "roots", "sinks":
		return e.op + "(" + e.of[0].write() + ")"
	case "and", "or":
		return "(" + e.of[0].write() + ") " + e.op + " (" + e.of[1].write() + ")"
	}
	up, down := "", ""
	if e.up >= 0 {
		up = fmt.Sprintf("%d+", e.up)
	}
	if e.up == far {
		up = "+"
	}
	if e.down >= 0 {
		down = fmt.Sprintf("+%d", e.down)
	}
	if e.down == far {
		down = "+"
	}
	return up + "(" + e.of[0].write() + ")" + down
}

type keySet map[string]bool

func (w *world) evaluate(e *tree) keySet {
	var of []keySet
	for _, child := range e.of {
		of = append(of, w.evaluate(child))
	}
	out := keySet{}
	for _, key := range w.keys {
		in := false
		switch e.op {
		case "all":
			in = !w.external[key]
		case "name":
			in = key == e.text
		case "key":
			in = matches(e.text, key)
		case "group":
			in = matches(e.text, w.group[key]) && !w.external[key]
		case "not":
			in = !of[0][key] && !w.external[key]
		case "and":
			in = of[0][key] && of[1][key]
		case "or":
			in = of[0][key] || of[1][key]
		case "roots":
			in = of[0][key] && !w.below(key, of[0], w.up)
		case "sinks":
			in = of[0][key] && !w.below(key, of[0], w.down)
		case "traverse":
			in = e.up >= 0 && !w.external[key] && w.within(key, of[0], w.down, e.up) || e.down >= 0 && w.within(key, of[0], w.up, e.down) ||
				e.up < 0 && e.down < 0 && of[0][key]
		}
		if in {
			out[key] = true
		}
	}
	return out
}

// within reports whether one of some keys is at most so many edges away.
func (w *world) within(key string, some keySet, edges map[string][]string, n int) bool {
	seen := keySet{key: true}
	for range n + 1 {
		next := keySet{}
		for k := range seen {
			if some[k] {
				return true
			}
			next[k] = true
			for _, m := range edges[k] {
				next[m] = true
			}
		}
		if len(next) == len(seen) {
			return false
		}
		seen = next
	}
	return false
}

// below reports whether one of some keys can be reached by at least one edge to another node.
func (w *world) below(key string, some keySet, edges map[string][]string) bool {
	for _, m := range edges[key] {
		if m != key && w.within(m, some, edges, far) {
			return true
		}
	}
	return false
}

func matches(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(s, head) || !star {
		return s == pattern
	}
	for i := len(head); i <= len(s); i++ {
		if matches(rest, s[i:]) {
			return true
		}
	}
	return false
}

func TestEvaluationIsThatByTheLetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		e := drawTree(t, w, 5)
		s, err := selection.Parse(e.write())
		require.NoError(t, err)
		set, err := s.Resolve(w.graph())
		require.NoError(t, err)
		got := keySet{}
		for i := range set.All() {
			got[w.keys[i]] = true
		}
		assert.Equal(t, w.evaluate(e), got, "%s", s)
		assertRoundTrip(t, s)
	})
}

func assertRoundTrip(t require.TestingT, s selection.Selection) {
	again, err := selection.Parse(s.String())
	require.NoError(t, err, "what is printed can be read")
	assert.Equal(t, s.Tree(), again.Tree())
	assert.Equal(t, s.String(), again.String())
}

func TestAnyKeyIsSelectedExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ab"\\*. /-]+`), rapid.SampledFrom([]string{"and", "key", "roots", "12"})).Draw(t, "key")
		s, err := selection.Parse("other or " + selection.Exactly(key) + " and *")
		require.NoError(t, err)
		assertRoundTrip(t, s)
		nodes := []selection.Node{{Key: key}, {Key: key + "x"}, {Key: "other"}}
		set, err := s.Resolve(selection.NewGraph(nodes, make([][]int32, 3), make([][]int32, 3)))
		require.NoError(t, err)
		assert.True(t, set.Has(0))
		assert.False(t, set.Has(1))
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a", "+a+", "*", `key:"a b" or b`, "", `"`, "a or", "2+key:a+3 and not (group:\"g*\" or tag:k=v)", `roots(sinks(*)+1)`, "not not a", //nolint:dupword // as people write it
		"*a*", "++a++", `key="a\"b"`, "tag:tier=1", "((a)", "kind:<null>", "not_materialized_in_hours:3", "99999999999+key:a", "(a)+9", "*+*",
		"column_tag:a=b", "\xff", `key:"ü"`, "a\x00b",
	} {
		f.Add(seed)
	}
	g, keys := diamond()
	f.Fuzz(func(t *testing.T, text string) {
		s, err := selection.Parse(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		assertRoundTrip(t, s)
		if set, err := s.Resolve(g); err == nil {
			require.LessOrEqual(t, set.Len(), len(keys))
		}
	})
}
