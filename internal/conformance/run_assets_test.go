package conformance_test

import (
	"context"
	"errors"
	"slices"

	"github.com/dagster-go/dagster"
)

// assetRow is one asset of a case and how its body behaves, or several that one body makes.
type assetRow struct {
	Key      string   `json:"key"`
	Deps     []string `json:"deps"`  // only waited for
	Loads    []string `json:"loads"` // read
	Do       do       `json:"do"`
	Retry    *retry   `json:"retry"`
	Optional bool     `json:"optional"`
	IO       string   `json:"io"`

	Op        string     `json:"op"`
	Makes     []assetRow `json:"makes"`
	CanSubset bool       `json:"can_subset"`
	Checks    []checkRow `json:"checks"`

	GraphAsset string   `json:"graph_asset"`
	Ops        []string `json:"ops"`
}

// step is the name of the step that makes the asset, where that is no graph's.
func (row *assetRow) step() string {
	if row.Op != "" {
		return row.Op
	}
	return row.Key
}

// world declares the assets of a case.
type world struct {
	*builder
	rows   []assetRow
	assets map[string]dagster.AnyAsset // by key
	loads  map[string]bool             // keys of those that others read
	repo   *dagster.Repository
}

func declareAssets(rows []assetRow) *world {
	w := &world{builder: &builder{defs: map[string]any{}}, rows: rows, assets: map[string]dagster.AnyAsset{}, loads: map[string]bool{}}
	for _, row := range rows {
		for _, key := range row.Loads {
			w.loads[key] = true
		}
	}
	var defs []dagster.Definition
	for _, row := range rows {
		for _, key := range row.keys() {
			defs = append(defs, w.asset(key))
		}
		defs = append(defs, w.checks(row)...)
	}
	w.repo = dagster.NewRepository("conformance", defs...)
	return w
}

// keys are those of the assets that the row makes.
func (row *assetRow) keys() []string {
	if row.Op != "" {
		keys := make([]string, len(row.Makes))
		for i, part := range row.Makes {
			keys[i] = part.Key
		}
		return keys
	}
	if row.GraphAsset != "" {
		return []string{row.GraphAsset}
	}
	return []string{row.Key}
}

// asset declares the asset of that key, after those that it needs.
func (w *world) asset(key string) dagster.AnyAsset {
	if a := w.assets[key]; a != nil {
		return a
	}
	i := slices.IndexFunc(w.rows, func(row assetRow) bool { return slices.Contains(row.keys(), key) })
	if i < 0 {
		w.assets[key] = dagster.NewSource[any](key)
		return w.assets[key]
	}
	switch row := w.rows[i]; {
	case row.Op != "":
		w.multi(row)
	case row.GraphAsset != "":
		w.assets[key] = w.graphAsset(row)
	default:
		w.assets[key] = w.single(row)
	}
	return w.assets[key]
}

func (w *world) options(row assetRow, deps []string) []dagster.AssetOption {
	var opts []dagster.AssetOption
	for _, key := range deps {
		opts = append(opts, dagster.After(w.asset(key)))
	}
	if row.Retry != nil {
		opts = append(opts, dagster.Retry(dagster.RetryPolicy{Max: row.Retry.Max}))
	}
	if row.IO != "" {
		opts = append(opts, dagster.StoredIn(w.io(row.IO)))
	}
	return opts
}

// run is what all bodies do: ok is false if the value is left out.
func (w *world) run(ctx context.Context, row assetRow) (ok bool, err error) {
	switch {
	case row.Do.fails(dagster.Step(ctx).Attempt, nil, w.later.Load()):
		return false, row.Do.failure()
	}
	row.report(ctx)
	switch {
	case row.Op != "" || row.Do.Emit == nil || len(*row.Do.Emit) > 0:
		return true, nil
	case row.Optional:
		return false, nil
	}
	return false, dagster.NoRetry(errors.New("nothing was made"))
}

