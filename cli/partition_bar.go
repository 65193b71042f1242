package cli

import (
	"strings"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// shares is how many partitions are in each state, in the order of states.
type shares [4]int

func (s shares) of(state storage.PartitionState) int {
	for i, other := range states() {
		if other == state {
			return s[i]
		}
	}
	return 0
}

func (s shares) total() int {
	n := 0
	for _, of := range s {
		n += of
	}
	return n
}

func (s shares) byState() map[storage.PartitionState]int {
	out := make(map[storage.PartitionState]int, len(s))
	for i, state := range states() {
		out[state] = s[i]
	}
	return out
}

// mark is a sign of a bar, with what it means.
type mark struct {
	sign  string
	color color
	means string
}

// The marks tell apart what a share of the partitions is, also without colour.
var (
	markMade    = mark{"█", green, "materialized"} //nolint:gochecknoglobals // never changed
	markPartly  = mark{"▒", yellow, "in part"}     //nolint:gochecknoglobals // never changed
	markFailed  = mark{"x", red, "some failed"}    //nolint:gochecknoglobals // never changed
	markRunning = mark{"~", cyan, "in progress"}   //nolint:gochecknoglobals // never changed
	markMissing = mark{"·", dim, "missing"}        //nolint:gochecknoglobals // never changed
)

// mark is what people see of a share: what needs attention goes first.
func (s shares) mark() mark {
	made, missing := s.of(storage.PartitionMaterialized), s.of(storage.PartitionMissing)
	switch {
	case s.of(storage.PartitionFailed) > 0:
		return markFailed
	case s.of(storage.PartitionInProgress) > 0:
		return markRunning
	case missing == 0:
		return markMade
	case made == 0:
		return markMissing
	}
	return markPartly
}

// bar is a row of shares, of one key of another dimension if it has a label.
type bar struct {
	label string
	cells []shares
}

// line draws the bar.
func (b *bar) line() line {
	var out line
	for _, c := range b.cells {
		m := c.mark()
		if n := len(out); n > 0 && out[n-1].color == m.color && strings.HasSuffix(out[n-1].text, m.sign) {
			out[n-1].text += m.sign
			continue
		}
		out = append(out, span{m.sign, m.color})
	}
	return out
}

// inStates are the partitions in each state, in the order of states.
type inStates [4]partition.Subset

func (in *inStates) within(some partition.Subset) inStates {
	var out inStates
	for i := range in {
		out[i] = in[i].Intersect(some)
	}
	return out
}

func (in *inStates) counts() shares {
	var out shares
	for i := range in {
		out[i] = in[i].Count()
	}
	return out
}

// barAxis is what a bar goes along: the partitions, or one of their dimensions.
type barAxis struct {
	set partition.Set

	// between are the partitions from one key of the axis to another.
	between func(from, to string) (partition.Subset, error)
}

// bar divides the axis into as many cells as there is room for, each a share of the partitions; each one has its own if
// there are not more. Each half is cut out of what lies around it, so that long lists of ranges are not read for each cell.
func (x *barAxis) bar(in *inStates, room int) ([]shares, error) {
	n := x.set.Count()
	cells := make([]shares, min(room, n))
	var fill func(in inStates, low, high int) error
	fill = func(in inStates, low, high int) error {
		if high-low == 1 {
			cells[low] = in.counts()
			return nil
		}
		middle := (low + high) / 2
		for _, half := range [][2]int{{low, middle}, {middle, high}} {
			from, _ := x.set.Nth(half[0] * n / len(cells))
			to, _ := x.set.Nth(half[1]*n/len(cells) - 1)
			part, err := x.between(from, to)
			if err != nil {
				return err
			}
			if err := fill(in.within(part), half[0], half[1]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(cells) == 0 {
		return nil, nil
	}
	return cells, fill(*in, 0, len(cells))
}

// mostBars is how many keys of a dimension get a bar of their own.
const mostBars = 12

// bars are the bars of an asset, how many more there would be, and the axis that they go along.
func bars(set partition.Set, in *inStates, dims []partition.Set, room int) (rows []bar, more int, axis partition.Set, err error) {
	if len(dims) == 0 {
		x := &barAxis{set: set, between: set.Range}
		cells, err := x.bar(in, room)
		return []bar{{cells: cells}}, 0, set, err
	}
	along, across := longest(dims)
	names := set.Definition().Dimensions()
	first, last := make(map[string]string), make(map[string]string)
	for i, d := range dims {
		first[names[i].Name], _ = d.First()
		last[names[i].Name], _ = d.Last()
	}
	axis = dims[along]
	labels := 0
	for key := range dims[across].Keys() {
		if len(rows) == mostBars {
			break
		}
		labels = max(labels, width(oneLine(key)))
		rows = append(rows, bar{label: key})
	}
	labels = min(labels, room/3)
	for i := range rows {
		x := &barAxis{set: axis, between: func(from, to string) (partition.Subset, error) {
			first[names[across].Name], last[names[across].Name] = rows[i].label, rows[i].label
			first[names[along].Name], last[names[along].Name] = from, to
			return set.Range(partition.MultiKey(first), partition.MultiKey(last))
		}}
		if rows[i].cells, err = x.bar(in, room-labels-2); err != nil {
			return nil, 0, axis, err
		}
		rows[i].label = pad(screen().Truncate(oneLine(rows[i].label), labels, "…"), labels+2)
	}
	return rows, dims[across].Count() - len(rows), axis, nil
}

// longest are the dimension with the most keys, and the one with the fewest.
func longest(dims []partition.Set) (along, across int) {
	for i, d := range dims {
		if d.Count() > dims[along].Count() {
			along = i
		}
	}
	across = -1
	for i, d := range dims {
		if i != along && (across < 0 || d.Count() < dims[across].Count()) {
			across = i
		}
	}
	return along, across
}
