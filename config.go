package dagster

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/dagster-go/dagster/internal/schema"
	"github.com/dagster-go/dagster/metadata"
)

// Config is a set of settings that bodies take as an input, a struct C whose JSON names are the names in run config. It
// is immutable, and safe for concurrent use.
type Config[C any] struct {
	typed[C]
	core *config
}

// config is a config without its type.
type config struct {
	definition
	typ      reflect.Type
	defaults any
	schema   *schema.Schema
	cases    []schema.Case

	set         optionSet
	description string
	tags        map[string]string
	metadata    []metadata.Entry

	// decode lays run config over a value.
	decode func(path string, data []byte, over any) (any, error)
}

// NewConfig declares a config. Its defaults are a value, used as far as nothing else is set; its schema is derived from
// the struct: names by the rules of encoding/json, and by further tags doc:"what it is for", enum:"a,b" and
// required:"true", for what has no useful default. [Case] says what a field of an interface type may be. If C has a
// method Validate() error it is called on the defaults, and on every run's values.
func NewConfig[C any](name string, defaults C, opts ...ConfigOption) *Config[C] {
	c := &config{
		definition: definition{kind: "config", name: name, at: here()},
		typ:        reflect.TypeFor[C](),
		defaults:   defaults,
	}
	c.check(checkName(name))
	c.apply(opts)
	c.derive()
	if err := validateConfig(&defaults); err != nil {
		c.mistake("defaults: %w", err)
	}
	c.decode = func(path string, data []byte, over any) (any, error) {
		v, err := leafValue[C]([]any{over})
		if err != nil {
			return nil, err
		}
		if err := c.schema.Decode(path, data, &v); err != nil {
			return nil, err
		}
		return v, nil
	}
	return &Config[C]{core: c}
}

func (c *config) apply(opts []ConfigOption) {
	for _, o := range opts {
		if o == nil {
			c.mistake("nil option")
			continue
		}
		o.applyConfig(c)
	}
}

// derive makes the schema, and checks that it has a form for the defaults.
func (c *config) derive() {
	if c.typ.Kind() == reflect.Interface {
		c.mistake("its type is the interface %s: give it a struct that has one as a field", c.typ)
		return
	}
	var err error
	if c.schema, err = schema.Of(c.typ, c.cases...); err != nil {
		c.mistake("%w", err)
		return
	}
	if err := c.schema.Check(c.defaults); err != nil {
		c.mistake("defaults: %w", err)
	}
}

// validateConfig calls the config's own check, on the value or on its pointer.
func validateConfig[C any](v *C) error {
	if c, ok := any(v).(interface{ Validate() error }); ok {
		return c.Validate()
	}
	return nil
}

// validate is validateConfig for a value whose type is not known here.
func (c *config) validate(v any) error {
	if c.schema == nil {
		return nil // its mistake is known
	}
	if err := c.schema.Check(v); err != nil {
		return fmt.Errorf("config %s: %w", quote(c.name), err)
	}
	p := reflect.New(c.typ)
	p.Elem().Set(reflect.ValueOf(&v).Elem().Elem())
	if own, ok := reflect.TypeAssert[interface{ Validate() error }](p); ok {
		if err := own.Validate(); err != nil {
			return fmt.Errorf("config %s: %w", quote(c.name), err)
		}
	}
	return nil
}

// shown is the value as it may be stored and shown: secrets are references.
func (c *config) shown(v any) (json.RawMessage, error) { return c.schema.Redact(v) }

func (c *Config[C]) dependency() *input {
	if c == nil {
		return nil
	}
	return &input{kind: readsConfig, config: c.core}
}

func (c *Config[C]) read(leaves []any) (C, error) { return leafValue[C](leaves) }

// ConfigValue holds for one run, for every run of a job or of a schedule, or for an op, as an option, and for a whole
// repository as one of its definitions. A run's own value goes before that of an op's use, and so on outwards to the
// repository's.
type ConfigValue struct {
	target *config
	value  any
	at     site
}

// Set gives the config a value.
func (c *Config[C]) Set(v C) ConfigValue {
	if c == nil {
		return ConfigValue{at: here()}
	}
	return ConfigValue{target: c.core, value: v, at: here()}
}

// Update gives the config its defaults with some changes: change is called once, on a copy that shares nothing with them.
func (c *Config[C]) Update(change func(*C)) ConfigValue {
	if c == nil || change == nil {
		return ConfigValue{at: here()}
	}
	v, err := leafValue[C]([]any{c.core.copied()})
	if err == nil {
		change(&v)
	}
	return ConfigValue{target: c.core, value: v, at: here()}
}

// copied is a copy of the defaults.
func (c *config) copied() any {
	if c.schema == nil {
		return c.defaults // its mistake is known
	}
	return c.schema.Copy(c.defaults)
}

func (v ConfigValue) define(c *catalog) { c.setConfig(v) }

func (v ConfigValue) applyJob(j *job) { v.applyStep(&j.definition, &j.steps) }
func (v ConfigValue) applyOp(o *op)   { v.applyStep(&o.definition, &o.spec) }

func (v ConfigValue) applyStep(d *definition, s *stepSpec) {
	if v.target == nil {
		d.mistake("set config: %w", errNil)
		return
	}
	if err := v.target.validate(v.value); err != nil {
		d.mistake("%w", err)
	}
	if s.config == nil {
		s.config = make(map[*config]any)
	}
	s.config[v.target] = v.value
}

func (v ConfigValue) applySchedule(s *schedule) {
	if v.target == nil {
		s.mistake("set config: %w", errNil)
		return
	}
	s.check(v.target.validate(v.value))
	s.config = append(s.config, v)
}

func (v ConfigValue) applyRun(o *runOptions) {
	if v.target == nil {
		o.mistake(fmt.Errorf("set config: %w", errNil))
		return
	}
	o.config[v.target] = v.value
}
