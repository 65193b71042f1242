package executor

import "github.com/dagster-go/dagster/executor/machine"

// The parts of a plan are declared by package machine, which decides what they mean.
type (
	// Plan is what to run: steps in topological order, each with what it needs.
	Plan = machine.Plan

	// Step is one unit of work, or the pattern of many: a step inside a map runs once per key.
	Step = machine.Step

	// Source is one output of one step of the plan.
	Source = machine.Source

	// Input is what a step takes, or waits for.
	Input = machine.Input

	// InputKind says what the sources of an input must have come to for its step to run.
	InputKind = machine.InputKind

	// Output is what a step makes.
	Output = machine.Output

	// Retry says how often and when a failed attempt is tried again; its zero value never.
	Retry = machine.Retry

	// Backoff says how the delay between attempts grows.
	Backoff = machine.Backoff

	// Jitter says how the delay between attempts varies.
	Jitter = machine.Jitter
)

// The kinds of inputs; package machine says what each means.
const (
	Needs   = machine.Needs
	FanIn   = machine.FanIn
	After   = machine.After
	Finally = machine.Finally
	Maybe   = machine.Maybe
)

// The back-offs of Dagster's RetryPolicy.
const (
	Constant    = machine.Constant
	Linear      = machine.Linear
	Exponential = machine.Exponential
)

// The jitters of Dagster's RetryPolicy.
const (
	NoJitter   = machine.NoJitter
	FullJitter = machine.FullJitter
	PlusMinus  = machine.PlusMinus
)
