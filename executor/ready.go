package executor

import "slices"

// queue is a priority queue of steps: lower values first. What is pushed in order, as most steps are, costs no more than a list.
type queue struct {
	run  []uint64 // ascending from head on
	head int
	heap []uint64
}

func (q *queue) len() int { return len(q.run) - q.head + len(q.heap) }

func (q *queue) push(v uint64) {
	if q.head == len(q.run) {
		q.run, q.head = append(q.run[:0], v), 0
		return
	}
	if v >= q.run[len(q.run)-1] {
		q.run = append(q.run, v)
		return
	}
	q.heap = append(q.heap, v)
	h := q.heap
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if h[parent] <= h[i] {
			break
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
}

// pop returns the lowest value; the queue must not be empty.
func (q *queue) pop() uint64 {
	if len(q.heap) == 0 || q.head < len(q.run) && q.run[q.head] <= q.heap[0] {
		v := q.run[q.head]
		q.head++
		if q.head > 4096 && q.head > len(q.run)/2 {
			q.run, q.head = slices.Delete(q.run, 0, q.head), 0
		}
		return v
	}
	h := q.heap
	v := h[0]
	n := len(h) - 1
	h[0] = h[n]
	q.heap = h[:n]
	sift(q.heap)
	return v
}

// sift moves the first element of a heap down to its place.
func sift(h []uint64) {
	for i := 0; ; {
		low := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(h); c++ {
			if h[c] < h[low] {
				low = c
			}
		}
		if low == i {
			return
		}
		h[low], h[i] = h[i], h[low]
		i = low
	}
}

func (q *queue) clear() { *q = queue{} }
