package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/internal/selection"
)

// selectionCase is one case of asset_selection: what one selection, or several together, choose from a graph.
type selectionCase struct {
	Graph     string   `json:"graph"`
	Mode      string   `json:"mode"`
	Selection sources  `json:"selection"`
	Keys      []string `json:"keys"`
	Checks    []string `json:"checks"` // that a job runs
	Error     bool     `json:"error"`
	Legacy    bool     `json:"legacy"`
	Disputed  string   `json:"disputed"`
}

// selectionGraph is a graph that the cases share.
type selectionGraph struct {
	Assets []selectionAsset `json:"assets"`
	Jobs   []struct {
		Name      string `json:"name"`
		Selection string `json:"selection"`
		Location  string `json:"location"`
	} `json:"jobs"`
}

type selectionAsset struct {
	Key        string            `json:"key"`
	Deps       []string          `json:"deps"`
	Group      string            `json:"group"`
	Kinds      []string          `json:"kinds"`
	Owners     []string          `json:"owners"`
	Tags       map[string]string `json:"tags"`
	External   bool              `json:"external"`
	Observable bool              `json:"observable"`
	Checks     []string          `json:"checks"`
	Partitions string            `json:"partitions"`
	Location   string            `json:"location"`
}

// outside reports an asset that its repository doesn't make.
func (a *selectionAsset) outside() bool { return a.External || a.Observable }

func selectionGraphs(t *testing.T) map[string]selectionGraph {
	t.Helper()

	f, err := conformance.Read("asset_selection")
	require.NoError(t, err)
	var graphs map[string]selectionGraph
	require.NoError(t, f.Table("graphs", &graphs))
	return graphs
}

func TestConformanceAssetSelection(t *testing.T) {
	t.Parallel()

	graphs := selectionGraphs(t)
	conformance.Each(t, "asset_selection", func(t *testing.T, c selectionCase) {
		t.Helper()

		g := graphs[c.Graph]
		if c.Disputed != "" {
			_, _ = g.choose(c)
			return
		}
		if c.Mode != "job" {
			keys, err := g.choose(c)
			c.check(t, keys, err)
		}
		if repo := g.declare(t, c); repo != nil {
			keys, err := c.ask(t.Context(), repo)
			c.Keys = append(slices.DeleteFunc(c.Keys, func(key string) bool { return g.isOutside(key) != (c.Mode == "observe") }), c.Checks...)
			c.check(t, keys, err)
		}
	}, selectionRules(graphs)...)
}

func (c selectionCase) check(t *testing.T, keys []string, err error) {
	t.Helper()

	if c.Error {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
	slices.Sort(keys)
	slices.Sort(c.Keys)
	assert.Equal(t, append([]string{}, c.Keys...), append([]string{}, keys...))
}

// choose asks the package that selections are evaluated by.
func (g *selectionGraph) choose(c selectionCase) ([]string, error) {
	graph := compileGraph(g.Assets)
	if c.Mode == "asset_with_sources" || c.Mode == "host" {
		graph = graph.WithSources()
	}
	if c.Mode == "host" {
		graph = graph.With("job", g.findJob).With("code_location", g.findLocation).With("sensor", noneHas).With("schedule", noneHas)
	}
	keys, err := chosen(graph, g.Assets, strings.Join(c.Selection, " or "))
	for _, text := range c.Selection { // no text may hide in another
		_, wrong := selection.Parse(text)
		err = errors.Join(err, wrong)
	}
	return keys, err
}

func chosen(graph *selection.Graph, assets []selectionAsset, text string) ([]string, error) {
	s, err := selection.Parse(text)
	if err != nil {
		return nil, err
	}
	set, err := s.Resolve(graph)
	if err != nil {
		return nil, err
	}
	var keys []string
	for i := range set.All() {
		keys = append(keys, assets[i].Key)
	}
	return keys, nil
}

func compileGraph(assets []selectionAsset) *selection.Graph {
	index := map[string]int32{}
	for i, a := range assets {
		index[a.Key] = int32(i)
	}
	nodes := make([]selection.Node, len(assets))
	up, down := make([][]int32, len(assets)), make([][]int32, len(assets))
	kinds := map[string]string{"daily": "time", "multi": "multipartitions", "static": "static", "dynamic": "dynamic"}
	for i, a := range assets {
		if a.Group == "" {
			a.Group = "default"
		}
		nodes[i] = selection.Node{
			Key: a.Key, Group: a.Group, Kinds: a.Kinds, Owners: a.Owners, Tags: a.Tags, External: a.outside(), Partitions: kinds[a.Partitions],
		}
		for _, key := range a.Deps {
			if j, ok := index[key]; ok {
				up[i] = append(up[i], j)
				down[j] = append(down[j], int32(i))
			}
		}
	}
	return selection.NewGraph(nodes, up, down)
}

// findJob answers job:, by what the job's selection chooses in its own code location.
func (g *selectionGraph) findJob(v selection.Value) (func(int) bool, error) {
	in := map[string]bool{}
	for _, job := range g.Jobs {
		if job.Name != v.Text {
			continue
		}
		own := slices.DeleteFunc(slices.Clone(g.Assets), func(a selectionAsset) bool { return a.Location != job.Location })
		keys, err := chosen(compileGraph(own), own, job.Selection)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			in[key] = true
		}
	}
	return func(i int) bool { return in[g.Assets[i].Key] }, nil
}

