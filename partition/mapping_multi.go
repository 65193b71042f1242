package partition

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Dimensional maps between a definition of several dimensions and one that matches a dimension of it; the other
// dimensions may be anything. The dimension is the one with that name. If the name is empty it is the only one that
// equals the other definition, or else the only one of time if the other is time as well. Equal definitions are
// mapped by [Identity], others by [Overlap].
func Dimensional(dimension string) Mapping { return Mapping{dimensionalRule{dimension}} }

type dimensionalRule struct{ name string }

func (r dimensionalRule) String() string {
	if r.name == "" {
		return "dimension"
	}
	return fmt.Sprintf("dimension %q", r.name)
}

func (r dimensionalRule) check(up, down Definition) error {
	_, _, err := r.resolve(up, down)
	return err
}

// Matching returns what [Dimensional] with that name maps for two definitions: which dimension, and how its keys are
// mapped. The error wraps [ErrMapping].
func Matching(name string, up, down Definition) (string, Mapping, error) {
	i, inner, err := dimensionalRule{name}.resolve(up, down)
	if err != nil {
		return "", Mapping{}, err
	}
	multi, _ := sides(up, down)
	return multi.dims[i].Name, inner, nil
}

// sides tells the definition with several dimensions from the other.
func sides(up, down Definition) (multi, single Definition) {
	if up.Kind() == KindMulti {
		return up, down
	}
	return down, up
}

func (r dimensionalRule) resolve(up, down Definition) (int, Mapping, error) {
	multi, single := sides(up, down)
	if multi.Kind() != KindMulti || single.Kind() == KindMulti || single.Kind() == KindNone {
		return 0, Mapping{}, fmt.Errorf("%s to %s, want several dimensions and one: %w", named(up), named(down), ErrMapping)
	}
	var equal, times []int
	for i, dim := range multi.dims {
		if r.name != "" && dim.Name != r.name {
			continue
		}
		if dim.Definition.Equal(single) {
			equal = append(equal, i)
		}
		if dim.Definition.Kind() == KindWindows && single.Kind() == KindWindows {
			times = append(times, i)
		}
	}
	switch {
	case len(equal) == 1:
		return equal[0], Identity(), nil
	case len(equal) > 1:
		return 0, Mapping{}, fmt.Errorf("%d dimensions match, name one: %w", len(equal), ErrMapping)
	case len(times) == 1:
		return times[0], Overlap(0, 0), nil
	}
	return 0, Mapping{}, fmt.Errorf("no dimension matches: %w", ErrMapping)
}

func (r dimensionalRule) link(up, down Set) linker {
	i, inner, err := r.resolve(up.Definition(), down.Definition())
	if err != nil {
		panic(err) // it was checked
	}
	if up.Definition().Kind() == KindMulti {
		return dimensionLink{inner.get().link(up.dimension(i), down), up, i, true}
	}
	return dimensionLink{inner.get().link(up, down.dimension(i)), down, i, false}
}

// dimensionLink maps one dimension of a product.
type dimensionLink struct {
	inner linker
	multi Set
	axis  int
	above bool // the product is upstream
}

func (l dimensionLink) up(down *node) (*node, []missing) {
	if !l.above {
		return l.inner.up(down.shadow(l.axis))
	}
	n, gone := l.inner.up(down)
	return l.multi.product(map[int]*node{l.axis: n}), gone
}

func (l dimensionLink) down(up *node) *node {
	if l.above {
		return l.inner.down(up.shadow(l.axis))
	}
	return l.multi.product(map[int]*node{l.axis: l.inner.down(up)})
}

// product returns the box with some sides given, and all that exists on the others.
func (s Set) product(given map[int]*node) *node {
	sides := make([]*node, len(s.low))
	for i := range sides {
		if sides[i] = given[i]; sides[i] == nil {
			sides[i] = s.exist(i)
		}
		if len(sides[i].runs) == 0 {
			return &node{}
		}
	}
	return box(sides)
}

