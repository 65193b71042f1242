package dagster

import (
	"maps"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/storage"
)

// output is one output of a step, or of a copy of it, that may have one value for each of many keys.
type output struct{ step, name string }

// plan is what runs again of full, with the steps whose values that takes; build compiles it.
func (p *past) plan(full *plan, runs map[string]rerun, failed bool, again *reexecution, build func(selected func(path string) bool) (*plan, error)) (*plan, error) {
	chosen, err := p.choose(full, runs, failed, again)
	for err == nil && failed && p.cleanUp(full, runs) {
		chosen, err = p.choose(full, runs, failed, again)
	}
	if err != nil {
		return nil, err
	}
	made, err := build(func(path string) bool { return chosen[path] })
	if err != nil {
		return nil, err
	}
	p.takeOver(again, made, runs)
	if len(made.steps) < len(full.steps) || len(again.done) > 0 {
		again.runs = runs
	}
	return made, nil
}

// takeOver says what the new run need not do: what ended well, and is not to run again. Such a step waits for nothing.
func (p *past) takeOver(again *reexecution, made *plan, runs map[string]rerun) {
	again.done, again.origins = make(map[string]bool), make(map[string]storage.RunID)
	again.before = p.memory
	copies := make(map[string][]string)
	for _, key := range slices.Sorted(maps.Keys(p.finished)) {
		copies[plainKey(key)] = append(copies[plainKey(key)], key)
	}
	for i := range made.steps {
		s := &made.steps[i]
		how := runs[s.key]
		if how == rerunAll {
			continue
		}
		if how == 0 {
			s.taken, s.reads, made.exec.Steps[i].Inputs = true, nil, nil
		}
		for _, key := range copies[s.key] {
			if !p.hasCopy(made, i, key, again.done) {
				continue
			}
			end := p.finished[key]
			again.done[key] = true
			again.origins[key] = end.run
			again.history = append(again.history, end.events...)
		}
	}
}

// hasCopy reports whether a step has a copy of that key, as far as what is taken over tells: what it is mapped over may have
// been made anew since, with other keys.
func (p *past) hasCopy(made *plan, step int, key string, done map[string]bool) bool {
	m := made.exec.Steps[step].Map
	if m == nil {
		return true
	}
	path := mapKeyOf(made.steps[step].key, key)
	maker, last := made.steps[m.Step].key, path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		maker, last = maker+"["+path[:i]+"]", path[i+1:]
	}
	if !done[maker] {
		return false
	}
	return p.keysOf(output{step: maker, name: made.exec.Steps[m.Step].Outputs[m.Output].Name})[last]
}

// keysOf are the mapping keys that an output has; of each output they are looked for once.
func (p *past) keysOf(of output) map[string]bool {
	if keys, ok := p.dealt[of]; ok {
		return keys
	}
	keys := make(map[string]bool)
	events := p.finished[of.step].events
	for i := range events {
		if d, ok := events[i].Data.(*storage.OutputData); ok && d.Output == of.name && d.MapKey != "" {
			keys[d.MapKey] = true
		}
	}
	if p.dealt == nil {
		p.dealt = make(map[output]map[string]bool)
	}
	p.dealt[of] = keys
	return keys
}