// findLocation answers code_location:, a name or "repository@name"; the repository's is the one that Dagster gives.
func (g *selectionGraph) findLocation(v selection.Value) (func(int) bool, error) {
	name := strings.TrimPrefix(v.Text, "__repository__@")
	return func(i int) bool {
		location := g.Assets[i].Location
		if location == "" {
			location = "main"
		}
		return location == name
	}, nil
}

// noneHas answers for what no graph of the file has.
func noneHas(selection.Value) (func(int) bool, error) {
	return func(int) bool { return false }, nil
}

func (g *selectionGraph) isOutside(key string) bool {
	return slices.ContainsFunc(g.Assets, func(a selectionAsset) bool { return a.Key == key && a.outside() })
}

// text is the selection as one text.
func (c selectionCase) text() dagster.Selection {
	return dagster.Selection(strings.Join(c.Selection, " or "))
}

// ask returns what a repository chooses: keys, and of a job its checks too.
func (c selectionCase) ask(ctx context.Context, repo *dagster.Repository) ([]string, error) {
	switch c.Mode {
	case "asset", "list":
		return repo.Selected(c.text())
	case "observe":
		r, err := repo.Observe(ctx, c.text())
		return slices.DeleteFunc(strings.Split(strings.ReplaceAll(strings.Join(plainSteps(r), " "), "__", "/"), " "), isEmpty), err
	}
	jobs, err := repo.Jobs()
	if err != nil {
		return nil, err
	}
	keys := jobs[0].Assets
	for _, step := range jobs[0].Steps {
		if len(step.Assets) == 0 {
			keys = append(keys, step.Description) // a check is described by its name in the file
		}
	}
	return keys, nil
}

func isEmpty(text string) bool { return text == "" }

// declare makes a repository of a graph; nil if none can be asked: external assets are chosen only by who looks at them, several
// locations only by who knows them.
func (g *selectionGraph) declare(t *testing.T, c selectionCase) *dagster.Repository {
	t.Helper()

	var defs []dagster.Definition
	switch c.Mode {
	case "asset", "list", "observe":
	case "job":
		defs = append(defs, dagster.NewAssetJob("chosen", c.text()))
	default:
		return nil
	}
	made := map[string]dagster.AnyAsset{}
	var declared func(key string) dagster.AnyAsset
	declared = func(key string) dagster.AnyAsset {
		if made[key] == nil {
			i := slices.IndexFunc(g.Assets, func(a selectionAsset) bool { return a.Key == key })
			made[key] = g.Assets[i].declare(declared)
		}
		return made[key]
	}
	for i := range g.Assets {
		a := declared(g.Assets[i].Key)
		defs = append(defs, a)
		for _, name := range g.Assets[i].Checks {
			defs = append(defs, dagster.NewCheck(name, a, dagster.From(passes), dagster.Description(a.Key()+":"+name)))
		}
	}
	repo := dagster.NewRepository("shop", defs...)
	if c.Mode != "job" {
		require.NoError(t, repo.Validate())
	}
	return repo
}

func passes(context.Context) (dagster.CheckResult, error) {
	return dagster.CheckResult{Passed: true}, nil
}

