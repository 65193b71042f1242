package dagster

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
)

// JobInfo says what a repository knows of one job. It is a copy: changing it changes nothing.
type JobInfo struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"` // of its runs
	Owners      []string          `json:"owners,omitempty"`
	Metadata    []metadata.Entry  `json:"metadata,omitempty"`

	// Graph is the name of the graph that the job runs, Selection the assets that it materializes: one of both is set.
	// Assets are the keys that are selected, each after those that it needs.
	Graph     string   `json:"graph,omitempty"`
	Selection string   `json:"selection,omitempty"`
	Assets    []string `json:"assets,omitempty"`

	// Partitions say how the job's runs are divided; nil if they are not.
	Partitions *PartitionsInfo `json:"partitions,omitempty"`

	// MaxConcurrent and MaxRuntime are 0 if the job does not say.
	MaxConcurrent int            `json:"max_concurrent,omitempty"`
	Limits        []TagLimitInfo `json:"limits,omitempty"`
	MaxRuntime    time.Duration  `json:"max_runtime_ns,omitempty"`

	Hooks     []HookInfo `json:"hooks,omitempty"`     // that run after each step
	Configs   []string   `json:"configs,omitempty"`   // names, also of those that a resource takes
	Resources []string   `json:"resources,omitempty"` // each after those that it takes

	Steps []StepPlan `json:"steps"` // in the order of the plan: each after those that it waits for

	// Code is where its code is: the line that declares it, by the path that the compiler saw, then what
	// [metadata.CodeReferences] says. It is found when it is asked for, and stored nowhere.
	Code []metadata.CodeReference `json:"code_references,omitempty"`

	File string `json:"file,omitempty"` // where it was declared
	Line int    `json:"line,omitempty"`
}

// TagLimitInfo is how many steps with a tag a run executes at once; an empty value means any value of the key, all
// together or each apart.
type TagLimitInfo struct {
	Key      string `json:"key"`
	Value    string `json:"value,omitempty"`
	PerValue bool   `json:"per_value,omitempty"`
	Limit    int    `json:"limit"`
}

