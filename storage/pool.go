package storage

import (
	"context"
	"iter"
	"math"
	"slices"
	"time"
)

// Pool limits how many steps, of whatever runs, may be at something at once.
type Pool struct {
	Name  string
	Limit int // 0 lets none start
}

// PoolState is a pool and how it is used.
type PoolState struct {
	Pool

	Default bool // it has no limit of its own: Limit is the default that was asked with, -1 for none
	Held    int
	Waiting int
}

// Claim is a place in pools that a step holds, or waits for. There is one for a step of a run, whichever attempt it is at.
type Claim struct {
	Run   RunID
	Epoch int64 // of the run: see [ErrFenced]
	Step  string

	// Pools are those that it needs, all of them at once.
	Pools []string

	// Priority is that of the run and the step together: the higher comes first, then the earlier.
	Priority int

	// Asked is when it was first asked for, Held since when it holds its places; zero while it waits. The store sets both.
	Asked, Held time.Time
}

// PoolStore keeps the limits of pools and who holds a place. At every moment as many claims at most are held in a pool as
// its limit says, but for a limit that was lowered: nobody loses a place, and nobody gets one until there is room.
//
// A place is free again in the transaction that stores the end of its step's attempt (STEP_SUCCESS, STEP_FAILURE or
// STEP_UP_FOR_RETRY of that run and step), or of its run, or deletes that. Whoever waits longest, of the highest priority, gets it
// first, unless another pool that it needs is full: it then holds nothing, and keeps nobody from what it doesn't hold.
type PoolStore interface {
	// SetPool gives a pool a limit. A negative one takes it away: then the default holds.
	SetPool(ctx context.Context, p Pool) error

	// Pools returns the pools that have a limit, or claims, by name. Of those without a limit of their own byDefault is it;
	// negative for none.
	Pools(ctx context.Context, byDefault int) ([]PoolState, error)

	// Claim asks for places in the pools of c, and says whether they are held now: then, and if they were held before, the
	// result is true. Else c waits, at the end of those of its priority if it did not wait before, and is asked again after
	// something has changed. Where a pool has no limit byDefault is it; if that is negative there is always room. A run that has
	// ended or has another epoch is refused with [ErrFenced], one that is not there with [ErrRunNotFound]. Held by an earlier
	// epoch of the run, it is held still.
	Claim(ctx context.Context, c Claim, byDefault int) (held bool, err error)

	// Withdraw ends a claim, be it held or waited for: the step is not going to start.
	Withdraw(ctx context.Context, run RunID, step string) error

	// Claims returns the claims on a pool, those that are held first, in the order in which they were first asked for, then
	// those that wait, in that in which they are served; of all pools if the name is empty.
	Claims(ctx context.Context, pool string) ([]Claim, error)
}

// Admit reports whether a claim on pools gets its places now. ahead gives the pools of the claims that wait for one of these pools
// too and are served before, in that order: those for which there is room everywhere are to get it first. free is how many
// places are left in a pool, and whether that has a limit at all. Every store calls it.
func Admit(pools []string, ahead iter.Seq[[]string], free func(pool string) (places int, limited bool)) bool {
	left := map[string]int{}
	fits := func(pools []string) bool {
		return !slices.ContainsFunc(pools, func(p string) bool {
			if _, known := left[p]; !known {
				left[p] = math.MaxInt
				if n, limited := free(p); limited {
					left[p] = n
				}
			}
			return left[p] <= 0
		})
	}
	if !fits(pools) {
		return false
	}
	for other := range ahead {
		if !fits(other) {
			continue
		}
		for _, p := range other {
			left[p]--
		}
		if !fits(pools) {
			return false
		}
	}
	return true
}

// PoolNames are the pools of a claim as a store keeps them: by name, each once. Every store calls it.
func PoolNames(pools []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(pools)))
}
