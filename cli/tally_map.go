package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// unknownKeys marks the step that stands for all copies of a mapped one, until their keys are known.
const unknownKeys = "[?]"

// pattern is a mapped step of the plan.
type pattern struct {
	plan   *dagster.StepPlan
	order  int
	copies int
	stands *step // for the copies; nil once there are some, or known to be none
}

// mapped is what a tally knows of the mapped steps. Counts are by key of the step in the plan, its copies together.
type mapped struct {
	patterns []*pattern // in the order of the plan
	byKey    map[string]*pattern
	over     map[string][]*pattern // by key of what they are mapped over
	left     map[string]int        // how many may still make keys
	failed   map[string]bool       // some of them made none, because it did not succeed
}

func newMapped() mapped {
	return mapped{byKey: make(map[string]*pattern), over: make(map[string][]*pattern), left: make(map[string]int), failed: make(map[string]bool)}
}

// planKey is the key in the plan of a step or of a copy.
func planKey(key string) string {
	plain, _, _ := strings.Cut(key, "[")
	return plain
}

// expect says which steps the run is planned to have.
func (t *tally) expect(steps []dagster.StepPlan) {
	for i := range steps {
		s := &steps[i]
		if !s.IsMapped() {
			t.step(s.Key).order = i
			continue
		}
		p := &pattern{plan: s, order: i}
		t.maps.patterns = append(t.maps.patterns, p)
		stands := t.step(s.Key + unknownKeys)
		stands.order, p.stands = i, stands
		t.maps.byKey[s.Key] = p
		t.maps.over[s.MapOver] = append(t.maps.over[s.MapOver], p)
	}
	// What the run does not do itself, because an earlier one did, makes no keys in it.
	for _, p := range t.maps.patterns {
		if t.maps.left[p.plan.MapOver] == 0 {
			t.drop(p)
		}
	}
}

// begunCopy counts a new step, and lets a copy take the place of what stood for all.
func (t *tally) begunCopy(s *step) {
	key := planKey(s.key)
	t.maps.left[key]++
	p := t.maps.byKey[key]
	if p == nil || s == p.stands {
		return
	}
	s.order = p.order
	p.copies++
	t.drop(p)
}

// drop takes away what stands for the copies of a mapped step.
func (t *tally) drop(p *pattern) {
	s := p.stands
	if s == nil {
		return
	}
	p.stands = nil
	t.counts[s.status]--
	t.maps.move(s, stepNotRun)
	delete(t.byKey, s.key)
	t.steps = slices.DeleteFunc(t.steps, func(o *step) bool { return o == s })
}

// spread adds the copies that a new key makes.
func (t *tally) spread(maker, output, key string) {
	if _, outer, ok := strings.Cut(strings.TrimSuffix(maker, "]"), "["); ok {
		key = outer + "/" + key
	}
	for _, p := range t.maps.over[planKey(maker)] {
		if p.plan.MapOutput == output {
			t.step(p.plan.Key + "[" + key + "]")
		}
	}
}

// settle takes away what stands for copies that are now known to be none.
func (t *tally) settle() {
	for _, p := range t.maps.patterns {
		if p.stands != nil && t.maps.left[p.plan.MapOver] == 0 && !t.maps.failed[p.plan.MapOver] {
			t.drop(p)
		}
	}
}

// move keeps count of the steps that may still make keys.
func (m *mapped) move(s *step, status stepStatus) {
	key := planKey(s.key)
	if s.status.open() {
		m.left[key]--
	}
	if status.open() {
		m.left[key]++
	}
	if status == stepFailed || status == stepSkipped {
		m.failed[key] = true
	}
}

// open reports whether the step goes on.
func (s stepStatus) open() bool { return s == stepWaiting || s == stepRunning || s == stepRetrying }

// orMore is "+" as long as there may be more copies than are known.
func (t *tally) orMore() string {
	for _, p := range t.maps.patterns {
		if t.maps.left[p.plan.MapOver] > 0 {
			return "+"
		}
	}
	return ""
}

// ordered are the steps in the order of the plan, copies in the order in which they became known.
func (t *tally) ordered() []*step {
	return slices.SortedStableFunc(slices.Values(t.steps), func(a, b *step) int { return cmp.Compare(a.order, b.order) })
}

// assetJob is the job of runs of chosen assets.
const assetJob = "__ASSET_JOB"

// ofJob reports whether a run is one of a job that somebody has defined.
func ofJob(r *storage.Run) bool { return r.Job != "" && r.Job != assetJob }

// plannedSteps are the steps that a run of a graph is going to have, as the definitions say today; nil if they do not say.
func plannedSteps(r *dagster.Repository, run *storage.Run) []dagster.StepPlan {
	if !ofJob(run) {
		return nil
	}
	job, err := jobOf(r, run.Job)
	if err != nil || job.Graph == "" {
		return nil
	}
	steps := job.Steps
	if len(run.Steps) > 0 {
		steps = slices.DeleteFunc(steps, func(s dagster.StepPlan) bool { return !slices.Contains(run.Steps, s.Key) })
	}
	return steps
}
