package machine

import (
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// ErrInterrupted is why an attempt failed whose process ended while it ran.
var ErrInterrupted = errors.New("machine: interrupted, the process that ran it has ended")

// Rebuild returns a run as its events so far left it, and the commands that carry it on. Events may end
// anywhere. Steps that succeeded or were skipped are not run again. A step that ran when the events end was interrupted: that
// counts as an attempt, so it is tried again at once if its policy has an attempt left, and fails if not. A step that waited for
// its next attempt waits for what is left of its delay at now.
//
// It reads the STEP_ events. Dynamic keys and missing optional outputs come from the STEP_OUTPUT events of the attempt that
// succeeded: one for each output made, with the output's name, and one for each key of a dynamic one, with its map key, in key order.
// A STEP_SKIPPED of a step that could run says that it is skipped all the same, as it was in a run that this one re-executes.
// An event of a step that the plan has not is an error.
func Rebuild(g *Graph, seed uint64, events []storage.Event, now time.Time) (*Machine, []Command, error) {
	r, err := replay(g, seed, events)
	if err != nil {
		return nil, nil, err
	}
	return r.m, r.carryOn(now), nil
}

// FromFailure returns the keys of the steps that a re-execution of an ended run from its failure has to run: what failed, was
// stopped or did not run. What succeeded or was skipped is left out. A mapped step whose keys did not become known is named Key[?].
func FromFailure(g *Graph, events []storage.Event) ([]string, error) {
	r, err := replay(g, 0, events)
	if err != nil {
		return nil, err
	}
	var keys []string
	r.m.Each(func(in Instance) {
		if in.State != Succeeded && in.State != Skipped {
			keys = append(keys, in.Key)
		}
	})
	return keys, nil
}

// Lookup finds the step, or the copy, with a key. It is meant for machines that were rebuilt: the first call visits every step.
func (m *Machine) Lookup(key string) (ID, bool) {
	if m.index == nil {
		m.index = map[string]ID{}
	}
	for ; m.indexed < len(m.state); m.indexed++ {
		id := ID(m.indexed)
		if int(m.node(int32(id))) < len(m.g.plan.Steps) {
			m.index[m.Key(id)] = id
		}
	}
	id, ok := m.index[key]
	return id, ok
}

// replayer feeds a machine from a log.
type replayer struct {
	m     *Machine
	skips []ID             // decided by the machine; those in the log are not decided again
	seen  map[ID]bool      // skips in the log
	until map[ID]time.Time // of waits
	made  map[ID]*made
}

// made is what the current attempt of a step says that it made.
type made struct {
	outputs uint64
	keys    map[int][]string
}

func replay(g *Graph, seed uint64, events []storage.Event) (*replayer, error) {
	m, first := New(g, seed)
	r := &replayer{m: m, seen: map[ID]bool{}, until: map[ID]time.Time{}, made: map[ID]*made{}}
	r.note(first)
	for i := range events {
		e := &events[i]
		if !stepEvent(e.Kind) {
			continue
		}
		id, ok := m.Lookup(e.Step)
		if !ok {
			return nil, fmt.Errorf("event %d: plan has no step %q", e.Seq, e.Step)
		}
		r.event(id, e)
	}
	return r, nil
}

func stepEvent(k storage.EventKind) bool {
	switch k {
	case storage.StepStart, storage.StepRestarted, storage.StepOutput, storage.StepSuccess,
		storage.StepFailure, storage.StepUpForRetry, storage.StepSkipped:
		return true
	default:
		return false
	}
}

func (r *replayer) note(commands []Command) {
	for _, c := range commands {
		if c.Do == DoSkip {
			r.skips = append(r.skips, c.ID)
		}
	}
}

func (r *replayer) event(id ID, e *storage.Event) {
	m := r.m
	switch e.Kind {
	case storage.StepStart, storage.StepRestarted:
		delete(r.made, id)
		if s := m.state[id]; s == Ready || s == Waiting {
			m.state[id] = Running
			m.attempt[id] = int32(max(e.Attempt, 1))
		}
	case storage.StepOutput:
		r.output(id, e)
	case storage.StepSuccess:
		r.success(id)
	case storage.StepFailure:
		if m.state[id] != Pending && !m.state[id].Final() {
			m.attempt[id] = max(m.attempt[id], int32(e.Attempt))
			m.settle(int32(id), Failed)
			r.settled()
		}
	case storage.StepUpForRetry:
		r.retry(id, e)
	case storage.StepSkipped:
		r.seen[id] = true
		if m.state[id] == Ready { // by a run before this one, for a reason that this plan has no step for
			m.attempt[id]--
			m.settle(int32(id), Skipped)
			r.settled()
		}
	default:
	}
}

// settled lets follow what follows from a step that has ended.
func (r *replayer) settled() {
	r.m.out = r.m.out[:0]
	r.m.drain()
	r.note(r.m.out)
}

func (r *replayer) output(id ID, e *storage.Event) {
	d, ok := e.Data.(*storage.OutputData)
	if !ok {
		return
	}
	mk := r.made[id]
	if mk == nil {
		mk = &made{}
		r.made[id] = mk
	}
	for i, o := range r.m.g.plan.Steps[r.m.Step(id)].Outputs {
		if o.Name != d.Output {
			continue
		}
		mk.outputs |= 1 << i
		if o.Dynamic {
			if mk.keys == nil {
				mk.keys = map[int][]string{}
			}
			mk.keys[i] = append(mk.keys[i], d.MapKey)
		}
	}
}

func (r *replayer) success(id ID) {
	m := r.m
	e := Event{Kind: Made, ID: id, Attempt: m.Attempt(id)}
	var outputs uint64
	if mk := r.made[id]; mk != nil {
		outputs, e.Keys = mk.outputs, mk.keys
	}
	if m.g.optional != nil {
		e.Missing = m.g.optional[m.Step(id)] &^ outputs
	}
	delete(r.made, id)
	r.note(m.Apply(e))
}

func (r *replayer) retry(id ID, e *storage.Event) {
	m := r.m
	if m.state[id].Final() || m.state[id] == Pending {
		return
	}
	m.state[id] = Waiting
	m.attempt[id] = int32(max(e.Attempt, 1))
	r.until[id] = e.At
	if d, ok := e.Data.(*storage.FailureData); ok {
		r.until[id] = e.At.Add(d.RetryIn)
	}
}

// carryOn returns what has to be done now.
func (r *replayer) carryOn(now time.Time) []Command {
	m := r.m
	m.out = m.out[:0]
	for _, id := range r.skips {
		if !r.seen[id] {
			m.tell(Command{Do: DoSkip, ID: id})
		}
	}
	for i := range m.state {
		id := ID(i)
		if int(m.node(int32(id))) >= len(m.g.plan.Steps) {
			continue
		}
		switch m.state[id] {
		case Ready:
			m.tell(Command{Do: DoRun, ID: id, Attempt: max(m.Attempt(id), 1)})
		case Waiting:
			m.tell(Command{Do: DoWait, ID: id, Attempt: m.Attempt(id), Delay: max(r.until[id].Sub(now), 0)})
		case Running:
			policy := m.g.plan.Steps[m.Step(id)].Retry
			m.fail(int32(id), &Failure{Asked: true, Max: policy.Max, Final: policy.Max == 0}, ErrInterrupted)
		default:
		}
	}
	m.drain()
	return m.out
}
