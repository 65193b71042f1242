package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dagster-go/dagster"
)

// modelJob is a spec as a job.
type modelJob struct {
	*modelSpec
	graph *dagster.Graph[int]
	job   *dagster.Job
	repo  *dagster.Repository
	steps map[string]*modelStep // by key without mapping keys
	made  map[*modelStep]func(r *dagster.Result) (map[string]int, error)
	bases map[string]any // ops that are used under other names, by name and shape
	whole atomic.Bool    // bodies do not fail any more
	round atomic.Int32   // how many runs there were before

	mu      sync.Mutex
	took    map[string]string
	running map[string]int // by pool, and "" for all
	most    map[string]int
}

// sides is what a branch makes.
type sides struct{ Even, Odd dagster.Maybe[int] }

// modelPlaced is where outputs are found while a scope is wired: nil for those of a scope around it.
type modelPlaced struct {
	s      *dagster.Scope
	prefix string
	ones   map[modelRef]dagster.Input[int]
	waits  map[modelRef]dagster.Dependency
	lists  map[*modelStep]dagster.Output[[]int]
}

func (m *modelSpec) declare(opts ...dagster.JobOption) *modelJob {
	j := &modelJob{
		modelSpec: m, steps: map[string]*modelStep{}, made: map[*modelStep]func(r *dagster.Result) (map[string]int, error){},
		bases: map[string]any{}, took: map[string]string{}, running: map[string]int{}, most: map[string]int{},
	}
	j.graph = j.declareGraph("graph", "", m.scope)
	j.job = dagster.NewJob("job", j.graph, opts...)
	j.repo = dagster.NewRepository("model", j.job)
	return j
}

func (j *modelJob) declareGraph(name, prefix string, scope *modelScope) *dagster.Graph[int] {
	return dagster.NewGraph(name, func(s *dagster.Scope) dagster.Output[int] {
		return j.wire(scope, &modelPlaced{
			s: s, prefix: prefix,
			ones: map[modelRef]dagster.Input[int]{}, waits: map[modelRef]dagster.Dependency{}, lists: map[*modelStep]dagster.Output[[]int]{},
		})
	}, retryOf(scope.retry)...)
}

func retryOf(retry *int) []dagster.OpOption {
	if retry == nil {
		return nil
	}
	return []dagster.OpOption{dagster.Retry(dagster.RetryPolicy{Max: *retry})}
}

// inside is p for a scope in it.
func (p *modelPlaced) inside(s *dagster.Scope, prefix string) *modelPlaced {
	return &modelPlaced{s: s, prefix: prefix, ones: maps.Clone(p.ones), waits: maps.Clone(p.waits), lists: maps.Clone(p.lists)}
}

func (j *modelJob) wire(scope *modelScope, p *modelPlaced) (out dagster.Output[int]) {
	for _, step := range scope.steps {
		switch step.kind {
		case modelNest:
			out = dagster.Nest(p.s, step.name, func(s *dagster.Scope) dagster.Output[int] {
				return j.wire(step.inner, p.inside(s, p.prefix+step.name+"."))
			}, retryOf(step.inner.retry)...)
			p.offer(modelRef{step, modelWhole}, out)
		case modelGraph:
			out = j.declareGraph(step.name, p.prefix+step.name+".", step.inner).In(p.s)
			p.offer(modelRef{step, modelWhole}, out)
		case modelBranch:
			made := modelPlace(j, step, p, func(v int) sides {
				if v%2 == 0 {
					return sides{Even: dagster.Some(v)}
				}
				return sides{Odd: dagster.Some(v)}
			})
			p.offer(modelRef{step, modelEven}, dagster.When(dagster.Field(made, func(s *sides) *dagster.Maybe[int] { return &s.Even })))
			p.offer(modelRef{step, modelOdd}, dagster.When(dagster.Field(made, func(s *sides) *dagster.Maybe[int] { return &s.Odd })))
		case modelMap:
			p.lists[step] = j.mapOver(step, p)
		default:
			out = modelPlace(j, step, p, func(v int) int { return v })
			p.offer(modelRef{step, modelWhole}, out)
		}
	}
	return out
}

func (p *modelPlaced) offer(ref modelRef, in dagster.Input[int]) { p.ones[ref], p.waits[ref] = in, in }

func (j *modelJob) mapOver(step *modelStep, p *modelPlaced) dagster.Output[[]int] {
	made := modelPlace(j, step, p, func(v int) dagster.Dynamic[int] {
		d := dagster.Dynamic[int]{}
		for i, key := range modelKeys(v) {
			d[key] = v + i
		}
		return d
	})
	return dagster.Map(p.s, made, func(s *dagster.Scope, e dagster.Input[int]) dagster.Output[int] {
		in := p.inside(s, p.prefix)
		in.ones[modelRef{step, modelElement}] = e
		return j.wire(step.inner, in)
	})
}

