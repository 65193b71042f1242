package dagster

import (
	"context"
	"fmt"
	"reflect"

	"github.com/dagster-go/dagster/storage"
)

// loading is one value to load or to store, and with what.
type loading struct {
	at  Address
	typ reflect.Type
	by  *resource // the manager; nil for the instance's own

	// another is set if the manager is not the one that stored the value, and may keep any type.
	another bool

	inst  *Instance
	open  *opener
	scope *scope // nil outside of steps
}

// assetValue is the value of an asset, or of one partition of it.
func assetValue(a *asset, spec *stepSpec, partition string) loading {
	return loading{
		at:  Address{Asset: a.key, Partition: partition, Metadata: spec.metadata, ext: a.codec.ext, codec: a.codec},
		typ: a.typ, by: spec.storedIn,
	}
}

// opValue is the value of a step of a run, or one of a dynamic output's values.
func stepValue(s *planStep, c *codec, run storage.RunID, key, mapKey string) loading {
	return loading{
		at:  Address{Run: string(run), Step: key, MapKey: mapKey, Metadata: s.spec.metadata, ext: c.ext, codec: c},
		typ: c.typ, by: s.spec.storedIn,
	}
}

// readBy takes over what LoadedBy says of a leaf.
func (l *loading) readBy(leaf *input) {
	if leaf.loadedBy != nil {
		l.by, l.at.codec, l.another = leaf.loadedBy, leaf.codec, true
	}
}

// manager is the IO manager that the value is kept by.
func (l *loading) manager(ctx context.Context) (IOManager, error) { //nolint:contextcheck // a resource outlives the attempt: see scope.outer
	if l.by == nil {
		return l.inst.io, nil
	}
	var emit func(storage.Event)
	if l.scope != nil {
		ctx, emit = l.scope.outer(), l.scope.emit
	}
	v, err := l.open.get(ctx, l.by, emit)
	if err != nil {
		return nil, err
	}
	io, ok := v.(IOManager)
	if !ok {
		return nil, fmt.Errorf("resource %s: %T is no IO manager", quote(l.by.name), v)
	}
	if one, ok := io.(oneType); ok && !l.another && one.keeps() != l.typ {
		return nil, keepsError(one.keeps(), l.typ)
	}
	return io, nil
}

func load(ctx context.Context, l loading) (any, error) {
	io, err := l.manager(ctx)
	if err != nil {
		return nil, err
	}
	return io.Load(ctx, l.at)
}

func store(ctx context.Context, v any, l loading) error {
	io, err := l.manager(ctx)
	if err != nil {
		return err
	}
	return io.Store(ctx, l.at, v)
}
