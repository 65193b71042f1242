package machine

import (
	"cmp"
	"slices"
	"strings"
)

// node returns which step or gather an instance is.
func (m *Machine) node(id int32) int32 {
	f := &m.frames[m.frame(id)]
	return m.g.scopes[f.scope].members[id-f.base]
}

func (m *Machine) frame(id int32) int32 {
	if n := int(id) - len(m.g.scopes[0].members); n >= 0 {
		return m.frameOf[n]
	}
	return 0
}

func (m *Machine) up(f int32, n int16) int32 {
	for range n {
		f = m.frames[f].parent
	}
	return f
}

// eachInside visits the frames of scope s inside frame f that there are so far.
func (m *Machine) eachInside(f, s int32, visit func(f int32)) {
	if m.frames[f].scope == s {
		visit(f)
		return
	}
	inner := s
	for m.g.scopes[inner].parent != m.frames[f].scope {
		inner = m.g.scopes[inner].parent
	}
	k := m.kids[m.frames[f].kids+m.g.scopes[inner].slot]
	for i := range k.n {
		m.eachInside(k.first+i, s, visit)
	}
}

// walk visits the frames at the end of a chain of scopes inside frame f, in key order, and what was closed on the way: there
// f is the frame that it was closed in.
func (m *Machine) walk(f int32, chain []int32, visit func(f int32, k kidState)) {
	if len(chain) == 0 {
		visit(f, opened)
		return
	}
	k := m.kids[m.frames[f].kids+m.g.scopes[chain[0]].slot]
	if k.state != opened {
		visit(f, k.state)
		return
	}
	for i := range k.n {
		m.walk(k.first+i, chain[1:], visit)
	}
}

// Step returns the index in the plan of what id is, or is a copy of.
func (m *Machine) Step(id ID) int { return int(m.node(int32(id))) }

// State returns where a step stands.
func (m *Machine) State(id ID) State { return m.state[id] }

// Attempt returns the number of its last attempt, 0 if there was none.
func (m *Machine) Attempt(id ID) int { return int(m.attempt[id]) }

// Key returns the step's key, with mapping keys.
func (m *Machine) Key(id ID) string {
	n := int(id) - len(m.g.scopes[0].members)
	if n < 0 {
		return m.g.plan.Steps[m.node(int32(id))].Key
	}
	if n >= len(m.names) {
		m.names = append(m.names, make([]string, len(m.frameOf)-len(m.names))...)
	}
	if m.names[n] == "" {
		m.names[n] = m.g.plan.Steps[m.node(int32(id))].Key + "[" + m.frames[m.frameOf[n]].path + "]"
	}
	return m.names[n]
}

// MapKeys returns the mapping keys of a copy, outermost first; nil outside of maps.
func (m *Machine) MapKeys(id ID) []string {
	if f := m.frame(int32(id)); f > 0 {
		return strings.Split(m.frames[f].path, "/")
	}
	return nil
}

// Order numbers steps as they stand in the plan, copies after each other as their keys became known.
func (m *Machine) Order(id ID) uint64 {
	f := m.frame(int32(id))
	return uint64(m.g.scopes[m.frames[f].scope].members[int32(id)-m.frames[f].base])<<32 | uint64(f)
}

// At is the inverse of [Machine.Order].
func (m *Machine) At(order uint64) ID {
	return ID(m.frames[uint32(order)].base + m.g.local[order>>32])
}

// Value is one value that an input takes.
type Value struct {
	ID     ID
	Step   int
	Output int
	MapKey string // where it is one value of a dynamic output
}

// Values visits what an input of a step takes, in order, without what was skipped or has failed. All its sources must be final.
func (m *Machine) Values(id ID, input int, visit func(Value)) {
	f := m.frame(int32(id))
	step := m.node(int32(id))
	refs := m.g.refs[m.g.inOff[step]:m.g.inOff[step+1]]
	first := input // where every input before has one source, as most have
	if first >= len(refs) || int(refs[first].input) != input || first > 0 && int(refs[first-1].input) == input {
		first, _ = slices.BinarySearchFunc(refs, int32(input), func(r ref, i int32) int { return cmp.Compare(r.input, i) })
	}
	for _, r := range refs[first:] {
		if int(r.input) != input {
			return
		}
		m.valuesOf(r, f, visit)
	}
}

func (m *Machine) valuesOf(r ref, f int32, visit func(Value)) {
	at := m.up(f, r.up)
	switch r.how {
	case single, list:
		m.value(r, at, visit)
	case element:
		v := Value{ID: ID(m.frames[at].base + m.g.local[r.step]), Step: int(r.step), Output: int(r.output)}
		for ; at != f && f > 0; f = m.frames[f].parent {
			if sc := m.g.scopes[m.frames[f].scope]; sc.step == r.step && int16(sc.output) == r.output {
				v.MapKey = m.frames[f].key
			}
		}
		visit(v)
	case collect:
		m.walk(at, m.g.gathers[int(r.node)-len(m.g.plan.Steps)].chain, func(in int32, closed kidState) {
			if closed == opened {
				m.value(r, in, visit)
			}
		})
	}
}

// value visits what one copy of a source made.
func (m *Machine) value(r ref, f int32, visit func(Value)) {
	id := m.frames[f].base + m.g.local[r.step]
	if m.outcome(id, r.output) != Succeeded {
		return
	}
	v := Value{ID: ID(id), Step: int(r.step), Output: int(r.output)}
	if r.output < 0 || m.g.dynamic == nil || m.g.dynamic[r.step]&(1<<r.output) == 0 {
		visit(v)
		return
	}
	for _, v.MapKey = range m.values[valueKey{id, int(r.output)}] {
		visit(v)
	}
}

// Instance is a step, or one copy of it. ID is negative for a mapped step whose keys did not become known,
// which is named Key[?].
type Instance struct {
	ID      ID
	Step    int
	Key     string
	State   State
	Attempt int
}

// Each visits every step in plan order, copies after each other in key order.
func (m *Machine) Each(visit func(Instance)) {
	for i := range m.g.plan.Steps {
		s := m.g.scopeOf[i]
		if s == 0 {
			id := ID(m.g.local[i])
			visit(Instance{id, i, m.g.plan.Steps[i].Key, m.state[id], m.Attempt(id)})
			continue
		}
		var chain []int32
		for ; s > 0; s = m.g.scopes[s].parent {
			chain = append([]int32{s}, chain...)
		}
		m.walk(0, chain, func(f int32, k kidState) {
			if k == opened {
				id := ID(m.frames[f].base + m.g.local[i])
				visit(Instance{id, i, m.Key(id), m.state[id], m.Attempt(id)})
				return
			}
			in := Instance{ID: -1, Step: i, Key: m.g.plan.Steps[i].Key + "[?]", State: NotRun}
			if m.frames[f].path != "" {
				in.Key = m.g.plan.Steps[i].Key + "[" + m.frames[f].path + "/?]"
			}
			if k == closedBySkip {
				in.State = Skipped
			}
			visit(in)
		})
	}
}
