// Package dags builds the graphs that benchmarks and stress tests run: the same shapes, edge for edge, wherever they are
// measured. Node i depends on the nodes listed at index i, all of them lower: index order is topological.
package dags

import "slices"

// Chain returns n nodes in a line: i depends on i-1.
func Chain(n int) [][]int {
	deps := make([][]int, n)
	for i := 1; i < n; i++ {
		deps[i] = []int{i - 1}
	}
	return deps
}

// Fan returns a node that feeds n-2 others, which all feed the last.
func Fan(n int) [][]int {
	deps := make([][]int, n)
	for i := 1; i < n-1; i++ {
		deps[i] = []int{0}
		deps[n-1] = append(deps[n-1], i)
	}
	return deps
}

// Layers returns layers of a tenth of n nodes, at most 1000 and at least one, each node below one or two of the layer before,
// drawn from a fixed sequence.
func Layers(n int) [][]int {
	deps := make([][]int, n)
	width := min(max(n/10, 1), 1000)
	draw := splitMix(42)
	for i := width; i < n; i++ {
		base := (i/width - 1) * width
		a := base + int(draw.next()%uint64(width)) //nolint:gosec // at most 1000
		b := base + int(draw.next()%uint64(width)) //nolint:gosec // likewise
		deps[i] = slices.Compact([]int{min(a, b), max(a, b)})
	}
	return deps
}

// splitMix is the SplitMix64 generator.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}
