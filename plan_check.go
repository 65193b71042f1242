package dagster

import (
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// assembly puts assets and checks into a plan: assets in the order of the catalog, checks that block before what they
// block, the others as soon as what they read is there.
type assembly struct {
	*planner
	under   stepSpec
	parts   map[*multi][]int32
	waiting map[*asset]bool     // selected, and not in the plan yet
	pending map[*asset][]*check // of each asset, those that are not in the plan yet
}

// add puts an asset into the plan, or all selected parts of its multi-asset.
func (p *assembly) add(at int32) {
	a := &p.catalog.assets[at]
	if !p.waiting[a.asset] {
		return
	}
	made := []int32{at}
	if a.part != nil {
		made = p.parts[a.part.of]
	}
	for _, i := range made {
		delete(p.waiting, p.catalog.assets[i].asset)
	}
	for _, i := range made {
		p.before(i)
	}
	if a.part != nil {
		p.addMulti(a.part.of, made, p.under)
	} else {
		p.addAsset(a, p.under)
	}
	for _, i := range made {
		p.after(p.catalog.assets[i].asset)
	}
}

// before puts into the plan what has to be there before an asset: checks that block what it needs.
func (p *assembly) before(at int32) {
	if len(p.pending) == 0 {
		return
	}
	for _, up := range p.catalog.upThrough(at) {
		for _, k := range slices.Clone(p.pending[p.catalog.assets[up].asset]) {
			if k.blocksAsset(p.catalog.assets[up].asset) {
				p.place(k)
			}
		}
	}
}

// after puts checks into the plan that can be there now that an asset is.
func (p *assembly) after(a *asset) {
	for _, k := range slices.Clone(p.pending[a]) {
		ready := true
		p.catalog.readsOf(k, func(read *asset) { ready = ready && !p.waiting[read] })
		if ready {
			p.place(k)
		}
	}
}

// place puts a check into the plan, after all that it reads.
func (p *assembly) place(k *check) {
	k.of(func(a *asset) {
		p.pending[a] = slices.DeleteFunc(p.pending[a], func(o *check) bool { return o == k })
	})
	p.catalog.readsOf(k, func(a *asset) {
		if p.waiting[a] {
			p.add(p.catalog.index[a.key])
		}
	})
	if p.selected != nil && !p.selected(k.step()) {
		return
	}
	p.divide(k.asset)
	s, step, i := p.open(k.step(), k.body, k.spec.inside(&p.under))
	s.check, s.typ = k, k.body.typ
	s.output = p.outputOf(resultName, "")
	p.wire(s, step, nil)
	k.of(func(a *asset) {
		if m, ok := p.makers[a]; ok && !readsStep(step, int(m.step)) {
			step.Inputs = append(step.Inputs, executor.Input{Name: "after", Kind: executor.After, Sources: p.source(m.step, m.output)})
		}
		if k.blocksAsset(a) {
			p.blocks[a] = append(p.blocks[a], i)
		}
	})
}

func readsStep(step *executor.Step, source int) bool {
	return slices.ContainsFunc(step.Inputs, func(in executor.Input) bool {
		return (in.Kind == executor.Needs || in.Kind == executor.After) && slices.ContainsFunc(in.Sources, func(s executor.Source) bool { return s.Step == source })
	})
}

// block lets a step wait for the checks that block an asset which it needs, but for those of the asset that it checks itself.
func (b *planner) block(step *executor.Step, leaf *input, but *check) {
	if leaf.kind != readsAsset || len(b.blocks) == 0 {
		return
	}
	b.catalog.through(leaf, leafUse{}, func(of *input, _ leafUse) {
		if but != nil && but.checks(of.asset) {
			return
		}
		for _, i := range b.blocks[of.asset] {
			if !readsStep(step, int(i)) {
				step.Inputs = append(step.Inputs, executor.Input{Name: "after", Kind: executor.After, Sources: b.source(i, 0)})
			}
		}
	})
}

// plannedChecks says which checks the run is going to make.
func (r *runState) plannedChecks(planned []storage.Event, s *planStep, e storage.Event) []storage.Event {
	e.Kind, e.Step = storage.AssetCheckPlanned, s.key
	if s.check != nil {
		for _, one := range s.check.results() {
			e.Asset, e.Data = one.of.key, &storage.CheckData{Check: one.name, Blocking: one.blocking}
			planned = r.planOf(planned, s, e)
		}
		return planned
	}
	for i := range s.makes {
		m := &s.makes[i]
		for _, own := range m.spec.checks {
			e.Asset, e.Data = m.asset.key, &storage.CheckData{Check: own.name, Blocking: own.blocking}
			planned = r.planOf(planned, s, e)
		}
	}
	return planned
}
