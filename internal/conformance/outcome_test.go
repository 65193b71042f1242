package conformance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// outcome is what became of a run.
type outcome struct {
	Status          string             `json:"status"`
	Steps           map[string]stepEnd `json:"steps"`
	RunEvents       []string           `json:"run_events"`
	Materialized    []string           `json:"materialized"`
	Planned         []string           `json:"planned"`
	Checks          []madeCheck        `json:"checks"`
	DefinitionError bool               `json:"definition_error"`
}

// stepEnd is what became of a step.
type stepEnd struct {
	Status  string   `json:"status"`
	Retries int      `json:"retries"`
	Events  []string `json:"events"`
}

// differences say in which ways our answer to a case is another one. Rules set them.
type differences struct {
	accepted    bool            // Dagster refuses it
	valueOrNone map[string]bool // steps that fail made nothing
	asOne       map[string]bool // steps whose outputs are one value
	takenAsOne  map[string]bool // steps that take several values as one
	known       map[string]bool // steps with inputs that no step makes
	unopened    map[string]bool // steps whose resource can't be opened
}

// check compares a run with what Dagster's came to.
func (want *outcome) check(t *testing.T, r *dagster.Result, diff differences) {
	t.Helper()

	if diff.accepted {
		assert.Equal(t, storage.RunSucceeded, r.Status())
		for _, s := range r.Steps() {
			assert.Equal(t, executor.StepSucceeded, s.Status, "step %s", s.Key)
		}
		return
	}
	assert.Equal(t, storage.RunStatus(want.Status), r.Status())
	statuses, expected := map[string]string{}, map[string]string{}
	for _, s := range r.Steps() {
		statuses[s.Key] = string(s.Status)
		assert.Equal(t, want.Steps[s.Key].Retries, max(s.Attempts-1, 0), "retries of %s", s.Key)
	}
	for key, s := range want.Steps {
		expected[key] = s.Status
	}
	if len(diff.unopened) > 0 {
		diff.checkUnopened(t, statuses)
		return
	}
	leaveOutCopiesThatDidNotRun(statuses, expected)
	assert.Equal(t, expected, statuses)
	want.checkEvents(t, r, diff)
	want.checkChecks(t, r)
}

// checkUnopened looks at a run whose steps need a resource that can't be opened: others run all the same.
func (d *differences) checkUnopened(t *testing.T, statuses map[string]string) {
	t.Helper()

	for key, status := range statuses {
		if d.unopened[key] {
			assert.Contains(t, []string{"FAILURE", "NOT_RUN", "SKIPPED"}, status, "step %s", key)
		} else {
			assert.NotEqual(t, "FAILURE", status, "step %s", key)
		}
	}
}

// checkEvents compares what was recorded of each step, of the run, and of assets.
func (want *outcome) checkEvents(t *testing.T, r *dagster.Result, diff differences) {
	t.Helper()

	steps := map[string][]string{}
	var run []string
	made, planned := []string{}, []string{}
	for e := range r.Events() {
		switch {
		case e.Kind == storage.AssetMaterializationPlanned:
			planned = append(planned, e.Asset)
			continue
		case e.Kind == storage.AssetCheckPlanned:
			continue
		case e.Kind == storage.AssetFailedToMaterialize: // Dagster writes it in its hosted version only
			continue
		case e.Kind == storage.AssetMaterialization:
			made = append(made, e.Asset)
		case strings.HasPrefix(string(e.Kind), "PIPELINE_"):
			run = append(run, string(e.Kind))
		}
		if e.Step != "" && isStepEvent(e.Kind) {
			steps[e.Step] = append(steps[e.Step], string(e.Kind))
		}
	}
	for key, s := range want.Steps {
		expected, expectedHooks := diff.normal(key, s.Events)
		got, hooks := diff.normal(key, steps[key])
		assert.Equal(t, expected, got, "events of %s", key)
		assert.Equal(t, expectedHooks, hooks, "hooks of %s", key)
	}
	assert.Equal(t, want.RunEvents, run)
	if want.Materialized != nil {
		slices.Sort(made)
		slices.Sort(planned)
		assert.Equal(t, want.Materialized, made)
		assert.Equal(t, want.Planned, planned)
	}
}

// isStepEvent reports whether a kind is among those that the answers name.
func isStepEvent(k storage.EventKind) bool {
	switch k {
	case storage.ResourceInitStarted, storage.ResourceInitSuccess, storage.ResourceInitFailure,
		storage.EngineEvent, storage.LogsCapture, storage.LogMessage, storage.Progress:
		return false
	default:
		return true
	}
}

// normal leaves out of a step's events what is known to differ. Hooks run when other things may go on already: they are apart.
func (d *differences) normal(key string, events []string) (step, hooks []string) {
	plain, _, _ := strings.Cut(key, "[")
	outputs := []string{"STEP_OUTPUT", "HANDLED_OUTPUT", "ASSET_MATERIALIZATION"}
	attempt := 0 // where the attempt begins in step
	for _, e := range events {
		switch {
		case strings.HasPrefix(e, "HOOK_"):
			hooks = append(hooks, e)
			continue
		case d.asOne[plain] && slices.Contains(outputs, e):
			continue
		case d.known[plain] && e == "STEP_INPUT":
			continue
		case d.takenAsOne[plain] && e == "LOADED_INPUT" && len(step) > 0 && step[len(step)-1] == e:
			continue
		case e == "STEP_START" || e == "STEP_RESTARTED":
			attempt = len(step)
		case (e == "STEP_FAILURE" || e == "STEP_UP_FOR_RETRY") && d.valueOrNone[plain]:
			begun := slices.DeleteFunc(slices.Clone(step[attempt:]), func(e string) bool { return slices.Contains(outputs, e) })
			step = append(step[:attempt], begun...)
		}
		step = append(step, e)
	}
	slices.Sort(hooks)
	return step, hooks
}
