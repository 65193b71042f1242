package machine

import "fmt"

// Machine is the state of one run. It is not safe for concurrent use.
type Machine struct {
	g    *Graph
	seed uint64

	// By instance: the steps and gathers of frame 0, then those of every other frame.
	state   []State
	flags   []flag
	wait    []int32 // what must become final first
	attempt []int32
	missing []uint64 // nil if no output may be missing

	frames  []frame
	kids    []kid    // by frame and scope inside it
	frameOf []int32  // by instance, less those of frame 0
	names   []string // likewise; filled when asked for
	values  map[valueKey][]string

	left     int // steps and copies that are not final
	failed   bool
	canceled bool

	index   map[string]ID // of the first indexed instances; filled when asked for
	indexed int

	work []int32 // final, but not yet told to others
	out  []Command
}

type flag uint8

const (
	doubtful flag = 1 << iota // something it waits for is not a plain success: look at its inputs
	told                      // those who wait for it know
)

// frame is one key of one scope.
type frame struct {
	scope, parent int32
	base          int32 // first instance
	kids          int32 // first kid
	key           string
	path          string // keys from the outermost on
}

// kid is what became of one scope inside a frame.
type kid struct {
	state    kidState
	first, n int32 // frames
}

type kidState uint8

const (
	unknown kidState = iota
	opened
	closedBySkip
	closedByFailure
)

type valueKey struct {
	id     int32
	output int
}

// New returns a run at its start and its first commands. The seed decides the jitter of retries.
func New(g *Graph, seed uint64) (*Machine, []Command) {
	m := fresh(g, seed)
	for i := range g.scopes[0].members {
		node := g.scopes[0].members[i]
		if m.wait[i] == 0 && int(node) < len(g.plan.Steps) {
			m.arrive(int32(i), node, 0)
		}
	}
	m.drain()
	return m, m.out
}

func fresh(g *Graph, seed uint64) *Machine {
	n := len(g.scopes[0].members)
	m := &Machine{
		g: g, seed: seed,
		state: make([]State, n), flags: make([]flag, n), wait: make([]int32, n), attempt: make([]int32, n),
		frames: []frame{{parent: -1}}, kids: make([]kid, g.scopes[0].kids),
	}
	if g.optional != nil {
		m.missing = make([]uint64, n)
	}
	for i, node := range g.scopes[0].members {
		m.wait[i] = 1
		if int(node) < len(g.plan.Steps) {
			m.wait[i] = g.indeg[node]
			m.left++
		}
	}
	return m
}

// Apply tells the machine what happened and returns what to do about it, in the order in which it should be recorded.
// The slice is valid until the next call.
func (m *Machine) Apply(e Event) []Command {
	m.out = m.out[:0]
	if e.Kind == Cancel {
		m.cancel()
		return m.out
	}
	id := int32(e.ID)
	if id < 0 || int(id) >= len(m.state) || m.state[id] == Pending || m.state[id].Final() ||
		int(m.attempt[id]) != e.Attempt {
		return nil
	}
	switch e.Kind {
	case Began:
		if m.state[id] == Ready {
			m.state[id] = Running
		}
	case Made:
		m.succeed(id, e)
	case Broke:
		m.fail(id, e.Failure, nil)
	case Interrupted:
		m.tell(Command{Do: DoStop, ID: e.ID, Attempt: e.Attempt})
		m.settle(id, Stopped)
	case Due:
		if m.state[id] == Waiting {
			m.ready(id)
		}
	case Cancel:
	}
	m.drain()
	return m.out
}

// Done reports whether every step is final. Then there is nothing left to run or to wait for.
func (m *Machine) Done() bool { return m.left == 0 }

// Failed reports whether a step has failed.
func (m *Machine) Failed() bool { return m.failed }

// Canceled reports whether the run was canceled before it was done.
func (m *Machine) Canceled() bool { return m.canceled }

func (m *Machine) tell(c Command) { m.out = append(m.out, c) }

func (m *Machine) ready(id int32) {
	m.state[id] = Ready
	m.attempt[id]++
	m.tell(Command{Do: DoRun, ID: ID(id), Attempt: int(m.attempt[id])})
}

// settle makes an instance final; drain tells those who wait for it.
func (m *Machine) settle(id int32, s State) {
	m.state[id] = s
	m.left--
	m.failed = m.failed || s == Failed
	m.work = append(m.work, id)
}

