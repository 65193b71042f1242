package partition

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Identity maps a key to the same key. Both definitions must be of one kind.
func Identity() Mapping { return Mapping{identityRule{}} }

type identityRule struct{}

func (identityRule) String() string { return "identity" }

func (identityRule) check(up, down Definition) error {
	switch {
	case up.Kind() != down.Kind():
		return fmt.Errorf("%s keys are not %s keys: %w", named(up), named(down), ErrMapping)
	case len(up.Dimensions()) != len(down.Dimensions()):
		return fmt.Errorf("%d dimensions are not %d: %w", len(up.Dimensions()), len(down.Dimensions()), ErrMapping)
	}
	return nil
}

func named(d Definition) string {
	if d.Kind() == KindNone {
		return "unpartitioned"
	}
	return string(d.Kind())
}

func (identityRule) link(up, down Set) linker { return identityLink{up, down} }

type identityLink struct{ from, to Set } // up and down

func (l identityLink) up(down *node) (*node, []missing) { return sameKeys(l.to, l.from, down) }

func (l identityLink) down(up *node) *node {
	n, _ := sameKeys(l.from, l.to, up)
	return n
}

// sameKeys carries points of one set to the other, axis by axis.
func sameKeys(from, to Set, n *node) (*node, []missing) {
	var gone []missing
	shadows := make([]*node, len(to.space.axes))
	for i := range shadows {
		shadows[i] = n.shadow(i)
	}
	for i, a := range to.space.axes {
		b := from.space.axes[i]
		carry := func(axis int, n *node) *node {
			if by, ok := shiftBetween(b, a); ok {
				return n.shifted(axis, by)
			}
			return n.moved(axis, func(p int) (int, bool) {
				key, ok := b.key(p)
				if !ok {
					return 0, false
				}
				return a.position(key)
			})
		}
		n = carry(i, n)
		have := to.exist(i)
		lost := missing{a, combine(carry(0, shadows[i]), have, keep{first: true}), unknownKeys(b, a, shadows[i])}
		gone = addMissing(gone, lost)
	}
	return combine(n, to.All().node(), keep{both: true}), gone
}

// shiftBetween returns by how much positions on one axis differ from those of the same key on another.
func shiftBetween(from, to axis) (int, bool) {
	if sameAxis(from, to) {
		if _, listed := from.(*keyList); listed || from == to {
			return 0, true
		}
	}
	a, ok := from.(*line)
	b, both := to.(*line)
	if !ok || !both || a.cadence != b.cadence {
		return 0, false
	}
	return b.kept.rank(a.kept.origin), true
}

// unknownKeys are the keys of some positions on one axis that another can't have.
func unknownKeys(from, to axis, n *node) []string {
	if _, ok := shiftBetween(from, to); ok {
		return nil
	}
	var keys []string
	n.each(nil, func(at []int) bool {
		key, ok := from.key(at[0])
		if _, known := to.position(key); ok && !known {
			keys = append(keys, key)
		}
		return true
	})
	return keys
}

// All maps each key to every upstream key.
func All() Mapping {
	return Mapping{pickRule{"all", func(up Set) (*node, []string) { return up.All().node(), nil }}}
}

// Last maps each key to the last upstream key.
func Last() Mapping {
	return Mapping{pickRule{"last", func(up Set) (*node, []string) {
		if up.Count() == 0 {
			return &node{}, nil
		}
		at := make([]int, len(up.high))
		for i, high := range up.high {
			at[i] = high - 1
		}
		return points([][]int{at}, len(at)), nil
	}}}
}

// Specific maps each key to these upstream keys.
func Specific(keys ...string) Mapping {
	keys = slices.Clone(keys)
	return Mapping{pickRule{"specific " + strings.Join(keys, ", "), func(up Set) (*node, []string) {
		var list [][]int
		var unknown []string
		for _, key := range keys {
			at, err := up.space.positions(key)
			if err != nil || !up.Has(key) {
				unknown = append(unknown, key)
				continue
			}
			list = append(list, at)
		}
		return points(list, len(up.space.axes)), unknown
	}}}
}

// pickRule maps each key to the same upstream keys.
type pickRule struct {
	name string
	pick func(up Set) (have *node, missing []string)
}

func (r pickRule) String() string { return r.name }

