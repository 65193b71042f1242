package dagster

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// runOptions are the options of one run.
type runOptions struct {
	inst     *Instance
	fresh    bool           // nobody has named an instance
	given    map[*asset]any // a [givenPartitions] for some partitions
	replaced map[*resource]any
	config   map[*config]any
	raw      []json.RawMessage // run config, later over earlier
	tags     map[string]string
	limit    int
	limits   []executor.TagLimit
	watch    func([]storage.Event)
	again    *reexecution
	executor executor.Executor
	wrong    []error

	job        *job // nil for a run of chosen assets
	onlyChecks []string

	skipUnchanged, staleOnly bool

	partitions  PartitionSet // the zero value if nothing is said of partitions
	portion     *portion
	givenOps    map[*op]any
	opSelection []string
	ops         []opConfig // run config of single steps
	misread     []*config  // that run config is wrong about

	// said are the configs that the run itself says something of.
	said []*config

	// stepConfig are the values that configs have in one step, by the step's index.
	stepConfig map[int]map[*config]any
}

func newRunOptions(opts []RunOption) *runOptions {
	o := &runOptions{
		given:    make(map[*asset]any),
		replaced: make(map[*resource]any),
		config:   make(map[*config]any),
	}
	for _, one := range opts {
		if one == nil {
			o.mistake(fmt.Errorf("run option: %w", errNil))
			continue
		}
		one.applyRun(o)
	}
	if o.inst == nil {
		o.inst, o.fresh = NewInstance(InstanceConfig{}), true
	}
	return o
}

func (o *runOptions) mistake(err error) { o.wrong = append(o.wrong, err) }

type runOption func(o *runOptions)

func (f runOption) applyRun(o *runOptions) { f(o) }

// OnInstance records the run in an instance, and keeps its values there. Without it a run has a new instance in memory.
func OnInstance(in *Instance) RunOption {
	return runOption(func(o *runOptions) {
		if in == nil {
			o.mistake(fmt.Errorf("on instance: %w", errNil))
		}
		o.inst = in
	})
}

// Given stands in for the asset's value in one run: the asset is not run, even if it is selected.
func (a *Asset[T]) Given(v T) RunOption {
	return runOption(func(o *runOptions) {
		if a == nil {
			o.mistake(fmt.Errorf("given asset: %w", errNil))
			return
		}
		o.given[a.core] = v
	})
}

// RunTags label a run. Several add up, the later holding.
func RunTags(kv map[string]string) RunOption {
	kv = maps.Clone(kv)
	return runOption(func(o *runOptions) {
		if o.tags == nil {
			o.tags = make(map[string]string, len(kv))
		}
		maps.Copy(o.tags, kv)
	})
}

// MaxConcurrent is how many steps of a run are run at once. Without it, as many as there are processors (GOMAXPROCS).
func MaxConcurrent(n int) LimitOption { return maxConcurrent(n) }

type maxConcurrent int

func (m maxConcurrent) check() error {
	if m < 1 {
		return fmt.Errorf("max concurrent %d: not positive", int(m))
	}
	return nil
}

func (m maxConcurrent) applyJob(j *job) {
	j.check(m.check())
	j.limit = int(m)
}

func (m maxConcurrent) applyRun(o *runOptions) {
	if err := m.check(); err != nil {
		o.mistake(err)
	}
	o.limit = int(m)
}

// LimitTag is how many steps of a run with a tag are run at once; an empty value means any value of the key, all
// together. It may be given for several tags.
func LimitTag(key, value string, n int) LimitOption {
	return limitTag{Key: key, Value: value, Limit: n}
}

type limitTag executor.TagLimit

func (l limitTag) check() error {
	if l.Limit < 1 || l.Key == "" {
		return fmt.Errorf("limit tag %s: want a key and a positive number, got %d", quote(l.Key), l.Limit)
	}
	return nil
}

func (l limitTag) applyJob(j *job) {
	j.check(l.check())
	j.limits = append(j.limits, executor.TagLimit(l))
}

func (l limitTag) applyRun(o *runOptions) {
	if err := l.check(); err != nil {
		o.mistake(err)
	}
	o.limits = append(o.limits, executor.TagLimit(l))
}

// RunConfig is run config as JSON: {"config": {"load": {"dir": "data"}}} sets the field dir of the config named load, and
// {"ops": {"fetch": {"config": {"dir": "data"}}}} that of the one config of step fetch, for that step alone; a step with
// several configs has their names in between. What it does not say keeps its value. Every unknown or ill-typed field is
// reported, with its path, and nothing runs.
func RunConfig(data []byte) RunOption {
	data = slices.Clone(data)
	return runOption(func(o *runOptions) { o.raw = append(o.raw, data) })
}

// OnEvents calls fn with the events of the run, in order and never twice at once, after they have been stored. It must
// return soon: storing waits for it. If it panics the run fails.
func OnEvents(fn func([]storage.Event)) RunOption {
	return runOption(func(o *runOptions) { o.watch = fn })
}

// WithExecutor runs the steps by another executor than the one in this process.
func WithExecutor(e executor.Executor) RunOption {
	return runOption(func(o *runOptions) { o.executor = e })
}

// resolve lays the options over what the repository and the job say, and checks that they name what there is.
func (o *runOptions) resolve(c *catalog, p *plan) error {
	replaced, values := maps.Clone(c.replaced), maps.Clone(c.values)
	if o.job != nil {
		o.takeJob(replaced, values)
	}
	for r, v := range o.replaced {
		if !slices.Contains(c.resources, r) {
			o.mistake(fmt.Errorf("replace resource %s: unknown resource: nothing in the repository uses it", quote(r.name)))
		}
		replaced[r] = v
	}
	for a := range o.given {
		if i, ok := c.index[a.key]; !ok || c.assets[i].asset != a {
			o.mistake(fmt.Errorf("given asset %s: not in the repository", quote(a.key)))
		}
	}
	for cfg, v := range o.config {
		if _, ok := values[cfg]; !ok {
			o.mistake(fmt.Errorf("set config %s: unknown config: nothing in the repository uses it", quote(cfg.name)))
		}
		values[cfg] = v
	}
	o.resolveConfig(c, p, replaced, values)
	if err := p.checkGiven(o.givenOps); err != nil {
		o.mistake(err)
	}
	o.replaced, o.config = replaced, values
	return errors.Join(o.wrong...)
}

// takeJob lays what the job says over what the repository does.
func (o *runOptions) takeJob(replaced map[*resource]any, values map[*config]any) {
	for _, r := range o.job.replaced {
		replaced[r.target] = r.value
	}
	maps.Copy(values, o.job.steps.config)
	o.configByPartition(values)
	if o.limit == 0 {
		o.limit = o.job.limit
	}
	o.limits = slices.Concat(o.job.limits, o.limits)
	o.tags = over(o.tags, o.job.tags)
}
