package dagster

import (
	"context"
	"errors"
	"reflect"
	"slices"
)

// ByPartition is a body that makes all partitions of a run at once: their values by key, each of which is stored by
// itself. It must make every partition that the run is for, see [Partition], and no other.
func ByPartition[T any](b Body[map[string]T]) Body[T] {
	if b == nil || b.core() == nil {
		return newBody[T](nil)
	}
	inner := b.core()
	s := &funcBody[T]{of: *inner}
	s.of.typ, s.of.byPartition = reflect.TypeFor[T](), true
	if inner.call == nil {
		return s
	}
	s.of.call = func(ctx context.Context, leaves []any) (any, error) {
		v, err := inner.call(ctx, leaves)
		if err != nil {
			return nil, err
		}
		m, err := leafValue[map[string]T]([]any{v})
		if err != nil {
			return nil, err
		}
		out := make(valuesByPartition, len(m))
		for key, one := range m {
			out[key] = one
		}
		return out, nil
	}
	return s
}

// valuesByPartition are the values of several partitions.
type valuesByPartition map[string]any

// SingleRun says that the asset's body makes all partitions of a run in one call, and [Partition] tells it which.
// Without it the body is called for one partition after the other. What the body returns is one value, which the IO
// manager must be able to keep for all of them, see [Address]; an asset that stores its own rows has none, and
// [ByPartition] has one for each.
func SingleRun() AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optSingleRun, "single run")
		a.spec.singleRun = true
	})
}

// errOwn is the mistake of asking for the previous partition where there is none.
var errOwn = errors.New("previous: only a partitioned asset that is made by a function has a previous partition")

// owning is a body in whose inputs Previous is the asset itself.
func (a *asset) owning(from interface{ core() *body }) interface{ core() *body } {
	if from == nil || from.core() == nil {
		return from
	}
	if !from.core().readsOwn() {
		return from
	}
	b := *from.core()
	inputs := make([]*input, len(b.inputs))
	for i, in := range b.inputs {
		inputs[i] = in.owned(a)
		in.walk(func(leaf *input, _ leafUse) {
			if leaf.kind == readsOwn && leaf.codec.typ != a.typ {
				a.mistake("input %d: previous: it is a %s, and the asset a %s", i+1, leaf.codec.typ, typeName(a.typ))
			}
		})
	}
	b.inputs = inputs
	return &b
}

// readsOwn reports whether Previous is among the inputs.
func (b *body) readsOwn() bool { return slices.ContainsFunc(b.inputs, (*input).isOwn) }

func (in *input) isOwn() bool {
	return in.kind == readsOwn || slices.ContainsFunc(in.of, (*input).isOwn)
}

func (b *body) core() *body { return b }
