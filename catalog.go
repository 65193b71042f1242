package dagster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dagster-go/dagster/internal/selection"
)

// catalog is what the definitions of a repository come to: assets in topological order, and what they use. It is built
// once, and not changed afterwards.
type catalog struct {
	assets   []catalogAsset
	index    map[string]int32 // by key
	up, down [][]int32        // edges between assets, each once

	selectable func() *selection.Graph // of the assets, made when somebody selects

	resources []*resource // in dependency order
	configs   []*config
	replaced  map[*resource]any
	values    map[*config]any // of every config in use

	jobs map[string]*job

	divided   bool // some asset is partitioned
	virtual   bool // some asset is a view
	checks    map[*asset][]*check
	checkList []*check // in the order in which they were listed
	schedules map[string]*schedule
	timings   map[*schedule]*timing // of those without mistakes

	defaults     *assetSpec // of the list that is being read; nil for none
	listed       []listing
	listedJobs   []*job
	listedChecks []*check

	listedSchedules []*schedule
	wrong           []error
	replacers       []Replacement
	settings        []ConfigValue
}

// catalogAsset is an asset with the repository's defaults.
type catalogAsset struct {
	*asset
	spec     *assetSpec // the asset's own, merged with the defaults
	external bool       // a source, or made by another repository

	elsewhere bool       // listed as another repository's
	defaults  *assetSpec // of the list that it stands in; nil for none
}

type listing struct {
	asset    *asset
	external bool
	defaults *assetSpec
}

func newCatalog(name string, at site, defs []Definition) (*catalog, error) {
	c := &catalog{
		index:    make(map[string]int32, len(defs)),
		replaced: make(map[*resource]any),
		values:   make(map[*config]any),
		listed:   make([]listing, 0, len(defs)),
	}
	repo := &definition{kind: "repository", name: name, at: at}
	repo.check(checkName(name))
	for i, d := range defs {
		if d == nil {
			repo.mistake("definition %d: %w", i+1, errNil)
		}
	}
	c.addList(slices.DeleteFunc(slices.Clone(defs), func(d Definition) bool { return d == nil }))
	c.report(repo)
	c.addAssets()
	c.connect()
	c.selectable = sync.OnceValue(c.selectionGraph)
	c.checkPartitions()
	c.addChecks()
	c.addJobs()
	c.addSchedules()
	c.addUsed()
	c.applyValues()
	return c, errors.Join(c.wrong...)
}

// addList lists definitions, all of which have the list's defaults.
func (c *catalog) addList(defs []Definition) {
	outer := c.defaults
	for _, d := range defs {
		if d, ok := d.(*defaults); ok && d != nil {
			c.report(&d.of.definition)
			c.defaults = d.of.spec.over(c.defaults)
		}
	}
	for _, d := range defs {
		c.add(d)
	}
	c.defaults = outer
}

// add lists one of several nested definitions.
func (c *catalog) add(d Definition) {
	if d == nil {
		c.wrong = append(c.wrong, &DefinitionError{Name: "definitions", Err: errNil})
		return
	}
	d.define(c)
}

func (c *catalog) addAsset(a *asset) {
	c.listed = append(c.listed, listing{asset: a, defaults: c.defaults})
}

func (c *catalog) replace(r Replacement) { c.replacers = append(c.replacers, r) }
func (c *catalog) setConfig(v ConfigValue) {
	c.settings = append(c.settings, v)
}

// report adds all mistakes of a definition.
func (c *catalog) report(d *definition) {
	for _, m := range d.mistakes {
		c.wrong = append(c.wrong, d.wrong(m))
	}
}

// addAssets gives every listed asset a place. The same handle twice is one asset; two handles with one key, or with one
// step, are a mistake that names both.
func (c *catalog) addAssets() {
	c.assets = make([]catalogAsset, 0, len(c.listed))
	steps := make(map[string]*definition, len(c.listed))
	seen := make(map[*definition]bool)
	for _, l := range c.listed {
		a := l.asset
		if i, ok := c.index[a.key]; ok {
			if other := c.assets[i].asset; other != a {
				c.report(&a.definition)
				c.wrong = append(c.wrong, a.wrong(fmt.Errorf("key: taken by the %s declared at %s", other.kind, other.place())))
			}
			continue
		}
		c.report(&a.definition)
		if !a.source && !c.takeStep(a, steps) {
			continue
		}
		spec := a.viewSpec(a.spec.over(l.defaults))
		c.virtual = c.virtual || a.isView()
		c.divided = c.divided || spec.partitions != nil || a.part != nil && a.part.of.carrier.spec.over(l.defaults).partitions != nil
		c.index[a.key] = int32(len(c.assets)) //nolint:gosec // far fewer assets than that
		c.assets = append(c.assets, catalogAsset{asset: a, spec: spec, external: l.external || a.source, elsewhere: l.external, defaults: l.defaults})
		if a.part != nil && !seen[&a.part.of.definition] {
			seen[&a.part.of.definition] = true
			c.report(&a.part.of.definition)
		}
		if b := a.maker(); b != nil && b.graph != nil {
			b.graph.report(c, seen)
		}
	}
}

