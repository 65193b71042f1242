package dagster

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// PriorityTag on an asset puts its step before ready ones of a lower number. It is Dagster's tag.
const PriorityTag = "dagster/priority"

// plan is a selection compiled to steps, with all that each step does the same in every run. It is immutable.
type plan struct {
	exec  executor.Plan
	steps []planStep
	keys  []string // of the assets that are made

	// stored are the assets that steps read and that no step makes.
	stored []*asset

	byStep func() map[string]int // indexes of the steps by key; few runs ask
}

// step is the step of that key, nil if there is none.
func (p *plan) step(key string) *planStep {
	i, ok := p.byStep()[key]
	if !ok {
		return nil
	}
	return &p.steps[i]
}

func (p *plan) indexSteps() map[string]int {
	out := make(map[string]int, len(p.steps))
	for i := range p.steps {
		out[p.steps[i].asset.step] = i
	}
	return out
}

// planStep is one step: an asset with its inputs resolved.
type planStep struct {
	asset *asset
	spec  *assetSpec
	reads []read

	output *storage.OutputData // of STEP_OUTPUT
	stored *storage.OutputData // of HANDLED_OUTPUT
}

// read is one leaf of a body's inputs.
type read struct {
	leaf *input
	kind inputKind

	// step makes the asset in this plan; -1 if it is read as it was stored before.
	step int32

	// source is the executor's input that tells whether the step was skipped; -1 if it cannot have been.
	source int32
	use    leafUse

	spec   *assetSpec // of the asset, in this repository
	loaded *storage.InputData
}

// newPlan compiles the assets at the given indexes of the catalog, which are in topological order.
func newPlan(c *catalog, selected []int32) *plan {
	p := &plan{
		steps: make([]planStep, len(selected)),
		keys:  make([]string, len(selected)),
	}
	p.byStep = sync.OnceValue(p.indexSteps)
	p.exec.Steps = make([]executor.Step, len(selected))
	b := planner{catalog: c, plan: p, stepOf: make(map[*asset]int32, len(selected)), stored: make(map[*asset]bool)}
	for i, at := range selected {
		b.stepOf[c.assets[at].asset] = int32(i) //nolint:gosec // an index of the steps
		p.keys[i] = c.assets[at].key
	}
	for i, at := range selected {
		b.add(i, &c.assets[at])
	}
	return p
}

// planner is a plan while it is made.
type planner struct {
	catalog *catalog
	plan    *plan
	stepOf  map[*asset]int32
	stored  map[*asset]bool
}

func (b *planner) add(i int, a *catalogAsset) {
	s := &b.plan.steps[i]
	s.asset, s.spec = a.asset, &a.spec
	s.output = &storage.OutputData{Output: resultName}
	s.stored = &storage.OutputData{Output: resultName, IOManager: managerName(a.spec.storedIn)}
	step := &b.plan.exec.Steps[i]
	step.Key = a.step
	step.Outputs = resultOutput
	if a.body.skips {
		step.Outputs = optionalOutput
	}
	step.Retry, step.Timeout = a.spec.retry.plan(), a.spec.timeout
	step.Tags, step.Priority = a.spec.tags, priority(a.spec.tags)
	if a.body.width > 0 {
		s.reads = make([]read, 0, a.body.width)
	}
	for n, in := range a.body.inputs {
		in.walk(func(leaf *input, use leafUse) { s.reads = append(s.reads, b.read(n, leaf, use)) })
	}
	b.wire(step, s)
	for _, in := range a.spec.after {
		in.walk(func(leaf *input, _ leafUse) {
			if up, ok := b.stepOf[leaf.asset]; ok && leaf.kind == readsAsset {
				step.Inputs = append(step.Inputs, executor.Input{Name: leaf.asset.key, Kind: executor.After, Sources: sources(up)})
			}
		})
	}
}

const resultName = "result"

// Every step of an asset has one output, and all share these lists.
var (
	resultOutput   = []executor.Output{{Name: resultName}}
	optionalOutput = []executor.Output{{Name: resultName, Optional: true}}
)

func sources(step int32) []executor.Source { return []executor.Source{{Step: int(step)}} }

