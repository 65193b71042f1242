package machine

// Graph is a compiled plan. It never changes: many runs may use one at once.
//
// Its nodes are the steps, numbered as in the plan, and after them the gathers: a gather stands for all copies of a step
// as they are seen from outside of the maps around it. Nodes live in scopes: scope 0 is the plan outside of maps, every
// mapped dynamic output opens another. A run has a frame per key of a scope, and an instance of each of its nodes in it.
type Graph struct {
	plan    *Plan
	scopes  []scope
	scopeOf []int32 // by node
	local   []int32 // by node: its place in its scope

	succ  table // by node: nodes of the same scope that wait for it, once per edge
	inner table // by node: nodes of scopes inside its own that wait for it
	indeg []int32

	outer []([]link) // by node: nodes of scopes around its own that it waits for; nil if the plan has no maps

	gathers []gather // node len(plan.Steps)+i
	feeds   [][]link // by step: the gathers that count its copies; nil if there is none

	refs  []ref // by input, in the order of the plan
	inOff []int32
	opens [][]int32 // by step: scopes that its outputs open; nil if the plan has no maps

	optional []uint64 // by step: which outputs may be missing; nil if none may
	dynamic  []uint64 // by step: which outputs have keys; nil if none has
}

// table is a list of nodes for each node, in two arrays.
type table struct{ off, to []int32 }

func (t *table) of(n int32) []int32 { return t.to[t.off[n]:t.off[n+1]] }

// scope is the inside of a map.
type scope struct {
	parent, step, output int32
	depth                int32
	slot                 int32 // place among the scopes of its parent
	kids                 int32 // how many scopes have it as parent
	members              []int32
	through              []link // gathers that count what is in here; up counts from parent
}

// link is a node some scopes up.
type link struct{ node, up int32 }

// gather counts the copies of a step under a frame of its scope.
type gather struct {
	step  int32
	scope int32
	chain []int32 // the scopes from inside scope down to the step's
}

// ref is one source of one input.
type ref struct {
	node   int32 // the step, or a gather
	step   int32
	input  int32
	output int16 // -1 for the step as a whole
	up     int16 // scopes between
	kind   InputKind
	how    refKind
	last   bool // of its input
}

type refKind uint8

const (
	single  refKind = iota // one copy of a step
	element                // one value of a dynamic output, named by the key of the frame
	list                   // all values of a dynamic output of one copy
	collect                // all copies
)

// Plan returns what the graph was compiled from.
func (g *Graph) Plan() *Plan { return g.plan }

func (g *Graph) mapped() bool { return len(g.scopes) > 1 }

// Static reports whether no output of the plan is dynamic. Then what a machine says of final steps does not change, and may be
// read by those who run the steps below them while the machine goes on.
func (g *Graph) Static() bool { return g.dynamic == nil }

// Simple reports whether a step's success says all there is to say: no output may be missing, none has keys.
func (g *Graph) Simple(step int) bool {
	return (g.optional == nil || g.optional[step] == 0) && (g.dynamic == nil || g.dynamic[step] == 0)
}

func (g *Graph) inside(inner, outer int32) bool {
	for g.scopes[inner].depth > g.scopes[outer].depth {
		inner = g.scopes[inner].parent
	}
	return inner == outer
}
