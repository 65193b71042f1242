package conformance_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/storage"
)

// retryCase is one case of retry_backoff; all delays are in seconds.
type retryCase struct {
	Policy struct {
		Max     int      `json:"max_retries"`
		Delay   *float64 `json:"delay"`
		Backoff string   `json:"backoff"`
		Jitter  string   `json:"jitter"`
	} `json:"policy"`

	Error    bool         `json:"error"`
	Delays   []float64    `json:"delays"` // before the first retry, the second, ...
	Ranges   [][2]float64 `json:"ranges"` // the same with jitter
	Observed *struct {
		Waits    []float64 `json:"waits"`
		Attempts int       `json:"attempts"`
	} `json:"observed"`
	Disputed string `json:"disputed"`
}

func TestConformanceRetryBackoff(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "retry_backoff", func(t *testing.T, c retryCase) {
			t.Helper()

			err := validate(dagster.NewAsset("a", dagster.From(zero), dagster.Retry(c.definition())))
			if c.Error {
				require.Error(t, err)
				return
			}
			if c.Disputed == "" {
				require.NoError(t, err)
			}
			testDelays(t, c)
			if c.Observed != nil {
				testObservedWaits(t, c)
			}
		},
		conformance.Rule[retryCase]{
			Why: "a Go duration can't be null: a delay of zero is none, and backoff and jitter are refused without one",
			Match: func(c retryCase) bool {
				return c.Policy.Delay != nil && *c.Policy.Delay == 0 && c.Policy.Backoff+c.Policy.Jitter != ""
			},
			Instead: func(c *retryCase) { c.Error = true },
		},
	)
}

func testDelays(t *testing.T, c retryCase) {
	t.Helper()

	retry := c.retry()
	for i, want := range c.Delays {
		got := retry.After(i+1, 1, "a").Seconds()
		if c.Disputed == "" {
			assert.InEpsilon(t, 1+want, 1+got, 1e-9, "before retry %d", i+1)
		}
	}
	for i, want := range c.Ranges {
		low, high := want[1], want[0]
		for seed := range uint64(2000) {
			got := retry.After(i+1, seed, "a").Seconds()
			require.GreaterOrEqual(t, got, want[0]-1e-9, "before retry %d", i+1)
			require.LessOrEqual(t, got, want[1]+1e-9, "before retry %d", i+1)
			low, high = min(low, got), max(high, got)
		}
		near := 0.02 * (want[1] - want[0])
		assert.InDelta(t, want[0], low, near, "the shortest of many waits before retry %d", i+1)
		assert.InDelta(t, want[1], high, near, "the longest of many waits before retry %d", i+1)
	}
}

// testObservedWaits runs a step that always fails, under a clock that jumps, and looks when it was tried.
func testObservedWaits(t *testing.T, c retryCase) {
	t.Helper()

	synctest.Test(t, func(t *testing.T) {
		w := &failing{}
		plan := &executor.Plan{Steps: []executor.Step{{Key: "a", Retry: c.retry()}}}
		report, err := executor.Engine{}.Execute(t.Context(), executor.Request{Plan: plan, Worker: w, Sink: nowhere{}, Seed: 1})
		require.NoError(t, err)
		assert.Equal(t, storage.RunFailed, report.Status)
		require.Len(t, w.at, c.Observed.Attempts)
		for i, want := range c.Observed.Waits {
			assert.InDelta(t, want, w.at[i+1].Sub(w.at[i]).Seconds(), 1e-9, "before retry %d", i+1)
		}
	})
}

// failing is a worker whose step fails at once.
type failing struct{ at []time.Time }

func (f *failing) RunStep(context.Context, *executor.Task) executor.Outcome {
	f.at = append(f.at, time.Now())
	return executor.Outcome{Err: errors.New("as always")}
}

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Record(...storage.Event) {}

func (c retryCase) retry() executor.Retry {
	p := c.definition()
	return executor.Retry{
		Max: p.Max, Delay: p.Delay,
		Backoff: executor.Backoff(p.Backoff), Jitter: executor.Jitter(p.Jitter),
	}
}

func (c retryCase) definition() dagster.RetryPolicy {
	p := dagster.RetryPolicy{Max: c.Policy.Max}
	if c.Policy.Delay != nil {
		p.Delay = time.Duration(*c.Policy.Delay * float64(time.Second))
	}
	switch c.Policy.Backoff {
	case "LINEAR":
		p.Backoff = dagster.Linear
	case "EXPONENTIAL":
		p.Backoff = dagster.Exponential
	}
	switch c.Policy.Jitter {
	case "FULL":
		p.Jitter = dagster.FullJitter
	case "PLUS_MINUS":
		p.Jitter = dagster.PlusMinus
	}
	return p
}

func zero(context.Context) (int, error) { return 0, nil }

func validate(defs ...dagster.Definition) error {
	return dagster.NewRepository("conformance", defs...).Validate()
}
