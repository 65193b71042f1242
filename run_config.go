package dagster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/schema"
)

// opConfig is run config of one step.
type opConfig struct {
	step string // its key
	path string // of what is said of the step, as it was written: the key, or nested
	data json.RawMessage
}

// resolveConfig lays run config over the values of the configs, and checks what that comes to, and that nothing is missing.
func (o *runOptions) resolveConfig(c *catalog, p *plan, replaced map[*resource]any, values map[*config]any) {
	layers := make(map[*config][]json.RawMessage)
	for _, raw := range o.raw {
		if err := o.decodeRunConfig(c, raw, values, layers); err != nil {
			o.mistake(err)
		}
	}
	for _, cfg := range c.configs {
		if err := cfg.validate(values[cfg]); err != nil {
			o.mistake(err)
		}
	}
	for i := range p.steps {
		if !p.steps[i].taken {
			o.resolveStep(p, i, values, layers)
		}
	}
	for _, op := range o.ops {
		if p.step(op.step) == nil && !o.again.saidOf(op.step) {
			o.mistake(fmt.Errorf("%s: no step of that name", op.path))
		}
	}
	said := slices.Collect(maps.Keys(layers))
	o.said = slices.AppendSeq(slices.Clone(said), maps.Keys(o.config))
	o.checkRequired(c, p, replaced, values, append(said, o.misread...))
}

// decodeRunConfig lays one run config over the values, and remembers what it said of each config.
func (o *runOptions) decodeRunConfig(c *catalog, raw json.RawMessage, values map[*config]any, layers map[*config][]json.RawMessage) error {
	top, err := objectOf("run config", raw)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range sortedKeys(top) {
		switch name {
		case "config":
			errs = append(errs, o.decodeConfigs(c, top[name], values, layers))
		case "ops":
			errs = append(errs, o.decodeOps("ops", "", top[name]))
		default:
			errs = append(errs, fmt.Errorf(`%s: unknown field; known here are "config" and "ops"`, name))
		}
	}
	return errors.Join(errs...)
}

func (o *runOptions) decodeConfigs(c *catalog, raw json.RawMessage, values map[*config]any, layers map[*config][]json.RawMessage) error {
	configs, err := objectOf("config", raw)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range sortedKeys(configs) {
		path := "config." + name
		at := slices.IndexFunc(c.configs, func(cfg *config) bool { return cfg.name == name })
		if at < 0 {
			errs = append(errs, fmt.Errorf("%s: unknown config; the repository has %s", path, configNames(c.configs)))
			continue
		}
		cfg := c.configs[at]
		v, err := cfg.decode(path, configs[name], values[cfg])
		if err != nil {
			errs = append(errs, err)
			o.misread = append(o.misread, cfg)
			continue
		}
		values[cfg] = v
		layers[cfg] = append(layers[cfg], configs[name])
	}
	return errors.Join(errs...)
}

// decodeOps finds the config of single steps: by the steps' keys, or nested by "ops" as Dagster does.
func (o *runOptions) decodeOps(path, prefix string, raw json.RawMessage) error {
	ops, err := objectOf(path, raw)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range sortedKeys(ops) {
		at := path + "." + name
		fields, err := objectOf(at, ops[name])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, field := range sortedKeys(fields) {
			switch field {
			case "config":
				o.ops = append(o.ops, opConfig{step: prefix + name, path: at, data: fields[field]})
			case "ops":
				errs = append(errs, o.decodeOps(at+".ops", prefix+name+".", fields[field]))
			default:
				errs = append(errs, fmt.Errorf(`%s.%s: unknown field; known here are "config" and "ops"`, at, field))
			}
		}
	}
	return errors.Join(errs...)
}

// resolveStep gives the configs of one step their own values, where something is said of that step.
func (o *runOptions) resolveStep(p *plan, i int, values map[*config]any, layers map[*config][]json.RawMessage) {
	s := &p.steps[i]
	if len(s.spec.config) == 0 && len(o.ops) == 0 {
		return
	}
	configs := s.configs()
	own := make(map[*config]any)
	for _, cfg := range s.withHooks(configs) {
		v, said := s.spec.config[cfg]
		if _, set := o.config[cfg]; !said || set {
			continue // the run's own value goes before that of the definitions
		}
		for _, data := range layers[cfg] {
			w, err := cfg.decode("config."+cfg.name, data, v)
			if err != nil { // something is required that the step's own value lacks
				o.mistake(fmt.Errorf("step %s: %w", quote(s.key), err))
				continue
			}
			v = w
		}
		own[cfg] = v
	}
	for _, op := range o.ops {
		if op.step == s.key {
			o.decodeStep(op, configs, own, values)
		}
	}
	for _, cfg := range s.withHooks(configs) {
		if v, ok := own[cfg]; ok {
			if err := cfg.validate(v); err != nil {
				o.mistake(fmt.Errorf("step %s: %w", quote(s.key), err))
			}
		}
	}
	if len(own) > 0 {
		if o.stepConfig == nil {
			o.stepConfig = make(map[int]map[*config]any)
		}
		o.stepConfig[i] = own
	}
}

func (o *runOptions) decodeStep(op opConfig, configs []*config, own, values map[*config]any) {
	path := op.path + ".config"
	lay := func(path string, cfg *config, data json.RawMessage) {
		base, ok := own[cfg]
		if !ok {
			base = values[cfg]
		}
		v, err := cfg.decode(path, data, base)
		if err != nil {
			o.mistake(err)
			return
		}
		own[cfg] = v
	}
	switch len(configs) {
	case 0:
		o.mistake(fmt.Errorf("%s: the step takes no config", path))
		return
	case 1:
		lay(path, configs[0], op.data)
		return
	}
	named, err := objectOf(path, op.data)
	if err != nil {
		o.mistake(err)
		return
	}
	for _, name := range sortedKeys(named) {
		at := slices.IndexFunc(configs, func(cfg *config) bool { return cfg.name == name })
		if at < 0 {
			o.mistake(fmt.Errorf("%s.%s: unknown config; the step takes %s", path, name, configNames(configs)))
			continue
		}
		lay(path+"."+name, configs[at], named[name])
	}
}

// configs are what the step's body takes, each once.
func (s *planStep) configs() []*config {
	var out []*config
	for i := range s.reads {
		if cfg := s.reads[i].leaf.config; cfg != nil && !slices.Contains(out, cfg) {
			out = append(out, cfg)
		}
	}
	return out
}

// withHooks adds the configs that only hooks of the step take: its definitions set them, run config of single steps does not.
func (s *planStep) withHooks(configs []*config) []*config {
	out := slices.Clip(configs)
	for i := range s.spec.hooks {
		walkAll(s.spec.hooks[i].body.inputs, func(leaf *input, _ leafUse) {
			if leaf.config != nil && !slices.Contains(out, leaf.config) {
				out = append(out, leaf.config)
			}
		})
	}
	return out
}

func objectOf(path string, raw json.RawMessage) (map[string]json.RawMessage, error) {
	var out map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("%s: want a JSON object: %w", path, err)
	}
	if d.More() {
		return nil, fmt.Errorf("%s: more than one JSON value", path)
	}
	if len(out) > 0 {
		if name, ok := schema.Repeated(raw); ok {
			return nil, fmt.Errorf("%s: %s is given more than once", path, quote(name))
		}
	}
	return out, nil
}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func configNames(configs []*config) string {
	if len(configs) == 0 {
		return "none"
	}
	names := make([]string, len(configs))
	for i, cfg := range configs {
		names[i] = quote(cfg.name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
