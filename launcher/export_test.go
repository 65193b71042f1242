//go:build unix

package launcher

// Ready returns how many processes are ready for a run.
func (p *Process) Ready() (n int) {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	for _, w := range p.pool.waiting {
		if w.ready {
			n++
		}
	}
	return n
}
