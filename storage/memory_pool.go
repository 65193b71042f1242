package storage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// memoryClaim is a claim and its place among the others.
type memoryClaim struct {
	Claim

	n int // grows with each that is asked for
}

// served is the order in which claims that wait get their places.
func (c *memoryClaim) served(o *memoryClaim) int {
	return cmp.Or(cmp.Compare(o.Priority, c.Priority), cmp.Compare(c.n, o.n))
}

// SetPool implements [PoolStore].
func (m *Memory) SetPool(ctx context.Context, p Pool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	if p.Limit < 0 {
		delete(m.limits, p.Name)
	} else {
		m.limits[p.Name] = p.Limit
	}
	m.wake()
	return nil
}

// pool is one pool and how it is used.
func (m *Memory) pool(name string, byDefault int) PoolState {
	limit, own := m.limits[name]
	if !own {
		limit = max(byDefault, -1)
	}
	s := PoolState{Pool: Pool{Name: name, Limit: limit}, Default: !own}
	for _, c := range m.claims {
		switch {
		case !slices.Contains(c.Pools, name):
		case c.Held.IsZero():
			s.Waiting++
		default:
			s.Held++
		}
	}
	return s
}

// Pools implements [PoolStore].
func (m *Memory) Pools(ctx context.Context, byDefault int) ([]PoolState, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	names := slices.Collect(maps.Keys(m.limits))
	for _, c := range m.claims {
		names = append(names, c.Pools...)
	}
	var out []PoolState
	for _, name := range PoolNames(names) {
		out = append(out, m.pool(name, byDefault))
	}
	return out, nil
}

// Claim implements [PoolStore].
func (m *Memory) Claim(ctx context.Context, c Claim, byDefault int) (held bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.run(ctx, c.Run)
	if err != nil {
		return false, err
	}
	if r.Status.Terminal() || r.Epoch != c.Epoch {
		return false, fmt.Errorf("claim for run %q, which is %s in epoch %d, not %d: %w", r.ID, r.Status, r.Epoch, c.Epoch, ErrFenced)
	}
	c.Pools = PoolNames(c.Pools)
	if len(c.Pools) == 0 {
		return true, nil
	}
	now := time.Now().UTC().Round(0)
	mine := m.claimOf(c)
	mine.Epoch = c.Epoch
	if !mine.Held.IsZero() {
		return true, nil
	}
	mine.Pools, mine.Priority = c.Pools, c.Priority
	if mine.Asked.IsZero() {
		mine.Asked = now
	}
	m.wake()
	if !Admit(mine.Pools, slices.Values(m.ahead(mine)), func(pool string) (int, bool) {
		p := m.pool(pool, byDefault)
		return p.Limit - p.Held, p.Limit >= 0
	}) {
		return false, nil
	}
	mine.Held = now
	return true, nil
}

// claimOf is the claim of the step of c, be it a new one.
func (m *Memory) claimOf(c Claim) *memoryClaim {
	for _, known := range m.claims {
		if known.Run == c.Run && known.Step == c.Step {
			return known
		}
	}
	mine := &memoryClaim{Claim: Claim{Run: c.Run, Step: c.Step}, n: 1}
	if len(m.claims) > 0 {
		mine.n += m.claims[len(m.claims)-1].n
	}
	m.claims = append(m.claims, mine)
	return mine
}

// ahead are the pools of those that wait for a pool of mine and come before it.
func (m *Memory) ahead(mine *memoryClaim) [][]string {
	var before []*memoryClaim
	for _, c := range m.claims {
		shared := slices.ContainsFunc(c.Pools, func(p string) bool { return slices.Contains(mine.Pools, p) })
		if c.Held.IsZero() && shared && c.served(mine) < 0 {
			before = append(before, c)
		}
	}
	slices.SortFunc(before, (*memoryClaim).served)
	pools := make([][]string, len(before))
	for i, c := range before {
		pools[i] = c.Pools
	}
	return pools
}

// Withdraw implements [PoolStore].
func (m *Memory) Withdraw(ctx context.Context, run RunID, step string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(ctx); err != nil {
		return err
	}
	m.freeStep(run, step)
	m.wake()
	return nil
}

// Claims implements [PoolStore].
func (m *Memory) Claims(ctx context.Context, pool string) ([]Claim, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	held, waiting := []*memoryClaim{}, []*memoryClaim{}
	for _, c := range m.claims {
		switch {
		case pool != "" && !slices.Contains(c.Pools, pool):
		case c.Held.IsZero():
			waiting = append(waiting, c)
		default:
			held = append(held, c)
		}
	}
	slices.SortFunc(waiting, (*memoryClaim).served)
	var out []Claim
	for _, c := range append(held, waiting...) {
		x := c.Claim
		x.Pools = slices.Clone(x.Pools)
		out = append(out, x)
	}
	return out, nil
}

func (m *Memory) freeStep(run RunID, step string) {
	m.claims = slices.DeleteFunc(m.claims, func(c *memoryClaim) bool { return c.Run == run && c.Step == step })
}

func (m *Memory) freeRun(run RunID) {
	m.claims = slices.DeleteFunc(m.claims, func(c *memoryClaim) bool { return c.Run == run })
}
