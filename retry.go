package dagster

import (
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/executor"
)

// RetryPolicy says how often and when a failed step is tried again. A step that waits for its next attempt takes no
// place among the running ones. Its zero value never retries.
type RetryPolicy struct {
	Max      int           // attempts after the first
	Delay    time.Duration // before the first retry
	MaxDelay time.Duration // 0 for no bound
	Backoff  Backoff
	Jitter   Jitter
}

// Backoff says how the delay grows: with n = 1 for the first retry, Delay, Delay*n, or Delay*(2^n-1), as in Dagster.
type Backoff int

// The ways a delay grows.
const (
	Constant Backoff = iota
	Linear
	Exponential
)

// Jitter says how a delay d is varied: not, uniformly within [0, d], or by up to Delay either way, as in Dagster. It is
// derived from the run's ID, and so the same each time a run is followed again.
type Jitter int

// The ways a delay is varied.
const (
	NoJitter Jitter = iota
	FullJitter
	PlusMinus
)

func (p RetryPolicy) check() error {
	switch {
	case p.Max < 0:
		return fmt.Errorf("retry: max %d: negative", p.Max)
	case p.Delay < 0 || p.MaxDelay < 0:
		return fmt.Errorf("retry: delay %v, at most %v: negative", p.Delay, p.MaxDelay)
	case p.Backoff < Constant || p.Backoff > Exponential:
		return fmt.Errorf("retry: unknown backoff %d", p.Backoff)
	case p.Jitter < NoJitter || p.Jitter > PlusMinus:
		return fmt.Errorf("retry: unknown jitter %d", p.Jitter)
	case p.Delay == 0 && (p.Backoff != Constant || p.Jitter != NoJitter):
		return errors.New("retry: backoff and jitter need a delay")
	}
	return nil
}

func (p RetryPolicy) plan() executor.Retry {
	return executor.Retry{
		Max: p.Max, Delay: p.Delay, MaxDelay: p.MaxDelay,
		Backoff: executor.Backoff(p.Backoff), Jitter: executor.Jitter(p.Jitter), //nolint:gosec // checked: three values
	}
}

// RetryAfter is err, and asks for another attempt after d, whatever the step's policy says of the delay. A step without
// a policy is tried once more.
func RetryAfter(err error, d time.Duration) error { return executor.RetryAfter(err, d) }

// RetryUpTo is [RetryAfter] with a maximum number of retries of its own, which goes before the policy's, whether it is
// more or less; 0 leaves it to the policy.
func RetryUpTo(err error, d time.Duration, most int) error { return executor.RetryUpTo(err, d, most) }

// NoRetry is err, and final: the step is not tried again, whatever its policy says.
func NoRetry(err error) error { return executor.NoRetry(err) }
