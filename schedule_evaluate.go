package dagster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/partition"
)

// ScheduleResult is what one tick of a schedule comes to.
type ScheduleResult struct {
	// Requests are the runs to launch, in order. Each has its job, and the config and the tags of the schedule beside its
	// own: dagster/schedule_name, and for a partition dagster/partition and what else Dagster says of one. A launched run
	// also has the tags of its job.
	Requests []RunRequest

	// Skip is why there are none, empty if there are some.
	Skip string
}

// Evaluate asks the schedule what it requests at a tick, and launches nothing: it is how schedules are tested. A zero
// t.At means now; the time need not be a tick of the cron. Options may replace resources, set configs, and name an
// instance, which knows the keys of dynamic partitions and what time it is; others are refused. The function's resources are
// opened before and closed after it, but for those that are [Shared], which stay open.
//
// Evaluate knows nothing of the repository: its replacements and config values do not hold, other jobs and selections of
// assets are not looked up, and a partition schedule needs a job that says itself how it is [Partitioned]. See
// [Repository.EvaluateSchedule].
//
// An error names the schedule. It is what the function returned, also by a panic, or it says what is wrong with the
// requests: a partition that does not exist at the tick, one run key twice, none where there are several requests.
func (s *Schedule) Evaluate(ctx context.Context, t TickInfo, opts ...RunOption) (ScheduleResult, error) {
	if s == nil {
		return ScheduleResult{}, fmt.Errorf("evaluate schedule: %w", errNil)
	}
	c, err := s.of.aloneCatalog()
	if err != nil {
		return ScheduleResult{}, fmt.Errorf("evaluate schedule %s: %w", quote(s.of.name), err)
	}
	e := evaluation{schedule: s.of, catalog: c, alone: true}
	return e.run(ctx, t, opts)
}

// EvaluateSchedule is [Schedule.Evaluate] for a schedule of the repository, known by its name, with all that the repository
// says: its replacements and config values, and its jobs and assets.
func (r *Repository) EvaluateSchedule(ctx context.Context, name string, t TickInfo, opts ...RunOption) (ScheduleResult, error) {
	c, err := r.compiled()
	if err != nil {
		return ScheduleResult{}, err
	}
	s, ok := c.schedules[name]
	if !ok {
		return ScheduleResult{}, noName("schedule", name, slices.Collect(maps.Keys(c.schedules)))
	}
	e := evaluation{schedule: s, catalog: c, timing: c.timings[s]}
	return e.run(ctx, t, opts)
}

// evaluation is one call of a schedule's function.
type evaluation struct {
	schedule *schedule
	catalog  *catalog
	alone    bool // the catalog has nothing but what the function takes
	timing   *timing

	tick    TickInfo
	options *runOptions

	// sets and assets are what was found out for an earlier request: there may be thousands.
	sets   map[partition.Fingerprint]partition.Set
	assets map[*job][]int32
}

// aloneCatalog is what a schedule uses when it stands in no repository. The error has its mistakes, and theirs.
func (s *schedule) aloneCatalog() (*catalog, error) {
	c := &catalog{values: make(map[*config]any), replaced: make(map[*resource]any)}
	c.report(&s.definition)
	if s.job != nil {
		c.report(&s.job.definition)
	}
	u := used{c: c, resources: make(map[*resource]bool)}
	u.body(s.requests)
	reportUsed(c, c.resources, func(r *resource) *definition { return &r.definition })
	reportUsed(c, c.configs, func(cfg *config) *definition { return &cfg.definition })
	return c, errors.Join(c.wrong...)
}

func (e *evaluation) run(ctx context.Context, t TickInfo, opts []RunOption) (ScheduleResult, error) {
	res, err := e.evaluate(ctx, t, opts)
	if err != nil {
		return ScheduleResult{}, fmt.Errorf("evaluate schedule %s: %w", quote(e.schedule.name), err)
	}
	return res, nil
}

func (e *evaluation) evaluate(ctx context.Context, t TickInfo, opts []RunOption) (ScheduleResult, error) {
	var none ScheduleResult
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	if err := e.prepare(t, opts); err != nil {
		return none, err
	}
	requests, err := e.ask(WithTick(ctx, e.tick))
	if skip, ok := errors.AsType[*skipError](err); ok {
		return ScheduleResult{Skip: skip.why()}, nil
	}
	if err != nil {
		return none, err
	}
	if len(requests) == 0 {
		return ScheduleResult{Skip: "its function requested nothing"}, nil
	}
	if err := e.check(ctx, requests); err != nil {
		return none, err
	}
	return ScheduleResult{Requests: requests}, nil
}