// modelPlace places the op of a step; as makes its value of a number.
func modelPlace[T any](j *modelJob, step *modelStep, p *modelPlaced, as func(int) T) dagster.Output[T] {
	j.steps[p.prefix+step.name] = step
	var opts []dagster.OpOption
	for _, ref := range step.after {
		opts = append(opts, dagster.After(p.waits[ref]))
	}
	for _, ref := range step.finally {
		opts = append(opts, dagster.Finally(p.waits[ref]))
	}
	opts = append(opts, retryOf(step.retry)...)
	if step.pool != "" {
		opts = append(opts, dagster.Tags(map[string]string{"pool": step.pool}))
	}
	var ones []dagster.Input[int]
	for _, ref := range step.ones {
		ones = append(ones, p.ones[ref])
	}
	list := step.joinedList(p)
	work := func(ctx context.Context, list []int, ones ...int) (T, error) {
		v, err := j.work(ctx, list, ones)
		return as(v), err
	}
	switch {
	case len(ones) == 0 && list == nil:
		return modelUse(j, step, opts, func(name string, opts ...dagster.OpOption) *dagster.Op0[T] {
			return dagster.NewOp(name, func(ctx context.Context) (T, error) { return work(ctx, nil) }, opts...)
		}).In(p.s)
	case len(ones) == 1 && list == nil:
		return modelUse(j, step, opts, func(name string, opts ...dagster.OpOption) *dagster.Op1[int, T] {
			return dagster.NewOp1(name, func(ctx context.Context, a int) (T, error) { return work(ctx, nil, a) }, opts...)
		}).In(p.s, ones[0])
	case len(ones) == 2 && list == nil:
		return modelUse(j, step, opts, func(name string, opts ...dagster.OpOption) *dagster.Op2[int, int, T] {
			return dagster.NewOp2(name, func(ctx context.Context, a, b int) (T, error) { return work(ctx, nil, a, b) }, opts...)
		}).In(p.s, ones[0], ones[1])
	case len(ones) == 0:
		return modelUse(j, step, opts, func(name string, opts ...dagster.OpOption) *dagster.Op1[[]int, T] {
			return dagster.NewOp1(name, func(ctx context.Context, l []int) (T, error) { return work(ctx, l) }, opts...)
		}).In(p.s, list)
	case len(ones) == 1:
		return modelUse(j, step, opts, func(name string, opts ...dagster.OpOption) *dagster.Op2[int, []int, T] {
			return dagster.NewOp2(name, func(ctx context.Context, a int, l []int) (T, error) { return work(ctx, l, a) }, opts...)
		}).In(p.s, ones[0], list)
	}
	return modelUse(j, step, opts, func(name string, opts ...dagster.OpOption) *dagster.Op3[int, int, []int, T] {
		return dagster.NewOp3(name, func(ctx context.Context, a, b int, l []int) (T, error) { return work(ctx, l, a, b) }, opts...)
	}).In(p.s, ones[0], ones[1], list)
}

// joinedList is the list that a step takes, nil for none.
func (s *modelStep) joinedList(p *modelPlaced) dagster.Input[[]int] {
	if s.list != nil {
		return p.lists[s.list]
	}
	if len(s.joined) == 0 {
		return nil
	}
	var parts []dagster.Input[int]
	for _, ref := range s.joined {
		parts = append(parts, p.ones[ref])
	}
	return dagster.FanIn(parts...)
}

// modelUsable is an op of any arity.
type modelUsable[O any] interface {
	As(name string, opts ...dagster.OpOption) O
}

// modelUse declares the op of a step, or a use of one that others use too.
func modelUse[O modelUsable[O]](j *modelJob, step *modelStep, opts []dagster.OpOption, declare func(string, ...dagster.OpOption) O) O {
	var op O
	if step.use == "" {
		op = declare(step.name, opts...)
	} else {
		shape := fmt.Sprintf("%s %T", step.use, op)
		base, ok := j.bases[shape].(O)
		if !ok {
			base = declare(step.use, retryOf(j.uses[step.use])...)
			j.bases[shape] = base
		}
		op = base.As(step.name, opts...)
	}
	if values, ok := any(op).(interface {
		Values(r *dagster.Result) (map[string]int, error)
	}); ok {
		j.made[step] = values.Values
	}
	return op
}

// work is the body of every op: it finds out by its step which one it is.
func (j *modelJob) work(ctx context.Context, list, ones []int) (int, error) {
	at := dagster.Step(ctx)
	name, _, _ := strings.Cut(at.Key, "[")
	step := j.steps[name]
	defer j.count(step.pool)()

	value := step.add
	var took []string
	for _, v := range ones {
		value += v
		took = append(took, fmt.Sprint([]int{v}))
	}
	for _, v := range list {
		value += v
	}
	if step.list != nil || len(step.joined) > 0 {
		took = append(took, fmt.Sprint(list))
	}
	j.mu.Lock()
	j.took[at.Key] = strings.Join(took, " ")
	j.mu.Unlock()
	if !j.whole.Load() && step.failsOn(at.Attempt, value, int(j.round.Load())) {
		return 0, errors.New("as drawn")
	}
	return value, nil
}

// count notes how many bodies run at once.
func (j *modelJob) count(pool string) (done func()) {
	change := func(by int) {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, p := range slices.Compact([]string{"", pool}) {
			j.running[p] += by
			j.most[p] = max(j.most[p], j.running[p])
		}
	}
	change(1)
	return func() { change(-1) }
}
