package storage

import (
	"iter"
	"slices"
	"sort"
)

// index is events by ascending ID in the slices in which they came, none of them empty: nothing is ever copied to
// make a longer one.
type index [][]Event

// between gives the events whose IDs lie between two, which are left out.
func (x index) between(after, before int64, newest bool) iter.Seq[*Event] {
	lo := sort.Search(len(x), func(i int) bool { return x[i][len(x[i])-1].ID > after })
	hi := sort.Search(len(x), func(i int) bool { return x[i][0].ID >= before })
	return func(yield func(*Event) bool) {
		for i := range max(0, hi-lo) {
			events := x[lo+i]
			if newest {
				events = x[hi-1-i]
			}
			from := sort.Search(len(events), func(i int) bool { return events[i].ID > after })
			to := sort.Search(len(events), func(i int) bool { return events[i].ID >= before })
			for j := range max(0, to-from) {
				e := &events[from+j]
				if newest {
					e = &events[to-1-j]
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

func (f *EventFilter) matches(e *Event) bool {
	return (f.Run == "" || e.Run == f.Run) &&
		(f.Step == "" || e.Step == f.Step) &&
		(f.Asset == "" || e.Asset == f.Asset) &&
		(f.Partition == "" || e.Partition == f.Partition) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, e.Kind))
}

func (f *RunFilter) matches(r *Run) bool {
	for k, v := range f.Tags {
		if got, ok := r.Tags[k]; !ok || got != v {
			return false
		}
	}
	return (f.Repository == "" || r.Repository == f.Repository) &&
		(f.Job == "" || r.Job == f.Job) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) &&
		(f.Asset == "" || slices.Contains(r.Assets, f.Asset)) &&
		(f.Root == "" || r.ID == f.Root || r.Root == f.Root)
}

// pageSize is the limit of a page, given what was asked for.
func pageSize(limit, usual, most int) int {
	if limit <= 0 {
		return usual
	}
	return min(limit, most)
}
