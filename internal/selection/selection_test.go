package selection_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/selection"
)

// diamond is a -> b, c -> d, and e apart, and x made elsewhere, from which a is made.
func diamond() (*selection.Graph, []string) {
	nodes := []selection.Node{
		{Key: "a", Group: "first", Kinds: []string{"csv", "sql"}, Tags: map[string]string{"tier": "1", "flag": ""}},
		{Key: "b", Group: "second", Owners: []string{"team:data"}},
		{Key: "raw/c", Group: "second", Partitions: "static"},
		{Key: "odd key!", Group: "third", Tags: map[string]string{"tier": "2", "dagster/kind/pdf": ""}},
		{Key: "e", Group: "third/part", Partitions: "time"},
		{Key: "x", Group: "first", Kinds: []string{"csv"}, Owners: []string{"team:data"}, External: true},
	}
	keys := make([]string, len(nodes))
	for i, n := range nodes {
		keys[i] = n.Key
	}
	return selection.NewGraph(nodes, [][]int32{{5}, {0}, {0}, {1, 2}, {}, {}}, [][]int32{{1, 2}, {3}, {3}, {}, {}, {0}}), keys
}

func chosen(t *testing.T, g *selection.Graph, keys []string, text string) []string {
	t.Helper()
	s, err := selection.Parse(text)
	require.NoError(t, err)
	set, err := s.Resolve(g)
	require.NoError(t, err)
	var got []string
	for i := range set.All() {
		got = append(got, keys[i])
	}
	assert.Len(t, got, set.Len())
	return got
}

