package executor

import (
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Plan is what to run: steps, each with what it needs. Steps are in topological order.
type Plan struct {
	Steps []Step
}

// Step is one unit of work, or the pattern of many: a step inside a map runs once per key.
type Step struct {
	// Key is unique in the plan: a path of names joined by dots. A copy made by a map is named Key[mapping key],
	// and by nested maps Key[outer/inner].
	Key string

	Inputs  []Input
	Outputs []Output // never more than 64; none is one that is only waited for

	// Map is the dynamic output whose keys this step runs once for, nil outside of maps. The step of that
	// output may itself be inside a map: maps nest.
	Map *Source

	Retry    Retry
	Timeout  time.Duration // of one attempt; 0 for none
	Priority int           // higher first among the steps that are ready
	Tags     map[string]string
}

// Source is one output of one step of the plan.
type Source struct {
	Step   int // index in Plan.Steps
	Output int // index in that step's Outputs; ignored where only the order counts
}

// Input is what a step takes, or waits for.
type Input struct {
	Name    string
	Sources []Source

	// Kind says what the sources must have come to.
	Kind InputKind
}

// InputKind says what the sources of an input must have come to for its step to run.
type InputKind uint8

const (
	// Needs takes one source's value: if the source is skipped or its output missing the step is skipped, if
	// it failed the step does not run. A source inside a map that the step is not in gives all copies, in
	// key order (collect): skipped copies are left out, and the step is skipped if all were and there was one.
	Needs InputKind = iota

	// FanIn joins many sources: skipped ones are left out, and the step is skipped if all are.
	FanIn

	// After waits for its sources and takes no value: skipped and failed count as for Needs.
	After

	// Finally waits for its sources and runs whatever they came to.
	Finally
)

// Output is what a step makes.
type Output struct {
	Name     string
	Optional bool // may be missing: what needs it is skipped
	Dynamic  bool // a set of values by mapping key: see Step.Map
}

// Retry says how often and when a failed attempt is tried again; its zero value never.
type Retry struct {
	Max      int // attempts after the first
	Delay    time.Duration
	MaxDelay time.Duration // 0 for no bound
	Backoff  Backoff
	Jitter   Jitter
}

// Backoff says how the delay grows: with n = 1 for the first retry, delay, delay*n, or delay*(2^n-1).
type Backoff uint8

// The back-offs of Dagster's RetryPolicy.
const (
	Constant Backoff = iota
	Linear
	Exponential
)

// Jitter says how the delay d is varied: not, uniformly within [0, d], or d plus a uniform [-Delay, Delay].
type Jitter uint8

// The jitters of Dagster's RetryPolicy.
const (
	NoJitter Jitter = iota
	FullJitter
	PlusMinus
)

// Task is one attempt of one step, as its worker sees it.
type Task struct {
	Step    int      // index in Plan.Steps
	Key     string   // with mapping keys
	MapKeys []string // outermost first; nil outside of maps
	Attempt int      // 1 for the first

	engine taskEngine
}

// taskEngine is what a task needs of the engine that runs it.
type taskEngine interface {
	sources(t *Task, input int) []Made
	emit(t *Task, e storage.Event)
}

// Made is one value that an input takes: an output that a step of this run made, or that it should have loaded.
type Made struct {
	Source

	Key     string   // of the step, with mapping keys
	MapKeys []string // of that step's copy
	MapKey  string   // of the value, where the input takes one value of a dynamic output
}

// Sources returns what input number i of the step takes, in order, without what was skipped. For an input that is the
// dynamic output that the step is mapped over, it is that one value, named by MapKey.
// The slice is valid until RunStep returns.
func (t *Task) Sources(i int) []Made { return t.engine.sources(t, i) }

// Emit records an event of this attempt: Run, Step, Attempt and, where it is zero, At are filled in.
func (t *Task) Emit(e storage.Event) { t.engine.emit(t, e) }

// Report is how a run ended.
type Report struct {
	Status storage.RunStatus // SUCCESS, FAILURE or CANCELED
	Steps  []StepReport      // in plan order, copies after each other in key order
	Stuck  int               // steps that ignored being told to stop, still running
}

// StepReport is how one step, or one copy of it, ended.
type StepReport struct {
	Step     int
	Key      string
	Status   StepStatus
	Attempts int
	Err      error
	Started  time.Time
	Ended    time.Time
}

// StepStatus is how a step ended.
type StepStatus string

// How a step ends. A step that did not run has no event: something above it failed, or the run was canceled.
const (
	StepSucceeded StepStatus = "SUCCESS"
	StepFailed    StepStatus = "FAILURE"
	StepSkipped   StepStatus = "SKIPPED"
	StepNotRun    StepStatus = "NOT_RUN"
	StepCanceled  StepStatus = "CANCELED"
)
