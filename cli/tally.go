package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// stepStatus is how a step stands, as its events tell. The strings are printed by --json and never change.
type stepStatus string

const (
	stepWaiting  stepStatus = "WAITING"
	stepRunning  stepStatus = "RUNNING"
	stepRetrying stepStatus = "RETRYING" // it waits for its next attempt
	stepDone     stepStatus = "SUCCESS"
	stepFailed   stepStatus = "FAILURE"
	stepSkipped  stepStatus = "SKIPPED"
	stepNotRun   stepStatus = "NOT_RUN" // the run has ended without it
)

// step is what the events say of one step.
type step struct {
	key, asset string // asset is the one that it makes, "" for none or several
	plans      int    // how many assets it is to make, each partition counted
	made       int    // of the plans
	same       int    // of the plans, that were not made because nothing has changed
	several    bool   // it makes more than one asset
	order      int    // in the plan, that of a mapped step for all its copies
	status     stepStatus
	attempts   int
	began      time.Time // of the first attempt
	started    time.Time // of this attempt
	ended      time.Time
	err        string
	progress   *storage.ProgressData
	paths      []string // where what it made can be looked at, as its metadata says
}

// tally is what the events of a run come to.
type tally struct {
	begun   time.Time // when the run was created
	steps   []*step   // those that are planned first, in the order of the plan
	byKey   map[string]*step
	running []*step // in the order in which they started
	counts  map[stepStatus]int
	maps    mapped
	checks  checkResults
}

// mostPaths is of how many things that a step made somebody is told where they are.
const mostPaths = 3

// name is what people know the step by.
func (s *step) name() string { return clean(cmp.Or(s.asset, s.key)) }

func (s *step) plan(asset string) {
	s.several = s.several || s.plans > 0 && s.asset != asset
	s.plans++
	s.asset = asset
	if s.several {
		s.asset = ""
	}
}

func newTally() *tally {
	return &tally{byKey: make(map[string]*step), counts: make(map[stepStatus]int), maps: newMapped()}
}

// step returns what is known of a step; one that no event has planned is added.
func (t *tally) step(key string) *step {
	s, ok := t.byKey[key]
	if !ok {
		s = &step{key: key, order: len(t.steps), status: stepWaiting}
		t.byKey[key] = s
		t.steps = append(t.steps, s)
		t.counts[stepWaiting]++
		t.begunCopy(s)
	}
	return s
}

func (t *tally) to(s *step, status stepStatus) {
	if s.status == stepRunning {
		t.running = slices.DeleteFunc(t.running, func(o *step) bool { return o == s })
	}
	t.counts[s.status]--
	t.counts[status]++
	t.maps.move(s, status)
	s.status = status
	if status == stepRunning {
		t.running = append(t.running, s)
	}
}

// add takes the next event, and returns its step if it has changed.
func (t *tally) add(e *storage.Event) *step {
	if t.begun.IsZero() {
		t.begun = e.At
	}
	switch e.Kind {
	case storage.AssetMaterializationPlanned:
		t.step(e.Step).plan(e.Asset)
	case storage.StepStart, storage.StepRestarted:
		return t.start(e)
	case storage.StepSuccess:
		return t.end(e, stepDone)
	case storage.StepFailure:
		return t.end(e, stepFailed)
	case storage.StepSkipped:
		return t.end(e, stepSkipped)
	case storage.StepUpForRetry:
		return t.end(e, stepRetrying)
	case storage.StepOutput:
		if d, ok := e.Data.(*storage.OutputData); ok && d.MapKey != "" {
			t.spread(e.Step, d.Output, d.MapKey)
		}
	case storage.AssetMaterialization:
		s := t.step(e.Step)
		s.made++
		if len(s.paths) < mostPaths {
			s.paths = append(s.paths, pathsOf(e)...)
		}
	case storage.AssetCheckPlanned, storage.AssetCheckEvaluation:
		t.checks.add(e)
	case storage.Progress:
		if d, ok := e.Data.(*storage.ProgressData); ok {
			t.step(e.Step).progress = d
		}
	default:
	}
	return nil
}

func (t *tally) start(e *storage.Event) *step {
	s := t.step(e.Step)
	s.attempts, s.started, s.progress, s.paths, s.made, s.same = max(e.Attempt, 1), e.At, nil, nil, 0, 0
	if s.began.IsZero() {
		s.began = e.At
	}
	t.to(s, stepRunning)
	return s
}

func (t *tally) end(e *storage.Event, status stepStatus) *step {
	s := t.step(e.Step)
	s.ended = e.At
	if d, ok := e.Data.(*storage.FailureData); ok {
		s.err = d.Error.Message
	} else {
		s.err = ""
	}
	t.to(s, status)
	t.settle()
	return s
}

// matters reports whether people should see the step among very many.
func (s *step) matters() bool {
	return s.status == stepFailed || s.status == stepRunning || s.status == stepRetrying
}

// text says how many steps stand how.
func (t *tally) text() string {
	var parts []string
	for _, p := range []struct {
		status stepStatus
		what   string
	}{
		{stepDone, "succeeded"},
		{stepFailed, "failed"},
		{stepSkipped, "skipped"},
		{stepRunning, "running"},
		{stepRetrying, "to be retried"},
		{stepWaiting, "waiting"},
		{stepNotRun, "not run"},
	} {
		if n := t.counts[p.status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// over says that the run has ended: what has not is not run.
func (t *tally) over() {
	for _, s := range t.steps {
		if s.status == stepWaiting || s.status == stepRetrying {
			t.to(s, stepNotRun)
		}
	}
}

// notRun are the assets that the run has ended without.
func (t *tally) notRun() []string {
	var out []string
	for _, s := range t.ordered() {
		if s.status == stepNotRun && s.asset != "" {
			out = append(out, s.asset)
		}
	}
	return out
}

// since is how long after the start of the run something was.
func (t *tally) since(at time.Time) time.Duration { return max(at.Sub(t.begun), 0) }
