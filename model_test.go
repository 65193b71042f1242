package dagster_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/executor"
)

// modelScope is a graph as the tests draw it, or what is nested or mapped in one: steps, each after those that it takes.
type modelScope struct {
	steps []*modelStep
	retry *int // for steps that have none of their own
}

// out is the step whose value the scope has.
func (s *modelScope) out() *modelStep { return s.steps[len(s.steps)-1] }

// modelKind is what is placed.
type modelKind int

const (
	modelOp     modelKind = iota // makes a number
	modelBranch                  // makes a number that is even, or one that is odd
	modelMap                     // makes some numbers, each of which goes through inner
	modelNest                    // inner, with a name before its steps
	modelGraph                   // the same, as a graph of its own, which sees nothing outside
)

// modelStep is one thing that is placed.
type modelStep struct {
	name  string
	kind  modelKind
	inner *modelScope

	ones    []modelRef
	joined  []modelRef // taken as one list
	list    *modelStep // a map, whose list is taken
	after   []modelRef
	finally []modelRef

	add       int
	use       string // an op that is used under this name
	retry     *int
	fails     int // attempts that fail
	failsWhen int // only for this remainder of what is taken, by three; 3 for any
	pool      string
}

// modelRef is something that a step can take.
type modelRef struct {
	step *modelStep
	side modelSide
}

type modelSide int

const (
	modelWhole modelSide = iota
	modelEven
	modelOdd
	modelElement // of a map, seen from inside
)

// modelSpec is what is drawn for one run.
type modelSpec struct {
	scope *modelScope
	uses  map[string]*int // ops that are used under other names, with their retries

	resumable bool // a body fails always or never, and can be tried again after a crash
	n         int
}

// draw draws a scope. sees are those that its steps can take; depth is how much can be nested.
func (m *modelSpec) draw(t *rapid.T, sees []modelRef, lists []*modelStep, depth int) *modelScope {
	s := &modelScope{retry: m.drawRetry(t)}
	n := rapid.IntRange(1, 5).Draw(t, "steps")
	for i := range n {
		m.n++
		step := &modelStep{name: fmt.Sprintf("s%d", m.n), add: rapid.IntRange(0, 4).Draw(t, "add")}
		if i < n-1 && depth > 0 {
			step.kind = rapid.SampledFrom([]modelKind{modelOp, modelOp, modelBranch, modelMap, modelMap, modelNest, modelGraph}).Draw(t, "kind")
		}
		m.drawStep(t, step, sees, lists, depth)
		s.steps = append(s.steps, step)
		switch step.kind {
		case modelBranch:
			sees = append(sees, modelRef{step, modelEven}, modelRef{step, modelOdd})
		case modelMap:
			lists = append(lists, step)
		default:
			sees = append(sees, modelRef{step, modelWhole})
		}
	}
	return s
}

func (m *modelSpec) drawStep(t *rapid.T, step *modelStep, sees []modelRef, lists []*modelStep, depth int) {
	switch step.kind {
	case modelNest:
		step.inner = m.draw(t, sees, lists, depth-1)
		return
	case modelGraph:
		step.inner = m.draw(t, nil, nil, depth-1)
		return
	case modelMap:
		step.inner = m.draw(t, append(slices.Clone(sees), modelRef{step, modelElement}), lists, depth-1)
		step.inner.retry = nil // a Map has no options
	case modelOp, modelBranch:
		if len(lists) > 0 && rapid.Bool().Draw(t, "collects") {
			step.list = rapid.SampledFrom(lists).Draw(t, "list")
		}
	}
	step.ones = drawRefs(t, sees, 2, "takes")
	if step.list == nil {
		step.joined = drawRefs(t, sees, 3, "joins")
	}
	var places []modelRef // what can be waited for
	for _, r := range sees {
		if r.side != modelElement {
			places = append(places, r)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "waits") == 0 {
		step.after = drawRefs(t, places, 1, "after")
		step.finally = drawRefs(t, places, 2, "finally")
	}
	step.retry = m.drawRetry(t)
	step.failsWhen = rapid.IntRange(0, 3).Draw(t, "fails when")
	if step.fails = rapid.SampledFrom([]int{0, 0, 0, 1, 2, 9}).Draw(t, "fails"); m.resumable && step.fails > 0 {
		step.fails = 9
	}
	if rapid.IntRange(0, 3).Draw(t, "used") == 0 && step.kind == modelOp {
		step.use = rapid.SampledFrom([]string{"used", "reused"}).Draw(t, "use")
	}
	step.pool = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "pool")
}

func (m *modelSpec) drawRetry(t *rapid.T) *int {
	if m.resumable {
		return new(2)
	}
	if rapid.Bool().Draw(t, "retries") {
		return new(rapid.IntRange(0, 3).Draw(t, "retry"))
	}
	return nil
}

func drawRefs(t *rapid.T, from []modelRef, most int, label string) []modelRef {
	if len(from) == 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(from), 0, most).Draw(t, label)
}

// modelEnd is what became of a step, or of one copy of it.
type modelEnd struct {
	status   executor.StepStatus
	value    int
	attempts int
	took     string
	copies   []*modelFrame // of what a map makes
	keys     []string
}

// modelFrame is what became of the steps that are seen from one place: those of the scopes around it too.
type modelFrame struct {
	outer *modelFrame
	ends  map[*modelStep]*modelEnd
	path  []string
	// element is the value that the frame is the copy of, of is the map; nil outside of maps.
	of      *modelStep
	element int
}

func (f *modelFrame) end(s *modelStep) *modelEnd {
	for at := f; at != nil; at = at.outer {
		if e := at.ends[s]; e != nil {
			return e
		}
	}
	panic("seen from nowhere: " + s.name)
}

