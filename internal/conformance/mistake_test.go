package conformance_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// keysWithDashes reports whether the op makes such mapping keys.
func (n *node) keysWithDashes() bool {
	return slices.ContainsFunc(n.emits(), func(item string) bool {
		_, key, _ := strings.Cut(item, ":")
		return strings.ContainsAny(key, "-.")
	})
}

// nests reports whether something is mapped over what something mapped makes.
func nests(nodes []*node) bool {
	for _, chain := range (&level{nodes: nodes}).chains() {
		if len(chain) > 1 && onWay(nodes, chain) {
			return true
		}
	}
	return slices.ContainsFunc(nodes, func(n *node) bool { return nests(n.Nodes) })
}

// onWay reports whether each output of a chain is that of a node which is mapped over those before it.
func onWay(nodes []*node, chain []string) bool {
	chains := (&level{nodes: nodes}).chains()
	for i, over := range chain {
		name, _ := split(over)
		if !slices.Equal(chains[name], chain[:i]) {
			return false
		}
	}
	return true
}

// mistake says whether a body does something of one kind wrong. Only one of n and row is not nil.
type mistake func(n *node, row *assetRow) bool

func emitsAndFails(n *node, row *assetRow) bool {
	d := doing(n, row)
	return d.Then != "" && d.Then != "ok" && !d.Before
}

func emitsWrong(n *node, row *assetRow) bool {
	if n == nil {
		return row.Op == "" && !row.Optional && row.Do.Emit != nil && len(*row.Do.Emit) == 0 && row.Do.Then == ""
	}
	if n.wrongValue() {
		return false
	}
	_, missing, err := n.make()
	return err != nil || missing != "" || slices.ContainsFunc(n.emits(), func(item string) bool { _, key, _ := strings.Cut(item, ":"); return !goodKey.MatchString(key) })
}

// goodKey are the mapping keys that are accepted; an output that is not dynamic has none.
var goodKey = regexp.MustCompile(`^[A-Za-z0-9_.-]*$`)

func typedWrong(n *node, _ *assetRow) bool { return n != nil && (n.wrongValue() || n.misled) }

// wrongValue reports whether the op's value is of another type than some output.
func (n *node) wrongValue() bool {
	return slices.ContainsFunc(n.outputs(), func(o out) bool { return !o.Dynamic && !isA(o.Type, n.Do.value()) })
}

func manyOutputs(n *node) bool {
	return len(n.outputs()) > 1 || slices.ContainsFunc(n.outputs(), func(o out) bool { return o.Optional })
}

// asOne are the steps whose outputs are one value. So is that of an op that makes what a nested graph gives, and the job with it.
func (c *runCase) asOne() map[string]bool {
	steps := c.opsWhere(manyOutputs)
	path, nodes := "", c.Job.Nodes
	for len(nodes) > 0 {
		name := (&node{Nodes: nodes}).last()
		i := slices.IndexFunc(nodes, func(n *node) bool { return n.Name == name })
		if path += name; nodes[i].Nodes == nil {
			if strings.Contains(path, ".") && !nodes[i].simple() {
				steps[path] = true
			}
			break
		}
		path, nodes = path+".", nodes[i].Nodes
	}
	return steps
}

func doing(n *node, row *assetRow) *do {
	if n != nil {
		return &n.Do
	}
	return &row.Do
}

// failing are the steps of bodies that make a mistake, with how their runs are told apart.
func (c *runCase) failing(is mistake) map[string]bool {
	steps := map[string]bool{}
	c.mislead()
	eachOp("", c.Job.Nodes, func(path string, n *node) {
		if is(n, nil) && (len(n.outputs()) == 0 || n.outputs()[0].IO != "io_store_fails") {
			steps[path] = true
		}
	})
	for i := range c.Assets {
		if row := &c.Assets[i]; is(nil, row) {
			steps[strings.ReplaceAll(row.step(), "/", "__")] = true
		}
	}
	return steps
}

// mislead finds the ops that take a value of another type than they say.
func (c *runCase) mislead() {
	eachOp("", c.Job.Nodes, func(_ string, n *node) {
		for _, in := range n.In {
			for _, from := range in.From {
				name, _ := split(from)
				eachOp("", c.Job.Nodes, func(_ string, maker *node) {
					n.misled = n.misled || maker.Name == name && !isA(in.Type, maker.Do.value())
				})
			}
		}
	})
}

// without takes from the answer what bodies that make a mistake made all the same.
func (c *runCase) without(is mistake) {
	if c.diff.valueOrNone == nil {
		c.diff.valueOrNone = map[string]bool{}
	}
	for step := range c.failing(is) {
		c.diff.valueOrNone[step] = true
	}
	for i := range c.Assets {
		row := &c.Assets[i]
		end := c.Outcome.Steps[strings.ReplaceAll(row.step(), "/", "__")]
		if !is(nil, row) {
			continue
		}
		attempts := end.Retries
		if end.Status == "FAILURE" {
			attempts++
		}
		for _, key := range row.keys() {
			for range attempts {
				if at := slices.Index(c.Outcome.Materialized, key); at >= 0 {
					c.Outcome.Materialized = slices.Delete(c.Outcome.Materialized, at, at+1)
				}
			}
		}
	}
}

func eachOp(prefix string, nodes []*node, visit func(path string, n *node)) {
	for _, n := range nodes {
		if n.Nodes == nil {
			visit(prefix+n.Name, n)
		}
		eachOp(prefix+n.Name+".", n.Nodes, visit)
	}
}

func (c *runCase) opsWhere(is func(n *node) bool) map[string]bool {
	steps := map[string]bool{}
	eachOp("", c.Job.Nodes, func(path string, n *node) {
		if is(n) {
			steps[path] = true
		}
	})
	return steps
}

// collectors are the steps that collect a dynamic output itself, and those that make it.
func (c *runCase) collectors() (makers, takers map[string]bool) {
	makers, takers = map[string]bool{}, map[string]bool{}
	var visit func(prefix string, nodes []*node)
	visit = func(prefix string, nodes []*node) {
		for _, n := range nodes {
			visit(prefix+n.Name+".", n.Nodes)
			for _, in := range n.In {
				for _, from := range in.From {
					name, output := split(from)
					at := slices.IndexFunc(nodes, func(o *node) bool { return o.Name == name })
					if in.Collect && at >= 0 && nodes[at].output(output).Dynamic {
						makers[prefix+name], takers[prefix+n.Name] = true, true
					}
				}
			}
		}
	}
	visit("", c.Job.Nodes)
	return makers, takers
}

func (c *runCase) takeAsOne() {
	makers, takers := c.collectors()
	c.diff.takenAsOne = takers
	if c.diff.asOne == nil {
		c.diff.asOne = map[string]bool{}
	}
	maps.Copy(c.diff.asOne, makers)
}

func hasDefault(n *node) bool {
	return slices.ContainsFunc(n.In, func(in in) bool { return len(in.From) == 0 && in.Default != nil })
}

// unopened are the steps that need a resource which can't be opened.
func (c *runCase) unopened() map[string]bool {
	return c.opsWhere(func(n *node) bool { return slices.Contains(n.Resources, "bad") })
}
