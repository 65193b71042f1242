package dagster

import (
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/metadata"
)

// stepSpec is what options say of a step. Specs are laid over one another: a use of an op over the op, that over the
// graphs around it, and those over the job.
type stepSpec struct {
	set         optionSet
	tags        map[string]string
	description string
	metadata    []metadata.Entry
	codeVersion string
	retry       RetryPolicy
	timeout     time.Duration
	after       []*input
	finally     []*input // waited for whatever they come to
	storedIn    *resource
	durable     bool
	pool        string
	hooks       []hook
	config      map[*config]any
}

// merge returns the spec with what d says where s says nothing, for two specs of one thing. Tags, metadata, config, hooks
// and what is waited for are joined, s winning.
func (s *stepSpec) merge(d *stepSpec) stepSpec {
	out := *s
	take := func(o optionSet, use func()) {
		if d.set.has(o) && !out.set.has(o) {
			use()
			out.set |= o
		}
	}
	take(optDescription, func() { out.description = d.description })
	take(optCodeVersion, func() { out.codeVersion = d.codeVersion })
	out.tags = over(out.tags, d.tags)
	if len(d.metadata) > 0 {
		out.metadata = mergeMetadata(slices.Clone(d.metadata), out.metadata)
	}
	return out.within(d)
}

// within returns the spec of a step in something whose spec is d: a graph, a job.
func (s *stepSpec) within(d *stepSpec) stepSpec {
	out := *s
	if d.set.has(optRetry) && !out.set.has(optRetry) {
		out.retry = d.retry
	}
	if d.set.has(optTimeout) && !out.set.has(optTimeout) {
		out.timeout = d.timeout
	}
	if d.set.has(optPool) && !out.set.has(optPool) {
		out.pool = d.pool
	}
	if !out.set.has(optStoredIn) && !out.durable {
		out.storedIn, out.durable = d.storedIn, d.durable
	}
	out.set |= d.set & (optRetry | optTimeout | optPool | optStoredIn)
	out.config = over(out.config, d.config)
	out.after = joined(out.after, d.after)
	out.finally = joined(out.finally, d.finally)
	out.hooks = joined(out.hooks, d.hooks)
	return out
}

// inside is the spec of a step in something whose spec is d: the step's own, if d says nothing.
func (s *stepSpec) inside(d *stepSpec) *stepSpec {
	if d.isEmpty() {
		return s
	}
	made := s.within(d)
	return &made
}

// isEmpty reports whether the spec says nothing of the steps within it.
func (s *stepSpec) isEmpty() bool {
	return s.set == 0 && !s.durable && len(s.config) == 0 && len(s.after) == 0 && len(s.finally) == 0 && len(s.hooks) == 0
}

func joined[T any](own, more []T) []T {
	if len(more) == 0 {
		return own
	}
	return slices.Concat(own, more)
}

// over returns one map laid over another.
func over[K comparable, V any](top, bottom map[K]V) map[K]V {
	if len(bottom) == 0 {
		return top
	}
	if len(top) == 0 {
		return bottom
	}
	out := maps.Clone(bottom)
	maps.Copy(out, top)
	return out
}
