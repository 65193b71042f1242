package dagster

import (
	"context"
	"fmt"
	"reflect"
)

//go:generate go run ./internal/gen arity.go

// body is what computes a value, without its type.
type body struct {
	inputs []*input
	typ    reflect.Type
	call   func(ctx context.Context, leaves []any) (any, error) // nil if the user's function is
	width  int                                                  // leaves of all inputs

	// skips is set by Skippable: call may return an absent value.
	skips bool

	// byPartition is set by ByPartition: call returns valuesByPartition.
	byPartition bool

	// graph computes the value by steps of its own; call and inputs are not set then.
	graph *graph
}

// leaves calls visit for each leaf that the body reads from outside, also within its graph.
func (b *body) leaves(visit func(leaf *input, use leafUse)) {
	if b.graph != nil {
		b.graph.leaves(visit)
		return
	}
	walkAll(b.inputs, visit)
}

// funcBody is a function with its inputs.
type funcBody[T any] struct{ of body }

func (b *funcBody[T]) body(T)      {}
func (b *funcBody[T]) core() *body { return &b.of }

func newBody[T any](call func(context.Context, []any) (any, error), deps ...Dependency) Body[T] {
	b := &funcBody[T]{of: body{typ: reflect.TypeFor[T](), call: call}}
	if len(deps) > 0 {
		b.of.inputs = make([]*input, len(deps))
	}
	for i, d := range deps {
		b.of.inputs[i] = inputOf(d)
		b.of.width += b.of.inputs[i].width()
	}
	return b
}

// offsets are where each input's leaves begin, and where the last one's end.
func offsets(deps ...Dependency) []int {
	at := make([]int, len(deps)+1)
	for i, d := range deps {
		at[i+1] = at[i] + inputOf(d).width()
	}
	return at
}

// boxed hands on what a function returned, as the core holds it.
func boxed[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func badInput(n int, err error) error { return fmt.Errorf("input %d: %w", n, err) }

// Skippable is a body that may make nothing: if the value is absent the asset is not materialized, and what needs it is
// skipped.
func Skippable[T any](b Body[Maybe[T]]) Body[T] {
	if b == nil {
		return newBody[T](nil)
	}
	inner := b.core()
	if inner == nil {
		return newBody[T](nil)
	}
	s := &funcBody[T]{of: *inner}
	s.of.typ, s.of.skips = reflect.TypeFor[T](), true
	if inner.call == nil { // nil, or a graph, whose last step is asked instead
		return s
	}
	s.of.call = func(ctx context.Context, leaves []any) (any, error) {
		v, err := inner.call(ctx, leaves)
		if err != nil {
			return nil, err
		}
		if m, _ := v.(Maybe[T]); m.OK {
			return m.Value, nil
		}
		return absent{}, nil
	}
	return s
}
