package executor_test

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// printer is a worker that says what it does; the step "list" finds two files.
type printer struct{}

func (printer) RunStep(_ context.Context, t *executor.Task) executor.Outcome {
	for _, m := range t.Sources(0) {
		fmt.Printf("%s takes %s %q\n", t.Key, m.Key, m.MapKey)
	}
	if t.Step != 0 {
		return executor.Outcome{}
	}
	files := []string{"a.csv", "b.csv"}
	for _, name := range files {
		t.Emit(storage.Event{Kind: storage.StepOutput, Data: &storage.OutputData{Output: "files", MapKey: name}})
	}
	return executor.Outcome{Keys: map[int][]string{0: files}}
}

// A step per file, and one that takes what all of them made.
func ExampleEngine() {
	plan := &executor.Plan{Steps: []executor.Step{
		{Key: "list", Outputs: []executor.Output{{Name: "files", Dynamic: true}}, Inputs: []executor.Input{{Kind: executor.FanIn}}},
		{
			Key: "parse", Outputs: []executor.Output{{Name: "rows"}}, Map: &executor.Source{Step: 0},
			Inputs: []executor.Input{{Name: "file", Sources: []executor.Source{{Step: 0}}}},
		},
		{Key: "merge", Inputs: []executor.Input{{Name: "rows", Sources: []executor.Source{{Step: 1}}}}},
	}}
	report, err := executor.Engine{}.Execute(context.Background(), executor.Request{Plan: plan, Worker: printer{}, MaxConcurrent: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Status)
	for _, s := range report.Steps {
		fmt.Println(s.Key, s.Status)
	}
	// Output:
	// parse[a.csv] takes list "a.csv"
	// parse[b.csv] takes list "b.csv"
	// merge takes parse[a.csv] ""
	// merge takes parse[b.csv] ""
	// SUCCESS
	// list SUCCESS
	// parse[a.csv] SUCCESS
	// parse[b.csv] SUCCESS
	// merge SUCCESS
}
