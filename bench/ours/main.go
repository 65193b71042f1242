// Command ours runs the cases of the benchmark on this module and prints a JSON line for each figure, as
// dagster/bench.py does for Dagster: ours [-all] [load] [run] [events] [partitions].
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

func main() {
	every := flag.Bool("all", false, "all sizes, not only the small ones")
	child := flag.String("child", "", "a task in JSON: measure it in this process, as the parent asks")
	flag.Parse()

	var err error
	if *child == "" {
		err = cases(context.Background(), flag.Args(), *every)
	} else {
		err = measure(context.Background(), *child)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// cases runs the cases named, or all.
func cases(ctx context.Context, names []string, every bool) error {
	if len(names) == 0 {
		names = []string{"load", "run", "events", "partitions"}
	}
	for _, name := range names {
		var err error
		switch name {
		case "load":
			err = loadCases(ctx, every)
		case "run":
			err = runCases(ctx, every)
		case "events":
			err = eventCases(ctx, every)
		case "partitions":
			err = partitionCases(ctx, every)
		default:
			err = fmt.Errorf("no case %q: load, run, events or partitions", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// task is what a child process measures.
type task struct {
	Case  string `json:"case"`
	N     int    `json:"n"`
	Shape string `json:"shape,omitempty"`
	Kind  string `json:"kind,omitempty"` // of store, or of event
	Path  string `json:"path,omitempty"` // of a store that several children share
}

// measure does one task and prints its figures as one JSON object.
func measure(ctx context.Context, text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return fmt.Errorf("task: %w", err)
	}
	var (
		got figures
		err error
	)
	switch t.Case {
	case "load":
		got, err = load(t)
	case "run":
		got, err = run(ctx, t)
	case "partitions":
		got, err = partitions(ctx, t)
	case "append":
		got, err = appendAlone(ctx, t)
	case "read":
		got, err = readBack(ctx, t)
	default:
		err = fmt.Errorf("no task %q", t.Case)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}