// HookInfo is a hook: when it runs, and where it was declared.
type HookInfo struct {
	When string `json:"when"` // on_success or on_failure
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// StepPlan is one step of a job, or the pattern of many: a mapped step runs once for each key.
type StepPlan struct {
	Key         string            `json:"key"`
	Op          string            `json:"op,omitempty"`     // name of the op, also where it is used under another one
	Assets      []string          `json:"assets,omitempty"` // that the step materializes
	Type        string            `json:"type,omitempty"`   // of its value, as Go writes it
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`

	// MapOver is the step whose keys this one runs once for each of, empty outside of maps. That step may be mapped itself.
	// MapOutput is which output of it, as its events name them.
	MapOver   string `json:"map_over,omitempty"`
	MapOutput string `json:"map_output,omitempty"`

	Waits []StepWait `json:"waits,omitempty"` // each step once, in the order of the plan

	Retry   *RetryInfo    `json:"retry,omitempty"`
	Timeout time.Duration `json:"timeout_ns,omitempty"`
	Pool    string        `json:"pool,omitempty"`

	Hooks     []HookInfo `json:"hooks,omitempty"`     // the step's own, without the job's
	Configs   []string   `json:"configs,omitempty"`   // names that its body takes
	Resources []string   `json:"resources,omitempty"` // names that its body takes
}

// StepWait is a step that another one waits for.
type StepWait struct {
	Step string   `json:"step"`
	Kind WaitKind `json:"kind"`

	// Each is set if the value is one of many: that of the waiting step's own key. All is set if it is the list of what
	// every copy of a mapped step makes.
	Each bool `json:"each,omitempty"`
	All  bool `json:"all,omitempty"`

	// Optional is set if the step may run and yet give nothing: it is a branch that may not be taken, or its value may be
	// absent.
	Optional bool `json:"optional,omitempty"`
}

// WaitKind says what a step waits for. The strings never change.
type WaitKind string

const (
	// WaitValue passes a value.
	WaitValue WaitKind = "value"

	// WaitOrder passes none: see [After].
	WaitOrder WaitKind = "order"

	// WaitEnd waits for the end, whatever it is: see [Finally].
	WaitEnd WaitKind = "end"
)

// RetryInfo is a [RetryPolicy] in words: constant, linear or exponential; none, full or plus_minus.
type RetryInfo struct {
	Max      int           `json:"max"`
	Delay    time.Duration `json:"delay_ns,omitempty"`
	MaxDelay time.Duration `json:"max_delay_ns,omitempty"`
	Backoff  string        `json:"backoff"`
	Jitter   string        `json:"jitter"`
}

// Jobs describes the jobs in the order in which they were listed, or returns the error of [Repository.Validate] if the
// repository is wrong.
func (r *Repository) Jobs() ([]JobInfo, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	out := make([]JobInfo, 0, len(c.jobs))
	seen := make(map[*job]bool, len(c.jobs))
	for _, j := range c.listedJobs {
		if seen[j] {
			continue
		}
		seen[j] = true
		info, err := r.describeJob(c, j)
		if err != nil {
			return nil, fmt.Errorf("describe job %s: %w", quote(j.name), err)
		}
		out = append(out, *info)
	}
	return out, nil
}

func (r *Repository) describeJob(c *catalog, j *job) (*JobInfo, error) {
	info := &JobInfo{
		Name: j.name, Description: j.description, Tags: maps.Clone(j.tags), Owners: slices.Clone(j.owners), MaxConcurrent: j.limit, MaxRuntime: j.maxRuntime,
		Hooks: hookInfos(j.steps.hooks), Metadata: slices.Clone(j.metadata), Code: j.code(j.metadata),
	}
	for _, l := range j.limits {
		info.Limits = append(info.Limits, TagLimitInfo{Key: l.Key, Value: l.Value, PerValue: l.PerValue, Limit: l.Limit})
	}
	info.File, info.Line = j.at.line()
	var p *plan
	if j.graph != nil {
		info.Graph = j.graph.name
		var err error
		if p, err = r.plans.ofJob(c, j); err != nil {
			return nil, err
		}
	} else {
		selected, err := c.resolve(j.selection)
		if err != nil {
			return nil, err
		}
		info.Selection, info.Assets = string(j.selection), c.keysAt(selected)
		p = r.plans.ofAssets(c, j, selected)
	}
	info.Partitions = describePartitions(p.division, p.atOnce() && len(p.dividedKeys()) > 0)
	info.Steps = p.describe(len(j.steps.hooks))
	info.Configs, info.Resources = p.uses(&j.steps)
	return info, nil
}

// line is where something was declared; the file is empty if that is not known.
func (s *site) line() (string, int) {
	f, ok := s.first()
	if !ok {
		return "", 0
	}
	return shortFile(f.File), f.Line
}

func hookInfos(hooks []hook) []HookInfo {
	if len(hooks) == 0 {
		return nil
	}
	out := make([]HookInfo, 0, len(hooks))
	for i := range hooks {
		h := HookInfo{When: hooks[i].name()}
		h.File, h.Line = hooks[i].at.line()
		out = append(out, h)
	}
	return out
}

// uses are the configs and resources that the plan reaches, also through resources.
func (p *plan) uses(under *stepSpec) (configs, resources []string) {
	found := &catalog{values: make(map[*config]any)}
	u := used{c: found, resources: make(map[*resource]bool)}
	u.spec(under)
	for i := range p.steps {
		s := &p.steps[i]
		u.spec(s.spec)
		for k := range s.makes {
			u.spec(&s.makes[k].spec.stepSpec)
		}
		for k := range s.reads {
			u.leaf(s.reads[k].leaf, s.reads[k].use)
		}
	}
	for _, cfg := range found.configs {
		configs = append(configs, cfg.name)
	}
	for _, res := range found.resources {
		resources = append(resources, res.name)
	}
	return configs, resources
}

// describe describes the steps; the last hooks of each are the job's.
func (p *plan) describe(jobHooks int) []StepPlan {
	out := make([]StepPlan, len(p.steps))
	for i := range p.steps {
		s, step := &p.steps[i], &p.exec.Steps[i]
		info := StepPlan{
			Key: s.key, Assets: s.assetKeys(), Description: s.spec.description, Tags: maps.Clone(step.Tags), Timeout: step.Timeout,
			Pool: s.spec.pool, Retry: retryInfo(s.spec.retry), Waits: p.waits(i),
			Hooks: hookInfos(s.spec.hooks[:max(len(s.spec.hooks)-jobHooks, 0)]),
		}
		if s.typ != nil {
			info.Type = typeName(s.typ)
		}
		if s.op != nil {
			info.Op = s.op.name
			if s.op.original != nil {
				info.Op = s.op.original.name
			}
		}
		if len(s.makes) == 1 {
			info.Description = s.makes[0].spec.description
		}
		if step.Map != nil {
			info.MapOver = p.steps[step.Map.Step].key
			info.MapOutput = p.exec.Steps[step.Map.Step].Outputs[step.Map.Output].Name
		}
		for k := range s.reads {
			switch leaf := s.reads[k].leaf; {
			case leaf.config != nil:
				info.Configs = addNew(info.Configs, leaf.config.name)
			case leaf.kind == readsResource:
				info.Resources = addNew(info.Resources, leaf.resource.name)
			}
		}
		out[i] = info
	}
	return out
}

// waits are the steps that a step waits for.
func (p *plan) waits(step int) []StepWait {
	found := make(map[int]*StepWait)
	for _, in := range p.exec.Steps[step].Inputs {
		for _, s := range in.Sources {
			w := p.wait(step, in.Kind, s)
			was, ok := found[s.Step]
			switch {
			case !ok:
				found[s.Step] = &w
			case was.Kind != WaitValue && w.Kind == WaitValue: // the order goes without saying
				*was = w
			case was.Kind == w.Kind:
				was.Each, was.All, was.Optional = was.Each || w.Each, was.All || w.All, was.Optional && w.Optional
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	out := make([]StepWait, 0, len(found))
	for _, i := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[i])
	}
	return out
}

func (p *plan) wait(step int, kind executor.InputKind, from executor.Source) StepWait {
	w := StepWait{Step: p.steps[from.Step].key, Kind: WaitValue}
	switch kind {
	case executor.After:
		w.Kind = WaitOrder
	case executor.Finally:
		w.Kind = WaitEnd
	case executor.Needs, executor.FanIn, executor.Maybe:
	}
	depth, inside := p.mapDepth(from.Step), p.sharedDepth(step, from.Step)
	if outputs := p.exec.Steps[from.Step].Outputs; from.Output >= 0 && from.Output < len(outputs) {
		w.Optional = outputs[from.Output].Optional
		if outputs[from.Output].Dynamic {
			at := p.exec.Steps[step].Map
			w.Each = at != nil && p.isWithin(step, from)
			depth, inside = depth+1, inside+1
			if !w.Each {
				inside--
			}
		}
	}
	w.All = depth > inside && w.Kind == WaitValue
	return w
}

// mapDepth is how many maps a step is in.
func (p *plan) mapDepth(step int) int {
	n := 0
	for at := p.exec.Steps[step].Map; at != nil; at = p.exec.Steps[at.Step].Map {
		n++
	}
	return n
}

// sharedDepth is how many maps a step is in together with another one.
func (p *plan) sharedDepth(step, other int) int {
	n := 0
	for at := p.exec.Steps[other].Map; at != nil; at = p.exec.Steps[at.Step].Map {
		if p.isWithin(step, *at) {
			n++
		}
	}
	return n
}

// isWithin reports whether a step is in the map over a source.
func (p *plan) isWithin(step int, over executor.Source) bool {
	for at := p.exec.Steps[step].Map; at != nil; at = p.exec.Steps[at.Step].Map {
		if *at == over {
			return true
		}
	}
	return false
}

func retryInfo(p RetryPolicy) *RetryInfo {
	if p.Max == 0 {
		return nil
	}
	return &RetryInfo{
		Max: p.Max, Delay: p.Delay, MaxDelay: p.MaxDelay,
		Backoff: []string{"constant", "linear", "exponential"}[p.Backoff],
		Jitter:  []string{"none", "full", "plus_minus"}[p.Jitter],
	}
}

// IsMapped reports whether the step runs once for each key.
func (s *StepPlan) IsMapped() bool { return s.MapOver != "" }
