package dagster

import (
	"errors"
	"fmt"
	"reflect"
)

// inputKind says what a leaf of an input is, or what an inner node makes of its leaves.
type inputKind uint8

const (
	readsAsset inputKind = iota
	readsResource
	readsConfig
	readsConst
	joins        // FanIn: of are its parts
	may          // Optional: of[0]
	derives      // Field: of[0]
	branches     // When: of[0]
	readsOutput  // what a placed op makes
	readsElement // one value of what is mapped over
	collects     // what every copy of a placed op makes
	readsOwn     // Previous: what the asset itself made before
	readsNil     // a nil input: a mistake
)

// input is what a body reads, without its type: a tree whose leaves are values. The typed side of each node, its read
// method, takes the values of its leaves in the order in which walk visits them.
type input struct {
	kind inputKind
	of   []*input

	asset    *asset
	resource *resource
	config   *config
	value    any // of a constant

	parts *partitionRead // of an asset: which partitions; nil for the default
	own   bool           // the asset reads what it made itself

	loadedBy *resource // nil for the manager that stored the asset
	codec    *codec    // with loadedBy: how its type is decoded

	node   *node    // of readsOutput and collects
	over   *mapping // of readsElement
	scope  *Scope   // where an output may be used: there, and inside
	branch *branch  // of branches
}

// walk visits the leaves in order. optional and joined say whether a leaf may be absent, and by which node above it.
func (in *input) walk(visit func(leaf *input, use leafUse)) { in.descend(leafUse{}, visit) }

// leafUse is how a leaf is used by the nodes above it.
type leafUse struct {
	optional bool   // under Optional: absent if never stored or not made
	join     *input // the FanIn that it is a part of, nil for none
	when     *input // the When above it, nil for none
}

func (in *input) descend(use leafUse, visit func(*input, leafUse)) {
	switch in.kind {
	case may:
		use.optional = true
	case joins:
		use.join = in
	case branches:
		use.when = in
	case readsAsset, readsResource, readsConfig, readsConst, derives, readsOutput, readsElement, collects, readsOwn, readsNil:
	}
	if len(in.of) == 0 && in.kind != joins {
		visit(in, use)
		return
	}
	for _, part := range in.of {
		part.descend(use, visit)
	}
}

// isSameAsset reports whether both inputs are one asset as it is: the second is there by mistake.
func (in *input) isSameAsset(other *input) bool {
	return in.kind == readsAsset && other.kind == readsAsset && in.asset == other.asset && in.loadedBy == other.loadedBy &&
		in.parts == other.parts
}

// width is the number of leaves.
func (in *input) width() int {
	if len(in.of) == 0 && in.kind != joins {
		return 1
	}
	n := 0
	for _, part := range in.of {
		n += part.width()
	}
	return n
}

// absent is the value of a leaf that has none.
type absent struct{}

// errAbsent reports that a value is absent to the node that knows what to make of it.
var errAbsent = errors.New("absent")

// leafValue is the one leaf of a plain input, as its type.
func leafValue[T any](leaves []any) (T, error) {
	v, ok := leaves[0].(T)
	if ok {
		return v, nil
	}
	t := reflect.TypeFor[T]()
	switch leaves[0].(type) {
	case absent:
		return v, errAbsent
	case nil:
		if t.Kind() == reflect.Interface {
			return v, nil
		}
	}
	return v, fmt.Errorf("%T where %s belongs", leaves[0], t)
}

// inputOf is the untyped side of an input, also of one that is nil.
func inputOf(d Dependency) *input {
	if d == nil {
		return &input{kind: readsNil}
	}
	if in := d.dependency(); in != nil {
		return in
	}
	return &input{kind: readsNil}
}

// typed is embedded by the handles whose value is a T, for the compiler to tell their types apart.
type typed[T any] struct{}

func (typed[T]) input(T) {}

// fanIn is the input made by FanIn.
type fanIn[I Input[T], T any] struct {
	typed[[]T]
	node  input
	parts []I
}

