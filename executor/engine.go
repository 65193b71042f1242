package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
)

// Engine runs plans in this process. Its zero value is ready, and it may run many plans at once.
//
// It starts goroutines as they are needed, never more than Request.MaxConcurrent, and has them all back when Execute returns,
// except those of bodies that ignored being told to stop. A step with a timeout runs in a goroutine of its own, so that
// the engine can go on without it; when it does not stop within Request.Grace after its timeout it has failed, without
// another attempt. When ctx ends, bodies that run have Request.Grace to return. Both are counted in Report.Stuck.
type Engine struct{}

var _ Executor = Engine{}

const defaultGrace = 30 * time.Second

// Execute runs the plan of q: see [Executor].
func (Engine) Execute(ctx context.Context, q Request) (*Report, error) {
	if q.Worker == nil {
		return nil, errors.New("execute plan: no worker")
	}
	if q.MaxConcurrent <= 0 {
		q.MaxConcurrent = runtime.GOMAXPROCS(0)
	}
	if q.Grace <= 0 {
		q.Grace = defaultGrace
	}
	g, err := q.compiled()
	if err != nil {
		return nil, fmt.Errorf("execute plan: %w", err)
	}
	r, err := newRun(ctx, g, &q)
	if err != nil {
		return nil, fmt.Errorf("execute plan: %w", err)
	}
	defer r.stop()
	if err := r.begin(); err != nil { //nolint:contextcheck // what it starts has the run's context
		return nil, fmt.Errorf("resume run: %w", err)
	}
	r.conduct(ctx)
	return r.report(), nil
}

// compiled returns the graph of the plan.
func (q *Request) compiled() (*machine.Graph, error) {
	switch {
	case q.Graph == nil:
		return machine.Compile(q.Plan)
	case q.Plan == nil:
		q.Plan = q.Graph.Plan()
	case q.Plan != q.Graph.Plan():
		return nil, errors.New("graph is of another plan")
	}
	return q.Graph, nil
}
