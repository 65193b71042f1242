package dagster

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/dagster-go/dagster/metadata"
)

// One interface per target, so that an option in the wrong place does not compile. Only this package makes options.
type (
	// AssetOption holds for an asset.
	AssetOption interface{ applyAsset(a *asset) }

	// OpOption holds for an op, for one use of an op, or for all that a graph places.
	OpOption interface{ applyOp(o *op) }

	// JobOption holds for a job; what it says of steps is a default for those that do not say otherwise.
	JobOption interface{ applyJob(j *job) }

	// ResourceOption holds for a resource.
	ResourceOption interface{ applyResource(r *resource) }

	// ConfigOption holds for a config.
	ConfigOption interface{ applyConfig(c *config) }

	// ScheduleOption holds for a schedule.
	ScheduleOption interface{ applySchedule(s *schedule) }

	// RunOption holds for one run.
	RunOption interface{ applyRun(o *runOptions) }

	// StepOption holds for anything that becomes a step, and as a job's default for its steps.
	StepOption interface {
		AssetOption
		OpOption
		JobOption
		CheckOption
	}

	// StoreOption holds for anything whose value is kept.
	StoreOption interface {
		AssetOption
		OpOption
	}

	// AnyOption holds for every definition.
	AnyOption interface {
		AssetOption
		OpOption
		JobOption
		ResourceOption
		ConfigOption
		CheckOption
		ScheduleOption
	}

	// OwnerOption holds for what somebody answers for: an asset, a job or a schedule.
	OwnerOption interface {
		AssetOption
		JobOption
		ScheduleOption
	}

	// LimitOption bounds a run, or every run of a job.
	LimitOption interface {
		JobOption
		RunOption
	}
)

// AssetOptions bundles options under one name.
type AssetOptions []AssetOption

func (o AssetOptions) applyAsset(a *asset) { a.apply(o) }

// optionSet is which options were given.
type optionSet uint32

const (
	optGroup optionSet = 1 << iota
	optKinds
	optOwners
	optDescription
	optCodeVersion
	optRetry
	optTimeout
	optStoredIn
	optStoredAs
	optShared
	optPool
	optSubsettable
	optMaxRuntime
	optPartitioned
	optSingleRun
	optBlocking
	optObserve
	optFresh
	optRunning
	optRequests
	optTimeZone
	optAtMinute
	optAtHour
	optOnWeekday
	optOnDay
	optVirtual
)

func (s *optionSet) has(o optionSet) bool { return *s&o != 0 }

// once marks an option that has one value; giving it twice is a mistake.
func (s *optionSet) once(d *definition, o optionSet, name string) {
	if *s&o != 0 {
		d.mistake("%s: given twice", name)
	}
	*s |= o
}

// assetOption is an option for assets alone.
type assetOption func(a *asset)

func (o assetOption) applyAsset(a *asset) { o(a) }

// stepOption is an option for what becomes a step.
type stepOption func(d *definition, s *stepSpec)

func (o stepOption) applyAsset(a *asset) { o(&a.definition, &a.spec.stepSpec) }
func (o stepOption) applyOp(op *op)      { o(&op.definition, &op.spec) }
func (o stepOption) applyJob(j *job)     { o(&j.definition, &j.steps) }

// Group puts an asset into a group; without it the group is "default".
func Group(name string) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set.once(&a.definition, optGroup, "group")
		a.spec.group = name
		a.check(checkGroup(name))
	})
}

// Owners says who answers for an asset, a job or a schedule: email addresses, or "team:" and a name. Several Owners add up.
func Owners(owners ...string) OwnerOption { return owned(slices.Clone(owners)) }

type owned []string

func (o owned) applyAsset(a *asset) {
	a.spec.set |= optOwners
	a.spec.owners = o.add(&a.definition, a.spec.owners)
}

func (o owned) applyJob(j *job)           { j.owners = o.add(&j.definition, j.owners) }
func (o owned) applySchedule(s *schedule) { s.owners = o.add(&s.definition, s.owners) }

func (o owned) add(d *definition, to []string) []string {
	for _, one := range o {
		d.check(checkOwner(one))
		to = addNew(to, one)
	}
	return to
}

// Kinds says what an asset is made with: "csv", "postgres". Several Kinds add up.
func Kinds(kinds ...string) AssetOption {
	return assetOption(func(a *asset) {
		a.spec.set |= optKinds
		for _, k := range kinds {
			a.check(checkKind(k))
			a.spec.kinds = addNew(a.spec.kinds, k)
		}
	})
}