// takeStep gives an asset the name of its step, which it shares with other parts of its multi-asset only.
func (c *catalog) takeStep(a *asset, steps map[string]*definition) bool {
	owner := &a.definition
	if a.part != nil {
		owner = &a.part.of.definition
	}
	if other, ok := steps[a.stepName()]; ok && other != owner {
		c.wrong = append(c.wrong, a.wrong(fmt.Errorf("its step would be named %s like that of %s, declared at %s", quote(a.stepName()), quote(other.name), other.place())))
		return false
	}
	steps[a.stepName()] = owner
	return true
}

// place is where a definition was declared, for another one's mistake.
func (d *definition) place() string {
	e := d.wrong(nil)
	if e.File == "" {
		return "an unknown place"
	}
	return Caller{e.File, e.Line}.String()
}

// connect draws the edges, and sorts the assets by them.
func (c *catalog) connect() {
	n := len(c.assets)
	c.up, c.down = make([][]int32, n), make([][]int32, n)
	for i := range c.assets {
		if c.assets[i].external && !c.assets[i].isView() {
			continue
		}
		c.connectOne(int32(i))
	}
	order, cycle := sortGraph(c.up, c.down)
	if len(cycle) > 0 {
		c.wrong = append(c.wrong, c.cycleError(cycle))
		return
	}
	c.reorder(order)
}

func (c *catalog) connectOne(i int32) {
	a := c.assets[i].asset
	missing := make(map[string]bool)
	edge := func(up *asset) {
		if up == a && a.readsItself() {
			return // earlier partitions of it
		}
		j, ok := c.index[up.key]
		if !ok {
			if !missing[up.key] && !c.assets[i].elsewhere {
				missing[up.key] = true
				c.wrong = append(c.wrong, a.wrong(fmt.Errorf("it needs %s %s, declared at %s, which is not in the repository: list it, or say External of it", up.kind, quote(up.key), up.place())))
			}
			return
		}
		if other := c.assets[j].asset; other != up && !missing[up.key] {
			missing[up.key] = true
			c.wrong = append(c.wrong, a.wrong(fmt.Errorf("it needs %s %s, declared at %s, and the repository has another of that key, declared at %s", up.kind, quote(up.key), up.place(), other.place())))
		}
		if !slices.Contains(c.up[i], j) {
			c.up[i] = append(c.up[i], j)
			c.down[j] = append(c.down[j], i)
		}
	}
	a.upstream(edge)
	spec := c.assets[i].spec // with the defaults
	for _, waits := range [][]*input{spec.after, spec.finally} {
		walkAll(waits, func(leaf *input, _ leafUse) {
			if leaf.kind == readsAsset && leaf.asset != a {
				edge(leaf.asset)
			}
		})
	}
}

func (c *catalog) cycleError(cycle []int32) error {
	keys := make([]string, 0, len(cycle)+1)
	for _, i := range cycle {
		keys = append(keys, quote(c.assets[i].key))
	}
	keys = append(keys, keys[0])
	return c.assets[cycle[0]].wrong(fmt.Errorf("assets form a cycle: %s", strings.Join(keys, " needs ")))
}

// reorder moves the assets into topological order.
func (c *catalog) reorder(order []int32) {
	to := make([]int32, len(order)) // old index to new
	for i, old := range order {
		to[old] = int32(i)
	}
	move := func(edges [][]int32) [][]int32 {
		moved := make([][]int32, len(edges))
		for old, list := range edges {
			for k, j := range list {
				list[k] = to[j]
			}
			moved[to[old]] = list
		}
		return moved
	}
	assets := make([]catalogAsset, len(order))
	for i, old := range order {
		assets[i] = c.assets[old]
		c.index[assets[i].key] = int32(i)
	}
	c.assets, c.up, c.down = assets, move(c.up), move(c.down)
}
