package machine

// drain tells everyone who waits for what has become final, in the order in which it did. A loop, not a recursion:
// chains of skipped steps may be as long as the plan.
func (m *Machine) drain() {
	for i := 0; i < len(m.work); i++ {
		if !m.canceled {
			m.spread(m.work[i])
		}
	}
	m.work = m.work[:0]
}

// spread tells everyone who waits for one instance.
func (m *Machine) spread(id int32) {
	g := m.g
	f := m.frame(id)
	fr := &m.frames[f]
	node := g.scopes[fr.scope].members[id-fr.base]
	step := int(node) < len(g.plan.Steps)
	doubt := !step || m.state[id] != Succeeded || m.missing != nil && m.missing[id] != 0
	m.flags[id] |= told
	base := fr.base
	for _, to := range g.succ.of(node) {
		m.arrived(base+g.local[to], to, f, doubt)
	}
	if !g.mapped() {
		if step && g.feeds != nil {
			m.feed(id, node, f)
		}
		return
	}
	for _, to := range g.inner.of(node) {
		m.eachInside(f, g.scopeOf[to], func(in int32) {
			m.arrived(m.frames[in].base+g.local[to], to, in, true)
		})
	}
	if step {
		m.feed(id, node, f)
		m.open(id, node, f)
	}
}

// arrived counts one thing less to wait for.
func (m *Machine) arrived(id, node, f int32, doubt bool) {
	if doubt {
		m.flags[id] |= doubtful
	}
	m.wait[id]--
	if m.wait[id] == 0 {
		m.arrive(id, node, f)
	}
}

// arrive decides on an instance that waits for nothing any more.
func (m *Machine) arrive(id, node, f int32) {
	if int(node) >= len(m.g.plan.Steps) {
		m.state[id] = Succeeded
		m.work = append(m.work, id)
		return
	}
	verdict := Ready
	if m.flags[id]&doubtful != 0 {
		verdict = m.judge(node, f)
	}
	switch verdict {
	case Skipped:
		m.tell(Command{Do: DoSkip, ID: ID(id)})
		m.settle(id, Skipped)
	case NotRun:
		m.settle(id, NotRun)
	default:
		m.ready(id)
	}
}

// judge looks at all that a step takes: Skipped, NotRun or Ready.
func (m *Machine) judge(node, f int32) State {
	verdict := Ready
	var all tally
	for _, r := range m.g.refs[m.g.inOff[node]:m.g.inOff[node+1]] {
		if r.kind == Finally {
			continue
		}
		t := m.tally(r, f)
		if r.kind == FanIn {
			all.ok, all.skipped, all.failed = all.ok+t.ok, all.skipped+t.skipped, all.failed+t.failed
			if !r.last {
				continue
			}
			t, all = all, tally{}
		}
		if t.skipped > 0 && t.ok+t.failed == 0 && r.kind != Maybe {
			return Skipped
		}
		if t.failed > 0 {
			verdict = NotRun
		}
	}
	return verdict
}

// tally counts what the copies of a source came to.
type tally struct{ ok, skipped, failed int }

func (m *Machine) tally(r ref, f int32) (t tally) {
	f = m.up(f, r.up)
	if r.how != collect {
		t.count(m.outcome(m.frames[f].base+m.g.local[r.step], r.output))
		return t
	}
	m.walk(f, m.g.gathers[int(r.node)-len(m.g.plan.Steps)].chain, func(in int32, closed kidState) {
		switch closed {
		case opened:
			t.count(m.outcome(m.frames[in].base+m.g.local[r.step], r.output))
		case closedBySkip:
			t.skipped++
		default:
			t.failed++
		}
	})
	return t
}

func (t *tally) count(s State) {
	switch s {
	case Succeeded:
		t.ok++
	case Skipped:
		t.skipped++
	default:
		t.failed++
	}
}

