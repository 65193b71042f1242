package dagster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/storage"
)

// OnlyChecks leaves out all checks but those of these names, in [Repository.Check]. Checks of a [CheckSet] are made together.
func OnlyChecks(names ...string) RunOption {
	names = slices.Clone(names)
	return runOption(func(o *runOptions) { o.onlyChecks = append(o.onlyChecks, names...) })
}

// Check makes the checks of the selected assets, those made elsewhere too, against what is stored of them. Checks that an
// asset's own body reports are not among them. Otherwise it is like [Repository.Materialize].
func (r *Repository) Check(ctx context.Context, sel Selection, opts ...RunOption) (*Result, error) {
	o := newRunOptions(opts)
	c, selected, err := r.chosen(ctx, o.inst, sel)
	if err != nil {
		return refused(o, err)
	}
	checks := c.checksOf(selected)
	if len(o.onlyChecks) > 0 {
		for _, name := range o.onlyChecks {
			if !slices.ContainsFunc(checks, func(k *check) bool { return k.has(name) }) {
				return refused(o, fmt.Errorf("selection %q: no check %s", sel, quote(name)))
			}
		}
		checks = slices.DeleteFunc(checks, func(k *check) bool { return !slices.ContainsFunc(o.onlyChecks, k.has) })
	}
	if len(checks) == 0 {
		return refused(o, fmt.Errorf("selection %q: no checks to make", sel))
	}
	return r.start(ctx, c, o, newPlan(c, nil, checks, stepSpec{}, nil))
}

// Value is what the check came to in a run; an error if it was not made there, or for several partitions.
func (c *Check) Value(r *Result) (CheckResult, error) {
	all, err := c.Values(r)
	if err == nil {
		for _, one := range all {
			if len(all) == 1 {
				return one, nil
			}
		}
		if err = fmt.Errorf("it was made for %d partitions: use Values", len(all)); len(all) == 0 {
			err = fmt.Errorf("not made by run %s", r.RunID())
		}
	}
	return CheckResult{}, fmt.Errorf("value of check %s: %w", quote(c.of.name), err)
}

// Values are what the check came to in a run by partition; the key is "" for an asset that is not partitioned.
func (c *Check) Values(r *Result) (map[string]CheckResult, error) {
	if r.state == nil {
		return nil, firstError(r.err, errNothingRan)
	}
	if c.of.asset == nil {
		return nil, errors.New("it checks nothing")
	}
	out := make(map[string]CheckResult)
	filter := storage.EventFilter{Run: r.run.ID, Asset: c.of.asset.key, Kinds: []storage.EventKind{storage.AssetCheckEvaluation}}
	err := eachEvent(context.Background(), r.inst.store, filter, func(e *storage.Event) {
		if d, ok := e.Data.(*storage.CheckData); ok && d.Check == c.of.check {
			out[e.Partition] = CheckResult{Passed: d.Passed, Warn: d.Severity == severityWarn, Description: d.Description, Metadata: d.Metadata}
		}
	})
	return out, err
}
