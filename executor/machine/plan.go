package machine

import "time"

// Plan is what to run: steps, each with what it needs. Steps are in topological order.
type Plan struct {
	Steps []Step
}

// Step is one unit of work, or the pattern of many: a step inside a map runs once per key.
type Step struct {
	// Key is unique in the plan: a path of names joined by dots, without brackets. A copy made by a map is named
	// Key[mapping key], and by nested maps Key[outer/inner].
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
	Step int // index in Plan.Steps

	// Output is the index in that step's Outputs. A step that has none, or a negative index, means the step
	// as a whole: only an input that takes no value may say so.
	Output int
}

// Input is what a step takes, or waits for.
type Input struct {
	Name    string
	Sources []Source

	// Kind says what the sources must have come to.
	Kind InputKind
}

// InputKind says what the sources of an input must have come to for its step to run. Where one input asks for a
// step to be skipped and another for it not to run, it is skipped.
type InputKind uint8

const (
	// Needs takes one source's value: if the source is skipped or its output missing the step is skipped, if
	// it failed the step does not run. A source inside a map that the step is not in gives all copies, in
	// key order (collect): skipped copies are left out, and the step is skipped if all were and there was one.
	// A dynamic output gives the value of the step's own mapping key, or all values outside of that map.
	Needs InputKind = iota

	// FanIn joins many sources: skipped ones are left out, and the step is skipped if all are. If one failed the step does
	// not run, also if all others are skipped.
	FanIn

	// After waits for its sources and takes no value: skipped and failed count as for Needs, each source for itself,
	// and so does a missing output.
	After

	// Finally waits for its sources and runs whatever they came to.
	Finally

	// Maybe joins sources as FanIn does, and does not mind if all of them were skipped: what it takes of them is
	// empty then. If one failed the step does not run.
	Maybe
)

// Output is what a step makes.
type Output struct {
	Name     string
	Optional bool // may be missing: what needs it is skipped
	Dynamic  bool // a set of values by mapping key, perhaps an empty one: see Step.Map
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
