package dagster

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// cell holds one opened resource. Its token is taken while it is opened or closed, so that whoever waits for it can also
// give up.
type cell struct {
	token chan struct{}
	open  bool
	value any
}

func newCell() *cell { return &cell{token: make(chan struct{}, 1)} }

func (c *cell) lock(ctx context.Context) error {
	select {
	case c.token <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.token <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *cell) unlock() { <-c.token }

// opener opens the resources of one run when they are first needed, and closes them when the run is over.
type opener struct {
	replaced map[*resource]any
	config   map[*config]any // a value for each config in use

	mu     sync.Mutex
	cells  map[*resource]*cell
	opened []*resource // in order of opening
}

func newOpener(replaced map[*resource]any, config map[*config]any) *opener {
	return &opener{replaced: replaced, config: config, cells: make(map[*resource]*cell)}
}

func (o *opener) cell(r *resource) *cell {
	if r.set.has(optShared) {
		return r.process
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.cells[r]
	if !ok {
		c = newCell()
		o.cells[r] = c
	}
	return c
}

// get returns the resource's value, opening it and what it needs if nobody has. A resource that could not be opened is
// tried again by the next that needs it. Events go to emit, which may be nil.
func (o *opener) get(ctx context.Context, r *resource, emit func(storage.Event)) (any, error) {
	if v, ok := o.replaced[r]; ok {
		return v, nil
	}
	c := o.cell(r)
	if err := c.lock(ctx); err != nil {
		return nil, fmt.Errorf("open resource %s: %w", quote(r.name), err)
	}
	defer c.unlock()
	if c.open {
		return c.value, nil
	}
	leaves, err := o.leaves(ctx, r, emit)
	if err != nil {
		return nil, err
	}
	v, err := o.call(ctx, r, leaves, emit)
	if err != nil {
		return nil, err
	}
	c.value, c.open = v, true
	if !r.set.has(optShared) {
		o.mu.Lock()
		o.opened = append(o.opened, r)
		o.mu.Unlock()
	}
	return v, nil
}

func (o *opener) leaves(ctx context.Context, r *resource, emit func(storage.Event)) ([]any, error) {
	return o.inputs(ctx, r.body, emit)
}

// inputs are the leaves of a body that takes configs, constants and resources alone.
func (o *opener) inputs(ctx context.Context, b *body, emit func(storage.Event)) ([]any, error) {
	leaves := make([]any, 0, b.width)
	var failed error
	walkAll(b.inputs, func(leaf *input, _ leafUse) {
		if failed != nil {
			return
		}
		var v any
		switch leaf.kind {
		case readsConst:
			v = leaf.value
		case readsConfig:
			v = o.config[leaf.config]
		case readsResource:
			v, failed = o.get(ctx, leaf.resource, emit)
		case readsAsset, joins, may, derives, branches, readsOutput, readsElement, collects, readsOwn, readsNil: // refused by Validate
		}
		leaves = append(leaves, v)
	})
	return leaves, failed
}

func (o *opener) call(ctx context.Context, r *resource, leaves []any, emit func(storage.Event)) (v any, err error) {
	started := time.Now()
	record := func(kind storage.EventKind, data storage.Payload, message string) {
		if emit != nil {
			emit(storage.Event{Kind: kind, Data: data, Message: message})
		}
	}
	record(storage.ResourceInitStarted, &storage.ResourceData{Resource: r.name}, "")
	v, err = guarded(func() (any, error) { return r.body.call(ctx, leaves) })
	if err != nil {
		err = fmt.Errorf("open resource %s: %w", quote(r.name), err)
		record(storage.ResourceInitFailure, &storage.FailureData{Error: storage.NewError(err)}, err.Error())
		return nil, err
	}
	record(storage.ResourceInitSuccess, &storage.ResourceData{Resource: r.name, Duration: time.Since(started)}, "")
	return v, nil
}

// close closes what the run opened, in reverse, and goes on after an error.
func (o *opener) close() error {
	o.mu.Lock()
	opened := o.opened
	o.opened = nil
	o.mu.Unlock()
	var errs []error
	for _, r := range slices.Backward(opened) {
		errs = append(errs, o.cell(r).shut(r))
	}
	return errors.Join(errs...)
}

func (c *cell) shut(r *resource) error {
	c.token <- struct{}{}
	defer c.unlock()
	if !c.open {
		return nil
	}
	v := c.value
	c.value, c.open = nil, false
	if r.close == nil {
		return nil
	}
	_, err := guarded(func() (any, error) { return nil, r.close(v) })
	if err != nil {
		return fmt.Errorf("close resource %s: %w", quote(r.name), err)
	}
	return nil
}

// guarded turns a panic of the user's code into an error with its stack: outside of a step's own attempt nobody else
// would catch it.
func guarded[T any](fn func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			var none T
			v, err = none, &executor.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn()
}
