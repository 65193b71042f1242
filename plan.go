package dagster

import (
	"reflect"
	"sync"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// PriorityTag on an asset or an op puts its step before ready ones of a lower number. It is Dagster's tag.
const PriorityTag = "dagster/priority"

// plan is what to run compiled to steps, with all that each step does the same in every run. It is immutable.
type plan struct {
	exec  executor.Plan
	graph func() (*machine.Graph, error) // exec compiled, once
	steps []planStep
	keys  []string // of the assets that are made

	// stored are the assets that steps read and that no step makes.
	stored []*asset
	made   int // how many assets the steps make

	hooks bool // some steps have them

	// division is how what the plan makes is partitioned, the zero value if it is not, and dividedBy what says so. mixed is
	// set if there are several divisions: such a plan can't run.
	division  partition.Definition
	dividedBy string
	mixed     error
	links     []planLink

	byStep func() map[string]int // indexes of the steps by key; few runs ask

	// outs are the graphs of the plan that a result can be asked for, and places those of ops, as steps.
	outs   map[*graph][]outPlace
	places map[*op][]int32
}

// outPlace is where a graph's value is found.
type outPlace struct {
	step    int32
	collect bool // the values of all copies
	convert func(v any) (any, error)
}

// planStep is one step with its inputs resolved.
type planStep struct {
	key   string
	body  *body
	spec  *stepSpec
	typ   reflect.Type // of the value
	codec *codec
	empty bool
	reads []read

	// makes are the assets that the step materializes: one, or some parts of a multi-asset; none for a plain op.
	makes []making
	op    *op    // nil for an asset's own function
	check *check // that the step is; nil for others

	observes *asset // whose version the step finds out; nil for others

	branches []*branch  // the executor's outputs after the first, in this order,
	mapped   []*mapping // and then these
	taken    bool       // over from an earlier run: it is not run again
	whole    bool       // the value is kept as a whole, not only by mapping key
	skips    bool       // the body, or a branch that it reads, may leave it out
	divided  bool       // it makes partitions, or belongs to something that does
	atOnce   bool       // all of them in one call

	output *storage.OutputData // of STEP_OUTPUT
	stored *storage.OutputData // of HANDLED_OUTPUT
}

// making is one asset that a step materializes.
type making struct {
	asset  *asset
	spec   *assetSpec
	output *storage.OutputData
	stored *storage.OutputData

	index       int32 // among all that the plan makes
	from        []versionSource
	codeVersion string
}

// isOp reports whether the value is an op's own, kept for the run, and neither an asset nor the result of a check.
func (s *planStep) isOp() bool { return len(s.makes) == 0 && s.check == nil && s.observes == nil }

// read is one leaf of a body's inputs.
type read struct {
	leaf *input
	kind inputKind
	use  leafUse

	// step makes what is read; -1 if it is an asset that is read as it was stored before, or no asset.
	step   int32
	output int // of the step, in the executor's plan

	// source is the executor's input by which a copy, or a part of a fan-in, is told; -1 if there is nothing to ask.
	source int32

	spec   *stepSpec // of the asset or the op that is read
	op     *op       // that is read, and its step's key, if it is not part of the plan
	key    string
	loaded *storage.InputData
	last   bool  // of the leaves of its input
	link   int32 // of the plan, for an asset that is partitioned; -1 for others
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
		out[p.steps[i].key] = i
	}
	return out
}

// seal ends the making of a plan.
func (p *plan) seal() *plan {
	p.byStep = sync.OnceValue(p.indexSteps)
	p.graph = sync.OnceValues(func() (*machine.Graph, error) { return machine.Compile(&p.exec) })
	return p
}

// making finds the step that materializes an asset, nil if none does.
func (p *plan) making(a *asset) (*planStep, *making) {
	key := a.stepName()
	if b := a.maker(); b != nil && b.graph != nil {
		key = a.outStep()
	}
	s := p.step(key)
	if s == nil {
		return nil, nil
	}
	for i := range s.makes {
		if s.makes[i].asset == a {
			return s, &s.makes[i]
		}
	}
	return nil, nil
}
