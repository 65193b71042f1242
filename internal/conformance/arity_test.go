package conformance_test

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster"
)

// list is what a fan-in takes, or what collects a map.
type list = []any

// place places an op by the constructor that has the types of its inputs, and of what it makes.
func place[T any](l *level, n *node, w wiring) dagster.Output[T] {
	switch [2]int{len(w.one), len(w.all)} {
	case [2]int{0, 0}:
		return place0[T](l, n, w)
	case [2]int{1, 0}:
		return place1[any, T](l, n, w)
	case [2]int{2, 0}:
		return place2[any, any, T](l, n, w)
	case [2]int{3, 0}:
		return place3[any, any, any, T](l, n, w)
	case [2]int{4, 0}:
		return place4[any, any, any, any, T](l, n, w)
	case [2]int{0, 1}:
		return place1[list, T](l, n, w)
	case [2]int{1, 1}:
		return place2[any, list, T](l, n, w)
	case [2]int{2, 1}:
		return place3[any, any, list, T](l, n, w)
	case [2]int{3, 1}:
		return place4[any, any, any, list, T](l, n, w)
	case [2]int{0, 2}:
		return place2[list, list, T](l, n, w)
	case [2]int{1, 2}:
		return place3[any, list, list, T](l, n, w)
	case [2]int{2, 2}:
		return place4[any, any, list, list, T](l, n, w)
	case [2]int{0, 3}:
		return place3[list, list, list, T](l, n, w)
	}
	l.b.unable(tooWide)
	return place0[T](l, n, w)
}

// at is input number i of an op: values come first, then lists.
func at[A any](w wiring, i int) dagster.Input[A] {
	var in any
	if i < len(w.one) {
		in = w.one[i]
	} else {
		in = w.all[i-len(w.one)]
	}
	typed, ok := in.(dagster.Input[A])
	if !ok {
		return nil // the definition's own mistake
	}
	return typed
}

// a makes what a body returned the value of its op.
func a[T any](v any, err error) (T, error) {
	t, _ := v.(T) // an op of Nothing makes none
	return t, err
}

// usable is an op of any arity.
type usable[O any, T any] interface {
	As(name string, opts ...dagster.OpOption) O
	Given(v T) dagster.RunOption
}

// use is a use of an op under the name of a node. An op without options of its own is declared once.
func use[O usable[O, T], T any](l *level, n *node, w wiring, declare func(name string, opts ...dagster.OpOption) O) O {
	var op O
	switch {
	case n.Op != "":
		op = cached(l.b, fmt.Sprintf("op %s %T", n.Op, op), func() O { return declare(n.Op) }).As(n.Name, w.opts...)
	case len(w.opts) > 0:
		op = declare(n.Name, w.opts...)
	default:
		op = cached(l.b, fmt.Sprintf("op %s %T", n.Name, op), func() O { return declare(n.Name) })
	}
	l.b.given[l.path+n.Name] = func(v any) dagster.RunOption {
		t, _ := v.(T)
		return op.Given(t)
	}
	return op
}

func place0[T any](l *level, n *node, w wiring) dagster.Output[T] {
	return use[*dagster.Op0[T], T](l, n, w, func(name string, opts ...dagster.OpOption) *dagster.Op0[T] {
		return dagster.NewOp(name, func(ctx context.Context) (T, error) { return a[T](l.b.act(ctx)) }, opts...)
	}).In(l.s)
}

func place1[A, T any](l *level, n *node, w wiring) dagster.Output[T] {
	return use[*dagster.Op1[A, T], T](l, n, w, func(name string, opts ...dagster.OpOption) *dagster.Op1[A, T] {
		return dagster.NewOp1(name, func(ctx context.Context, x A) (T, error) { return a[T](l.b.act(ctx, x)) }, opts...)
	}).In(l.s, at[A](w, 0))
}

func place2[A, B, T any](l *level, n *node, w wiring) dagster.Output[T] {
	return use[*dagster.Op2[A, B, T], T](l, n, w, func(name string, opts ...dagster.OpOption) *dagster.Op2[A, B, T] {
		return dagster.NewOp2(name, func(ctx context.Context, x A, y B) (T, error) { return a[T](l.b.act(ctx, x, y)) }, opts...)
	}).In(l.s, at[A](w, 0), at[B](w, 1))
}

func place3[A, B, C, T any](l *level, n *node, w wiring) dagster.Output[T] {
	return use[*dagster.Op3[A, B, C, T], T](l, n, w, func(name string, opts ...dagster.OpOption) *dagster.Op3[A, B, C, T] {
		return dagster.NewOp3(name, func(ctx context.Context, x A, y B, z C) (T, error) { return a[T](l.b.act(ctx, x, y, z)) }, opts...)
	}).In(l.s, at[A](w, 0), at[B](w, 1), at[C](w, 2))
}

func place4[A, B, C, D, T any](l *level, n *node, w wiring) dagster.Output[T] {
	return use[*dagster.Op4[A, B, C, D, T], T](l, n, w, func(name string, opts ...dagster.OpOption) *dagster.Op4[A, B, C, D, T] {
		return dagster.NewOp4(name, func(ctx context.Context, x A, y B, z C, u D) (T, error) { return a[T](l.b.act(ctx, x, y, z, u)) }, opts...)
	}).In(l.s, at[A](w, 0), at[B](w, 1), at[C](w, 2), at[D](w, 3))
}
