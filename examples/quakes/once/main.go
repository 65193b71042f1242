// Once runs the job of the earthquakes from a program of its own, without a command line, and says what it found:
//
//	go run ./examples/quakes/once
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/quakes/week"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := once(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func once(ctx context.Context) error {
	r, err := dagster.NewRepository("quakes", week.Definitions).Execute(ctx, week.Job)
	if err != nil {
		return err // a *dagster.RunError, which names every failed step
	}
	w, err := week.Report.Value(r) // a week.Week
	if err != nil {
		return err
	}
	fmt.Printf("%d earthquakes, the largest in %s\n", w.Count, w.Largest.Region())
	return nil
}
