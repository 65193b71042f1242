package selection_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/internal/selection"
)

// compile is the graph of a list of dependencies, with the groups and kinds of the benchmark.
func compile(deps [][]int) *selection.Graph {
	nodes := make([]selection.Node, len(deps))
	up, down := make([][]int32, len(deps)), make([][]int32, len(deps))
	for i, ups := range deps {
		nodes[i] = selection.Node{Key: fmt.Sprintf("n%d", i), Group: fmt.Sprintf("g%d", i%10)}
		if i%3 == 0 {
			nodes[i].Kinds = []string{"k"}
		}
		for _, u := range ups {
			up[i] = append(up[i], int32(u))
			down[u] = append(down[u], int32(i))
		}
	}
	return selection.NewGraph(nodes, up, down)
}

// nested wraps a text so that all is about as long as asked for.
func nested(before, inner, after string, length int) string {
	n := length / (len(before) + len(after))
	return strings.Repeat(before, n) + inner + strings.Repeat(after, n)
}

// A text of 100,000 characters takes time in proportion, and no more stack than a short one.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	const long = 100_000
	g := compile(dags.Chain(10_000))
	for name, tt := range map[string]struct {
		text  string
		want  int // nodes
		error string
	}{
		"open":           {strings.Repeat("(", long), 0, `at 100001: want an asset key`},
		"open, one key":  {strings.Repeat("(", long) + "key:n1", 0, `at 100007: want ")" for the "(" at 100000`},
		"closed":         {nested("(", "key:n1", ")", long), 1, ""},
		"close":          {"a" + strings.Repeat(")", long), 0, `at 2: ")" without "("`},
		"not":            {nested("not ", "key:n1", "", long), 1, ""},
		"not, no end":    {strings.Repeat("not ", long/4), 0, `at 100001: want an asset key`},
		"plus":           {strings.Repeat("+", long), 0, `at 2: more than one "+"`},
		"plus name":      {strings.Repeat("+", long) + "n9999", 10_000, ""},
		"plus behind":    {"n0" + strings.Repeat("+", long), 10_000, ""},
		"all above":      {nested("+(", "key:n9999", ")", long), 10_000, ""},
		"around":         {nested("+(", "key:n5000", ")+", long), 10_000, ""},
		"one by one":     {nested("1+(", "key:n9999", ")", long/10), 2501, ""},
		"roots":          {nested("roots(", "*", ")", long), 1, ""},
		"or":             {strings.Repeat("key:n1 or ", long/10) + "key:n2", 2, ""},
		"and":            {strings.Repeat("key:n1 and ", long/10) + "key:n1", 1, ""},
		"or in brackets": {nested("key:n1 or (", "key:n2", ")", long), 2, ""},
		"quote":          {`key:"` + strings.Repeat("x", long), 0, "at 5: quote without an end"},
		"stars":          {`key:n` + strings.Repeat("*1", long/2), 0, ""},
		"many stars":     {`key:` + strings.Repeat("*", long), 10_000, ""},
		"word":           {strings.Repeat("x", long), 0, "no asset"},
		"digits":         {strings.Repeat("9", long) + "+key:n9999", 10_000, ""},
		"space":          {strings.Repeat(" ", long), 0, "at 100001: want"},
		"attribute":      {strings.Repeat("x", long) + ":a", 0, "at 1: unknown attribute"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := selection.Parse(tt.text)
			if err == nil {
				assertRoundTrip(t, s)
				set, wrong := s.Resolve(g)
				err = wrong
				assert.Equal(t, tt.want, set.Len())
			}
			if tt.error == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.error)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, length := range []int{100, 10_000, 1_000_000} {
		b.Run(strconv.Itoa(length), func(b *testing.B) {
			text := nested("not (1+(", "key:n1", ")+2 or b)", length)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_, err := selection.Parse(text)
				require.NoError(b, err)
			}
		})
	}
}

// found is how many of 10,000 assets Dagster finds by the same text, and dagster how many milliseconds it took on an idle machine
// (bench case i).
var cases = []struct {
	name, text string
	found      int
	dagster    float64
}{
	{"keys", `1+key:"n5000"+1`, 5, 33.1},
	{"traversal", `+key:"n5000"+`, 83, 35.9},
	{"boolean", `group:"g1" and not kind:"k"`, 667, 29.9},
	{"upstream", `+group:"g1"`, 6279, 30.9},
	{"roots", `roots(+key:"n9999")`, 339, 24.8},
}

// BenchmarkSelection parses and evaluates.
func BenchmarkSelection(b *testing.B) {
	const n = 10_000
	g := compile(dags.Layers(n))
	for _, tt := range cases {
		b.Run(fmt.Sprintf("%s/%d", tt.name, n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := selection.Parse(tt.text)
				require.NoError(b, err)
				set, err := s.Resolve(g)
				require.NoError(b, err)
				require.Equal(b, tt.found, set.Len())
			}
			ms := b.Elapsed().Seconds() * 1e3 / float64(b.N)
			b.ReportMetric(tt.dagster/ms, "x-dagster")
		})
	}
}