func (m *Machine) succeed(id int32, e Event) {
	step := m.node(id)
	if !m.g.Simple(int(step)) || e.Missing != 0 || len(e.Keys) > 0 {
		if err := m.g.checkMade(int(step), e); err != nil {
			m.fail(id, &Failure{Final: true}, err)
			return
		}
		m.keep(id, step, e)
		m.tell(Command{Do: DoPass, ID: e.ID, Attempt: e.Attempt})
	}
	m.settle(id, Succeeded)
}

// keep notes what a success left out and which keys it gave.
func (m *Machine) keep(id, step int32, e Event) {
	if m.missing != nil {
		m.missing[id] = e.Missing & m.g.optional[step]
	}
	for i := range m.g.plan.Steps[step].Outputs {
		if keys := e.Keys[i]; len(keys) > 0 {
			if m.values == nil {
				m.values = map[valueKey][]string{}
			}
			m.values[valueKey{id, i}] = keys
		}
	}
}

func (m *Machine) fail(id int32, f *Failure, err error) {
	if f == nil {
		f = &Failure{}
	}
	n := int(m.attempt[id])
	policy := m.g.plan.Steps[m.node(id)].Retry
	most := policy.Max
	if f.Asked {
		most = max(most, 1)
		if f.Max > 0 {
			most = f.Max
		}
	}
	if f.Final || n > most || m.canceled {
		m.tell(Command{Do: DoFail, ID: ID(id), Attempt: n, Err: err})
		m.settle(id, Failed)
		return
	}
	delay := max(f.After, 0)
	if !f.Asked {
		delay = policy.After(n, m.seed, m.Key(ID(id)))
	}
	m.state[id] = Waiting
	m.tell(Command{Do: DoRetry, ID: ID(id), Attempt: n, Delay: delay, Err: err})
}

// cancel ends everything that does not run. What runs is reported by its driver.
func (m *Machine) cancel() {
	if m.canceled || m.left == 0 {
		return
	}
	m.canceled = true
	for i := range m.state {
		id := int32(i)
		if int(m.node(id)) >= len(m.g.plan.Steps) {
			continue
		}
		switch m.state[id] {
		case Pending:
			m.settle(id, NotRun)
		case Ready:
			m.attempt[id]-- // it was not begun
			if m.attempt[id] > 0 {
				m.settle(id, Stopped)
			} else {
				m.settle(id, NotRun)
			}
		case Waiting:
			m.settle(id, Stopped)
		default: // it runs, or is final
		}
	}
	m.work = m.work[:0]
}

// checkMade reports what is wrong with what a step says it made.
func (g *Graph) checkMade(step int, e Event) error {
	var optional, dynamic uint64
	if g.optional != nil {
		optional = g.optional[step]
	}
	if g.dynamic != nil {
		dynamic = g.dynamic[step]
	}
	outputs := g.plan.Steps[step].Outputs
	if bad := e.Missing &^ (optional | dynamic); bad != 0 {
		return fmt.Errorf("outputs %b are missing, which are not optional", bad)
	}
	keyed := 0
	for i, o := range outputs {
		keys, ok := e.Keys[i]
		if ok {
			keyed++
		}
		if len(keys) > 0 && dynamic&(1<<i) == 0 {
			return fmt.Errorf("output %q is not dynamic and has mapping keys", o.Name)
		}
		if err := checkKeys(keys); err != nil {
			return fmt.Errorf("output %q: %w", o.Name, err)
		}
	}
	if keyed != len(e.Keys) {
		return fmt.Errorf("mapping keys for an output that there is not: it has %d", len(outputs))
	}
	return nil
}

func checkKeys(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	seen := make(map[string]struct{}, len(keys))
	for _, k := range keys {
		if !validKey(k) {
			return fmt.Errorf("mapping key %q: use letters, digits, underscores, dashes and dots, at least one", k)
		}
		if _, twice := seen[k]; twice {
			return fmt.Errorf("mapping key %q is given twice", k)
		}
		seen[k] = struct{}{}
	}
	return nil
}

func validKey(k string) bool {
	for i := range len(k) {
		c := k[i]
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
		if !ok {
			return false
		}
	}
	return k != ""
}