func (a *selectionAsset) declare(other func(key string) dagster.AnyAsset) dagster.AnyAsset {
	opts := dagster.AssetOptions{dagster.Kinds(a.Kinds...), dagster.Owners(a.Owners...), dagster.Tags(a.Tags)}
	if a.Group != "" {
		opts = append(opts, dagster.Group(a.Group))
	}
	switch a.Partitions {
	case "static":
		opts = append(opts, dagster.Partitioned(dagster.StaticPartitions("p1", "p2")))
	case "daily":
		opts = append(opts, dagster.Partitioned(dagster.DailyPartitions("2024-01-01")))
	case "dynamic":
		opts = append(opts, dagster.Partitioned(dagster.DynamicPartitions("dyn")))
	case "multi":
		opts = append(opts, dagster.Partitioned(dagster.MultiPartitions(dagster.Dimensions{
			"d": dagster.DailyPartitions("2024-01-01"), "s": dagster.StaticPartitions("x", "y"),
		})))
	}
	if a.Observable {
		opts = append(opts, dagster.Observe(dagster.From(func(context.Context) (string, error) { return "1", nil })))
	}
	if a.outside() {
		return dagster.NewSource[int](a.Key, opts)
	}
	for _, key := range a.Deps {
		if key != a.Key { // what an asset reads of itself is no edge
			opts = append(opts, dagster.After(other(key)))
		}
	}
	return dagster.NewAsset(a.Key, dagster.From(dagster.Do(func(context.Context) error { return nil })), opts)
}

func selectionRules(graphs map[string]selectionGraph) []conformance.Rule[selectionCase] {
	return []conformance.Rule[selectionCase]{
		{
			Why: "names by themselves are terms like others: Dagster takes one alone",
			Match: func(c selectionCase) bool {
				g := graphs[c.Graph]
				typed := typedNames(c.Selection)
				if !c.Error || slices.Equal(typed, c.Selection) || !slices.ContainsFunc(c.Selection, isNoClause) || strings.Contains(strings.Join(c.Selection, ""), "=") {
					return false
				}
				_, err := g.choose(c)
				return err == nil
			},
			Instead: func(c *selectionCase) {
				g, typed := graphs[c.Graph], *c
				typed.Selection = typedNames(c.Selection)
				keys, err := g.choose(typed)
				slices.Sort(keys)
				c.Error, c.Keys = err != nil, keys
			},
		},
		{
			Why:     "a job with nothing to run is a mistake: see 0006",
			Match:   func(c selectionCase) bool { return c.Mode == "job" && !c.Error && len(c.Keys) == 0 },
			Instead: func(c *selectionCase) { c.Error = true },
		},
		{
			Why: "what is made elsewhere is observed by Observe, and by no job",
			Match: func(c selectionCase) bool {
				g := graphs[c.Graph]
				return c.Mode == "job" && slices.ContainsFunc(c.Keys, g.isOutside)
			},
			Instead: func(c *selectionCase) { c.Mode = "observe" },
		},
		{
			Why: "one of the older clauses that are refused, as the grammar of today does",
			Match: func(c selectionCase) bool {
				return c.Legacy && slices.ContainsFunc(c.Selection, func(text string) bool {
					_, err := selection.Parse(text)
					return err != nil
				})
			},
			Rare: true,
		},
		{
			Why:   `key="..." is exactly that key: Dagster has no such thing`,
			Match: func(c selectionCase) bool { return strings.Contains(strings.Join(c.Selection, ""), `key="`) },
			Rare:  true,
		},
	}
}

// selectionToken is a quoted text, an attribute with its value, a function, or a name with the signs around it.
var selectionToken = regexp.MustCompile(`"[^"]*"|\w+\s*:\s*(?:"[^"]*"|[\w*/]+)|(?:roots|sinks)\s*\(|(\*|\+*)([\w./-]+)(\*|\+*)`)

// isNoClause reports a selection that is more than one name.
func isNoClause(text string) bool { return strings.ContainsAny(strings.TrimSpace(text), " ():") }

// typedNames writes names by themselves as attributes: "++a" as 2+key:"a".
func typedNames(texts []string) sources {
	out := make(sources, len(texts))
	for i, text := range texts {
		out[i] = selectionToken.ReplaceAllStringFunc(text, func(token string) string {
			parts := selectionToken.FindStringSubmatch(token)
			switch word := parts[2]; {
			case word == "", strings.ToLower(word) == "and", strings.ToLower(word) == "or", strings.ToLower(word) == "not",
				strings.Trim(word, "0123456789") == "":
				return token
			}
			counted := func(signs string) (up, down string) {
				switch n := len(signs); {
				case n == 0:
					return "", ""
				case signs == "*":
					return "+", "+"
				default:
					return fmt.Sprintf("%d+", n), fmt.Sprintf("+%d", n)
				}
			}
			up, _ := counted(parts[1])
			_, down := counted(parts[3])
			return up + `key:"` + parts[2] + `"` + down
		})
	}
	return out
}