// outcome is what one output of one instance came to.
func (m *Machine) outcome(id int32, output int16) State {
	if m.state[id] == Succeeded && output >= 0 && m.missing != nil && m.missing[id]&(1<<output) != 0 {
		return Skipped
	}
	return m.state[id]
}

// feed counts a copy in every gather that collects it.
func (m *Machine) feed(_, step, f int32) {
	if m.g.feeds == nil {
		return
	}
	for _, l := range m.g.feeds[step] {
		m.token(l, f, -1)
	}
}

// token changes how much a gather waits for, seen from a frame inside it.
func (m *Machine) token(l link, f, by int32) {
	f = m.up(f, int16(l.up))
	id := m.frames[f].base + m.g.local[l.node]
	m.wait[id] += by
	if m.wait[id] == 0 {
		m.arrive(id, l.node, f)
	}
}

// open makes the frames of a dynamic step's keys, or closes its scopes if it gave none because it did not succeed.
func (m *Machine) open(id, step, f int32) {
	if m.g.opens == nil {
		return
	}
	for _, s := range m.g.opens[step] {
		sc := &m.g.scopes[s]
		k := &m.kids[m.frames[f].kids+sc.slot]
		switch m.state[id] {
		case Succeeded:
			keys := m.values[valueKey{id, int(sc.output)}]
			k.state, k.first, k.n = opened, int32(len(m.frames)), int32(len(keys))
			for _, l := range sc.through {
				m.token(l, f, int32(len(keys))-1)
			}
			m.grow(s, f, keys)
		case Skipped:
			m.shut(k, closedBySkip, sc, f)
		default:
			m.shut(k, closedByFailure, sc, f)
		}
	}
}

func (m *Machine) shut(k *kid, why kidState, sc *scope, f int32) {
	k.state = why
	for _, l := range sc.through {
		m.token(l, f, -1)
	}
}

// grow adds a frame per key.
func (m *Machine) grow(s, parent int32, keys []string) {
	if len(keys) == 0 {
		return
	}
	g := m.g
	sc := &g.scopes[s]
	size := len(sc.members) * len(keys)
	first := len(m.frames)
	m.state = append(m.state, make([]State, size)...)
	m.flags = append(m.flags, make([]flag, size)...)
	m.wait = append(m.wait, make([]int32, size)...)
	m.attempt = append(m.attempt, make([]int32, size)...)
	if m.missing != nil {
		m.missing = append(m.missing, make([]uint64, size)...)
	}
	m.kids = append(m.kids, make([]kid, len(keys)*int(sc.kids))...)
	prefix := ""
	if m.frames[parent].path != "" {
		prefix = m.frames[parent].path + "/"
	}
	base := int32(len(m.state) - size)
	kids := int32(len(m.kids) - len(keys)*int(sc.kids))
	for i, key := range keys {
		m.frames = append(m.frames, frame{
			scope: s, parent: parent, key: key, path: prefix + key,
			base: base + int32(i*len(sc.members)), kids: kids + int32(i)*sc.kids,
		})
		for range sc.members {
			m.frameOf = append(m.frameOf, int32(first+i))
		}
	}
	for f := first; f < len(m.frames); f++ {
		m.settleIn(int32(f), sc)
	}
}

// settleIn counts what the instances of a new frame wait for. What is final but not yet told counts: it will tell them.
func (m *Machine) settleIn(f int32, sc *scope) {
	g := m.g
	for i, node := range sc.members {
		id := m.frames[f].base + int32(i)
		if int(node) >= len(g.plan.Steps) {
			m.wait[id] = 1
			continue
		}
		m.left++
		m.wait[id] = g.indeg[node]
		for _, l := range g.outer[node] {
			m.flags[id] |= doubtful
			if src := m.frames[m.up(f, int16(l.up))].base + g.local[l.node]; m.flags[src]&told == 0 {
				m.wait[id]++
			}
		}
		if m.wait[id] == 0 {
			m.arrive(id, node, f)
		}
	}
}
