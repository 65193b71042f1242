package dagster

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

// loading is one value to load or to store, and with what.
type loading struct {
	asset     *asset
	spec      *assetSpec // of the asset, with the repository's defaults
	partition string
	by        *resource // another manager than the one that stored it
	codec     *codec    // with by: how its type is decoded

	inst  *Instance
	open  *opener
	scope *scope // nil outside of steps
}

func (l *loading) address() Address {
	at := Address{
		Asset: l.asset.key, Partition: l.partition, Metadata: l.spec.metadata,
		ext: l.asset.codec.ext, codec: l.asset.codec,
	}
	if l.scope != nil {
		at.Run, at.Step = string(l.scope.run.record.ID), l.scope.task.Key
	}
	if l.codec != nil {
		at.codec = l.codec
	}
	return at
}

// manager is the IO manager that the value is kept by.
func (l *loading) manager(ctx context.Context) (IOManager, error) {
	r := l.spec.storedIn
	if l.by != nil {
		r = l.by
	}
	if r == nil {
		return l.inst.io, nil
	}
	var emit func(storage.Event)
	if l.scope != nil {
		ctx, emit = l.scope.outer(), l.scope.task.Emit
	}
	v, err := l.open.get(ctx, r, emit)
	if err != nil {
		return nil, err
	}
	io, ok := v.(IOManager)
	if !ok {
		return nil, fmt.Errorf("resource %s: %T is no IO manager", quote(r.name), v)
	}
	if one, ok := io.(oneType); ok && l.codec == nil && one.keeps() != l.asset.typ {
		return nil, keepsError(one.keeps(), l.asset.typ)
	}
	return io, nil
}

func load(ctx context.Context, l loading) (any, error) {
	if l.asset.empty {
		return Nothing{}, nil
	}
	io, err := l.manager(ctx)
	if err != nil {
		return nil, err
	}
	return io.Load(ctx, l.address())
}

func store(ctx context.Context, v any, l loading) error {
	io, err := l.manager(ctx)
	if err != nil {
		return err
	}
	return io.Store(ctx, l.address(), v)
}
