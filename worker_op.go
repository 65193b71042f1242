package dagster

import (
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// sourcesOf asks the engine, once for each of its inputs, what the sources came to. The leaves of an input are asked for in
// order, so the parts of a fan-in take from the front of what is left.
type sourcesOf struct {
	input int32
	asked bool
	left  []executor.Made
}

// made is what the source of a leaf came to: nothing, one value, or those of all copies.
func (s *sourcesOf) made(t *executor.Task, rd *read) []executor.Made {
	if !s.asked || s.input != rd.source {
		s.input, s.asked = rd.source, true
		s.left = t.Sources(int(rd.source))
	}
	if rd.use.join == nil {
		return s.left
	}
	n := 0
	for n < len(s.left) && s.left[n].Step == int(rd.step) && s.left[n].Output == rd.output {
		if n > 0 && (rd.kind != collects || s.left[n].Key == s.left[0].Key) {
			break // the same source once more, for another part
		}
		n++
	}
	mine := s.left[:n]
	s.left = s.left[n:]
	return mine
}

// loadOutput returns what an op made: a value, one of a dynamic output's, or the list of all copies.
func (r *runState) loadOutput(sc *scope, rd *read, asked *sourcesOf) (any, error) {
	if rd.step < 0 {
		return r.givenOutput(rd)
	}
	made := asked.made(sc.task, rd)
	if rd.kind == collects {
		list := make([]any, len(made))
		for i := range made {
			v, err := r.loadMade(sc, rd, &made[i])
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	if len(made) == 0 {
		return absent{}, nil
	}
	return r.loadMade(sc, rd, &made[0])
}

// givenOutput is the value of an op that is not part of the run.
func (r *runState) givenOutput(rd *read) (any, error) {
	if v, ok := r.options.givenOps[rd.op]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("the value of op %s is not there", quote(rd.op.name))
}

// loadMade returns the value that one step, or one copy of it, made.
func (r *runState) loadMade(sc *scope, rd *read, m *executor.Made) (any, error) {
	maker := &r.plan.steps[m.Step]
	if !maker.isOp() {
		a := &maker.makes[0]
		l := assetValue(a.asset, &a.spec.stepSpec, "")
		l.inst, l.open, l.scope = r.inst, r.open, sc
		v, err := load(sc, l)
		if err != nil {
			return nil, fmt.Errorf("load asset %s: %w", quote(a.asset.key), err)
		}
		sc.emit(storage.Event{Kind: storage.LoadedInput, Data: rd.loaded})
		return v, nil
	}
	v, err := r.loadStep(sc, maker, m.Key, m.MapKey, rd)
	if err != nil {
		return nil, err
	}
	data := rd.loaded
	if m.MapKey != "" || m.Key != maker.key {
		copied := *rd.loaded
		copied.FromStep = m.Key
		data = &copied
	}
	sc.emit(storage.Event{Kind: storage.LoadedInput, Data: data})
	return v, nil
}

func (r *runState) loadStep(sc *scope, maker *planStep, key, mapKey string, rd *read) (any, error) {
	if maker.empty && mapKey == "" {
		return Nothing{}, nil
	}
	if v, ok := r.values.get(key, mapKey); ok && rd.leaf.loadedBy == nil {
		return v, nil
	}
	if !maker.isKept() && rd.leaf.loadedBy != nil {
		return nil, maker.inMemory()
	}
	if !maker.isKept() {
		return nil, fmt.Errorf("load the value of step %s: it was kept in memory, and is gone", quote(key))
	}
	c := maker.codec
	if rd.kind == readsElement {
		c = rd.leaf.over.codec
	}
	l := stepValue(maker, c, r.origin(key), key, mapKey)
	l.inst, l.open, l.scope = r.inst, r.open, sc
	l.readBy(rd.leaf)
	v, err := load(sc, l)
	if err != nil {
		return nil, fmt.Errorf("load the value of step %s: %w", quote(key), err)
	}
	return v, nil
}

// inMemory says why a step's value cannot be loaded by another manager.
func (s *planStep) inMemory() error {
	return fmt.Errorf("the value of step %s is kept in memory only: for LoadedBy, make it Durable or say where it is StoredIn", quote(s.key))
}

// isKept reports whether the values of an op are kept by an IO manager.
func (s *planStep) isKept() bool { return s.spec.storedIn != nil || s.spec.durable }

// keepOp stores what an op made, and tells which branches were taken and which keys there are.
func (r *runState) keepOp(sc *scope, v any) executor.Outcome {
	s, key := sc.step, sc.task.Key
	if !s.isKept() && !s.empty {
		r.values.put(key, "", v)
	}
	made, said := sc.output()
	switch {
	case s.whole:
		if err := r.keepValue(sc, v, s.codec, "", made, s.stored); err != nil {
			return executor.Outcome{Err: err}
		}
	case said: // of a value that is mapped over, and is not kept as a whole
		sc.emit(storage.Event{Kind: storage.StepOutput, Data: made})
	}
	var out executor.Outcome
	out.Missing, out.Err = s.untaken(sc, v)
	for i, m := range s.mapped {
		if out.Err != nil {
			break
		}
		out.Err = r.keepMapped(sc, v, i, m, &out)
	}
	return out
}

// output tells of the value that an op made, and whether the body has said something of it.
func (s *scope) output() (data *storage.OutputData, said bool) {
	_, entries := s.saidOf("")
	if len(entries) == 0 {
		return s.step.output, false
	}
	of := *s.step.output
	of.Metadata = slices.Clip(entries)
	return &of, true
}

// untaken are the outputs of branches that were not taken; those that were are recorded.
func (s *planStep) untaken(sc *scope, v any) (missing []int, err error) {
	for i, b := range s.branches {
		taken, err := b.taken(v)
		if err != nil {
			return nil, fmt.Errorf("branch %d: %w", i+1, err)
		}
		if !taken {
			missing = append(missing, 1+i)
			continue
		}
		sc.emit(storage.Event{Kind: storage.StepOutput, Data: &storage.OutputData{Output: branchName(i)}})
	}
	return missing, nil
}

// keepMapped stores each value of a dynamic output under its key.
func (r *runState) keepMapped(sc *scope, v any, i int, m *mapping, out *executor.Outcome) error {
	keys, at, err := m.split(v)
	if err != nil {
		return err
	}
	if out.Keys == nil {
		out.Keys = make(map[int][]string, len(sc.step.mapped))
	}
	out.Keys[1+len(sc.step.branches)+i] = keys
	name, manager := mappedName(i), managerName(sc.step.spec.storedIn)
	payloads := make([]storage.OutputData, 2*len(keys))
	for n, key := range keys {
		made, stored := &payloads[2*n], &payloads[2*n+1]
		*made = storage.OutputData{Output: name, MapKey: key}
		*stored = storage.OutputData{Output: name, MapKey: key, IOManager: manager}
		element := at(key)
		if !sc.step.isKept() {
			r.values.put(sc.task.Key, key, element)
		}
		if err := r.keepValue(sc, element, m.codec, key, made, stored); err != nil {
			return err
		}
	}
	return nil
}

// keepValue records that a value was made, and that it is kept: by the op's IO manager, or else in memory.
func (r *runState) keepValue(sc *scope, v any, c *codec, mapKey string, made, stored *storage.OutputData) error {
	was := storage.Event{Kind: storage.StepOutput, Data: made}
	if sc.step.empty && mapKey == "" {
		sc.emit(was)
		return nil
	}
	if sc.step.isKept() {
		l := stepValue(sc.step, c, r.record.ID, sc.task.Key, mapKey)
		l.inst, l.open, l.scope = r.inst, r.open, sc
		if err := store(sc, v, l); err != nil {
			sc.emit(was)
			return fmt.Errorf("store the value of step %s: %w", quote(sc.task.Key), err)
		}
	}
	sc.emitAll(was, storage.Event{Kind: storage.HandledOutput, Data: stored})
	return nil
}