func (pickRule) check(Definition, Definition) error { return nil }

func (r pickRule) link(up, down Set) linker {
	have, unknown := r.pick(up)
	return pickLink{up.space.axes[0], have, unknown, down.All().node()}
}

type pickLink struct {
	axis    axis
	picked  *node
	unknown []string
	all     *node
}

func (l pickLink) up(down *node) (*node, []missing) {
	if len(down.runs) == 0 {
		return &node{}, nil
	}
	return l.picked, addMissing(nil, missing{l.axis, &node{}, l.unknown})
}

func (l pickLink) down(up *node) *node {
	if len(combine(up, l.picked, keep{both: true}).runs) == 0 {
		return &node{}
	}
	return l.all
}

// Table maps keys of static definitions as a table says: for each upstream key, the downstream keys that need it.
func Table(downstream map[string][]string) Mapping {
	table := make(map[string][]string, len(downstream))
	for key, list := range downstream {
		table[key] = slices.Clone(list)
	}
	return Mapping{tableRule{table}}
}

type tableRule struct{ table map[string][]string }

func (r tableRule) String() string { return fmt.Sprintf("table of %d keys", len(r.table)) }

func (r tableRule) check(up, down Definition) error {
	if up.Kind() != KindStatic || down.Kind() != KindStatic {
		return fmt.Errorf("%s to %s, want static definitions: %w", named(up), named(down), ErrMapping)
	}
	for _, key := range slices.Sorted(maps.Keys(r.table)) {
		if _, ok := up.space.axes[0].position(key); !ok {
			return fmt.Errorf("upstream key %q: %w: %w", key, ErrKey, ErrMapping)
		}
		for _, to := range r.table[key] {
			if _, ok := down.space.axes[0].position(to); !ok {
				return fmt.Errorf("downstream key %q: %w: %w", to, ErrKey, ErrMapping)
			}
		}
	}
	return nil
}

func (r tableRule) link(up, down Set) linker {
	l := tableLink{above: map[int][][]int{}, below: map[int][][]int{}}
	for key, list := range r.table {
		a, _ := up.space.axes[0].position(key)
		for _, to := range list {
			b, _ := down.space.axes[0].position(to)
			l.above[b] = append(l.above[b], []int{a})
			l.below[a] = append(l.below[a], []int{b})
		}
	}
	return l
}

// tableLink holds the positions that a position needs, and those that need it.
type tableLink struct{ above, below map[int][][]int }

func (l tableLink) up(down *node) (*node, []missing) { return lookUp(l.above, down), nil }

func (l tableLink) down(up *node) *node { return lookUp(l.below, up) }

func lookUp(table map[int][][]int, n *node) *node {
	var list [][]int
	n.each(nil, func(at []int) bool {
		list = append(list, table[at[0]]...)
		return true
	})
	return points(list, 1)
}

// Func maps keys by functions of your own: the upstream keys that a key needs, and the downstream keys that need one.
// They are called for one key after the other.
func Func(up, down func(key string) []string) Mapping { return Mapping{funcRule{up, down}} }

type funcRule struct{ up, down func(key string) []string }

func (funcRule) String() string { return "function" }

func (funcRule) check(Definition, Definition) error { return nil }

func (r funcRule) link(up, down Set) linker { return funcLink{r, up, down} }

type funcLink struct {
	rule     funcRule
	from, to Set
}

func (l funcLink) up(down *node) (*node, []missing) {
	n, unknown := ask(l.rule.up, l.to, l.from, down)
	return n, addMissing(nil, missing{l.from.space.axes[0], &node{}, unknown})
}

func (l funcLink) down(up *node) *node {
	n, _ := ask(l.rule.down, l.from, l.to, up)
	return n
}

// ask returns the existing keys of a set that a function names, and the names that do not exist.
func ask(f func(string) []string, from, to Set, n *node) (*node, []string) {
	var list [][]int
	unknown := map[string]bool{}
	for key := range (Subset{from.space, n}).Keys() {
		for _, other := range f(key) {
			if at, err := to.space.positions(other); err == nil && to.Has(other) {
				list = append(list, at)
			} else {
				unknown[other] = true
			}
		}
	}
	return points(list, len(to.space.axes)), slices.Sorted(maps.Keys(unknown))
}
