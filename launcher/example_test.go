package launcher_test

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/launcher"
)

// A launcher that runs everything in this process, and tells of each end.
func ExampleNewInProcess() {
	ended := make(chan launcher.End)
	l := launcher.NewInProcess(launcher.InProcessConfig{
		Run: func(_ context.Context, q launcher.Request) error {
			return fmt.Errorf("%s has no input", q.Job)
		},
		Exited: func(e launcher.End) { ended <- e },
	})
	ctx := context.Background()
	if err := l.Launch(ctx, launcher.Request{Run: "0193a1c2", Epoch: 1, Job: "nightly"}); err != nil {
		fmt.Println(err)
		return
	}
	e := <-ended
	fmt.Println(e.Run, e.Exit, "-", e.Exit.Said)
	fmt.Println(l.Close(ctx))
	// Output:
	// 0193a1c2 exited with code 1 - nightly has no input
	// <nil>
}