// prepare takes the options, and finds out when the tick is.
func (e *evaluation) prepare(t TickInfo, opts []RunOption) error {
	o := newRunOptions(opts)
	e.options, e.sets, e.assets = o, make(map[partition.Fingerprint]partition.Set), make(map[*job][]int32)
	replaced, values := maps.Clone(e.catalog.replaced), maps.Clone(e.catalog.values)
	for _, v := range e.schedule.config {
		values[v.target] = v.value
	}
	for r, v := range o.replaced {
		if !slices.Contains(e.catalog.resources, r) {
			o.mistake(fmt.Errorf("replace resource %s: unknown resource: nothing here uses it", quote(r.name)))
		}
		replaced[r] = v
	}
	for cfg, v := range o.config {
		if !slices.Contains(e.catalog.configs, cfg) {
			o.mistake(fmt.Errorf("set config %s: unknown config: nothing here uses it", quote(cfg.name)))
		}
		values[cfg] = v
	}
	o.checkTick()
	e.checkValues(replaced, values)
	o.replaced, o.config = replaced, values
	if err := errors.Join(o.wrong...); err != nil {
		return err
	}
	if e.timing == nil {
		j := e.schedule.job
		def, known := e.division(j, nil)
		if e.schedule.partitioned && !known {
			return fmt.Errorf("the partitions of job %s are those of its assets, which only a repository knows: see EvaluateSchedule", quote(j.name))
		}
		var err error
		if e.timing, err = e.schedule.timing(def); err != nil {
			return err
		}
	}
	e.tick = t
	if t.At.IsZero() {
		e.tick.At = o.inst.now()
	}
	e.tick.At = e.timing.inZone(e.tick.At)
	return nil
}

// checkTick refuses options that only a run can have.
func (o *runOptions) checkTick() {
	if len(o.given) > 0 || len(o.givenOps) > 0 || len(o.raw) > 0 || len(o.tags) > 0 || len(o.opSelection) > 0 || len(o.limits) > 0 ||
		o.limit != 0 || o.watch != nil || o.executor != nil || o.partitions.choose != nil {
		o.mistake(errors.New("options: want replacements of resources, config values and an instance; others are a run's"))
	}
}

// checkValues checks the values of the configs that the function and its resources take.
func (e *evaluation) checkValues(replaced map[*resource]any, values map[*config]any) {
	found := &catalog{values: make(map[*config]any)}
	u := used{c: found, resources: make(map[*resource]bool, len(replaced))}
	for r := range replaced {
		u.resources[r] = true
	}
	u.body(e.schedule.requests)
	for _, cfg := range found.configs {
		if err := cfg.validate(values[cfg]); err != nil {
			e.options.mistake(err)
		}
		if err := cfg.schema.Missing("config."+cfg.name, values[cfg]); err != nil {
			e.options.mistake(err)
		}
	}
}

// ask calls the function, or does what a schedule without one does.
func (e *evaluation) ask(ctx context.Context) (requests []RunRequest, err error) {
	b := e.schedule.requests
	switch {
	case e.schedule.partitioned:
		return e.partitionRequests(ctx)
	case b == nil:
		return []RunRequest{{}}, nil
	}
	open := newOpener(e.options.replaced, e.options.config)
	defer func() { err = errors.Join(err, open.close()) }()
	v, err := guarded(func() (any, error) {
		leaves, err := open.inputs(ctx, b, nil)
		if err != nil {
			return nil, err
		}
		return b.call(ctx, leaves)
	})
	requests, _ = v.([]RunRequest)
	return slices.Clone(requests), err
}

// check completes the requests, and reports all that is wrong with them.
func (e *evaluation) check(ctx context.Context, requests []RunRequest) error {
	var wrong []error
	first := make(map[string]int, len(requests))
	for i := range requests {
		q := &requests[i]
		mistake := func(err error) {
			if err != nil {
				wrong = append(wrong, fmt.Errorf("request %d: %w", i+1, err))
			}
		}
		switch at, taken := first[q.Key]; {
		case q.Key == "" && len(requests) > 1:
			mistake(errors.New("no run key: each of several requests needs one"))
		case taken:
			mistake(fmt.Errorf("run key %s: taken by request %d", quote(q.Key), at+1))
		default:
			first[q.Key] = i
		}
		mistake(e.complete(ctx, q))
	}
	return errors.Join(wrong...)
}