// FanIn joins inputs of one type into a slice, in the order given; a slice of handles fits with "...". Parts that were
// skipped are left out; what needs the slice is skipped only if all of them were. Joining nothing is an empty slice. Handles
// of different types with values of one, an asset and what an op makes, are joined as FanIn[Input[T]](a, b).
func FanIn[I Input[T], T any](in ...I) Input[[]T] {
	f := &fanIn[I, T]{parts: in}
	f.node = input{kind: joins, of: make([]*input, len(in))}
	for i, part := range in {
		f.node.of[i] = inputOf(part)
	}
	return f
}

func (f *fanIn[I, T]) dependency() *input { return &f.node }

func (f *fanIn[I, T]) read(leaves []any) ([]T, error) {
	out := make([]T, 0, len(f.parts))
	for i, part := range f.parts {
		width := f.node.of[i].width()
		mine := leaves[:width]
		leaves = leaves[width:]
		v, err := part.read(mine)
		switch {
		case errors.Is(err, errAbsent):
			continue
		case err != nil:
			return nil, fmt.Errorf("part %d: %w", i, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// field is the input made by Field.
type field[S, T any] struct {
	typed[T]
	node *input
	in   Input[S]
	pick func(*S) *T
}

// Field is one field of a struct value: the pointer that pick returns must point into its argument.
func Field[S, T any](in Input[S], pick func(*S) *T) Input[T] {
	node := &input{kind: derives, of: []*input{inputOf(in)}}
	if pick == nil {
		node = &input{kind: readsNil}
	}
	return &field[S, T]{node: node, in: in, pick: pick}
}

func (f *field[S, T]) dependency() *input { return f.node }

func (f *field[S, T]) read(leaves []any) (v T, err error) {
	s, err := f.in.read(leaves)
	if err != nil {
		return v, err
	}
	p := f.pick(&s)
	if p == nil {
		return v, errors.New("the field's selector returned nil")
	}
	return *p, nil
}

// optional is the input made by Optional.
type optional[T any] struct {
	typed[Maybe[T]]
	node *input
	in   Input[T]
}

// Optional is absent, instead of an error, when nothing was ever stored for the input. If the input's own step failed in
// this run, what needs it does not run all the same.
func Optional[T any](in Input[T]) Input[Maybe[T]] {
	return &optional[T]{node: &input{kind: may, of: []*input{inputOf(in)}}, in: in}
}

func (o *optional[T]) dependency() *input { return o.node }

func (o *optional[T]) read(leaves []any) (Maybe[T], error) {
	v, err := o.in.read(leaves)
	switch {
	case errors.Is(err, errAbsent):
		return Maybe[T]{}, nil
	case err != nil:
		return Maybe[T]{}, err
	}
	return Some(v), nil
}

// constant is the input made by Const.
type constant[T any] struct {
	typed[T]
	node *input
}

// Const is a value that is known now. It is shared by all runs: what reads it must not change it.
func Const[T any](v T) Input[T] { return &constant[T]{node: &input{kind: readsConst, value: v}} }

func (c *constant[T]) dependency() *input { return c.node }

func (c *constant[T]) read(leaves []any) (T, error) { return leafValue[T](leaves) }

// loaded is the input made by LoadedBy.
type loaded[T any] struct {
	typed[T]
	node *input
}

// LoadedBy reads an asset, or what an op makes, as a T by another IO manager than the one that stored it: a file that is
// too large to hold as an [io.Reader], a table as a data frame. The manager gets the value's address, with T's codec. The
// value of an op must be kept by a manager for that: see [StoredIn] and [Durable].
func LoadedBy[T any](in Dependency, io *Resource[IOManager]) Input[T] {
	node := &input{kind: readsNil}
	if of := inputOf(in); io != nil && (of.kind == readsAsset || of.kind == readsOutput) {
		other := *of
		other.loadedBy, other.codec = io.core, defaultCodec[T]()
		node = &other
	}
	return &loaded[T]{node: node}
}

func (l *loaded[T]) dependency() *input { return l.node }

func (l *loaded[T]) read(leaves []any) (T, error) { return leafValue[T](leaves) }
