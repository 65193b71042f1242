package dagster

import (
	"errors"
	"reflect"
)

// MultiAsset is one step that makes several assets: the fields of an S that [Part] picks. It is immutable, and safe for
// concurrent use.
type MultiAsset[S any] struct{ of *multi }

// multi is a multi-asset without its type.
type multi struct {
	definition
	body *body

	// carrier has the options, as an asset would; it is never one itself.
	carrier *asset
}

// part is what makes an asset a part of a multi-asset.
type part struct {
	of    *multi
	skips bool

	// pick takes the part's value from that of the multi-asset; ok is false if it was left out.
	pick func(v any) (value any, ok bool, err error)
}

// NewMultiAsset declares a step whose value is cut into assets by [Part]. Partitions, retries and what else concerns the
// step are options here; what concerns one asset is an option of its part. A repository lists the parts.
func NewMultiAsset[S any](name string, body Body[S], opts ...AssetOption) *MultiAsset[S] {
	m := &multi{definition: definition{kind: "multi-asset", name: name, at: here()}}
	m.check(checkIdentifier(name))
	m.setBody(&m.body, body)
	if m.body != nil && m.body.skips {
		m.mistake("a multi-asset cannot be skipped as a whole: make its parts skippable")
	}
	if m.body != nil && m.body.byPartition {
		m.mistake("by partition: a multi-asset makes one partition after the other")
	}
	m.carrier = &asset{definition: m.definition, typ: reflect.TypeFor[S](), codec: defaultCodec[S]()}
	m.carrier.apply(opts)
	m.mistakes, m.carrier.mistakes = m.carrier.mistakes, nil
	if m.carrier.spec.set.has(optStoredAs) || m.carrier.spec.set.has(optStoredIn) {
		m.mistake("how a value is stored is an option of its part")
	}
	return &MultiAsset[S]{of: m}
}

// Part is an asset that a multi-asset makes: the field that the pointer returned by pick points to. A part that the
// repository does not list is not stored.
func Part[S, T any](m *MultiAsset[S], key string, pick func(*S) *T, opts ...AssetOption) *Asset[T] {
	if pick == nil {
		return newPart[S, T](m, key, nil, opts)
	}
	return newPart[S, T](m, key, &part{pick: func(v any) (any, bool, error) {
		s, err := leafValue[S]([]any{v})
		if err != nil {
			return nil, false, err
		}
		p := pick(&s)
		if p == nil {
			return nil, false, errors.New("the field's selector returned nil")
		}
		return *p, true, nil
	}}, opts)
}

// SkippablePart is a part that a run may leave out: what needs it is skipped then.
func SkippablePart[S, T any](m *MultiAsset[S], key string, pick func(*S) *Maybe[T], opts ...AssetOption) *Asset[T] {
	if pick == nil {
		return newPart[S, T](m, key, nil, opts)
	}
	return newPart[S, T](m, key, &part{skips: true, pick: func(v any) (any, bool, error) {
		s, err := leafValue[S]([]any{v})
		if err != nil {
			return nil, false, err
		}
		p := pick(&s)
		if p == nil || !p.OK {
			return nil, false, nil
		}
		return p.Value, true, nil
	}}, opts)
}

func newPart[S, T any](m *MultiAsset[S], key string, p *part, opts []AssetOption) *Asset[T] {
	a := newAsset[T]("asset", key)
	a.at = outerSite()
	a.apply(opts)
	if m != nil && a.prefix == "" {
		a.prefix = m.of.carrier.prefix
	}
	a.setKey()
	switch {
	case m == nil:
		a.mistake("multi-asset: %w", errNil)
		a.source = true
	case p == nil:
		a.mistake("nil selector")
		a.source = true
	default:
		p.of = m.of
		a.part = p
	}
	const steps = optRetry | optTimeout | optPool | optSubsettable | optPartitioned | optSingleRun
	if a.spec.set&steps != 0 || len(a.spec.hooks) > 0 || len(a.spec.after) > 0 || len(a.spec.finally) > 0 {
		a.mistake("partitions, retries, timeouts, pools, hooks and what is waited for belong to its multi-asset %s", quote(a.stepName()))
	}
	return &Asset[T]{core: a}
}

// Subsettable lets a run ask a multi-asset for some of its parts: the body learns which by [Wanted]. Without it the parts
// are always made together.
func Subsettable() AssetOption {
	return assetOption(func(a *asset) { a.spec.set.once(&a.definition, optSubsettable, "subsettable") })
}

// subsettable reports whether some of the parts can be made without the others.
func (m *multi) subsettable() bool { return m.carrier.spec.set.has(optSubsettable) }
