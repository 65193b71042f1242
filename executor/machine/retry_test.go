package machine_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster/executor/machine"
)

func TestDelaysGrowByThePolicy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		retry machine.Retry
		want  []float64 // seconds
	}{
		{"none", machine.Retry{}, []float64{0, 0, 0}},
		{"constant", machine.Retry{Delay: 200 * time.Millisecond}, []float64{0.2, 0.2, 0.2}},
		{"linear", machine.Retry{Delay: 1500 * time.Millisecond, Backoff: machine.Linear}, []float64{1.5, 3, 4.5, 6, 7.5, 9, 10.5}},
		{"exponential", machine.Retry{Delay: 250 * time.Millisecond, Backoff: machine.Exponential}, []float64{0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 31.75}},
		{"exponential of nothing", machine.Retry{Backoff: machine.Exponential}, []float64{0, 0, 0}},
		{"bounded", machine.Retry{Delay: 2 * time.Second, Backoff: machine.Exponential, MaxDelay: 10 * time.Second}, []float64{2, 6, 10, 10}},
	} {
		for i, want := range tt.want {
			assert.InDelta(t, want, tt.retry.After(i+1, 1, "step").Seconds(), 1e-9, "%s, retry %d", tt.name, i+1)
		}
	}
}

func TestDelaysNeverOverflow(t *testing.T) {
	t.Parallel()
	for _, jitter := range []machine.Jitter{machine.NoJitter, machine.FullJitter, machine.PlusMinus} {
		for _, n := range []int{1, 40, 62, 63, 64, 1 << 40} {
			r := machine.Retry{Delay: time.Hour, Backoff: machine.Exponential, Jitter: jitter}
			assert.GreaterOrEqual(t, r.After(n, 1, "step"), time.Duration(0), "retry %d", n)
			r.MaxDelay = time.Minute
			assert.LessOrEqual(t, r.After(n, 1, "step"), time.Minute, "retry %d", n)
		}
	}
	assert.Equal(t, time.Duration(math.MaxInt64), machine.Retry{Delay: time.Hour, Backoff: machine.Linear}.After(1<<40, 1, "step"))
}

// The bounds are those of Dagster's own policies; samples must also come near them.
func TestJitterStaysWithinItsBoundsAndFillsThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		retry  machine.Retry
		ranges [][2]float64
	}{
		{"constant, full", machine.Retry{Jitter: machine.FullJitter}, [][2]float64{{0, 3}, {0, 3}}},
		{"constant, plus-minus", machine.Retry{Jitter: machine.PlusMinus}, [][2]float64{{0, 6}, {0, 6}}},
		{"linear, full", machine.Retry{Backoff: machine.Linear, Jitter: machine.FullJitter}, [][2]float64{{0, 3}, {0, 6}, {0, 9}}},
		{"linear, plus-minus", machine.Retry{Backoff: machine.Linear, Jitter: machine.PlusMinus}, [][2]float64{{0, 6}, {3, 9}, {6, 12}}},
		{"exponential, plus-minus", machine.Retry{Backoff: machine.Exponential, Jitter: machine.PlusMinus}, [][2]float64{{0, 6}, {6, 12}, {18, 24}}},
	} {
		tt.retry.Delay = 3 * time.Second
		for i, bound := range tt.ranges {
			low, high := math.Inf(1), math.Inf(-1)
			for seed := range uint64(2000) {
				d := tt.retry.After(i+1, seed, "step").Seconds()
				low, high = min(low, d), max(high, d)
			}
			width := bound[1] - bound[0]
			assert.GreaterOrEqual(t, low, bound[0], "%s, retry %d", tt.name, i+1)
			assert.LessOrEqual(t, high, bound[1], "%s, retry %d", tt.name, i+1)
			assert.Less(t, low, bound[0]+width/50, "%s, retry %d", tt.name, i+1)
			assert.Greater(t, high, bound[1]-width/50, "%s, retry %d", tt.name, i+1)
		}
	}
}

func TestJitterDependsOnSeedStepAndRetryAlone(t *testing.T) {
	t.Parallel()
	r := machine.Retry{Delay: time.Hour, Jitter: machine.FullJitter}
	d := r.After(1, 7, "a")
	assert.Equal(t, d, r.After(1, 7, "a"))
	assert.NotEqual(t, d, r.After(1, 8, "a"))
	assert.NotEqual(t, d, r.After(2, 7, "a"))
	assert.NotEqual(t, d, r.After(1, 7, "b"))
}
