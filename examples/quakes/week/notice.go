package week

import (
	"context"
	"fmt"
	"os"

	"github.com/dagster-go/dagster"
)

// Notices is where a run says what somebody should know.
type Notices interface {
	Post(text string) error
}

// Board is made of another resource: the folder of the report.
var Board = dagster.NewResource[Notices]("board", dagster.From1(folder, openBoard), nil)

// fileBoard is a file in the folder of the report.
type fileBoard struct{ folder *os.Root }

func openBoard(_ context.Context, folder *os.Root) (Notices, error) { return fileBoard{folder}, nil }

// Post appends a line.
func (n fileBoard) Post(text string) (err error) {
	f, err := n.folder.OpenFile("notices.txt", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// TellSuccess is called when the report is there.
func TellSuccess(_ context.Context, to Notices) error { return to.Post("the report is published") }

// TellFailure is called when a step has failed for good.
func TellFailure(ctx context.Context, to Notices) error {
	s := dagster.Step(ctx)
	return to.Post(fmt.Sprintf("step %s failed, attempt %d: %v", s.Key, s.Attempt, s.Err))
}