func addNew[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

func (d *definition) check(err error) {
	if err != nil {
		d.mistakes = append(d.mistakes, err)
	}
}

// described is an option that every definition shares.
type described string

// Description says what a definition is, in Markdown.
func Description(text string) AnyOption { return described(text) }

func (o described) to(d *definition, set *optionSet, text *string) {
	set.once(d, optDescription, "description")
	*text = string(o)
}

func (o described) applyAsset(a *asset) { o.to(&a.definition, &a.spec.set, &a.spec.description) }
func (o described) applyOp(p *op)       { o.to(&p.definition, &p.spec.set, &p.spec.description) }
func (o described) applyJob(j *job)     { o.to(&j.definition, &j.set, &j.description) }
func (o described) applyResource(r *resource) {
	o.to(&r.definition, &r.set, &r.description)
}
func (o described) applyConfig(c *config) { o.to(&c.definition, &c.set, &c.description) }
func (o described) applySchedule(s *schedule) {
	o.to(&s.definition, &s.set, &s.description)
}

type tagged map[string]string

// Tags are labels by which people find and select; an empty value is a bare label. Several Tags add up, and two values
// for one key are a mistake. Only an asset's are bound to signs (letters, digits, "_", "-", "."). A job's are its runs', and so are a
// schedule's.
func Tags(kv map[string]string) AnyOption { return tagged(maps.Clone(kv)) }

func (o tagged) applyAsset(a *asset) {
	for _, k := range slices.Sorted(maps.Keys(o)) {
		a.check(checkTag(k, o[k]))
	}
	a.spec.tags = o.add(&a.definition, a.spec.tags)
}

func (o tagged) applyOp(p *op)             { p.spec.tags = o.add(&p.definition, p.spec.tags) }
func (o tagged) applyJob(j *job)           { j.tags = o.add(&j.definition, j.tags) }
func (o tagged) applyResource(r *resource) { r.tags = o.add(&r.definition, r.tags) }
func (o tagged) applyConfig(c *config)     { c.tags = o.add(&c.definition, c.tags) }
func (o tagged) applySchedule(s *schedule) { s.tags = o.add(&s.definition, s.tags) }

func (o tagged) add(d *definition, to map[string]string) map[string]string {
	if to == nil {
		to = make(map[string]string, len(o))
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if old, ok := to[k]; ok && old != o[k] {
			d.mistake("tag %s: two values, %s and %s", quote(k), quote(old), quote(o[k]))
		}
		to[k] = o[k]
	}
	return to
}

type noted []metadata.Entry

// Metadata is shown beside a definition. Several Metadata add up; of two entries with one key the later holds. What
// [metadata.Check] finds wrong is a mistake.
func Metadata(entries ...metadata.Entry) AnyOption { return noted(slices.Clone(entries)) }

func (o noted) applyAsset(a *asset)       { o.to(&a.definition, &a.spec.metadata) }
func (o noted) applyOp(p *op)             { o.to(&p.definition, &p.spec.metadata) }
func (o noted) applyJob(j *job)           { o.to(&j.definition, &j.metadata) }
func (o noted) applyResource(r *resource) { o.to(&r.definition, &r.metadata) }
func (o noted) applyConfig(c *config)     { o.to(&c.definition, &c.metadata) }
func (o noted) applySchedule(s *schedule) { o.to(&s.definition, &s.metadata) }

func (o noted) to(d *definition, list *[]metadata.Entry) { *list = d.checkMetadata(*list, o) }

// shared is an option for resources alone.
type shared struct{}

// Shared opens a resource once per process instead of once per run. It is closed by [Repository.Close].
func Shared() ResourceOption { return shared{} }

func (shared) applyResource(r *resource) {
	r.set.once(&r.definition, optShared, "shared")
}

func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return t.String()
}

// storeOption is an option for what keeps a value.
type storeOption func(d *definition, s *stepSpec)

func (o storeOption) applyAsset(a *asset) { o(&a.definition, &a.spec.stepSpec) }
func (o storeOption) applyOp(p *op)       { o(&p.definition, &p.spec) }

// CodeVersion names the version of the code that makes a value. It is recorded with each materialization: a changed
// version makes what was made by the old one stale.
func CodeVersion(v string) StoreOption {
	return storeOption(func(d *definition, s *stepSpec) {
		s.set.once(d, optCodeVersion, "code version")
		s.codeVersion = v
		if v == "" {
			d.mistake("code version: %w", errEmpty)
		}
	})
}

// StoredIn keeps the value by this IO manager. Without it an asset is kept by the instance's own, and an op's value in
// memory as long as the run's [Result]: see [Durable].
func StoredIn(io *Resource[IOManager]) StoreOption {
	return storeOption(func(d *definition, s *stepSpec) {
		s.set.once(d, optStoredIn, "stored in")
		if io == nil {
			d.mistake("stored in: %w", errNil)
			return
		}
		s.storedIn = io.core
	})
}

// Retry tries a failed step again under p. Without it a failure is final. A use of an op goes before the op, and that
// before its graphs and its job.
func Retry(p RetryPolicy) StepOption {
	return stepOption(func(d *definition, s *stepSpec) {
		s.set.once(d, optRetry, "retry")
		s.retry = p
		d.check(p.check())
	})
}

// Timeout bounds each attempt of a step: its context ends after d, and an attempt that does not stop then is given up.
// Without it an attempt may take for ever.
func Timeout(d time.Duration) StepOption {
	return stepOption(func(def *definition, s *stepSpec) {
		s.set.once(def, optTimeout, "timeout")
		s.timeout = d
		if d <= 0 {
			def.mistake("timeout %v: not positive", d)
		}
	})
}
