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
func (s stepSpec) merge(d stepSpec) stepSpec {
	take := func(o optionSet, use func()) {
		if d.set.has(o) && !s.set.has(o) {
			use()
			s.set |= o
		}
	}
	take(optDescription, func() { s.description = d.description })
	take(optCodeVersion, func() { s.codeVersion = d.codeVersion })
	s.tags = over(s.tags, d.tags)
	if len(d.metadata) > 0 {
		s.metadata = mergeMetadata(slices.Clone(d.metadata), s.metadata)
	}
	return s.within(d)
}

// within returns the spec of a step in something whose spec is d: a graph, a job.
func (s stepSpec) within(d stepSpec) stepSpec {
	if d.set.has(optRetry) && !s.set.has(optRetry) {
		s.retry = d.retry
	}
	if d.set.has(optTimeout) && !s.set.has(optTimeout) {
		s.timeout = d.timeout
	}
	if d.set.has(optPool) && !s.set.has(optPool) {
		s.pool = d.pool
	}
	if !s.set.has(optStoredIn) && !s.durable {
		s.storedIn, s.durable = d.storedIn, d.durable
	}
	s.set |= d.set & (optRetry | optTimeout | optPool | optStoredIn)
	s.config = over(s.config, d.config)
	s.after = joined(s.after, d.after)
	s.finally = joined(s.finally, d.finally)
	s.hooks = joined(s.hooks, d.hooks)
	return s
}

// inside is the spec of a step in something whose spec is d: the step's own, if d says nothing.
func (s *stepSpec) inside(d *stepSpec) *stepSpec {
	if d.isEmpty() {
		return s
	}
	made := s.within(*d)
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
