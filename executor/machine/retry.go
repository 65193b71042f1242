package machine

import (
	"math"
	"time"
)

// After returns how long to wait before retry number n, 1 for the first. Jitter is drawn from seed and key, so
// the same retry of the same run always waits as long; it is never negative and never above MaxDelay.
func (r Retry) After(n int, seed uint64, key string) time.Duration {
	d := r.base(n)
	switch r.Jitter {
	case NoJitter:
	case FullJitter:
		d = time.Duration(uniform(seed, key, n) * float64(d))
	case PlusMinus:
		d = add(d, time.Duration((2*uniform(seed, key, n)-1)*float64(r.Delay)))
	}
	return r.bound(d)
}

// base is the delay without jitter.
func (r Retry) base(n int) time.Duration {
	factor := int64(1)
	switch r.Backoff {
	case Constant:
	case Linear:
		factor = int64(max(n, 0))
	case Exponential:
		factor = math.MaxInt64
		if n < 63 {
			factor = 1<<max(n, 0) - 1
		}
	}
	if factor > 0 && int64(r.Delay) > math.MaxInt64/factor {
		return r.bound(math.MaxInt64)
	}
	return r.bound(r.Delay * time.Duration(factor))
}

func (r Retry) bound(d time.Duration) time.Duration {
	if r.MaxDelay > 0 {
		d = min(d, r.MaxDelay)
	}
	return max(d, 0)
}

// add adds without wrapping round.
func add(a, b time.Duration) time.Duration {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// uniform is a number in [0, 1) that depends on its arguments alone.
func uniform(seed uint64, key string, n int) float64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	z := seed ^ h + uint64(n)*0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}
