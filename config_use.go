package dagster

import (
	"slices"
	"strings"
)

// configs are those that the steps of the plan take, and the resources and hooks that they need, by name.
func (p *plan) configs(replaced map[*resource]any) []*config {
	out := p.sharedConfigs(replaced)
	for i := range p.steps {
		for _, cfg := range p.steps[i].configs() {
			if !slices.Contains(out, cfg) {
				out = append(out, cfg)
			}
		}
	}
	slices.SortFunc(out, func(a, b *config) int { return strings.Compare(a.name, b.name) })
	return out
}

// sharedConfigs are those that resources and hooks take, which have one value for all steps. Nothing is needed by
// a resource that is replaced.
func (p *plan) sharedConfigs(replaced map[*resource]any) []*config {
	found := &catalog{values: make(map[*config]any)}
	u := used{c: found, resources: make(map[*resource]bool, len(replaced))}
	for r := range replaced {
		u.resources[r] = true
	}
	for i := range p.steps {
		s := &p.steps[i]
		u.spec(s.spec)
		for k := range s.makes {
			u.resource(s.makes[k].spec.storedIn)
		}
		for k := range s.reads {
			if s.reads[k].kind == readsConfig {
				continue
			}
			u.leaf(s.reads[k].leaf, leafUse{})
			if s.reads[k].spec != nil {
				u.resource(s.reads[k].manager())
			}
		}
	}
	return found.configs
}

// checkRequired reports required fields that have no value, of the configs that run config said nothing of: what it says
// is checked where it is decoded.
func (o *runOptions) checkRequired(c *catalog, p *plan, replaced map[*resource]any, values map[*config]any, said []*config) {
	if !slices.ContainsFunc(c.configs, func(cfg *config) bool { return cfg.schema.Requires() }) {
		return
	}
	lacks := make(map[*config]error)
	check := func(cfg *config, v any) {
		if err := cfg.schema.Missing("config."+cfg.name, v); err != nil && !slices.Contains(said, cfg) {
			lacks[cfg] = err
		}
	}
	for _, cfg := range p.sharedConfigs(replaced) {
		check(cfg, values[cfg])
	}
	for i := range p.steps {
		s := &p.steps[i]
		if len(o.wrong) > 0 && slices.ContainsFunc(o.ops, func(op opConfig) bool { return op.step == s.key }) {
			continue // it may be that what was said of the step was refused
		}
		for _, cfg := range s.configs() {
			v, ok := o.stepConfig[i][cfg]
			if !ok {
				v = values[cfg]
			}
			check(cfg, v)
		}
	}
	for _, cfg := range c.configs {
		if err := lacks[cfg]; err != nil {
			o.mistake(err)
		}
	}
}
