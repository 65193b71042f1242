package dagster

import (
	"errors"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

// Partitions are the keys of the partitions that the run was for, in order; nil if what it makes is not partitioned.
func (r *Result) Partitions() []string {
	if r.state == nil || r.state.parts == nil || r.state.parts.whole == nil {
		return nil
	}
	return append([]string(nil), r.state.parts.whole.keys...)
}

// partitionKeys are the partitions that a step makes in the run, nil if that is not partitioned.
func (r *runState) partitionKeys(s *planStep) []string {
	if !s.divided {
		return nil
	}
	return r.parts.whole.keys
}

// Values are what the run made of the asset, or was given for it, by partition. A partition that it did not make is left
// out. Otherwise it is like [Asset.Value].
func (a *Asset[T]) Values(r *Result) (map[string]T, error) {
	values, err := r.values(a.core)
	if err != nil {
		return nil, fmt.Errorf("values of asset %s: %w", quote(a.core.key), err)
	}
	out := make(map[string]T, len(values))
	for key, v := range values {
		t, err := leafValue[T]([]any{v})
		if err != nil {
			return nil, fmt.Errorf("values of asset %s: partition %s: %w", quote(a.core.key), quote(key), err)
		}
		out[key] = t
	}
	return out, nil
}

func (r *Result) values(a *asset) (map[string]any, error) {
	if r.state == nil {
		return nil, firstError(r.err, errNothingRan)
	}
	if v, ok := r.state.given[a]; ok {
		if all, ok := v.(givenPartitions); ok {
			return all, nil
		}
		return nil, errors.New("one value was given for all partitions")
	}
	step, m := r.state.plan.making(a)
	switch {
	case step == nil:
		return nil, fmt.Errorf("not part of run %s", r.run.ID)
	case !step.divided:
		return nil, errors.New("it is not partitioned: use Value")
	}
	out := make(map[string]any)
	for _, key := range r.state.parts.whole.keys {
		if _, made := r.state.parts.version(m.index, key); !made {
			continue
		}
		v, err := r.madeValue(a, m, key)
		if errors.Is(err, storage.ErrNotMaterialized) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("partition %s: %w", quote(key), err)
		}
		out[key] = v
	}
	return out, nil
}
