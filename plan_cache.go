package dagster

import (
	"strings"
	"sync"
)

// planCache keeps the plans of what was run last.
type planCache struct {
	mu    sync.Mutex
	plans map[planKey]*plan
}

const cachedPlans = 16

// planKey says what a plan runs: assets, and under which job, or the whole of a job.
type planKey struct {
	job    *job
	assets string
}

func (p *planCache) ofAssets(c *catalog, j *job, selected []int32) *plan {
	got, _ := p.get(planKey{j, assetsKey(selected)}, func() (*plan, error) { return newPlan(c, selected, c.checksOf(selected), j.defaults(), nil), nil })
	return got
}

// defaults are what a job says of its steps; a run need not have a job.
func (j *job) defaults() stepSpec {
	if j == nil {
		return stepSpec{}
	}
	return j.steps
}

func (p *planCache) ofJob(c *catalog, j *job) (*plan, error) {
	return p.get(planKey{job: j}, func() (*plan, error) { return newJobPlan(c, j, nil) })
}

func (p *planCache) get(key planKey, make1 func() (*plan, error)) (*plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if got, ok := p.plans[key]; ok {
		return got, nil
	}
	made, err := make1()
	if err != nil {
		return nil, err
	}
	if p.plans == nil || len(p.plans) >= cachedPlans {
		p.plans = make(map[planKey]*plan)
	}
	p.plans[key] = made
	return made, nil
}

func assetsKey(selected []int32) string {
	var b strings.Builder
	b.Grow(4 * len(selected))
	for _, i := range selected {
		b.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)}) //nolint:gosec // the four bytes of it
	}
	return b.String()
}
