package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Lease says who leads in something of which one process at a time may lead. It has no time of expiry: a candidate that
// sees the same Epoch and Beat for as long as the holder promised, by its own monotonic clock, may take it. So no clock
// that is set, on whichever machine, makes two leaders or none.
type Lease struct {
	Name   string
	Holder string        // who leads; empty if nobody does, because the last holder gave it up
	Epoch  int64         // grows by one each time that it goes to someone; 0 for a lease that nobody ever had
	Beat   int64         // grows by one with each renewal, and when it is given up
	TTL    time.Duration // for which the holder asks to be trusted after each beat

	// Info is what the holder says of itself with each beat, as JSON: where it runs, how its loops are.
	Info json.RawMessage
}

// Guard is the leadership under which something is written: once the lease has another epoch the write is refused with
// [ErrFenced]. The zero value guards nothing.
type Guard struct {
	Lease string
	Epoch int64
}

// Guard is what the holder of the lease writes under.
func (l *Lease) Guard() Guard { return Guard{Lease: l.Name, Epoch: l.Epoch} }

// Check returns an error wrapping [ErrFenced] unless g holds, given the lease as it is stored. Every store calls it.
func (g Guard) Check(stored Lease) error {
	if g != (Guard{}) && stored.Epoch != g.Epoch {
		return fmt.Errorf("lease %q is in epoch %d, not %d: %w", g.Lease, stored.Epoch, g.Epoch, ErrFenced)
	}
	return nil
}

// LeaseStore keeps leases. Every method is atomic.
type LeaseStore interface {
	// Lease returns the lease of that name, as it would be if nobody ever had it if there is none.
	Lease(ctx context.Context, name string) (Lease, error)

	// Acquire takes a lease, or renews it for its holder: it stores l with the next beat, and the next epoch if the holder
	// is new. l has the Epoch and the Beat that were seen; if they are not what is stored, or Holder is empty,
	// nothing changes, and the error wraps [ErrConflict]. It returns the lease as it is afterwards in both cases. Whether
	// the time has come to take it from another holder is the caller's to know.
	Acquire(ctx context.Context, l Lease) (Lease, error)

	// Release gives a lease up, so that the next candidate need not wait. It does nothing if g has another epoch.
	Release(ctx context.Context, g Guard) error
}

// NextLease is what [LeaseStore].Acquire stores over a lease, or an error wrapping [ErrConflict]. Every store calls it.
func NextLease(stored, l Lease) (Lease, error) {
	if l.Holder == "" || l.Name == "" {
		return stored, fmt.Errorf("acquire lease %q for %q: want a name and a holder: %w", l.Name, l.Holder, ErrConflict)
	}
	if stored.Epoch != l.Epoch || stored.Beat != l.Beat {
		return stored, fmt.Errorf("acquire lease %q: %q holds it: %w", l.Name, stored.Holder, ErrConflict)
	}
	if stored.Holder != l.Holder {
		l.Epoch++
	}
	l.Beat++
	l.Info = orNilJSON(l.Info)
	return l, nil
}

// orNilJSON is a copy of m, nil for an empty one.
func orNilJSON(m json.RawMessage) json.RawMessage {
	if len(m) == 0 {
		return nil
	}
	return slices.Clone(m)
}
