package executor

import (
	"container/heap"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
)

// timer is the end of a wait for a step's next attempt.
type timer struct {
	at      time.Time
	id      machine.ID
	attempt int
}

// timers is a heap of them, soonest first.
type timers []timer

// Len, Less, Swap, Push and Pop make it a [heap.Interface].
func (t *timers) Len() int { return len(*t) }

// Less orders by time, then by step.
func (t *timers) Less(i, j int) bool {
	a, b := (*t)[i], (*t)[j]
	if c := a.at.Compare(b.at); c != 0 {
		return c < 0
	}
	return a.id < b.id
}

// Swap is part of [heap.Interface].
func (t *timers) Swap(i, j int) { (*t)[i], (*t)[j] = (*t)[j], (*t)[i] }

// Push is part of [heap.Interface].
func (t *timers) Push(x any) { *t = append(*t, x.(timer)) }

// Pop is part of [heap.Interface].
func (t *timers) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}

func (t *timers) add(w timer) { heap.Push(t, w) }

func (t *timers) next() timer { return heap.Pop(t).(timer) }
