package dagster

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// addUsed collects the resources and configs that the assets reach, and checks that no two share a name.
func (c *catalog) addUsed() {
	seen := make(map[*resource]bool)
	var visit func(leaf *input)
	var use func(r *resource)
	use = func(r *resource) {
		if seen[r] {
			return
		}
		seen[r] = true
		r.needs(visit)
		c.resources = append(c.resources, r)
	}
	visit = func(leaf *input) {
		switch leaf.kind {
		case readsResource:
			use(leaf.resource)
		case readsConfig:
			if _, ok := c.values[leaf.config]; !ok {
				c.values[leaf.config] = leaf.config.defaults
				c.configs = append(c.configs, leaf.config)
			}
		case readsAsset:
			if leaf.loadedBy != nil {
				use(leaf.loadedBy)
			}
		case readsConst, joins, may, derives, readsNil:
		}
	}
	for i := range c.assets {
		a := &c.assets[i]
		if a.spec.storedIn != nil {
			use(a.spec.storedIn)
		}
		if a.body == nil {
			continue
		}
		for _, in := range a.body.inputs {
			in.walk(func(leaf *input, _ leafUse) { visit(leaf) })
		}
	}
	reportUsed(c, c.resources, func(r *resource) *definition { return &r.definition })
	reportUsed(c, c.configs, func(cfg *config) *definition { return &cfg.definition })
}

// reportUsed adds the mistakes of what is used, and of two with one name.
func reportUsed[T any](c *catalog, used []T, of func(T) *definition) {
	names := make(map[string]*definition, len(used))
	for _, one := range used {
		d := of(one)
		c.report(d)
		if other, ok := names[d.name]; ok {
			c.wrong = append(c.wrong, d.wrong(fmt.Errorf("name: taken by the %s declared at %s", other.kind, other.place())))
			continue
		}
		names[d.name] = d
	}
}

// applyValues lays the repository's replacements and config values over what is used.
func (c *catalog) applyValues() {
	wrong := func(kind, name string, at site, err error) {
		d := definition{kind: kind, name: name, at: at}
		c.wrong = append(c.wrong, d.wrong(err))
	}
	for _, r := range c.replacers {
		switch {
		case r.target == nil:
			wrong("replacement", "", r.at, errNil)
		case !slices.Contains(c.resources, r.target):
			wrong("replacement of", r.target.name, r.at, errors.New("unknown resource: nothing in the repository uses it"))
		default:
			c.replaced[r.target] = r.value
			c.checkKeeps(r)
		}
	}
	for _, v := range c.settings {
		switch {
		case v.target == nil:
			wrong("config value", "", v.at, errNil)
		case !slices.Contains(c.configs, v.target):
			wrong("config value of", v.target.name, v.at, errors.New("unknown config: nothing in the repository uses it"))
		default:
			c.values[v.target] = v.value
			if err := v.target.validate(v.value); err != nil {
				wrong("config value of", v.target.name, v.at, err)
			}
		}
	}
}

// checkKeeps reports an IO manager for one type that is put in the place of one which keeps others.
func (c *catalog) checkKeeps(r Replacement) {
	one, ok := r.value.(oneType)
	if !ok {
		return
	}
	for i := range c.assets {
		a := &c.assets[i]
		if a.spec.storedIn == r.target && !a.empty && a.typ != one.keeps() {
			c.wrong = append(c.wrong, a.wrong(keepsError(one.keeps(), a.typ)))
		}
	}
}

func keepsError(keeps, typ reflect.Type) error {
	return fmt.Errorf("stored in: the IO manager keeps %s, the asset is a %s", typeName(keeps), typeName(typ))
}
