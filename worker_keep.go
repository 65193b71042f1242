package dagster

import (
	"fmt"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// keep stores what a step made: as the assets that it materializes, or as the value of an op.
func (r *runState) keep(sc *scope, v any) executor.Outcome {
	s := sc.step
	switch {
	case s.check != nil && s.check.set != nil:
		return r.keepChecks(sc, v)
	case s.check != nil:
		return r.keepCheck(sc, v)
	case s.observes != nil:
		return r.keepObservation(sc, v)
	case s.isOp():
		return r.keepOp(sc, v)
	case s.makes[0].asset.part != nil:
		return r.keepParts(sc, v)
	}
	if err := r.keepAsset(sc, &s.makes[0], v); err != nil {
		return executor.Outcome{Err: err}
	}
	if err := sc.keepOwnChecks(); err != nil {
		return executor.Outcome{Err: err}
	}
	if len(s.branches) == 0 && len(s.mapped) == 0 {
		return executor.Outcome{}
	}
	var out executor.Outcome
	out.Missing, out.Err = s.untaken(sc, v)
	for i, m := range s.mapped {
		if out.Err == nil {
			out.Err = r.keepMapped(sc, v, i, m, &out)
		}
	}
	return out
}

// keepParts stores the parts that the run is to make, in the order of the repository.
func (r *runState) keepParts(sc *scope, v any) executor.Outcome {
	var out executor.Outcome
	for i := range sc.step.makes {
		m := &sc.step.makes[i]
		value, ok, err := m.asset.part.pick(v)
		if err == nil && ok {
			err = r.keepAsset(sc, m, value)
		}
		if err != nil {
			return executor.Outcome{Err: err}
		}
		if !ok {
			out.Missing = append(out.Missing, i)
		}
	}
	out.Err = sc.keepOwnChecks()
	return out
}

// keepAsset stores an asset's value, and records that it is materialized.
func (r *runState) keepAsset(sc *scope, m *making, v any) error {
	if sc.portion != nil {
		return r.keepPortion(sc, m, v)
	}
	made := storage.Event{Kind: storage.StepOutput, Data: m.output}
	if m.asset.empty {
		sc.emitAll(made, storage.Event{Kind: storage.AssetMaterialization, Asset: m.asset.key, Data: r.materialized(sc, m, "")})
		return nil
	}
	l := r.placeOf(sc, m, "")
	if err := store(sc, v, l); err != nil {
		sc.emit(made)
		return fmt.Errorf("store asset %s: %w", quote(m.asset.key), err)
	}
	if err := sc.checkSaid(); err != nil { // of the IO manager
		sc.emit(made)
		return err
	}
	sc.emitAll(made,
		storage.Event{Kind: storage.AssetMaterialization, Asset: m.asset.key, Data: r.materialized(sc, m, "")},
		storage.Event{Kind: storage.HandledOutput, Data: m.stored})
	return nil
}

// placeOf is where the step's value of an asset belongs, or that of one partition.
func (r *runState) placeOf(sc *scope, m *making, partition string) loading {
	l := assetValue(m.asset, &m.spec.stepSpec, partition)
	if m.asset.body != nil && m.asset.body.graph != nil {
		l.by = sc.step.spec.storedIn
	}
	l.at.Run, l.at.Step = string(r.record.ID), sc.task.Key
	l.inst, l.open, l.scope = r.inst, r.open, sc
	return l
}