func TestResolve(t *testing.T) {
	t.Parallel()
	g, keys := diamond()
	own := keys[:5]
	tests := []struct {
		text string
		want []string
	}{
		{"*", own},
		{"a", []string{"a"}},
		{"a+", []string{"a", "b", "raw/c"}},
		{"a++", own[:4]},
		{"a*", own[:4]},
		{"*b", []string{"a", "b"}},
		{"+raw/c+", []string{"a", "raw/c", "odd key!"}},
		{`key="odd key!"`, []string{"odd key!"}},
		{`+key="odd key!"`, own[:4]},
		{"key:b+", []string{"b", "odd key!"}},
		{"1 + key:b + 1", []string{"a", "b", "odd key!"}},
		{"+key:x", nil},
		{"key:x+1", []string{"a", "x"}},
		{`key:"*a*"`, []string{"a", "raw/c"}},
		{"key:nothing", nil},
		{`not key:"*e*"`, []string{"a", "b", "raw/c"}},
		{"a or e and b", []string{"a"}},
		{"(a or e) and not a", []string{"e"}},
		{"roots(b or raw/c or e)", []string{"b", "raw/c", "e"}},
		{`sinks(a or key="odd key!")`, []string{"odd key!"}},
		{`group:"third*"`, []string{"odd key!", "e"}},
		{"kind:csv", []string{"a"}},
		{"kind:<null>", []string{"b", "raw/c", "e"}},
		{"kind:pdf", []string{"odd key!"}},
		{`owner:"team:data"`, []string{"b", "x"}},
		{"tag:tier=1", []string{"a"}},
		{`tag:"tier"="2"`, []string{"odd key!"}},
		{"tag:tier", nil},
		{"tag:flag or tag:k=v", []string{"a"}},
		{`tag:"dagster/kind/sql"`, []string{"a"}},
		{"partitions:static or partitions:time", []string{"raw/c", "e"}},
		{"partitions:<null> and not is:external", []string{"a", "b", "odd key!"}},
		{"is:external", []string{"x"}},
		{"is:materializable", own},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, chosen(t, g, keys, tt.text))
		})
	}
	assert.Equal(t, keys, chosen(t, g.WithSources(), keys, "*"))
	assert.Equal(t, []string{"a", "x"}, chosen(t, g.WithSources(), keys, "kind:csv"))
	assert.Equal(t, []string{"x"}, chosen(t, g.WithSources(), keys, "not is:materializable"))
	var zero selection.Selection
	set, err := zero.Resolve(g)
	require.NoError(t, err)
	assert.Zero(t, set.Len())
	assert.Empty(t, zero.String()+zero.Tree())
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	g, _ := diamond()
	tests := map[string]string{
		"":                            `at 1: want an asset key, an attribute such as key:, "not", "(", roots(, sinks( or "*", not the end`,
		"a b":                         `at 3: want "and", "or" or the end`,
		"a And b":                     `at 3: want "and", "or" or the end; it is written "and" or "AND"`,
		"a not b":                     `at 3: want "and", "or" or the end; "not" follows "and" or "or"`,
		"a or":                        `at 5: want an asset key`,
		"a or ?":                      `at 6: want an asset key, an attribute such as key:, "not", "(", roots(, sinks( or "*", not "?"`,
		"ü":                           `at 1: want an asset key, an attribute such as key:, "not", "(", roots(, sinks( or "*", not "ü"`,
		`key:"ü" ?`:                   `at 9: want "and"`,
		`"a"`:                         `at 1: want "key:" before a quoted key`,
		`key:"a`:                      `at 5: quote without an end`,
		`key="a`:                      `at 5: quote without an end`,
		`key=a`:                       `at 5: want a quoted key`,
		`key="\a"`:                    `at 6: want \" or \\`,
		"*+":                          `at 2: want "and", "or" or the end`,
		"+*":                          `at 2: want an attribute such as key:, "(", roots( or sinks( behind "+"`,
		"+not a":                      `at 2: want an attribute such as key:, "(", roots( or sinks( behind "+"`,
		"+ +key:a":                    `at 3: want an attribute`,
		"++key:a":                     `at 2: more than one "+" belongs to a name by itself: want a number before the first, "2+"`,
		"2+a":                         `at 3: want "key:" before the name, to go with what stands before it`,
		"a+2":                         `at 3: a name by itself has a "+" for each level: want "key:" before it to give a number`,
		"key:a++":                     `at 7: want "and", "or" or the end`,
		"*key:a":                      `at 2: want a name by itself behind "*"`,
		"key:*":                       `at 5: "*" alone is quoted: key:"*"`,
		"key:group":                   `at 5: "group" is a word of the language: quote it`,
		"key:x.y":                     `at 6: a value with other signs than letters, digits, "_" and "/", or a digit in front, is quoted`,
		"key:1":                       `at 5: want a value, with other signs than`,
		"key:<null>":                  `at 5: want a value, with`,
		"group:m*":                    `at 8: a value with other signs`,
		"tag:tier=1 or a":             `at 10: want a value, with`,
		"(a":                          `at 3: want ")" for the "(" at 1`,
		"a or (b or (c)":              `at 15: want ")" for the "(" at 6`,
		"(a b)":                       `at 4: want "and", "or" or ")"`,
		"a)":                          `at 2: ")" without "(": want "and", "or" or the end`,
		"()":                          `at 2: want an asset key`,
		"grup:m":                      `at 1: unknown attribute "grup"; is it "group"?`,
		"a or colour:blue":            `at 6: unknown attribute "colour"; is it "column"?`,
		"elephant:blue":               `at 1: unknown attribute "elephant": want one of key, tag, owner,`,
		"raw/d":                       `at 1: no asset "raw/d"; is it "raw/c"?`,
		"a or blue":                   `at 6: no asset "blue"`,
		"is:odd":                      `at 1: is: no value "odd": want one of external, materializable`,
		"is:<null>":                   `at 1: is: no value <null>: want one of external, materializable`,
		"a or status:missing":         `at 6: status: is not known here`,
		"not_materialized_in_hours:x": `at 27: want a number of hours`,
	}
	for text, want := range tests {
		s, err := selection.Parse(text)
		if err == nil {
			_, err = s.Resolve(g)
		}
		require.ErrorContains(t, err, want, "selection %q", text)
		require.ErrorContains(t, err, fmt.Sprintf("selection %q: ", text))
	}
	_, err := selection.Parse(strings.Repeat("a or ", 100))
	require.ErrorContains(t, err, "selection of 500 bytes: at 501: want an asset key", "a long text is not repeated")
}

