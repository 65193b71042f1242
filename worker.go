package dagster

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// RunStep runs one attempt of one asset: it loads what the body takes, calls it, and stores what it made. The engine
// records how the attempt ended.
func (r *runState) RunStep(ctx context.Context, t *executor.Task) executor.Outcome {
	s := &r.plan.steps[t.Step]
	sc := &scope{Context: ctx, run: r, task: t, step: s}
	var streams []any
	defer func() {
		for _, v := range streams {
			_ = closeStream(v) // it was only read
		}
	}()
	var small [4]any
	leaves, err := r.load(sc, small[:0], &streams)
	if err != nil {
		return executor.Outcome{Err: err}
	}
	v, err := s.asset.body.call(sc, leaves)
	if err != nil {
		return executor.Outcome{Err: finalFailure(err)}
	}
	if _, ok := v.(absent); ok {
		return executor.Outcome{Missing: firstMissing}
	}
	return executor.Outcome{Err: r.keep(sc, v)}
}

// firstMissing says that a step's one output was not made.
var firstMissing = []int{0}

// finalFailure makes a Failure final.
func finalFailure(err error) error {
	if f := asFailure(err); f != nil {
		return executor.NoRetry(err)
	}
	return err
}

// load returns the values of the body's leaves, in order.
func (r *runState) load(sc *scope, leaves []any, streams *[]any) ([]any, error) {
	var made map[int32]map[int32]bool // by executor input: which steps of it made their value
	for i := range sc.step.reads {
		rd := &sc.step.reads[i]
		if rd.source >= 0 {
			if made == nil {
				made = make(map[int32]map[int32]bool)
			}
			if made[rd.source] == nil {
				made[rd.source] = madeSteps(sc.task, rd.source)
			}
			if !made[rd.source][rd.step] && !rd.use.optional {
				leaves = append(leaves, absent{})
				continue
			}
		}
		v, err := r.leaf(sc, rd)
		if err != nil {
			return nil, err
		}
		if rd.kind == readsAsset && rd.codec().streams {
			*streams = append(*streams, v)
		}
		leaves = append(leaves, v)
	}
	return leaves, nil
}

func madeSteps(t *executor.Task, source int32) map[int32]bool {
	made := t.Sources(int(source))
	out := make(map[int32]bool, len(made))
	for _, m := range made {
		out[int32(m.Step)] = true //nolint:gosec // an index of the steps
	}
	return out
}

func (r *runState) leaf(sc *scope, rd *read) (any, error) {
	switch rd.kind {
	case readsConst:
		return rd.leaf.value, nil
	case readsConfig:
		return r.open.config[rd.leaf.config], nil
	case readsResource:
		return r.open.get(sc.outer(), rd.leaf.resource, sc.task.Emit)
	case readsAsset:
		return r.loadAsset(sc, rd)
	case joins, may, derives, readsNil: // no leaves, or refused by Validate
	}
	return nil, fmt.Errorf("input of unknown kind %d", rd.kind)
}

// codec is how the leaf's asset is decoded.
func (r *read) codec() *codec {
	if r.leaf.codec != nil {
		return r.leaf.codec
	}
	return r.leaf.asset.codec
}

func (r *runState) loadAsset(sc *scope, rd *read) (any, error) {
	up := rd.leaf.asset
	v, given := r.given[up]
	switch {
	case given:
	case up.empty:
		v = Nothing{}
	default:
		var err error
		v, err = load(sc, loading{asset: up, spec: rd.spec, by: rd.leaf.loadedBy, codec: rd.leaf.codec, inst: r.inst, open: r.open, scope: sc})
		if err != nil && rd.use.optional && notStored(err) {
			return absent{}, nil
		}
		if err != nil {
			return nil, r.loadError(rd, err)
		}
		sc.task.Emit(storage.Event{Kind: storage.LoadedInput, Data: rd.loaded})
	}
	sc.task.Emit(storage.Event{Kind: storage.StepInput, Data: rd.loaded})
	return v, nil
}

func (r *runState) loadError(rd *read, err error) error {
	up := rd.leaf.asset
	if rd.step < 0 && notStored(err) {
		return fmt.Errorf("load asset %s: %w; materialize it first, or give it a value with Given", quote(up.key), err)
	}
	return fmt.Errorf("load asset %s: %w", quote(up.key), err)
}

// keep stores what the body made, and records that it is materialized.
func (r *runState) keep(sc *scope, v any) error {
	s, t := sc.step, sc.task
	t.Emit(storage.Event{Kind: storage.StepOutput, Data: s.output})
	if !s.asset.empty {
		if err := store(sc, v, loading{asset: s.asset, spec: s.spec, inst: r.inst, open: r.open, scope: sc}); err != nil {
			return fmt.Errorf("store asset %s: %w", quote(s.asset.key), err)
		}
	}
	t.Emit(storage.Event{Kind: storage.AssetMaterialization, Asset: s.asset.key, Data: r.materialized(sc)})
	if !s.asset.empty {
		t.Emit(storage.Event{Kind: storage.HandledOutput, Data: s.stored})
	}
	return nil
}
