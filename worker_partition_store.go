package dagster

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// storesAtOnce is how many partitions of one body are stored at once: files and databases wait more than they work.
const storesAtOnce = 16

// storeEach stores the values of several partitions, each by itself and some at once, up to one that fails. What the IO
// manager says of a partition goes to a scope of its own, in each.
func (r *runState) storeEach(sc *scope, m *making, values valuesByPartition, each []*scope) error {
	keys := sc.portion.keys
	if err := sc.portion.fits(values); err != nil || m.asset.empty {
		return err
	}
	ctx, cancel := context.WithCancelCause(sc)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(storesAtOnce, len(keys)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(keys) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				err := r.storeOne(ctx, sc, m, &each[i], keys[i], values[keys[i]])
				if err != nil {
					cancel(fmt.Errorf("partition %s: %w", quote(keys[i]), err))
				}
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// storeOne stores the value of one partition. A panic of the IO manager is its error: nobody else would catch it here.
func (r *runState) storeOne(ctx context.Context, sc *scope, m *making, each **scope, key string, v any) error {
	one, err := r.parts.set.Of(key)
	if err != nil {
		return err
	}
	*each = &scope{Context: ctx, run: r, task: sc.task, step: sc.step, portion: newPortion(one)}
	_, err = guarded(func() (struct{}, error) { //nolint:contextcheck // a scope is a context
		return struct{}{}, store(*each, v, r.placeOf(*each, m, key))
	})
	return err
}

// fits reports values of other partitions than those of the portion, and partitions without a value.
func (p *portion) fits(values valuesByPartition) error {
	found := 0
	for _, key := range p.keys {
		if _, ok := values[key]; ok {
			found++
		}
	}
	if found < len(values) {
		for key := range values {
			if !p.subset.Has(key) {
				return fmt.Errorf("a value for partition %s, which is not part of the run", quote(key))
			}
		}
	}
	for _, key := range p.keys {
		if _, ok := values[key]; !ok {
			return fmt.Errorf("no value for partition %s", quote(key))
		}
	}
	return nil
}
