package dagster

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/dagster-go/dagster/metadata"
)

// One interface per target, so that an option in the wrong place does not compile. Only this package makes options.
type (
	// AssetOption holds for an asset.
	AssetOption interface{ applyAsset(a *asset) }

	// ResourceOption holds for a resource.
	ResourceOption interface{ applyResource(r *resource) }

	// RunOption holds for one run.
	RunOption interface{ applyRun(o *runOptions) }

	// StepOption holds for anything that becomes a step.
	StepOption interface{ AssetOption }

	// StoreOption holds for anything whose value is kept.
	StoreOption interface{ AssetOption }

	// AnyOption holds for every definition.
	AnyOption interface {
		AssetOption
		ResourceOption
	}
)

// AssetOptions bundles options under one name.
type AssetOptions []AssetOption

func (o AssetOptions) applyAsset(a *asset) { a.apply(o) }

// optionSet is which options were given.
type optionSet uint16

const (
	optGroup optionSet = 1 << iota
	optKinds
	optOwners
	optDescription
	optCodeVersion
	optRetry
	optTimeout
	optStoredIn
	optStoredAs
	optShared
)

func (s optionSet) has(o optionSet) bool { return s&o != 0 }

// once marks an option that has one value; giving it twice is a mistake.
func (s *optionSet) once(d *definition, o optionSet, name string) {
	if s.has(o) {
		d.mistake("%s: given twice", name)
	}
	*s |= o
}

// assetOption is an option for assets alone.
type assetOption func(a *asset)

func (o assetOption) applyAsset(a *asset) { o(a) }

// Group puts an asset into a group; without it the group is "default".
func Group(name string) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optGroup, "group")
		a.spec.group = name
		a.check(checkGroup(name))
	})
}

// Owners says who answers for an asset: email addresses, or "team:" and a name. Several Owners add up.
func Owners(owners ...string) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set |= optOwners
		for _, o := range owners {
			a.check(checkOwner(o))
			a.spec.owners = addNew(a.spec.owners, o)
		}
	})
}

// Kinds says what an asset is made with: "csv", "postgres". Several Kinds add up.
func Kinds(kinds ...string) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set |= optKinds
		for _, k := range kinds {
			a.check(checkKind(k))
			a.spec.kinds = addNew(a.spec.kinds, k)
		}
	})
}

func addNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (d *definition) check(err error) {
	if err != nil {
		d.mistakes = append(d.mistakes, err)
	}
}

// described is an option that assets and resources share.
type described string

// Description says what a definition is, in Markdown.
func Description(text string) AnyOption { return described(text) }

func (o described) applyAsset(a *asset) {
	a.spec.set.once(&a.definition, optDescription, "description")
	a.spec.description = string(o)
}

func (o described) applyResource(r *resource) {
	r.set.once(&r.definition, optDescription, "description")
	r.description = string(o)
}

type tagged map[string]string

// Tags are labels by which people find and select; an empty value is a bare label. Several Tags add up, and two values
// for one key are a mistake.
func Tags(kv map[string]string) AnyOption { return tagged(maps.Clone(kv)) }

func (o tagged) applyAsset(a *asset)       { a.spec.tags = o.add(&a.definition, a.spec.tags) }
func (o tagged) applyResource(r *resource) { r.tags = o.add(&r.definition, r.tags) }

func (o tagged) add(d *definition, to map[string]string) map[string]string {
	if to == nil {
		to = make(map[string]string, len(o))
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		d.check(checkTag(k, o[k]))
		if old, ok := to[k]; ok && old != o[k] {
			d.mistake("tag %s: two values, %s and %s", quote(k), quote(old), quote(o[k]))
		}
		to[k] = o[k]
	}
	return to
}

type noted []metadata.Entry

// Metadata is shown beside a definition. Several Metadata add up; of two entries with one key the later holds.
func Metadata(entries ...metadata.Entry) AnyOption { return noted(slices.Clone(entries)) }

func (o noted) applyAsset(a *asset)       { a.spec.metadata = mergeMetadata(a.spec.metadata, o) }
func (o noted) applyResource(r *resource) { r.metadata = mergeMetadata(r.metadata, o) }

// Retry tries a failed step again under p. Without it a failure is final.
func Retry(p RetryPolicy) StepOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optRetry, "retry")
		a.spec.retry = p
		a.check(p.check())
	})
}

// Timeout bounds each attempt of a step: its context ends after d, and an attempt that does not stop then is given up.
// Without it an attempt may take for ever.
func Timeout(d time.Duration) StepOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optTimeout, "timeout")
		a.spec.timeout = d
		if d <= 0 {
			a.mistake("timeout %v: not positive", d)
		}
	})
}

// CodeVersion names the version of the code that makes a value. It is recorded with each materialization: a changed
// version makes what was made by the old one stale.
func CodeVersion(v string) StoreOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optCodeVersion, "code version")
		a.spec.codeVersion = v
		if v == "" {
			a.mistake("code version: %w", errEmpty)
		}
	})
}

// After waits for others and takes no value: for bodies that read what another one wrote by themselves. Several After
// add up.
func After(d ...Dependency) StoreOption {
	return assetOption(func(a *asset) {
		for _, one := range d {
			in := inputOf(one)
			if in.kind == readsNil {
				a.mistake("after: %w", errNil)
				continue
			}
			in.walk(func(leaf *input, _ leafUse) {
				if leaf.kind != readsAsset {
					a.mistake("after: only an asset can be waited for")
				}
			})
			a.spec.after = append(a.spec.after, in)
		}
	})
}

// StoredIn keeps the value by this IO manager, instead of the instance's own.
func StoredIn(io *Resource[IOManager]) StoreOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optStoredIn, "stored in")
		if io == nil {
			a.mistake("stored in: %w", errNil)
			return
		}
		a.spec.storedIn = io.core
	})
}

// shared is an option for resources alone.
type shared struct{}

// Shared opens a resource once per process instead of once per run. It is closed by [Repository.Close].
func Shared() ResourceOption { return shared{} }

func (shared) applyResource(r *resource) {
	r.set.once(&r.definition, optShared, "shared")
}

// storedAs is the option made by StoredAs.
func (a *asset) storedAs(c *codec) {
	a.spec.set.once(&a.definition, optStoredAs, "stored as")
	if c.typ != a.typ {
		a.mistake("stored as: the codec is for %s, the asset is a %s", typeName(c.typ), typeName(a.typ))
	}
	a.codec = c
}

func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return t.String()
}
