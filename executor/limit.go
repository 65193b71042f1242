package executor

import (
	"fmt"
	"slices"
)

// slots is the room that one limit leaves, or one value of it.
type slots struct {
	free   int
	parked queue // steps that wait for room here
}

// limits knows which steps need room where; its zero value limits nothing.
type limits struct {
	of []([]*slots) // by step of the plan; nil if there is no limit
}

func newLimits(p *Plan, tags []TagLimit) (limits, error) {
	var l limits
	for i := range tags {
		t := &tags[i]
		if t.Limit < 1 {
			return l, fmt.Errorf("limit of tag %q: %d lets no step run", t.Key, t.Limit)
		}
		if l.of == nil {
			l.of = make([][]*slots, len(p.Steps))
		}
		l.add(p, t)
	}
	return l, nil
}

func (l *limits) add(p *Plan, t *TagLimit) {
	groups := map[string]*slots{}
	for i := range p.Steps {
		value, ok := p.Steps[i].Tags[t.Key]
		if !ok || t.Value != "" && t.Value != value {
			continue
		}
		if !t.PerValue {
			value = ""
		}
		if groups[value] == nil {
			groups[value] = &slots{free: t.Limit}
		}
		l.of[i] = append(l.of[i], groups[value])
	}
}

// take takes a slot of every limit on a step. If one is full the step, which is v in the queue, is parked
// there and steps that wait for others of its limits, which have room, get their turn.
func (l *limits) take(step int, v uint64, ready *queue) bool {
	if l.of == nil {
		return true
	}
	of := l.of[step]
	full := slices.IndexFunc(of, func(s *slots) bool { return s.free == 0 })
	if full < 0 {
		for _, s := range of {
			s.free--
		}
		return true
	}
	of[full].parked.push(v)
	for _, s := range of {
		s.unpark(ready)
	}
	return false
}

// put gives the slots of a step back.
func (l *limits) put(step int, ready *queue) {
	if l.of == nil {
		return
	}
	for _, s := range l.of[step] {
		s.free++
		s.unpark(ready)
	}
}

func (s *slots) unpark(ready *queue) {
	if s.free > 0 && s.parked.len() > 0 {
		ready.push(s.parked.pop())
	}
}
