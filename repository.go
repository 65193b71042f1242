package dagster

import (
	"errors"
	"slices"
	"sync"
)

// Repository is a set of definitions that are loaded, checked and run together. It is immutable, and safe for concurrent
// use.
type Repository struct {
	name string
	at   site
	defs []Definition

	compile sync.Once
	catalog *catalog
	wrong   error

	plans planCache
}

// NewRepository makes a repository of definitions. What they use comes along: resources, configs. An asset that another
// one needs does not: list it, or say [External] of it. Nothing is checked before the first use; see
// [Repository.Validate].
func NewRepository(name string, defs ...Definition) *Repository {
	return &Repository{name: name, at: here(), defs: defs}
}

// Name is the repository's name.
func (r *Repository) Name() string { return r.name }

// Validate reports every mistake in the definitions at once, joined, each a [*DefinitionError] that names the
// definition and the line that declared it; nil if there is none. The work is done once.
func (r *Repository) Validate() error {
	_, err := r.compiled()
	return err
}

func (r *Repository) compiled() (*catalog, error) {
	r.compile.Do(func() { r.catalog, r.wrong = newCatalog(r.name, r.at, r.defs) })
	return r.catalog, r.wrong
}

// Close closes the resources that are [Shared], in reverse order of their dependencies. It must not be called while
// something runs; a later run opens them again.
func (r *Repository) Close() error {
	c, _ := r.compiled()
	var errs []error
	for _, res := range slices.Backward(c.resources) {
		if res.set.has(optShared) {
			errs = append(errs, res.process.shut(res))
		}
	}
	return errors.Join(errs...)
}

// external is the definition made by External.
type external struct {
	assets []AnyAsset
	at     site
}

// External lists assets that another repository makes: they are shown and can be loaded here, and are never run.
func External(assets ...AnyAsset) Definition { return &external{assets: assets, at: here()} }

func (e *external) define(c *catalog) {
	for _, a := range e.assets {
		in := inputOf(a)
		if in.kind != readsAsset {
			d := definition{kind: "external", name: "asset", at: e.at}
			c.wrong = append(c.wrong, d.wrong(errNil))
			continue
		}
		c.listed = append(c.listed, listing{asset: in.asset, external: true})
	}
}

// defaults is the definition made by Defaults.
type defaults struct{ of asset }

// Defaults are options for every asset that is listed beside it, or nested in that list, and does not say otherwise: for a
// whole repository, or for the [Defs] of one package. Tags and metadata are joined, the
// asset's own winning; of [After] both hold. [StoredAs] depends on an asset's type and is refused here.
func Defaults(opts ...AssetOption) Definition {
	d := &defaults{of: asset{definition: definition{kind: "defaults", name: "of assets", at: here()}}}
	d.of.apply(opts)
	if d.of.spec.set.has(optStoredAs) {
		d.of.mistake("stored as: a codec is for one type, and so for an asset's own options")
	}
	if d.of.prefix != "" {
		d.of.mistake("key prefix: a handle has its key before it is listed; give the prefix to the assets themselves")
	}
	return d
}

// define does nothing: a list looks for its defaults before all else.
func (*defaults) define(*catalog) {}