func (b *planner) read(n int, leaf *input, use leafUse) read {
	r := read{leaf: leaf, kind: leaf.kind, use: use, step: -1, source: -1}
	if leaf.kind != readsAsset {
		return r
	}
	i, ok := b.catalog.index[leaf.asset.key]
	r.spec = &leaf.asset.spec
	if ok {
		r.spec = &b.catalog.assets[i].spec
	}
	r.loaded = &storage.InputData{Input: inputName(n), FromAsset: leaf.asset.key, Output: resultName, IOManager: managerName(r.manager())}
	if step, ok := b.stepOf[leaf.asset]; ok {
		r.step = step
		r.loaded.FromStep = leaf.asset.step
	} else if !b.stored[leaf.asset] {
		b.stored[leaf.asset] = true
		b.plan.stored = append(b.plan.stored, leaf.asset)
	}
	return r
}

// manager is the resource that loads the leaf, nil for the instance's own manager.
func (r *read) manager() *resource {
	if r.leaf.loadedBy != nil {
		return r.leaf.loadedBy
	}
	return r.spec.storedIn
}

func inputName(n int) string { return "input_" + strconv.Itoa(n+1) }

func managerName(r *resource) string {
	if r == nil {
		return "io_manager"
	}
	return r.name
}

// wire gives the executor's step its inputs: one for each asset that it reads, and one for each fan-in.
func (b *planner) wire(step *executor.Step, s *planStep) {
	var joins map[*input]int32 // the executor's input for each fan-in
	for i := range s.reads {
		r := &s.reads[i]
		switch {
		case r.step < 0:
			continue
		case r.use.join != nil:
			if joins == nil {
				joins = make(map[*input]int32)
			}
			b.wireJoin(step, s, r, joins)
			continue
		}
		in := executor.Input{Name: r.leaf.asset.key, Sources: sources(r.step)}
		if r.use.optional {
			in.Kind = executor.Maybe
			r.source = int32(len(step.Inputs)) //nolint:gosec // few inputs
		} else if slices.ContainsFunc(step.Inputs, func(o executor.Input) bool {
			return o.Kind == executor.Needs && o.Sources[0].Step == int(r.step)
		}) {
			continue
		}
		step.Inputs = append(step.Inputs, in)
	}
}

// wireJoin puts a part of a fan-in into the executor's input for it. If some parts are read as they were stored, or the
// whole is optional, the step has something to join even if all others were skipped.
func (b *planner) wireJoin(step *executor.Step, s *planStep, r *read, joins map[*input]int32) {
	at, ok := joins[r.use.join]
	if !ok {
		at = int32(len(step.Inputs)) //nolint:gosec // few inputs
		joins[r.use.join] = at
		kind := executor.FanIn
		if r.use.optional || slices.ContainsFunc(s.reads, func(o read) bool { return o.use.join == r.use.join && o.step < 0 }) {
			kind = executor.Maybe
		}
		step.Inputs = append(step.Inputs, executor.Input{Name: r.loaded.Input, Kind: kind})
	}
	r.source = at
	in := &step.Inputs[at]
	in.Sources = append(in.Sources, executor.Source{Step: int(r.step)})
}

func priority(tags map[string]string) int {
	n, err := strconv.Atoi(tags[PriorityTag])
	if err != nil {
		return 0
	}
	return n
}

// planCache keeps the plans of the selections that were run last.
type planCache struct {
	mu    sync.Mutex
	plans map[string]*plan
}

const cachedPlans = 16

func (p *planCache) get(c *catalog, selected []int32) *plan {
	key := planKey(selected)
	p.mu.Lock()
	defer p.mu.Unlock()
	if got, ok := p.plans[key]; ok {
		return got
	}
	if p.plans == nil || len(p.plans) >= cachedPlans {
		p.plans = make(map[string]*plan)
	}
	made := newPlan(c, selected)
	p.plans[key] = made
	return made
}

func planKey(selected []int32) string {
	var b strings.Builder
	b.Grow(4 * len(selected))
	for _, i := range selected {
		b.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)}) //nolint:gosec // the four bytes of it
	}
	return b.String()
}
