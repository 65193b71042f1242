package dagster

import (
	"fmt"
	"reflect"
)

// op is a reusable step without its types.
type op struct {
	definition
	typ   reflect.Type
	codec *codec
	empty bool // its value is Nothing
	spec  stepSpec

	// original is the op that this one is a use of, by As; nil for the op itself.
	original *op
}

func newOp[T any](name string, missing bool, opts []OpOption) *op {
	o := &op{definition: definition{kind: "op", name: name, at: here()}, typ: reflect.TypeFor[T](), codec: defaultCodec[T]()}
	o.empty = o.typ == reflect.TypeFor[Nothing]()
	o.check(checkIdentifier(name))
	if missing {
		o.mistake("nil function")
	}
	o.apply(opts)
	return o
}

func (o *op) apply(opts []OpOption) {
	for _, one := range opts {
		if one == nil {
			o.mistake("nil option")
			continue
		}
		one.applyOp(o)
	}
}

// as is the op under another name. Its options are laid over the op's own.
func (o *op) as(name string, opts []OpOption) *op {
	use := &op{definition: definition{kind: "op", name: name, at: here()}, typ: o.typ, codec: o.codec, empty: o.empty, original: o}
	if o.original != nil {
		use.original = o.original
	}
	use.check(checkIdentifier(name))
	use.apply(opts)
	use.spec = use.spec.merge(&o.spec)
	use.mistakes = append(use.mistakes, o.mistakes...)
	return use
}

// handle is the op by which people know what is made: of a use under the op's own name, which only adds options, the op.
func (o *op) handle() *op {
	if o.original != nil && o.original.name == o.name {
		return o.original
	}
	return o
}

// opValue is what the op's only step made in a run.
func opValue[T any](r *Result, o *op) (T, error) {
	v, err := r.opValue(o)
	if err == nil {
		var t T
		if t, err = leafValue[T]([]any{v}); err == nil {
			return t, nil
		}
	}
	var none T
	return none, fmt.Errorf("value of op %s: %w", quote(o.name), err)
}

// opValues are what the copies of the op's step made in a run, by mapping key.
func opValues[T any](r *Result, o *op) (map[string]T, error) {
	values, err := r.opValues(o)
	if err != nil {
		return nil, fmt.Errorf("values of op %s: %w", quote(o.name), err)
	}
	out := make(map[string]T, len(values))
	for key, v := range values {
		t, err := leafValue[T]([]any{v})
		if err != nil {
			return nil, fmt.Errorf("values of op %s: key %s: %w", quote(o.name), quote(key), err)
		}
		out[key] = t
	}
	return out, nil
}

// opGiven stands in for what the op makes, in one run.
func opGiven(o *op, v any) RunOption {
	return runOption(func(r *runOptions) {
		if r.givenOps == nil {
			r.givenOps = make(map[*op]any)
		}
		r.givenOps[o.handle()] = v
	})
}