// modelRun follows a spec, one step after the other.
type modelRun struct {
	*modelSpec
	broken bool // bodies fail where they are to
	ends   map[string]*modelEnd
}

func (m *modelSpec) run(broken bool) *modelRun {
	r := &modelRun{modelSpec: m, broken: broken, ends: map[string]*modelEnd{}}
	r.follow(m.scope, &modelFrame{ends: map[*modelStep]*modelEnd{}}, "", nil)
	return r
}

// follow runs the steps of a scope in a frame.
func (r *modelRun) follow(s *modelScope, f *modelFrame, prefix string, retry *int) {
	if s.retry != nil {
		retry = s.retry
	}
	for _, step := range s.steps {
		switch step.kind {
		case modelNest, modelGraph:
			r.follow(step.inner, f, prefix+step.name+".", retry)
			f.ends[step] = f.ends[step.inner.out()]
			continue
		default:
		}
		e := r.decide(step, f, retry)
		f.ends[step] = e
		r.ends[keyOf(prefix+step.name, f.path)] = e
		if step.kind != modelMap {
			continue
		}
		if e.status != executor.StepSucceeded {
			r.close(step.inner, append(slices.Clone(f.path), "?"), prefix)
			continue
		}
		for i, key := range e.keys {
			copied := &modelFrame{outer: f, ends: map[*modelStep]*modelEnd{}, path: append(slices.Clone(f.path), key), of: step, element: e.value + i}
			e.copies = append(e.copies, copied)
			r.follow(step.inner, copied, prefix, retry)
		}
	}
}

// close is what is told of steps whose keys did not become known.
func (r *modelRun) close(s *modelScope, path []string, prefix string) {
	for _, step := range s.steps {
		switch step.kind {
		case modelNest, modelGraph:
			r.close(step.inner, path, prefix+step.name+".")
			continue
		case modelMap:
			r.close(step.inner, path, prefix)
		default:
		}
		r.ends[keyOf(prefix+step.name, path)] = &modelEnd{status: executor.StepNotRun}
	}
}

func keyOf(name string, path []string) string {
	if len(path) == 0 {
		return name
	}
	return name + "[" + strings.Join(path, "/") + "]"
}

// modelTally is what the sources of an input came to.
type modelTally struct {
	values          []int
	skipped, failed int
}

func (t *modelTally) add(e *modelEnd, side modelSide) {
	odd := e.value%2 != 0
	switch {
	case e.status == executor.StepSkipped, e.status == executor.StepSucceeded && (side == modelEven && odd || side == modelOdd && !odd):
		t.skipped++
	case e.status == executor.StepSucceeded:
		t.values = append(t.values, e.value)
	default:
		t.failed++
	}
}

func (t *modelTally) skips() bool { return t.skipped > 0 && t.failed == 0 && len(t.values) == 0 }

func (f *modelFrame) take(refs ...modelRef) *modelTally {
	t := &modelTally{}
	for _, ref := range refs {
		if ref.side != modelElement {
			t.add(f.end(ref.step), ref.side)
			continue
		}
		for at := f; ; at = at.outer {
			if at.of == ref.step {
				t.values = append(t.values, at.element)
				break
			}
		}
	}
	return t
}

func (f *modelFrame) collect(s *modelStep) *modelTally {
	t, e := &modelTally{}, f.end(s)
	if e.status != executor.StepSucceeded {
		t.add(e, modelWhole)
	}
	for _, copied := range e.copies {
		t.add(copied.ends[s.inner.out()], modelWhole)
	}
	return t
}

// decide says what becomes of a step.
func (r *modelRun) decide(step *modelStep, f *modelFrame, retry *int) *modelEnd {
	var inputs []*modelTally
	for _, ref := range step.ones {
		inputs = append(inputs, f.take(ref))
	}
	if len(step.joined) > 0 {
		inputs = append(inputs, f.take(step.joined...))
	}
	if step.list != nil {
		inputs = append(inputs, f.collect(step.list))
	}
	e := &modelEnd{value: step.add}
	var took []string
	skip, fail := false, false
	for _, t := range inputs {
		skip, fail = skip || t.skips(), fail || t.failed > 0
		took = append(took, fmt.Sprint(t.values))
		for _, v := range t.values {
			e.value += v
		}
	}
	for _, ref := range step.after {
		t := f.take(ref)
		skip, fail = skip || t.skips(), fail || t.failed > 0
	}
	switch {
	case skip:
		e.status = executor.StepSkipped
	case fail:
		e.status = executor.StepNotRun
	default:
		e.took = strings.Join(took, " ")
		r.try(step, e, r.retries(step, retry))
	}
	return e
}

// retries is how often a step is tried again.
func (r *modelRun) retries(step *modelStep, around *int) int {
	for _, n := range []*int{step.retry, r.uses[step.use], around} {
		if n != nil {
			return *n
		}
	}
	return 0
}

func (r *modelRun) try(step *modelStep, e *modelEnd, retries int) {
	e.status = executor.StepFailed
	for e.attempts <= retries && e.status == executor.StepFailed {
		if e.attempts++; !r.broken || !step.failsOn(e.attempts, e.value, 0) {
			e.status = executor.StepSucceeded
		}
	}
	if step.kind == modelMap && e.status == executor.StepSucceeded {
		e.keys = modelKeys(e.value)
	}
}

// failsOn says whether an attempt of a body fails, in the first run or in one that re-executes it.
func (s *modelStep) failsOn(attempt, value, round int) bool {
	return attempt <= s.fails && (s.failsWhen == 3 || (value+round)%3 == s.failsWhen)
}

// modelKeys are the keys that a map makes for a value: the numbers go up from it.
func modelKeys(value int) []string { return []string{"a", "b-1", "c.2"}[:value%4] }
