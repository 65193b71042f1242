package dagster

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/dagster-go/dagster/internal/schema"
)

// ConfigSchema returns the JSON Schema, draft 2020-12, of the run config of a job, or, for the empty name, of a run of
// any of the repository's assets: see [RunConfig]. It has the configs that the job uses, those of its resources and hooks
// included, with the values that they have in the job as defaults, and the steps that take some. Of what a run accepts it
// leaves out the configs of other jobs. No secret is part of it.
//
// An unknown job is an error, and so is a repository that is wrong.
func (r *Repository) ConfigSchema(job string) ([]byte, error) {
	u, err := r.configUse(job)
	if err != nil {
		return nil, err
	}
	return u.jsonSchema()
}

// ScaffoldConfig returns an example of run config, as YAML with comments: every field of what [Repository.ConfigSchema]
// tells of, its type, what it is for, and the value that it has in the job. To run with it changes nothing, but for the
// placeholders of fields that are required and have no value. Secrets are references; one that is not, in the defaults,
// is not shown.
func (r *Repository) ScaffoldConfig(job string) ([]byte, error) {
	u, err := r.configUse(job)
	if err != nil {
		return nil, err
	}
	return u.scaffold(), nil
}

// configUse is the configs that a job uses, and the values that they have in it.
type configUse struct {
	what    string // job "nightly"
	configs []*config
	values  map[*config]any
	steps   []stepUse // that take configs
}

// stepUse is the configs that a step takes.
type stepUse struct {
	key     string
	configs []*config
	own     map[*config]any // values that hold for the step alone
}

func (r *Repository) configUse(name string) (*configUse, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	var j *job
	u := &configUse{what: "assets", values: maps.Clone(c.values)}
	replaced := maps.Clone(c.replaced)
	if name != "" {
		if j = c.jobs[name]; j == nil {
			return nil, c.noJob(name)
		}
		u.what = "job " + quote(name)
		o := runOptions{job: j}
		o.takeJob(replaced, u.values)
	}
	p, err := r.planOf(c, j)
	if err != nil {
		return nil, err
	}
	u.configs = p.configs(replaced)
	for i := range p.steps {
		u.addStep(&p.steps[i])
	}
	return u, nil
}

// planOf is the plan of a whole job, or for nil that of all assets.
func (r *Repository) planOf(c *catalog, j *job) (*plan, error) {
	if j != nil && j.graph != nil {
		return r.plans.ofJob(c, j)
	}
	selection := Selection("*")
	if j != nil {
		selection = j.selection
	}
	selected, err := c.resolve(selection)
	if err != nil {
		return nil, err
	}
	return r.plans.ofAssets(c, j, selected), nil
}

func (u *configUse) addStep(s *planStep) {
	step := stepUse{key: s.key, configs: s.configs(), own: make(map[*config]any)}
	if len(step.configs) == 0 {
		return
	}
	for _, cfg := range step.configs {
		if v, ok := s.spec.config[cfg]; ok && !reflect.DeepEqual(v, u.values[cfg]) {
			step.own[cfg] = v
		}
	}
	u.steps = append(u.steps, step)
}

func (u *configUse) jsonSchema() ([]byte, error) {
	d := schema.NewDocument()
	refs := make(map[*config]schema.Object, len(u.configs))
	configs, required := make(schema.Object, 0, len(u.configs)), []string{}
	for _, cfg := range u.configs {
		refs[cfg] = d.Define(cfg.name, cfg.document(d, u.values[cfg]))
		configs = append(configs, schema.Member{Name: cfg.name, Value: refs[cfg]})
		if cfg.schema.Missing("", u.values[cfg]) != nil {
			required = append(required, cfg.name)
		}
	}
	ops := opTree{}
	for i := range u.steps {
		ops.add(u.steps[i].key, u.steps[i].document(d, refs))
	}
	top := schema.Object{{Name: "config", Value: closed("The configs, by name.", configs, required)}}
	if len(ops.names) > 0 {
		top = append(top, schema.Member{Name: "ops", Value: ops.document()})
	}
	root := closed("", top, nil)
	if len(required) > 0 {
		root = closed("", top, []string{"config"})
	}
	return d.JSON(append(schema.Object{{Name: "title", Value: "Run config of " + u.what}}, root...))
}

// document is the schema of a config with these values.
func (c *config) document(d *schema.Document, values any) schema.Object {
	out := schema.Object{{Name: "title", Value: c.name}}
	if c.description != "" {
		out = append(out, schema.Member{Name: "description", Value: c.description})
	}
	return append(out, d.Schema(c.schema, values)...)
}

