// Package dags makes the graphs that the benchmarks run on, the same as dagster/dags.py makes: entry i of a graph
// holds the nodes that node i reads, all of them lower than i.
package dags

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Shape makes a graph of n nodes; n is at least 3.
type Shape func(n int) [][]int

// Shapes returns the shapes by name.
func Shapes() map[string]Shape {
	return map[string]Shape{"chain": Chain, "fan": Fan, "layered": Layered}
}

// Chain is a graph in which every node reads the one before it.
func Chain(n int) [][]int {
	g := make([][]int, n)
	for i := 1; i < n; i++ {
		g[i] = []int{i - 1}
	}
	return g
}

// Fan is a graph in which the first node feeds all others, and the last reads all between.
func Fan(n int) [][]int {
	g := make([][]int, n)
	for i := 1; i < n-1; i++ {
		g[i] = []int{0}
		g[n-1] = append(g[n-1], i)
	}
	return g
}

// Layered is a graph of layers a tenth as wide as it has nodes, at most 1000; a node reads one or two nodes of the layer
// above, drawn from a seed that never changes.
func Layered(n int) [][]int {
	width := max(1, min(n/10, 1000))
	random := splitMix(42)
	g := make([][]int, n)
	for i := width; i < n; i++ {
		above := (i/width - 1) * width
		a, b := above+random.below(width), above+random.below(width)
		g[i] = []int{min(a, b), max(a, b)}
		g[i] = slices.Compact(g[i])
	}
	return g
}

// Checksum is the same for equal graphs, in any language: FNV-1a of "0:|1:0|2:0,1|".
func Checksum(g [][]int) string {
	hash := fnv.New64a()
	for i, deps := range g {
		fmt.Fprintf(hash, "%d:%s|", i, strings.Trim(strings.ReplaceAll(fmt.Sprint(deps), " ", ","), "[]"))
	}
	return fmt.Sprintf("%016x", hash.Sum64())
}

// splitMix is the generator SplitMix64: its state.
type splitMix uint64

func (s *splitMix) below(bound int) int {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) % uint64(bound))
}
