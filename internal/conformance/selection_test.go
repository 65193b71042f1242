package conformance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
)

// opSelection is one case of op_selection: what a selection chooses from a job.
type opSelection struct {
	Job       string   `json:"job"`
	Selection []string `json:"selection"`
	Ops       []string `json:"ops"`
	Error     bool     `json:"error"`
	Disputed  string   `json:"disputed"`
}

func TestConformanceOpSelection(t *testing.T) {
	t.Parallel()

	f, err := conformance.Read("op_selection")
	require.NoError(t, err)
	var jobs map[string]json.RawMessage
	require.NoError(t, f.Table("jobs", &jobs))
	jobOf := func(c opSelection) (j job) {
		assert.NoError(t, json.Unmarshal(jobs[c.Job], &j))
		return j
	}
	conformance.Each(
		t, "op_selection", func(t *testing.T, c opSelection) {
			t.Helper()

			d := declare(jobOf(c))
			require.Empty(t, d.beyond)
			opts := []dagster.RunOption{dagster.OpSelection(c.Selection...)}
			for path, given := range d.given {
				if !c.Error && !slices.Contains(c.Ops, path) { // what is given is not run
					opts = append(opts, given(1.0))
				}
			}
			r, err := d.repo.Execute(t.Context(), d.job, opts...)
			if c.Disputed != "" {
				return
			}
			if c.Error {
				require.Error(t, err)
				assert.Empty(t, r.RunID(), "nothing runs")
				return
			}
			require.NotEmpty(t, r.RunID(), "%v", err) // what became of it is of no interest
			assert.Equal(t, c.Ops, plainSteps(r))
		},
		conformance.Rule[opSelection]{
			Why:   "a job takes the whole grammar for ops, as Dagster's pages do",
			Match: func(c opSelection) bool { return c.Error && spelledOut(jobOf(c).Nodes, c.Selection) != nil },
			Instead: func(c *opSelection) {
				nodes := jobOf(*c).Nodes
				c.Error, c.Ops = false, named(nodes, spelledOut(nodes, c.Selection))
			},
		},
		conformance.Rule[opSelection]{
			Why:   "an input of any type can be given a value, so it may lose its source",
			Match: func(c opSelection) bool { return c.Error && named(jobOf(c).Nodes, c.Selection) != nil },
			Instead: func(c *opSelection) {
				c.Error, c.Ops = false, named(jobOf(*c).Nodes, c.Selection)
			},
		},
		conformance.Rule[opSelection]{
			Why: "what a Map gives one by one, or as a list, can't be given for it: select what it maps over too",
			Match: func(c opSelection) bool {
				return !c.Error && cutsMap(jobOf(c).Nodes, c.Ops)
			},
			Instead: func(c *opSelection) { c.Error = true },
		},
	)
}

// plainSteps are the steps of a run, each once whatever it is mapped over.
func plainSteps(r *dagster.Result) []string {
	var keys []string
	for _, s := range r.Steps() {
		key, _, _ := strings.Cut(s.Key, "[")
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// cutsMap reports whether something is chosen that is mapped, or that collects, without what makes its values.
func cutsMap(nodes []*node, ops []string) bool {
	chains := (&level{nodes: nodes}).chains()
	for _, n := range nodes {
		if !slices.Contains(ops, n.Name) {
			continue
		}
		for _, over := range chains[n.Name] {
			if name, _ := split(over); !slices.Contains(ops, name) {
				return true
			}
		}
		for _, in := range n.In {
			for _, from := range in.From {
				if name, _ := split(from); in.Collect && !slices.Contains(ops, name) {
					return true
				}
			}
		}
	}
	return false
}

// spelledOut are the names that selections with the words of the grammar stand for; nil for selections without.
func spelledOut(nodes []*node, selection []string) []string {
	var names []string
	words := false
	for _, text := range selection {
		plain, typed := strings.CutPrefix(text, "name:")
		others, not := strings.CutPrefix(plain, "not ")
		joined := strings.Split(others, " or ")
		words = words || typed || not || len(joined) > 1
		for _, n := range nodes {
			if slices.Contains(joined, n.Name) != not {
				names = append(names, n.Name)
			}
		}
	}
	if !words {
		return nil
	}
	return names
}

// named are the ops that a selection names, by themselves or by a graph around them; nil if it is more than names.
func named(nodes []*node, selection []string) []string {
	var ops []string
	for _, name := range selection {
		before := len(ops)
		eachOp("", nodes, func(path string, _ *node) {
			if path == name || strings.HasPrefix(path, name+".") {
				ops = append(ops, path)
			}
		})
		if len(ops) == before {
			return nil
		}
	}
	slices.Sort(ops)
	return slices.Compact(ops)
}
