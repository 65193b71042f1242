package dagster

import (
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/executor"
)

// frame is one place of a graph in a plan: where its nodes came to be steps.
type frame struct {
	graph  *graph
	prefix string   // of its steps' keys
	spec   stepSpec // of what is around it
	parent *frame
	node   *node    // of the parent, that this is the place of; nil for the outermost
	steps  []int32  // by node: its step; -1 for a placed graph, and for an op that is not selected
	frames []*frame // by node: the place of a graph
}

// stepOf is the step that makes a node's value, -1 if it is not in the plan. For a placed graph it is the step of its
// output.
func (f *frame) stepOf(n *node) int32 {
	at, node := f, n
	for node.graph != nil {
		at = at.frames[node.index]
		node = at.graph.out.node
	}
	return at.steps[node.index]
}

// opOf is the op that makes a node's value, and the key of its step.
func (f *frame) opOf(n *node) (*op, string) {
	at, node := f, n
	for node.graph != nil {
		at = at.frames[node.index]
		node = at.graph.out.node
	}
	return node.op.handle(), at.prefix + node.scope.path + node.name
}

// mapSource is the dynamic output that a step of a scope is run for each key of, nil outside of maps.
func (b *planner) mapSource(step string, f *frame, m *mapping) *executor.Source {
	for m == nil {
		if f == nil || f.node == nil {
			return nil
		}
		m, f = f.node.scope.in, f.parent
	}
	maker := f.stepOf(m.node)
	if maker < 0 {
		_, key := f.opOf(m.node)
		b.wrong = append(b.wrong, fmt.Errorf("step %s runs once for each key that %s makes, which is not selected: select it too", quote(step), quote(key)))
		return nil
	}
	output := 1 + len(m.node.branches) + slices.Index(m.node.mapped, m)
	return &executor.Source{Step: int(maker), Output: output}
}

// addGraph adds the steps of a graph, and says where each node is.
func (b *planner) addGraph(g *graph, prefix string, spec stepSpec, parent *frame, at *node) *frame {
	f := &frame{graph: g, prefix: prefix, parent: parent, node: at, spec: g.spec.within(&spec)}
	f.steps, f.frames = make([]int32, len(g.nodes)), make([]*frame, len(g.nodes))
	for i, n := range g.nodes {
		f.steps[i] = -1
		if n.graph != nil {
			f.frames[i] = b.addGraph(n.graph, prefix+n.scope.path+n.name+".", *f.around(n), f, n)
			continue
		}
		b.addNode(f, n)
	}
	if g.out != nil {
		place := outPlace{step: f.stepOf(g.out.node), collect: g.out.kind == collects, convert: g.convert}
		b.plan.outs[g] = append(b.plan.outs[g], place)
	}
	return f
}

// around is the spec of what is around a node.
func (f *frame) around(n *node) *stepSpec {
	spec := &stepSpec{}
	for s := n.scope; s != nil; s = s.parent {
		spec = spec.inside(&s.spec)
	}
	if spec.isEmpty() {
		return &f.spec
	}
	return spec.inside(&f.spec)
}

func (b *planner) addNode(f *frame, n *node) {
	key := f.prefix + n.scope.path + n.name
	if b.selected != nil && !b.selected(key) {
		return
	}
	spec := n.spec.inside(f.around(n))
	s, step, i := b.open(key, n.body, spec)
	f.steps[n.index] = i
	s.typ, s.codec, s.empty, s.op = n.op.typ, n.op.codec, n.op.empty, n.op
	s.branches, s.mapped = n.branches, n.mapped
	s.whole = len(n.mapped) == 0 || n.readWhole
	s.output, s.stored = b.outputOf(resultName, ""), b.outputOf(resultName, managerName(spec.storedIn))
	s.skips = n.body.skips
	b.plan.places[n.op.handle()] = append(b.plan.places[n.op.handle()], i)
	step.Map = b.mapSource(key, f, n.scope.in)
	if limit := 63; len(s.branches)+len(s.mapped) > limit {
		b.wrong = append(b.wrong, fmt.Errorf("step %s: %d branches and maps over one value, at most %d are allowed", quote(key), len(s.branches)+len(s.mapped), limit))
	}
	b.wire(s, step, f)
}

// addGraphAsset adds the steps of an asset that a graph computes: the last one makes it.
func (b *planner) addGraphAsset(a *catalogAsset, spec stepSpec) {
	out := b.addGraph(a.body.graph, a.step+".", spec, nil, nil).outStep()
	if out < 0 {
		return
	}
	s := &b.plan.steps[out]
	s.atOnce = a.makesAll(a.spec)
	b.make(s, out, a)
	s.typ, s.codec, s.empty = a.typ, a.codec, a.empty
	s.spec = specOf(*s.spec, spec)
}

func (b *planner) addGraphMulti(m *multi, parts []int32, spec stepSpec) {
	out := b.addGraph(m.body.graph, m.name+".", spec, nil, nil).outStep()
	if out < 0 {
		return
	}
	s := &b.plan.steps[out]
	for _, at := range parts {
		b.make(s, out, &b.catalog.assets[at])
	}
	b.plan.exec.Steps[out].Outputs = s.outputs()
}

// specOf is the spec of a step that makes an asset: what it says of the value is the asset's.
func specOf(step, asset stepSpec) *stepSpec {
	step.storedIn, step.durable, step.codeVersion, step.metadata = asset.storedIn, asset.durable, asset.codeVersion, asset.metadata
	return &step
}

// outStep is the step that makes the graph's value, -1 if it is not in the plan.
func (f *frame) outStep() int32 {
	if f.graph.out == nil {
		return -1
	}
	return f.stepOf(f.graph.out.node)
}

// outStep is the key of the step that makes an asset which a graph computes.
func (a *asset) outStep() string {
	key := a.step
	g := a.maker().graph
	if a.part != nil {
		key = a.part.of.name
	}
	for {
		n := g.out.node
		key += "." + n.scope.path + n.name
		if n.graph == nil {
			return key
		}
		g = n.graph
	}
}
