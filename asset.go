package dagster

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dagster-go/dagster/metadata"
)

// AnyAsset is an asset of any type.
type AnyAsset interface {
	Definition
	Dependency

	// Key is the asset's key: parts joined by "/".
	Key() string
}

// Asset is something worth keeping whose value is a T: a table, a file, a model. It is immutable, and safe for
// concurrent use. As an input it is its value, read by its IO manager.
type Asset[T any] struct {
	typed[T]
	core *asset
}

// asset is an asset without its type.
type asset struct {
	definition
	key    string // parts joined by "/"
	step   string // the key of the step that makes it: parts joined by "__"
	typ    reflect.Type
	body   *body // nil for a source
	codec  *codec
	source bool

	// empty is set if the value is Nothing: there is nothing to store or to load.
	empty bool

	spec assetSpec
}

// assetSpec is what options say of an asset; a repository merges its defaults into a copy.
type assetSpec struct {
	set         optionSet
	group       string
	kinds       []string
	owners      []string
	tags        map[string]string
	description string
	metadata    []metadata.Entry
	codeVersion string
	retry       RetryPolicy
	timeout     time.Duration
	after       []*input
	storedIn    *resource
}

// NewAsset declares an asset that body computes. The key is made of parts joined by "/", each of letters, digits, "_",
// "-" and "."; the step that makes it is named by the parts joined by "__".
func NewAsset[T any](key string, body Body[T], opts ...AssetOption) *Asset[T] {
	a := newAsset[T]("asset", key)
	switch {
	case body == nil:
		a.mistake("nil body")
	case body.core().call == nil:
		a.mistake("nil function")
	}
	if body != nil {
		a.body = body.core()
		a.checkInputs(a.body.inputs)
	}
	a.apply(opts)
	return &Asset[T]{core: a}
}

// NewSource declares an asset that is made elsewhere: it can be an input, and is never run. Any key that is not empty
// will do.
func NewSource[T any](key string, opts ...AssetOption) *Asset[T] {
	a := newAsset[T]("source", key)
	a.source = true
	a.apply(opts)
	return &Asset[T]{core: a}
}

func newAsset[T any](kind, key string) *asset {
	a := &asset{
		definition: definition{kind: kind, name: key, at: here()},
		key:        key,
		step:       strings.ReplaceAll(key, "/", "__"),
		typ:        reflect.TypeFor[T](),
		codec:      defaultCodec[T](),
	}
	a.empty = a.typ == reflect.TypeFor[Nothing]()
	if err := checkKey(key, kind == "source"); err != nil {
		a.mistake("%w", err)
	}
	return a
}

func (a *asset) apply(opts []AssetOption) {
	for _, o := range opts {
		if o == nil {
			a.mistake("nil option")
			continue
		}
		o.applyAsset(a)
	}
}

func (a *asset) checkInputs(inputs []*input) {
	for i, in := range inputs {
		in.walk(func(leaf *input, _ leafUse) {
			if leaf.kind == readsNil {
				a.mistake("input %d: %w", i+1, errNil)
			}
		})
	}
}

// upstream calls visit for each asset that the asset reads or waits for; reads tells which.
func (a *asset) upstream(visit func(up *asset, reads bool)) {
	if a.body != nil {
		for _, in := range a.body.inputs {
			in.walk(func(leaf *input, _ leafUse) {
				if leaf.kind == readsAsset {
					visit(leaf.asset, true)
				}
			})
		}
	}
	for _, in := range a.spec.after {
		in.walk(func(leaf *input, _ leafUse) {
			if leaf.kind == readsAsset {
				visit(leaf.asset, false)
			}
		})
	}
}

// Key is the asset's key: parts joined by "/".
func (a *Asset[T]) Key() string { return a.core.key }

func (a *Asset[T]) define(c *catalog) {
	if a == nil {
		c.add(nil)
		return
	}
	c.addAsset(a.core)
}

func (a *Asset[T]) dependency() *input {
	if a == nil {
		return nil
	}
	return &input{kind: readsAsset, asset: a.core}
}

func (a *Asset[T]) read(leaves []any) (T, error) { return leafValue[T](leaves) }

// merge returns the spec with defaults for what it does not say; tags and metadata are joined, the asset's own winning.
func (s assetSpec) merge(d assetSpec) assetSpec {
	take := func(o optionSet, use func()) {
		if d.set.has(o) && !s.set.has(o) {
			use()
			s.set |= o
		}
	}
	take(optGroup, func() { s.group = d.group })
	take(optKinds, func() { s.kinds = d.kinds })
	take(optOwners, func() { s.owners = d.owners })
	take(optDescription, func() { s.description = d.description })
	take(optCodeVersion, func() { s.codeVersion = d.codeVersion })
	take(optRetry, func() { s.retry = d.retry })
	take(optTimeout, func() { s.timeout = d.timeout })
	take(optStoredIn, func() { s.storedIn = d.storedIn })
	if len(d.tags) > 0 {
		tags := maps.Clone(d.tags)
		maps.Copy(tags, s.tags)
		s.tags = tags
	}
	if len(d.metadata) > 0 {
		s.metadata = mergeMetadata(slices.Clone(d.metadata), s.metadata)
	}
	if len(d.after) > 0 {
		s.after = slices.Concat(s.after, d.after)
	}
	return s
}
