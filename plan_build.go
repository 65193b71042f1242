package dagster

import (
	"slices"
	"strconv"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// planner is a plan while it is made.
type planner struct {
	catalog *catalog
	plan    *plan
	makers  map[*asset]maker
	stored  map[*asset]bool
	outputs map[[2]string]*storage.OutputData
	sources []executor.Source // room for those of the next inputs
	loads   []storage.InputData

	// division is that of what is being added, links those of its reads.
	division partition.Definition
	links    map[linkKey]int32

	// blocks are the steps of checks that what needs an asset waits for.
	blocks map[*asset][]int32

	// skipped are the steps of ops that are not selected; nil if all are.
	selected func(path string) bool
	wrong    []error
}

// maker is which output of which step is an asset.
type maker struct {
	step   int32
	output int
	index  int32 // of its making
}

func newPlanner(c *catalog, steps int) *planner {
	b := &planner{
		catalog: c, makers: make(map[*asset]maker, steps), stored: make(map[*asset]bool), outputs: make(map[[2]string]*storage.OutputData),
		links: make(map[linkKey]int32), blocks: make(map[*asset][]int32),
		plan: &plan{outs: make(map[*graph][]outPlace), places: make(map[*op][]int32)},
	}
	b.plan.steps = make([]planStep, 0, steps)
	b.plan.exec.Steps = make([]executor.Step, 0, steps)
	return b
}

// newPlan compiles the assets at the given indexes of the catalog, which are in topological order, and checks; steps says
// which ops of graphs are in it, nil for all.
func newPlan(c *catalog, selected []int32, checks []*check, under stepSpec, steps func(path string) bool) *plan {
	p := &assembly{
		planner: newPlanner(c, len(selected)+len(checks)), under: under, parts: make(map[*multi][]int32),
		waiting: make(map[*asset]bool, len(selected)), pending: make(map[*asset][]*check),
	}
	p.selected = steps
	p.plan.keys = c.keysAt(selected)
	for _, at := range selected {
		a := c.assets[at].asset
		p.waiting[a] = true
		if a.part != nil {
			p.parts[a.part.of] = append(p.parts[a.part.of], at)
		}
	}
	for _, k := range checks {
		k.of(func(a *asset) { p.pending[a] = append(p.pending[a], k) })
	}
	for _, at := range selected {
		p.add(at)
	}
	for _, k := range checks {
		if slices.Contains(p.pending[k.asset], k) {
			p.place(k)
		}
	}
	return p.plan.seal()
}

// open adds a step and returns its two sides, which stay where they are only until the next one is added.
func (b *planner) open(key string, body *body, spec *stepSpec) (*planStep, *executor.Step, int32) {
	i := int32(len(b.plan.steps)) //nolint:gosec // far fewer steps than that
	b.plan.hooks = b.plan.hooks || len(spec.hooks) > 0
	b.plan.steps = append(b.plan.steps, planStep{key: key, body: body, spec: spec, whole: true, divided: b.division.Kind() != partition.KindNone})
	b.plan.exec.Steps = append(b.plan.exec.Steps, executor.Step{
		Key: key, Retry: spec.retry.plan(), Timeout: spec.timeout, Tags: spec.tags, Priority: priority(spec.tags),
	})
	return &b.plan.steps[i], &b.plan.exec.Steps[i], i
}

func (b *planner) addAsset(a *catalogAsset, under stepSpec) {
	b.divide(a.asset)
	spec := a.spec.inside(&under)
	if a.body.graph != nil {
		b.addGraphAsset(a, *spec)
		return
	}
	s, step, i := b.open(a.step, a.body, spec)
	s.typ, s.codec, s.empty, s.skips = a.typ, a.codec, a.empty, a.body.skips
	s.atOnce = a.makesAll(a.spec)
	b.make(s, i, a)
	b.wire(s, step, nil)
}

// make says that a step materializes an asset.
func (b *planner) make(s *planStep, step int32, a *catalogAsset) {
	name := resultName
	if a.part != nil {
		name = a.step
	}
	m := making{
		asset: a.asset, spec: a.spec, output: b.outputOf(name, ""), stored: b.outputOf(name, managerName(a.spec.storedIn)),
		index: int32(b.plan.made), from: b.versionSources(a), codeVersion: a.spec.codeVersion, //nolint:gosec // far fewer assets than that
	}
	if a.part != nil && m.codeVersion == "" {
		m.codeVersion = a.part.of.carrier.spec.codeVersion
	}
	b.plan.made++
	b.makers[a.asset] = maker{step: step, output: len(s.makes), index: m.index}
	s.makes = append(s.makes, m)
}

func (b *planner) addMulti(m *multi, parts []int32, under stepSpec) {
	b.divide(b.catalog.assets[parts[0]].asset)
	carrier := m.carrier.spec.over(b.catalog.assets[parts[0]].defaults)
	spec := carrier.inside(&under)
	if m.body.graph != nil {
		b.addGraphMulti(m, parts, *spec)
		return
	}
	s, step, i := b.open(m.name, m.body, spec)
	s.typ, s.codec, s.atOnce = m.body.typ, m.carrier.codec, carrier.singleRun
	for _, at := range parts { // each is an output of its own
		b.make(s, i, &b.catalog.assets[at])
	}
	b.wire(s, step, nil)
}

const resultName = "result"

// outputOf is the payload that tells of an output; most steps share two of them.
func (b *planner) outputOf(name, manager string) *storage.OutputData {
	key := [2]string{name, manager}
	if b.outputs[key] == nil {
		b.outputs[key] = &storage.OutputData{Output: name, IOManager: manager}
	}
	return b.outputs[key]
}

// Most steps have one output, and share these lists.
var (
	resultOutput   = []executor.Output{{Name: resultName}}                 //nolint:gochecknoglobals // never changed
	optionalOutput = []executor.Output{{Name: resultName, Optional: true}} //nolint:gochecknoglobals // never changed
)

// outputs are what the executor knows of what the step makes.
func (s *planStep) outputs() []executor.Output {
	if len(s.makes) > 0 && s.makes[0].asset.part != nil {
		out := make([]executor.Output, len(s.makes))
		for i := range s.makes {
			out[i] = executor.Output{Name: s.makes[i].output.Output, Optional: s.skips || s.makes[i].asset.part.skips}
		}
		return out
	}
	if len(s.branches) == 0 && len(s.mapped) == 0 {
		if s.skips {
			return optionalOutput
		}
		return resultOutput
	}
	out := []executor.Output{{Name: resultName, Optional: s.skips}}
	for i := range s.branches {
		out = append(out, executor.Output{Name: branchName(i), Optional: true})
	}
	for i := range s.mapped {
		out = append(out, executor.Output{Name: mappedName(i), Dynamic: true})
	}
	return out
}

func branchName(i int) string { return "branch_" + strconv.Itoa(i+1) }

// mappedName is the name of a dynamic output. That of the only one is Dagster's.
func mappedName(i int) string { return "mapped_" + strconv.Itoa(i+1) }

// wire gives the executor's step its inputs and outputs. frame is where the step's graph is in the plan, nil for none.
func (b *planner) wire(s *planStep, step *executor.Step, frame *frame) {
	if s.body.width > 0 {
		s.reads = make([]read, 0, s.body.width)
	}
	for n, in := range s.body.inputs {
		in.walk(func(leaf *input, use leafUse) { s.reads = append(s.reads, b.read(n, leaf, use, frame)) })
		if len(s.reads) > 0 {
			s.reads[len(s.reads)-1].last = true
		}
	}
	w := wiring{planner: b, step: step, reads: s.reads}
	if n := min(len(s.reads), maxInputs); n > 0 {
		step.Inputs = make([]executor.Input, 0, n)
	}
	for i := range s.reads {
		w.add(&s.reads[i])
		s.skips = s.skips || s.reads[i].use.when != nil && s.reads[i].use.when.branch == nil
	}
	for i := range s.reads {
		b.block(step, s.reads[i].leaf, s.check)
		b.behindView(step, s.reads[i].leaf, s.reads[i].use, executor.After)
	}
	step.Outputs = s.outputs()
	for _, in := range s.spec.after {
		b.wait(step, in, executor.After, frame)
	}
	for _, in := range s.spec.finally {
		b.wait(step, in, executor.Finally, frame)
	}
}

// wait adds what a step only waits for. The parts of a fan-in are one input, as where they are read: what waits for them
// is skipped if all of them were.
func (b *planner) wait(step *executor.Step, in *input, kind executor.InputKind, frame *frame) {
	joined := executor.Input{Name: "after", Kind: executor.FanIn}
	in.walk(func(leaf *input, use leafUse) {
		r := read{leaf: leaf, kind: leaf.kind, use: use, step: -1}
		b.block(step, leaf, nil)
		b.behindView(step, leaf, use, kind)
		b.locate(&r, frame)
		if r.step < 0 {
			b.store(leaf)
			return
		}
		source := executor.Source{Step: int(r.step), Output: r.output}
		if kind == executor.After && in.kind == joins {
			joined.Sources = append(joined.Sources, source)
			return
		}
		step.Inputs = append(step.Inputs, executor.Input{Name: "after", Kind: kind, Sources: b.source(r.step, r.output)})
	})
	if len(joined.Sources) > 0 {
		step.Inputs = append(step.Inputs, joined)
	}
}

func (b *planner) read(n int, leaf *input, use leafUse, frame *frame) read {
	r := read{leaf: leaf, kind: leaf.kind, use: use, step: -1, source: -1, link: -1}
	switch leaf.kind {
	case readsAsset:
		r.link = b.link(leaf, use)
		r.spec = &leaf.asset.spec.stepSpec
		if i, ok := b.catalog.index[leaf.asset.key]; ok {
			r.spec = &b.catalog.assets[i].spec.stepSpec
		}
		*b.load(&r) = storage.InputData{Input: inputName(n), FromAsset: leaf.asset.key, Output: resultName, IOManager: managerName(r.manager())}
	case readsOutput, readsElement, collects:
		*b.load(&r) = storage.InputData{Input: inputName(n), Output: resultName, IOManager: managerName(nil)}
	case readsResource, readsConfig, readsConst, joins, may, derives, branches, readsOwn, readsNil:
		return r
	}
	b.locate(&r, frame)
	if r.step >= 0 {
		maker := &b.plan.steps[r.step]
		r.loaded.FromStep = maker.key
		if leaf.kind != readsAsset {
			r.spec = maker.spec
			r.loaded.IOManager = managerName(r.manager())
			if leaf.loadedBy != nil && maker.isOp() && !maker.isKept() {
				b.wrong = append(b.wrong, maker.inMemory())
			}
		}
	} else {
		b.store(leaf)
	}
	return r
}

// store says of an asset that no step makes that the plan has to do with it as it is stored.
func (b *planner) store(leaf *input) {
	if leaf.kind == readsAsset && !b.stored[leaf.asset] {
		b.stored[leaf.asset] = true
		b.plan.stored = append(b.plan.stored, leaf.asset)
	}
}

// load gives a read the payload that tells of it.
func (b *planner) load(r *read) *storage.InputData {
	if len(b.loads) == 0 {
		b.loads = make([]storage.InputData, 64)
	}
	r.loaded, b.loads = &b.loads[0], b.loads[1:]
	return r.loaded
}

// source is a list of one source.
func (b *planner) source(step int32, output int) []executor.Source {
	if len(b.sources) == 0 {
		b.sources = make([]executor.Source, 64)
	}
	one := b.sources[:1:1]
	b.sources = b.sources[1:]
	one[0] = executor.Source{Step: int(step), Output: output}
	return one
}

// locate finds the step and the output that a leaf is made by; it leaves -1 for an asset that no step of the plan makes.
func (b *planner) locate(r *read, frame *frame) {
	switch r.kind {
	case readsAsset:
		if m, ok := b.makers[r.leaf.asset]; ok && !r.leaf.own {
			r.step, r.output = m.step, m.output
		}
	case readsOutput, collects:
		r.step = frame.stepOf(r.leaf.node)
		if r.step < 0 {
			r.op, r.key = frame.opOf(r.leaf.node)
			return
		}
		if r.use.when != nil && r.use.when.branch != nil && r.leaf.node.op != nil {
			r.output = 1 + slices.Index(r.leaf.node.branches, r.use.when.branch)
		}
	case readsElement:
		m := r.leaf.over
		r.step = frame.stepOf(m.node)
		if r.step < 0 {
			r.op, r.key = frame.opOf(m.node)
			return
		}
		r.output = 1 + len(m.node.branches) + slices.Index(m.node.mapped, m)
	case readsResource, readsConfig, readsConst, joins, may, derives, branches, readsOwn, readsNil:
	}
}

// manager is the resource that loads the leaf, nil for the default of assets or of ops.
func (r *read) manager() *resource {
	if r.leaf.loadedBy != nil {
		return r.leaf.loadedBy
	}
	return r.spec.storedIn
}

// inputNames are those of the inputs that a function can have.
var inputNames = [...]string{"input_1", "input_2", "input_3", "input_4", "input_5", "input_6", "input_7", "input_8"} //nolint:gochecknoglobals // never changed

func inputName(n int) string { return inputNames[n] }

func managerName(r *resource) string {
	if r == nil {
		return "io_manager"
	}
	return r.name
}

func priority(tags map[string]string) int {
	text, ok := tags[PriorityTag]
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
