package dagster

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// used collects the resources and configs that definitions reach, those that others need first.
type used struct {
	c         *catalog
	resources map[*resource]bool
}

func (u *used) leaf(leaf *input, _ leafUse) {
	switch leaf.kind {
	case readsResource:
		u.resource(leaf.resource)
	case readsConfig:
		u.config(leaf.config)
	case readsAsset:
		u.resource(leaf.loadedBy)
	case readsConst, joins, may, derives, branches, readsOutput, readsElement, collects, readsOwn, readsNil:
	}
}

func (u *used) config(c *config) {
	if _, ok := u.c.values[c]; !ok {
		u.c.values[c] = c.defaults
		u.c.configs = append(u.c.configs, c)
	}
}

func (u *used) resource(r *resource) {
	if r == nil || u.resources[r] {
		return
	}
	u.resources[r] = true
	r.needs(func(leaf *input) { u.leaf(leaf, leafUse{}) })
	u.c.resources = append(u.c.resources, r)
}

func (u *used) spec(s *stepSpec) {
	u.resource(s.storedIn)
	for i := range s.hooks {
		walkAll(s.hooks[i].body.inputs, u.leaf)
	}
}

func (u *used) body(b *body) {
	if b == nil {
		return
	}
	b.leaves(u.leaf)
	if b.graph != nil {
		b.graph.specs(u.spec)
	}
}

// addUsed collects what the assets, jobs and schedules reach, and checks that no two share a name.
func (c *catalog) addUsed() {
	u := used{c: c, resources: make(map[*resource]bool)}
	for i := range c.assets {
		a := &c.assets[i]
		u.spec(&a.spec.stepSpec)
		if a.part != nil {
			u.spec(&a.part.of.carrier.spec.stepSpec)
		}
		u.body(a.maker())
		u.body(a.observe)
	}
	for _, j := range c.listedJobs {
		u.spec(&j.steps)
		if j.graph != nil {
			u.body(&body{graph: j.graph})
		}
	}
	for _, k := range c.checkList {
		u.spec(&k.spec)
		u.body(k.body)
	}
	for _, s := range c.listedSchedules {
		u.body(s.requests)
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
	c.checkScheduleConfigs()
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