func (w *world) single(row assetRow) dagster.AnyAsset {
	opts := append(w.options(row, row.Deps), row.ownChecks(row.Key)...)
	if string(row.Do.Value) == "null" && !row.Optional && len(row.Loads) == 0 && !w.loads[row.Key] {
		return dagster.NewAsset(row.Key, dagster.From(dagster.Do(func(ctx context.Context) error {
			_, err := w.run(ctx, row)
			return err
		})), opts...)
	}
	if row.Optional {
		return dagster.NewAsset(row.Key, dagster.Skippable(bodyOf(w, row, func(ctx context.Context) (dagster.Maybe[any], error) {
			ok, err := w.run(ctx, row)
			return dagster.Maybe[any]{Value: row.Do.value(), OK: ok}, err
		})), opts...)
	}
	return dagster.NewAsset(row.Key, bodyOf(w, row, func(ctx context.Context) (any, error) {
		_, err := w.run(ctx, row)
		return row.Do.value(), err
	}), opts...)
}

// bodyOf is a body that reads what the row loads.
func bodyOf[T any](w *world, row assetRow, fn func(ctx context.Context) (T, error)) dagster.Body[T] {
	in := make([]dagster.Input[any], len(row.Loads))
	for i, key := range row.Loads {
		in[i], _ = w.asset(key).(dagster.Input[any]) // a nil one is a mistake that Validate reports
	}
	switch len(in) {
	case 0:
		return dagster.From(fn)
	case 1:
		return dagster.From1(in[0], func(ctx context.Context, _ any) (T, error) { return fn(ctx) })
	case 2:
		return dagster.From2(in[0], in[1], func(ctx context.Context, _, _ any) (T, error) { return fn(ctx) })
	case 3:
		return dagster.From3(in[0], in[1], in[2], func(ctx context.Context, _, _, _ any) (T, error) { return fn(ctx) })
	}
	w.unable(tooWide)
	return dagster.From(fn)
}

// parts is what a body makes that makes several assets. They are written by the body itself.
type parts struct {
	all  []dagster.Nothing
	some []dagster.Maybe[dagster.Nothing]
}

func (w *world) multi(row assetRow) {
	var deps []string
	for _, part := range row.Makes {
		for _, key := range part.Deps {
			if !slices.Contains(row.keys(), key) {
				deps = append(deps, key)
			}
		}
	}
	opts := w.options(row, deps)
	if row.CanSubset {
		opts = append(opts, dagster.Subsettable())
	}
	m := dagster.NewMultiAsset(row.Op, dagster.From(func(ctx context.Context) (parts, error) {
		_, err := w.run(ctx, row)
		p := parts{make([]dagster.Nothing, len(row.Makes)), make([]dagster.Maybe[dagster.Nothing], len(row.Makes))}
		for i, part := range row.Makes {
			p.some[i].OK = row.Do.Emit == nil || slices.Contains(*row.Do.Emit, part.Key)
		}
		return p, err
	}), opts...)
	for i, part := range row.Makes {
		if part.Optional {
			w.assets[part.Key] = dagster.SkippablePart(m, part.Key, func(p *parts) *dagster.Maybe[dagster.Nothing] { return &p.some[i] }, row.ownChecks(part.Key)...)
		} else {
			w.assets[part.Key] = dagster.Part(m, part.Key, func(p *parts) *dagster.Nothing { return &p.all[i] }, row.ownChecks(part.Key)...)
		}
	}
}

// graphAsset is an asset that a chain of ops makes; the first one takes what the asset depends on.
func (w *world) graphAsset(row assetRow) dagster.AnyAsset {
	return dagster.NewAsset(row.GraphAsset, dagster.NewGraph("chain", func(s *dagster.Scope) dagster.Output[any] {
		var out dagster.Output[any]
		for i, name := range row.Ops {
			if i > 0 {
				out = dagster.NewOp1(name, func(_ context.Context, v any) (any, error) { return v, nil }).In(s, out)
				continue
			}
			var waits []dagster.OpOption
			for _, key := range row.Deps {
				waits = append(waits, dagster.After(w.asset(key)))
			}
			out = dagster.NewOp(name, func(context.Context) (any, error) { return 1, nil }, waits...).In(s)
		}
		return out
	}))
}