func TestWhatOnlyOthersKnow(t *testing.T) {
	t.Parallel()
	g, keys := diamond()
	missing := map[string]bool{"b": true, "e": true}
	g = g.With("status", selection.OneOf([]string{"missing", "failed", "stale"}, func(value string, node int) bool {
		return value == "missing" && missing[keys[node]]
	}))
	assert.Equal(t, []string{"b", "e"}, chosen(t, g, keys, "status:missing"))
	assert.Equal(t, []string{"a", "b", "e"}, chosen(t, g, keys, "1+status:missing"))
	assert.Empty(t, chosen(t, g, keys, "status:stale"))
	s, err := selection.Parse("a or status:mising")
	require.NoError(t, err)
	_, err = s.Resolve(g)
	require.EqualError(t, err, `selection "a or status:mising": at 6: status: no value "mising": want one of failed, missing, stale`)
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lang *selection.Language
		good string
		bad  string
		want string
	}{
		{selection.Assets, "key:a and column:x", "name:a", `unknown attribute "name"`},
		{selection.Ops, `+name:"a*" or kind:sql or b+`, "key:a", `unknown attribute "key": want one of name, kind`},
		{selection.Steps, "name:a and status:failed", "kind:a", `unknown attribute "kind": want one of name, status`},
	} {
		_, err := tt.lang.Parse(tt.good)
		require.NoError(t, err)
		_, err = tt.lang.Parse(tt.bad)
		require.ErrorContains(t, err, tt.want)
		assert.Contains(t, tt.lang.Attributes(), tt.good[strings.IndexAny(tt.good, "kn"):strings.Index(tt.good, ":")])
	}
}

func TestSelectOps(t *testing.T) {
	t.Parallel()
	g := selection.OpGraph{
		Names: []string{"load", "clean", "inner", "report"},
		Up:    [][]int32{{}, {0}, {1}, {1, 2}}, Down: [][]int32{{1}, {2, 3}, {3}, {}},
		Nested: func(path string) bool { return path == "inner.p" || path == "inner.q" },
	}
	for text, want := range map[string][]string{
		"*":                           {"load", "clean", "inner", "report"},
		"*inner":                      {"load", "clean", "inner"},
		"+report":                     {"clean", "inner", "report"},
		"inner.p, inner.q":            {"inner.p", "inner.q"},
		"inner.p, inner":              {"inner"},
		"load, inner.p":               {"load", "inner.p"},
		"not name:load+1":             {"inner", "report"},
		`sinks(*) or roots(name:"*")`: {"load", "report"},
		"load and report":             nil,
	} {
		got, err := selection.SelectOps(strings.Split(text, ", "), g)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"inner.p+":        "at 1: something nested is selected by itself",
		"load or inner.p": "at 9: something nested is selected by itself",
		"inner.nope":      `at 1: no op "inner.nope"`,
		"laod":            `at 1: no op "laod"; is it "load"?`,
		"":                "at 1: want an op name",
	} {
		_, err := selection.SelectOps([]string{text}, g)
		require.ErrorContains(t, err, want, text)
	}
}

func TestExactly(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"orders": "orders", "raw/my-table.v1": "raw/my-table.v1", "key": "key", "roots": "roots",
		"and": `key="and"`, "NOT": `key="NOT"`, "12": `key="12"`, "-a": `key="-a"`, "/a": `key="/a"`, "a*": `key="a*"`,
		`a"b\c`: `key="a\"b\\c"`, "über": `key="über"`, "": `key=""`,
	} {
		assert.Equal(t, want, selection.Exactly(key))
	}
	assert.Equal(t, []string{"status", "name"}, reversed(selection.Steps.Attributes()))
}

func reversed(list []string) []string {
	slices.Reverse(list)
	return list
}
