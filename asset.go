package dagster

import (
	"reflect"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/freshness"
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
	prefix string // that options put before the key; in the key, when the asset has been declared
	key    string // parts joined by "/"
	step   string // the key of the step that makes it: parts joined by "__"
	typ    reflect.Type
	body   *body // nil for a source and for a part
	part   *part // of a multi-asset; nil for others
	codec  *codec
	source bool

	observe     *body // how the version of a source is found out; nil if nobody does
	observeEach bool  // of each of its partitions

	views []*asset // that a source is a view of; none for others

	self input // the asset as an input

	// empty is set if the value is Nothing: there is nothing to store or to load.
	empty bool

	spec assetSpec
}

// assetSpec is what options say of an asset; a repository merges its defaults into a copy.
type assetSpec struct {
	stepSpec
	group      string
	kinds      []string
	owners     []string
	partitions *partitions // nil if it is not divided
	singleRun  bool
	freshness  *freshness.Policy // nil if nobody said how fresh it should be
	checks     []ownCheck        // that its body reports
}

// NewAsset declares an asset that body computes. The key is made of parts joined by "/", each of letters, digits, "_",
// "-" and "."; the step that makes it is named by the parts joined by "__".
func NewAsset[T any](key string, body Body[T], opts ...AssetOption) *Asset[T] {
	a := newAsset[T]("asset", key)
	a.setBody(&a.body, a.owning(body))
	a.apply(opts)
	a.setKey()
	return &Asset[T]{core: a}
}

// NewSource declares an asset that is made elsewhere: it can be an input, and is never run. Any key that is not empty
// will do.
func NewSource[T any](key string, opts ...AssetOption) *Asset[T] {
	a := newAsset[T]("source", key)
	a.source = true
	a.apply(opts)
	a.setKey()
	a.checkView()
	return &Asset[T]{core: a}
}

func newAsset[T any](kind, key string) *asset {
	a := &asset{
		definition: definition{kind: kind, name: key, at: here()},
		key:        key,
		typ:        reflect.TypeFor[T](),
		codec:      defaultCodec[T](),
	}
	a.empty = a.typ == reflect.TypeFor[Nothing]()
	a.self = input{kind: readsAsset, asset: a}
	return a
}

// setKey gives the asset its key, with its prefix. Nothing may have asked for it before.
func (a *asset) setKey() {
	if a.prefix != "" {
		a.key = a.prefix + "/" + a.key
	}
	a.name = a.key
	a.step = strings.ReplaceAll(a.key, "/", "__")
	if err := checkKey(a.key, a.kind == "source"); err != nil {
		a.mistakes = slices.Insert(a.mistakes, 0, err)
	}
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

// setBody takes over what computes a definition's value, and says what is wrong with it.
func (d *definition) setBody(to **body, from interface{ core() *body }) {
	if from == nil || from.core() == nil {
		d.mistake("nil body")
		return
	}
	b := from.core()
	*to = b
	switch {
	case b.graph != nil && b.byPartition:
		d.mistake("by partition: it takes a function, and no graph")
	case b.graph != nil:
		d.check(b.graph.single())
	case b.call == nil:
		d.mistake("nil function")
	}
	for i, in := range b.inputs {
		if first := slices.IndexFunc(b.inputs[:i], in.isSameAsset); first >= 0 {
			d.mistake("input %d: asset %s: it is input %d already", i+1, quote(in.asset.key), first+1)
		}
		in.walk(func(leaf *input, _ leafUse) {
			switch leaf.kind {
			case readsNil:
				d.mistake("input %d: %w", i+1, errNil)
			case readsOwn:
				d.mistake("input %d: %w", i+1, errOwn)
			case readsOutput, readsElement, collects:
				d.mistake("input %d: an output of a graph: it belongs to that graph", i+1)
			case readsAsset, readsResource, readsConfig, readsConst, joins, may, derives, branches:
			}
		})
	}
}

// maker is what computes the asset, nil for a source.
func (a *asset) maker() *body {
	if a.part != nil {
		return a.part.of.body
	}
	return a.body
}

// stepName is the key of the step that makes the asset, or what the keys of its steps begin with.
func (a *asset) stepName() string {
	if a.part != nil {
		return a.part.of.name
	}
	return a.step
}

// leaves calls visit for each leaf that the asset's body reads, also within its graph.
func (a *asset) leaves(visit func(leaf *input, use leafUse)) {
	if b := a.maker(); b != nil {
		b.leaves(visit)
	}
}

// upstream calls visit for each asset that the asset reads or waits for.
func (a *asset) upstream(visit func(up *asset)) {
	each := func(leaf *input, _ leafUse) {
		if leaf.kind == readsAsset {
			visit(leaf.asset)
		}
	}
	a.leaves(each)
	if a.part != nil {
		walkAll(a.part.of.carrier.spec.after, each)
		walkAll(a.part.of.carrier.spec.finally, each)
	}
	walkAll(a.spec.after, each)
	walkAll(a.spec.finally, each)
	for _, of := range a.views {
		visit(of)
	}
}

func walkAll(inputs []*input, visit func(leaf *input, use leafUse)) {
	for _, in := range inputs {
		in.walk(visit)
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
	return &a.core.self
}

func (a *Asset[T]) read(leaves []any) (T, error) { return leafValue[T](leaves) }

// over is the spec laid over defaults, the spec itself if there are none.
func (s *assetSpec) over(d *assetSpec) *assetSpec {
	if d == nil {
		return s
	}
	merged := s.merge(d)
	return &merged
}

// merge returns the spec with defaults for what it does not say; tags and metadata are joined, the asset's own winning.
func (s *assetSpec) merge(d *assetSpec) assetSpec {
	out := *s
	take := func(o optionSet, use func()) {
		if d.set.has(o) && !out.set.has(o) {
			use()
			out.set |= o
		}
	}
	take(optGroup, func() { out.group = d.group })
	take(optKinds, func() { out.kinds = d.kinds })
	take(optOwners, func() { out.owners = d.owners })
	take(optPartitioned, func() { out.partitions = d.partitions })
	take(optFresh, func() { out.freshness = d.freshness })
	take(optSingleRun, func() { out.singleRun = d.singleRun })
	out.stepSpec = out.stepSpec.merge(&d.stepSpec)
	return out
}
