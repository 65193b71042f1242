package machine_test

import (
	"fmt"

	"github.com/dagster-go/dagster/executor/machine"
)

// A driver carries out commands and reports what came of them.
func Example() {
	plan := &machine.Plan{Steps: []machine.Step{
		{Key: "extract", Outputs: []machine.Output{{Name: "rows"}}, Retry: machine.Retry{Max: 1}},
		{Key: "load", Inputs: []machine.Input{{Name: "rows", Sources: []machine.Source{{Step: 0, Output: 0}}}}},
	}}
	graph, err := machine.Compile(plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, commands := machine.New(graph, 1)
	for !m.Done() {
		c := commands[0]
		happened := machine.Event{Kind: machine.Due, ID: c.ID, Attempt: c.Attempt}
		switch c.Do {
		case machine.DoRun:
			fmt.Println("run", m.Key(c.ID), "attempt", c.Attempt)
			happened.Kind = machine.Made
			if c.ID == 0 && c.Attempt == 1 {
				happened.Kind = machine.Broke
			}
		case machine.DoRetry:
			fmt.Println("try", m.Key(c.ID), "again in", c.Delay)
		default:
		}
		commands = m.Apply(happened)
	}
	fmt.Println("failed:", m.Failed())
	// Output:
	// run extract attempt 1
	// try extract again in 0s
	// run extract attempt 2
	// run load attempt 1
	// failed: false
}
