package dagster

// sortGraph returns the nodes in topological order, the earlier declared first among those that are free; or the nodes
// of one cycle, each needing the next.
func sortGraph(up, down [][]int32) (order, cycle []int32) {
	n := len(up)
	waits := make([]int32, n)
	order = make([]int32, 0, n)
	ready := make([]int32, 0, n)
	for i := range n {
		waits[i] = int32(len(up[i])) //nolint:gosec // fewer edges than that
		if waits[i] == 0 {
			ready = append(ready, int32(i))
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		order = append(order, i)
		for _, j := range down[i] {
			if waits[j]--; waits[j] == 0 {
				ready = append(ready, j)
			}
		}
	}
	if len(order) == n {
		return order, nil
	}
	return nil, findCycle(up, waits)
}

// findCycle walks up from a node that still waits, always to one that waits too, until it meets its own steps.
func findCycle(up [][]int32, waits []int32) []int32 {
	at := int32(0)
	for waits[at] == 0 {
		at++
	}
	seen := make(map[int32]int)
	var path []int32
	for {
		if start, ok := seen[at]; ok {
			return path[start:]
		}
		seen[at] = len(path)
		path = append(path, at)
		for _, j := range up[at] {
			if waits[j] > 0 {
				at = j
				break
			}
		}
	}
}
