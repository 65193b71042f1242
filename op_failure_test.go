package dagster_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// What is recorded of a failure is the error of the body, and not what it says of the next attempt.
func TestKindOfAFailure(t *testing.T) {
	t.Parallel()

	lost := &fs.PathError{Op: "open", Path: "orders.csv", Err: errors.New("lost")}
	for want, err := range map[string]error{
		"*dagster.Failure": &dagster.Failure{Description: "no orders"},
		"*fs.PathError":    dagster.NoRetry(dagster.RetryAfter(lost, time.Second)),
	} {
		op := dagster.NewOp("op", func(context.Context) (int, error) { return 0, err })
		g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return op.In(s) })
		job := dagster.NewJob("j", g)
		r, failed := dagster.NewRepository("r", job).Execute(t.Context(), job)
		require.Error(t, failed)
		for e := range r.Events() {
			if d, ok := e.Data.(*storage.FailureData); ok && e.Kind == storage.StepFailure {
				assert.Equal(t, want, d.Error.Kind)
				want = ""
			}
		}
		assert.Empty(t, want, "it was recorded")
	}
}
