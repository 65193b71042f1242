package dagster

import (
	"context"
	"time"
)

// TickInfo says for which tick a function is evaluated; its zero value is outside of ticks.
type TickInfo struct {
	// At is the tick's time, in the time zone of its schedule, whenever the evaluation really happens.
	At time.Time
}

type tickKey struct{}

// Tick says which tick ctx belongs to.
func Tick(ctx context.Context) TickInfo {
	t, _ := ctx.Value(tickKey{}).(TickInfo)
	return t
}

// WithTick sets the scene for a function that asks for its [Tick], in a test of it.
func WithTick(ctx context.Context, t TickInfo) context.Context {
	return context.WithValue(ctx, tickKey{}, t)
}

// SkipTick is the error by which a function says that nothing is to be done at a tick, and why. The tick is then skipped,
// not failed.
func SkipTick(reason string) error { return &skipError{reason: reason} }

type skipError struct{ reason string }

func (e *skipError) Error() string { return "tick skipped: " + e.why() }

// why is the reason; somebody will look for one.
func (e *skipError) why() string {
	if e.reason == "" {
		return "no reason given"
	}
	return e.reason
}