// DimensionMapping says how a dimension of an upstream definition is mapped: by which dimension downstream, and how.
type DimensionMapping struct {
	Dimension string
	Mapping   Mapping
}

// ByDimension maps definitions of several dimensions, one by one: the keys are those of the upstream dimensions. All
// keys are needed of a dimension that is not among them.
func ByDimension(upstream map[string]DimensionMapping) Mapping {
	return Mapping{byDimensionRule{maps.Clone(upstream)}}
}

type byDimensionRule struct{ dims map[string]DimensionMapping }

func (r byDimensionRule) String() string {
	parts := make([]string, 0, len(r.dims))
	for _, name := range slices.Sorted(maps.Keys(r.dims)) {
		parts = append(parts, fmt.Sprintf("%s: %s of %s", name, r.dims[name].Mapping, r.dims[name].Dimension))
	}
	return "dimensions (" + strings.Join(parts, ", ") + ")"
}

func (r byDimensionRule) check(up, down Definition) error {
	if up.Kind() != KindMulti || down.Kind() != KindMulti {
		return fmt.Errorf("%s to %s, want several dimensions: %w", named(up), named(down), ErrMapping)
	}
	var mistakes []error
	for _, name := range slices.Sorted(maps.Keys(r.dims)) {
		m := r.dims[name]
		i, err := up.axis(name)
		j, other := down.axis(m.Dimension)
		if err := errors.Join(err, other); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%w: %w", err, ErrMapping))
			continue
		}
		if err := m.Mapping.Check(up.dims[i].Definition, down.dims[j].Definition); err != nil {
			mistakes = append(mistakes, fmt.Errorf("dimension %q: %w", name, err))
		}
	}
	return errors.Join(mistakes...)
}

func (r byDimensionRule) link(up, down Set) linker {
	l := byDimensionLink{upSet: up, downSet: down}
	used := map[int]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.dims)) {
		m := r.dims[name]
		i, _ := up.Definition().axis(name)
		j, _ := down.Definition().axis(m.Dimension)
		l.parts = append(l.parts, dimensionPart{i, j, m.Mapping.get().link(up.dimension(i), down.dimension(j))})
		l.single = l.single || used[j]
		used[j] = true
	}
	return l
}

type byDimensionLink struct {
	upSet, downSet Set
	parts          []dimensionPart
	single         bool // a downstream dimension decides on several, so its keys are mapped one by one
}

type dimensionPart struct {
	up, down int // axes
	link     linker
}

func (l byDimensionLink) up(down *node) (*node, []missing) {
	var all []*node
	var gone []missing
	add := func(sides []*node) bool {
		given := map[int]*node{}
		for _, p := range l.parts {
			n, lost := p.link.up(sides[p.down])
			given[p.up] = n
			gone = addMissing(gone, lost...)
		}
		all = append(all, l.upSet.product(given))
		return true
	}
	if !l.single {
		down.boxes(nil, add)
		return union(all), gone
	}
	down.each(nil, func(at []int) bool {
		sides := make([]*node, len(at))
		for i, p := range at {
			sides[i] = &node{runs: []run{{p, p + 1}}}
		}
		return add(sides)
	})
	return union(all), gone
}

func (l byDimensionLink) down(up *node) *node {
	var all []*node
	free := map[int]bool{} // upstream axes of which any key will do
	for i := range l.upSet.low {
		free[i] = true
	}
	for _, p := range l.parts {
		free[p.up] = false
	}
	up.boxes(nil, func(sides []*node) bool {
		for i, side := range sides {
			if free[i] && len(combine(side, l.upSet.exist(i), keep{both: true}).runs) == 0 {
				return true
			}
		}
		given := map[int]*node{}
		for _, p := range l.parts {
			n := p.link.down(sides[p.up])
			if before := given[p.down]; before != nil {
				n = combine(before, n, keep{both: true})
			}
			given[p.down] = n
		}
		all = append(all, l.downSet.product(given))
		return true
	})
	return union(all)
}
