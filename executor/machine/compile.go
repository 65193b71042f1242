package machine

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"strings"
)

// Compile checks a plan and lays it out for running. The error names every mistake. The plan must not change afterwards.
func Compile(p *Plan) (*Graph, error) {
	if err := check(p); err != nil {
		return nil, err
	}
	n := len(p.Steps)
	g := &Graph{plan: p, scopeOf: make([]int32, n, n+8)}
	c := compiler{Graph: g, gatherAt: map[gatherKey]int32{}}
	c.findScopes()
	c.findOutputs()
	c.resolve()
	c.place()
	c.connect()
	return g, nil
}

func check(p *Plan) error {
	if p == nil {
		return errors.New("plan: none given")
	}
	if len(p.Steps) > math.MaxInt32/2 {
		return fmt.Errorf("plan: %d steps are too many", len(p.Steps))
	}
	var errs []error
	seen := newKeySet(p)
	for i := range p.Steps {
		s := &p.Steps[i]
		if !seen.add(i) {
			errs = append(errs, fmt.Errorf("step %q: key is taken", s.Key))
		}
		if err := checkStep(p, i); err != nil {
			errs = append(errs, fmt.Errorf("step %q: %w", s.Key, err))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("plan: %w", errors.Join(errs...))
	}
	return nil
}

// keySet is a set of the keys of steps, in one array: a map would cost more than all the rest of a compilation.
type keySet struct {
	plan *Plan
	seed maphash.Seed
	at   []int32 // index of a step, plus one; linear probing
}

func newKeySet(p *Plan) keySet {
	size := 8
	for size < 2*len(p.Steps) {
		size *= 2
	}
	return keySet{p, maphash.MakeSeed(), make([]int32, size)}
}

// add reports whether no step before has the key of step i.
func (k *keySet) add(i int) bool {
	key := k.plan.Steps[i].Key
	for h := maphash.String(k.seed, key); ; h++ {
		slot := &k.at[h&uint64(len(k.at)-1)]
		if *slot == 0 {
			*slot = int32(i + 1)
			return true
		}
		if k.plan.Steps[*slot-1].Key == key {
			return false
		}
	}
}

func checkStep(p *Plan, i int) error {
	s := &p.Steps[i]
	switch {
	case s.Key == "" || strings.ContainsAny(s.Key, "[]"):
		return errors.New("key is empty or has brackets")
	case len(s.Outputs) > 64:
		return fmt.Errorf("%d outputs are more than 64", len(s.Outputs))
	case s.Retry.Max < 0 || s.Retry.Delay < 0 || s.Retry.MaxDelay < 0 || s.Timeout < 0:
		return errors.New("retry or timeout is negative")
	}
	if s.Map != nil {
		if err := checkSource(p, i, *s.Map, true); err != nil {
			return fmt.Errorf("map: %w", err)
		}
		if !p.Steps[s.Map.Step].Outputs[s.Map.Output].Dynamic {
			return fmt.Errorf("map: output %d of step %q is not dynamic", s.Map.Output, p.Steps[s.Map.Step].Key)
		}
	}
	for j := range s.Inputs {
		in := &s.Inputs[j]
		if in.Kind > Maybe || in.Kind == Needs && len(in.Sources) != 1 {
			return fmt.Errorf("input %q: kind %d with %d sources", in.Name, in.Kind, len(in.Sources))
		}
		for _, src := range in.Sources {
			if err := checkSource(p, i, src, in.Kind != After && in.Kind != Finally); err != nil {
				return fmt.Errorf("input %q: %w", in.Name, err)
			}
		}
	}
	return nil
}

func checkSource(p *Plan, i int, src Source, value bool) error {
	if src.Step < 0 || src.Step >= i {
		return fmt.Errorf("source %d is not a step before it", src.Step)
	}
	outputs := len(p.Steps[src.Step].Outputs)
	whole := src.Output < 0 || outputs == 0 && src.Output == 0
	if value && whole || src.Output >= outputs && !whole {
		return fmt.Errorf("step %q has no output %d", p.Steps[src.Step].Key, src.Output)
	}
	return nil
}

type gatherKey struct{ scope, step int32 }

type compiler struct {
	*Graph
	gatherAt map[gatherKey]int32
}

func (c *compiler) findScopes() {
	c.scopes = []scope{{parent: -1, step: -1}}
	var at map[Source]int32
	for i := range c.plan.Steps {
		m := c.plan.Steps[i].Map
		if m == nil {
			continue
		}
		if at == nil {
			at = map[Source]int32{}
			c.opens = make([][]int32, len(c.plan.Steps))
		}
		s, ok := at[*m]
		if !ok {
			s = int32(len(c.scopes))
			at[*m] = s
			parent := &c.scopes[c.scopeOf[m.Step]]
			c.opens[m.Step] = append(c.opens[m.Step], s)
			opened := scope{
				parent: c.scopeOf[m.Step], step: int32(m.Step), output: int32(m.Output),
				depth: parent.depth + 1, slot: parent.kids,
			}
			parent.kids++
			c.scopes = append(c.scopes, opened)
		}
		c.scopeOf[i] = s
	}
}

func (c *compiler) findOutputs() {
	n := len(c.plan.Steps)
	for i := range c.plan.Steps {
		for j, o := range c.plan.Steps[i].Outputs {
			switch {
			case o.Dynamic:
				if c.dynamic == nil {
					c.dynamic = make([]uint64, n)
				}
				c.dynamic[i] |= 1 << j
			case o.Optional:
				if c.optional == nil {
					c.optional = make([]uint64, n)
				}
				c.optional[i] |= 1 << j
			}
		}
	}
}

// resolve finds out what each source is, seen from the step that takes it.
func (c *compiler) resolve() {
	edges := 0
	for i := range c.plan.Steps {
		for j := range c.plan.Steps[i].Inputs {
			edges += len(c.plan.Steps[i].Inputs[j].Sources)
		}
	}
	c.refs = make([]ref, 0, edges)
	c.inOff = make([]int32, 0, len(c.plan.Steps)+1)
	for i := range c.plan.Steps {
		c.inOff = append(c.inOff, int32(len(c.refs)))
		for j := range c.plan.Steps[i].Inputs {
			in := &c.plan.Steps[i].Inputs[j]
			for k := range in.Sources {
				r := c.ref(int32(i), in.Sources[k])
				r.input, r.kind, r.last = int32(j), in.Kind, k == len(in.Sources)-1
				c.refs = append(c.refs, r)
			}
		}
	}
	c.inOff = append(c.inOff, int32(len(c.refs)))
}

func (c *compiler) ref(to int32, src Source) ref {
	r := ref{node: int32(src.Step), step: int32(src.Step), output: int16(src.Output)}
	if src.Output < 0 || len(c.plan.Steps[src.Step].Outputs) == 0 {
		r.output = -1
	}
	ts, ss := c.scopeOf[to], c.scopeOf[src.Step]
	if ts == ss && c.dynamic == nil {
		return r
	}
	if c.inside(ts, ss) {
		r.up = int16(c.scopes[ts].depth - c.scopes[ss].depth)
		if r.output >= 0 && c.plan.Steps[src.Step].Outputs[r.output].Dynamic {
			r.how = list
			if c.under(ts, src) {
				r.how = element
			}
		}
		return r
	}
	r.how = collect
	r.node = c.gather(ts, r.step)
	r.up = int16(c.scopes[ts].depth - c.scopes[c.scopeOf[r.node]].depth)
	return r
}

// under reports whether s is the scope that src opens, or inside it.
func (c *compiler) under(s int32, src Source) bool {
	for ; s > 0; s = c.scopes[s].parent {
		if c.scopes[s].step == int32(src.Step) && c.scopes[s].output == int32(src.Output) {
			return true
		}
	}
	return false
}

// gather returns the node that stands for all copies of step as seen from scope: it lives in the innermost
// scope that both are in.
func (c *compiler) gather(from, step int32) int32 {
	a, b := from, c.scopeOf[step]
	for a != b {
		if c.scopes[a].depth >= c.scopes[b].depth {
			a = c.scopes[a].parent
		} else {
			b = c.scopes[b].parent
		}
	}
	key := gatherKey{a, step}
	if n, ok := c.gatherAt[key]; ok {
		return n
	}
	n := int32(len(c.plan.Steps) + len(c.gathers))
	c.gatherAt[key] = n
	depth := c.scopes[c.scopeOf[step]].depth - c.scopes[a].depth
	chain := make([]int32, depth)
	for s := c.scopeOf[step]; s != a; s = c.scopes[s].parent {
		depth--
		chain[depth] = s
		c.scopes[s].through = append(c.scopes[s].through, link{n, depth})
	}
	if c.feeds == nil {
		c.feeds = make([][]link, len(c.plan.Steps))
	}
	c.feeds[step] = append(c.feeds[step], link{n, int32(len(chain))})
	c.gathers = append(c.gathers, gather{step: step, scope: a, chain: chain})
	c.scopeOf = append(c.scopeOf, a)
	return n
}

// place gives every node its place in its scope.
func (c *compiler) place() {
	c.local = make([]int32, len(c.scopeOf))
	if len(c.scopes) == 1 {
		all := make([]int32, len(c.scopeOf))
		for i := range all {
			all[i], c.local[i] = int32(i), int32(i)
		}
		c.scopes[0].members = all
		return
	}
	for i, s := range c.scopeOf {
		c.local[i] = int32(len(c.scopes[s].members))
		c.scopes[s].members = append(c.scopes[s].members, int32(i))
	}
}

// connect turns what each step takes round: who waits for it.
func (c *compiler) connect() {
	nodes := len(c.scopeOf)
	c.indeg = make([]int32, nodes)
	c.succ.off = make([]int32, nodes+1)
	c.inner.off = c.succ.off[:0:0]
	if c.mapped() {
		c.inner.off = make([]int32, nodes+1)
		c.outer = make([][]link, nodes)
	}
	c.eachEdge(func(t *table, from, _ int32, up int16) { t.off[from+1]++ })
	c.succ.sum()
	c.inner.sum()
	fill := [2][]int32{append([]int32(nil), c.succ.off...), append([]int32(nil), c.inner.off...)}
	c.eachEdge(func(t *table, from, to int32, up int16) {
		next := fill[0]
		if t == &c.inner {
			next = fill[1]
			c.outer[to] = append(c.outer[to], link{from, int32(up)})
		} else {
			c.indeg[to]++
		}
		t.to[next[from]] = to
		next[from]++
	})
}

func (c *compiler) eachEdge(visit func(t *table, from, to int32, up int16)) {
	for to := range int32(len(c.plan.Steps)) {
		for _, r := range c.refs[c.inOff[to]:c.inOff[to+1]] {
			t := &c.succ
			if r.up > 0 {
				t = &c.inner
			}
			visit(t, r.node, to, r.up)
		}
	}
}

func (t *table) sum() {
	if len(t.off) == 0 {
		return
	}
	for i := 1; i < len(t.off); i++ {
		t.off[i] += t.off[i-1]
	}
	t.to = make([]int32, t.off[len(t.off)-1])
}
