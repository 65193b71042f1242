package dagster

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
)

// Job is something to run under a name: a graph, or a selection of a repository's assets, with its own config, resources,
// limits and tags. It is immutable, and safe for concurrent use.
type Job struct{ of *job }

type job struct {
	definition
	graph     *graph // or, for a job of assets:
	selection Selection

	set         optionSet
	steps       stepSpec // defaults for the steps
	description string
	tags        map[string]string
	owners      []string
	metadata    []metadata.Entry
	replaced    []Replacement
	limit       int
	limits      []executor.TagLimit
	maxRuntime  time.Duration
	partitions  *partitions // nil if it is not divided
	configFor   func(p PartitionInfo) ([]ConfigValue, error)
}

// NewJob declares a job that runs a graph.
func NewJob(name string, g AnyGraph, opts ...JobOption) *Job {
	j := newJob(name, opts)
	if g == nil || g.graph() == nil {
		j.mistake("nil graph")
		return &Job{of: j}
	}
	j.graph = g.graph()
	return &Job{of: j}
}

// NewAssetJob declares a job that materializes the selected assets of the repository that lists it.
func NewAssetJob(name string, sel Selection, opts ...JobOption) *Job {
	j := newJob(name, opts)
	j.selection = sel
	return &Job{of: j}
}

func newJob(name string, opts []JobOption) *job {
	j := &job{definition: definition{kind: "job", name: name, at: outerSite()}}
	j.check(checkIdentifier(name))
	for _, o := range opts {
		if o == nil {
			j.mistake("nil option")
			continue
		}
		o.applyJob(j)
	}
	return j
}

// Name is the job's name.
func (j *Job) Name() string { return j.of.name }

func (j *Job) define(c *catalog) {
	if j == nil {
		c.add(nil)
		return
	}
	c.listedJobs = append(c.listedJobs, j.of)
}

// Execute runs a job of the repository, and returns when all is recorded. Errors and the result are those of
// [Repository.Materialize]. Execute may be called from many goroutines.
func (r *Repository) Execute(ctx context.Context, job *Job, opts ...RunOption) (*Result, error) {
	o := newRunOptions(opts)
	c, err := r.compiled()
	if err != nil {
		return refused(o, err)
	}
	if job == nil {
		return refused(o, fmt.Errorf("execute job: %w", errNil))
	}
	if c.jobs[job.of.name] != job.of {
		return refused(o, fmt.Errorf("execute job %s: not in the repository", quote(job.of.name)))
	}
	return r.executeJob(ctx, c, o, job.of)
}

// ExecuteJob is [Repository.Execute] for a job that is known by its name.
func (r *Repository) ExecuteJob(ctx context.Context, name string, opts ...RunOption) (*Result, error) {
	c, err := r.compiled()
	if err != nil {
		return refused(newRunOptions(opts), err)
	}
	j, ok := c.jobs[name]
	if !ok {
		return refused(newRunOptions(opts), c.noJob(name))
	}
	return r.executeJob(ctx, c, newRunOptions(opts), j)
}

func (r *Repository) executeJob(ctx context.Context, c *catalog, o *runOptions, j *job) (*Result, error) {
	o.job = j
	if j.graph != nil {
		return r.executeGraph(ctx, c, o, j)
	}
	if len(o.opSelection) > 0 {
		return refused(o, fmt.Errorf("job %s: it runs assets: select those", quote(j.name)))
	}
	selected, err := c.resolve(j.selection)
	if err != nil {
		return refused(o, fmt.Errorf("job %s: %w", quote(j.name), err))
	}
	return r.execute(ctx, c, o, selected, string(j.selection))
}

// MaxRuntime ends a run that takes longer, as failed.
func MaxRuntime(d time.Duration) JobOption { return maxRuntime(d) }

type maxRuntime time.Duration

func (m maxRuntime) applyJob(j *job) {
	j.set.once(&j.definition, optMaxRuntime, "max runtime")
	j.maxRuntime = time.Duration(m)
	if m <= 0 {
		j.mistake("max runtime %v: not positive", time.Duration(m))
	}
}
