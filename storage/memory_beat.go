package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Beat implements [BeatStore].
func (m *Memory) Beat(ctx context.Context, b Beat) (Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.run(ctx, b.Run)
	if err != nil {
		return Run{}, err
	}
	if r.Status.Terminal() || r.Epoch != b.Epoch {
		return Run{}, fmt.Errorf("beat for run %q, which is %s in epoch %d, not %d: %w", r.ID, r.Status, r.Epoch, b.Epoch, ErrFenced)
	}
	b.Count = 1
	if r.beat != nil {
		b.Count += r.beat.Count
	}
	r.beat = &b
	return clone(r.Run), nil
}

// Beats implements [BeatStore].
func (m *Memory) Beats(ctx context.Context) ([]Beat, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	var out []Beat
	for _, r := range m.order {
		if r.beat != nil {
			out = append(out, *r.beat)
		}
	}
	slices.SortFunc(out, func(a, b Beat) int { return cmp.Compare(a.Run, b.Run) })
	return out, nil
}

// Reject implements [BeatStore].
func (m *Memory) Reject(ctx context.Context, run RunID, epoch int64, events []Event) error {
	if err := checkPayloads(events); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.run(ctx, run)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Round(0)
	for _, e := range events {
		if len(r.rejected) == MaxRejected {
			break
		}
		r.rejected = append(r.rejected, RejectedEvent{Event: Unplaced(e, run), Epoch: epoch, Since: now})
	}
	m.wake()
	return nil
}

// Rejected implements [BeatStore].
func (m *Memory) Rejected(ctx context.Context, run RunID) ([]RejectedEvent, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	if r := m.runs[run]; r != nil {
		return slices.Clone(r.rejected), nil
	}
	return nil, nil
}