// document is the schema of what a step takes: its config, or, of several, an object of them.
func (s *stepUse) document(d *schema.Document, refs map[*config]schema.Object) schema.Object {
	of := func(cfg *config) schema.Object {
		if v, ok := s.own[cfg]; ok {
			return cfg.document(d, v)
		}
		return refs[cfg]
	}
	if len(s.configs) == 1 {
		return of(s.configs[0])
	}
	several := schema.Object{}
	for _, cfg := range s.configs {
		several = append(several, schema.Member{Name: cfg.name, Value: of(cfg)})
	}
	return closed("", several, nil)
}

// closed is the schema of an object with these properties only.
func closed(description string, properties schema.Object, required []string) schema.Object {
	out := schema.Object{{Name: "type", Value: "object"}}
	if description != "" {
		out = append(out, schema.Member{Name: "description", Value: description})
	}
	out = append(out, schema.Member{Name: "properties", Value: properties})
	if len(required) > 0 {
		out = append(out, schema.Member{Name: "required", Value: required})
	}
	return append(out, schema.Member{Name: "additionalProperties", Value: false})
}

// opTree is the steps under the names that they are given by: that of the step, and that of each graph around it.
type opTree struct {
	names  []string
	config map[string]schema.Object
	ops    map[string]*opTree
}

func (t *opTree) node(name string) {
	if t.config == nil {
		t.config, t.ops = make(map[string]schema.Object), make(map[string]*opTree)
	}
	_, config := t.config[name]
	if _, ops := t.ops[name]; !config && !ops {
		t.names = append(t.names, name)
	}
}

func (t *opTree) add(key string, config schema.Object) {
	t.node(key)
	t.config[key] = config
	graph, rest, nested := strings.Cut(key, ".")
	if !nested {
		return
	}
	t.node(graph)
	if t.ops[graph] == nil {
		t.ops[graph] = &opTree{}
	}
	t.ops[graph].add(rest, config)
}

func (t *opTree) document() schema.Object {
	ops := make(schema.Object, 0, len(t.names))
	for _, name := range t.names {
		op := schema.Object{}
		if config, ok := t.config[name]; ok {
			op = append(op, schema.Member{Name: "config", Value: config})
		}
		if inner := t.ops[name]; inner != nil {
			op = append(op, schema.Member{Name: "ops", Value: inner.document()})
		}
		ops = append(ops, schema.Member{Name: name, Value: closed("", op, nil)})
	}
	return closed("The configs of single steps, by the names of the steps.", ops, nil)
}

func (u *configUse) scaffold() []byte {
	var e schema.Example
	e.Comment(0, fmt.Sprintf("Run config of %s: what is left out keeps the value that is shown here.", u.what))
	if len(u.configs) == 0 {
		e.Comment(0, "Nothing in it can be configured.")
		return append(e.Bytes(), "{}\n"...)
	}
	e.Object(0, "config", func() {
		for i, cfg := range u.configs {
			if i > 0 {
				e.Blank()
			}
			e.Config(2, cfg.name, cfg.name, cfg.description, cfg.schema, u.values[cfg])
		}
	})
	if len(u.steps) > 0 {
		e.Blank()
		e.Comment(0, "The same for single steps.")
		e.Object(0, "ops", func() { u.scaffoldSteps(&e) })
	}
	return e.Bytes()
}

// scaffoldSteps writes the values that steps have of their own; of the others, in comments, only what they take, and of
// very many not even that.
func (u *configUse) scaffoldSteps(e *schema.Example) {
	const most = 20
	plain := 0
	for i := range u.steps {
		s := &u.steps[i]
		if len(s.own) > 0 {
			e.Object(2, s.key, func() { s.scaffold(e) })
			continue
		}
		if plain++; plain <= most {
			e.Comment(2, fmt.Sprintf("%s: {config: {...}} as %s above.", s.key, configNames(s.configs)))
		}
	}
	if plain > most {
		e.Comment(2, fmt.Sprintf("And %d more steps.", plain-most))
	}
}

func (s *stepUse) scaffold(e *schema.Example) {
	if len(s.configs) == 1 {
		cfg := s.configs[0]
		e.Config(4, "config", cfg.name, "", cfg.schema, s.own[cfg])
		return
	}
	e.Object(4, "config", func() {
		for _, cfg := range s.configs {
			if v, ok := s.own[cfg]; ok {
				e.Config(6, cfg.name, cfg.name, "", cfg.schema, v)
			}
		}
	})
}
