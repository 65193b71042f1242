package dagster

import (
	"context"
	"errors"
	"fmt"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// RunStep runs one attempt of one step: it loads what the body takes, calls it, and stores what it made. The engine
// records how the attempt ended.
func (r *runState) RunStep(ctx context.Context, t *executor.Task) executor.Outcome {
	s := &r.plan.steps[t.Step]
	if s.divided {
		return r.runPortions(ctx, t, s)
	}
	return r.attempt(&scope{Context: ctx, run: r, task: t, step: s}) //nolint:contextcheck // a scope is a context
}

// attempt calls the body of a step once.
func (r *runState) attempt(sc *scope) executor.Outcome {
	s := sc.step
	if out, ok := r.skipped(sc); ok {
		return out
	}
	defer sc.closeStreams()
	var small [4]any
	leaves, err := r.load(sc, small[:0])
	if err != nil {
		return executor.Outcome{Err: err}
	}
	v, err := s.body.call(sc, leaves)
	switch {
	case err != nil && s.skips && errors.Is(err, errAbsent):
		return s.madeNothing()
	case err != nil:
		return executor.Outcome{Err: finalFailure(err)}
	}
	if err := sc.checkSaid(); err != nil {
		return executor.Outcome{Err: err}
	}
	if _, ok := v.(absent); ok {
		return s.madeNothing()
	}
	return r.keep(sc, v)
}

// firstMissing says that a step's one output was not made.
var firstMissing = []int{0} //nolint:gochecknoglobals // never changed

// madeNothing is the outcome of a step that left out all that it could have made.
func (s *planStep) madeNothing() executor.Outcome {
	n := len(s.branches)
	if len(s.makes) > 1 {
		n += len(s.makes) - 1
	}
	if n == 0 {
		return executor.Outcome{Missing: firstMissing}
	}
	missing := make([]int, 0, n+1)
	for i := range n + 1 {
		missing = append(missing, i)
	}
	return executor.Outcome{Missing: missing}
}

// finalFailure makes a Failure final.
func finalFailure(err error) (final error) {
	defer func() {
		if recover() != nil {
			final = err // the executor says what is wrong with it
		}
	}()
	if f := asFailure(err); f != nil {
		return executor.NoRetry(err)
	}
	return err
}

// load returns the values of the body's leaves, in order.
func (r *runState) load(sc *scope, leaves []any) ([]any, error) {
	var asked sourcesOf
	for i := range sc.step.reads {
		rd := &sc.step.reads[i]
		v, err := r.leaf(sc, rd, &asked)
		if err != nil {
			return nil, err
		}
		if rd.wasLoaded(v) && r.plan.streams(rd) {
			sc.opened(v)
		}
		leaves = append(leaves, v)
	}
	sc.tellInputs(leaves)
	return leaves, nil
}

// tellInputs records, when all is loaded, each input of which something was.
func (s *scope) tellInputs(leaves []any) {
	loaded := false
	for i := range s.step.reads {
		rd := &s.step.reads[i]
		loaded = loaded || rd.wasLoaded(leaves[i])
		if rd.last {
			if loaded {
				s.emit(storage.Event{Kind: storage.StepInput, Data: rd.loadedOrNil()})
			}
			loaded = false
		}
	}
}

// wasLoaded reports whether the leaf's value came from a step or from a store.
func (r *read) wasLoaded(v any) bool {
	_, none := v.(absent)
	return !none && r.loaded != nil
}

// loadedOrNil is the payload of the leaf, if it has one: an input may end in a constant.
func (r *read) loadedOrNil() storage.Payload {
	if r.loaded == nil {
		return nil
	}
	return r.loaded
}

// leaf returns the value of one leaf, absent if it has none and may.
func (r *runState) leaf(sc *scope, rd *read, asked *sourcesOf) (any, error) {
	switch rd.kind {
	case readsAsset:
		if rd.source >= 0 && !rd.use.optional && len(asked.made(sc.task, rd)) == 0 {
			return absent{}, nil
		}
		return r.loadAsset(sc, rd)
	case readsOutput, readsElement, collects:
		return r.loadOutput(sc, rd, asked)
	case readsConst, readsConfig, readsResource, joins, may, derives, branches, readsOwn, readsNil:
	}
	return r.plainLeaf(sc, rd.leaf)
}

// plainLeaf returns the value of a leaf that no step makes.
func (r *runState) plainLeaf(sc *scope, leaf *input) (any, error) {
	switch leaf.kind {
	case readsConst:
		return leaf.value, nil
	case readsConfig:
		return r.configOf(sc.task.Step, leaf.config), nil
	case readsResource:
		return r.open.get(sc.outer(), leaf.resource, sc.emit)
	case readsAsset, joins, may, derives, branches, readsOutput, readsElement, collects, readsOwn, readsNil:
	}
	return nil, fmt.Errorf("input of unknown kind %d", leaf.kind)
}

// configOf is the value that a config has in a step.
func (r *runState) configOf(step int, c *config) any {
	if v, ok := r.options.stepConfig[step][c]; ok {
		return v
	}
	return r.open.config[c]
}

// streams reports whether what is read is a stream, which is closed when the step has read it.
func (p *plan) streams(rd *read) bool {
	switch {
	case rd.leaf.codec != nil:
		return rd.leaf.codec.streams
	case rd.kind == readsAsset:
		return rd.leaf.asset.codec.streams
	case rd.kind == readsOutput && rd.step >= 0:
		return p.steps[rd.step].codec.streams && p.steps[rd.step].isKept()
	}
	return false
}

func (r *runState) loadAsset(sc *scope, rd *read) (any, error) {
	if rd.link >= 0 {
		return r.loadPartitions(sc, rd)
	}
	up := rd.leaf.asset
	if len(r.given) > 0 {
		if v, given := r.given[up]; given {
			return v, nil
		}
	}
	if up.empty {
		sc.emit(storage.Event{Kind: storage.LoadedInput, Data: rd.loaded})
		return Nothing{}, nil
	}
	l := assetValue(up, rd.spec, "")
	l.inst, l.open, l.scope = r.inst, r.open, sc
	l.readBy(rd.leaf)
	v, err := load(sc, l)
	switch {
	case err == nil:
		sc.emit(storage.Event{Kind: storage.LoadedInput, Data: rd.loaded})
		return v, nil
	case rd.use.optional && notStored(err):
		return absent{}, nil
	}
	return nil, loadError(rd, err)
}

func loadError(rd *read, err error) error {
	up := rd.leaf.asset
	switch {
	case rd.step >= 0 || !notStored(err):
		return fmt.Errorf("load asset %s: %w", quote(up.key), err)
	case up.source:
		return fmt.Errorf("load asset %s: %w; it is made elsewhere: store it there first, or give it a value with Given", quote(up.key), err)
	default:
		return fmt.Errorf("load asset %s: %w; materialize it first, or give it a value with Given", quote(up.key), err)
	}
}
