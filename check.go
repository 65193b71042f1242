package dagster

import (
	"context"
	"errors"
	"slices"

	"github.com/dagster-go/dagster/metadata"
)

// Check says whether an asset is as it should be. It is a step of its own, which runs after the asset's in every run
// that makes it, or alone: see [Repository.Check]. It is immutable, and safe for concurrent use.
type Check struct{ of *check }

type check struct {
	definition // of the name "asset:check"
	check      string
	asset      *asset
	others     []*asset // that a set also has checks of
	body       *body
	spec       stepSpec
	blocking   bool
	warns      bool       // whatever does not pass is a warning
	set        []ownCheck // that the step makes; nil for one check by itself
	partOf     *check     // the set that the check is listed with; nil for what is listed itself
}

// CheckResult is what a check came to.
type CheckResult struct {
	Passed      bool
	Warn        bool // not to have passed is a warning: it never blocks
	Description string
	Metadata    []metadata.Entry // what [metadata.Check] finds wrong fails the step
}

// CheckOption holds for a check.
type CheckOption interface{ applyCheck(c *check) }

// NewCheck declares a check of an asset. Its body takes what it needs: the asset's value, other assets, a database. What
// it returns is recorded; that it did not pass ends nothing unless it is [Blocking]. An error, or a panic, fails its step
// and the run, and is no result. A check of a partitioned asset looks at one partition: see [Partition].
func NewCheck(name string, of AnyAsset, b Body[CheckResult], opts ...CheckOption) *Check {
	c := &check{check: name, definition: definition{kind: "check", name: name, at: here()}}
	c.definition.check(checkOfAsset(name))
	c.declare(of, b, opts)
	return &Check{of: c}
}

// declare is what all checks have in common.
func (c *check) declare(of AnyAsset, b interface{ core() *body }, opts []CheckOption) {
	if in := inputOf(of); in.kind == readsAsset {
		c.asset = in.asset
		c.name = in.asset.key + ":" + c.check
	} else {
		c.mistake("asset: %w", errNil)
	}
	c.makeBy(b, opts)
}

// makeBy says what makes the check.
func (c *check) makeBy(b interface{ core() *body }, opts []CheckOption) {
	c.setBody(&c.body, b)
	if c.body != nil && (c.body.graph != nil || c.body.skips || c.body.byPartition) {
		c.mistake("a check is made by a function that returns one result")
	}
	for _, o := range opts {
		if o == nil {
			c.mistake("nil option")
			continue
		}
		o.applyCheck(c)
	}
}

type checkOption func(c *check)

func (o checkOption) applyCheck(c *check) { o(c) }

// Blocking stops what needs the asset, in the same run, if the check does not pass, and fails the run then. A result that
// is a warning does not.
func Blocking() CheckOption {
	return checkOption(func(c *check) {
		c.spec.set.once(&c.definition, optBlocking, "blocking")
		c.blocking = true
	})
}

// Warning makes it a warning that the check did not pass, whatever its body says: it never blocks.
func Warning() CheckOption {
	return checkOption(func(c *check) { c.warns = true })
}

// Mistake says that a function which makes checks was given something wrong: [Repository.Validate] reports it as a mistake
// of the check. Nil says nothing.
func Mistake(err error) CheckOption {
	return checkOption(func(c *check) { c.definition.check(err) })
}

func (o stepOption) applyCheck(c *check) { o(&c.definition, &c.spec) }
func (o described) applyCheck(c *check)  { o.to(&c.definition, &c.spec.set, &c.spec.description) }
func (o tagged) applyCheck(c *check)     { c.spec.tags = o.add(&c.definition, c.spec.tags) }
func (o noted) applyCheck(c *check)      { o.to(&c.definition, &c.spec.metadata) }

// Name is the check's name.
func (c *Check) Name() string { return c.of.check }

// Asset is the key of the asset that it checks, "" if it has none.
func (c *Check) Asset() string {
	if c.of.asset == nil {
		return ""
	}
	return c.of.asset.key
}

func (c *Check) define(to *catalog) {
	if c == nil {
		to.add(nil)
		return
	}
	if c.of.partOf != nil {
		to.listedChecks = append(to.listedChecks, c.of.partOf)
		return
	}
	to.listedChecks = append(to.listedChecks, c.of)
}

// step is the key of the check's step.
func (c *check) step() string {
	if c.set != nil {
		return c.check
	}
	return c.asset.step + "_" + c.check
}

// of calls visit for each asset that is checked: one, or those of a set.
func (c *check) of(visit func(a *asset)) {
	visit(c.asset)
	for _, a := range c.others {
		visit(a)
	}
}

// checks reports whether the asset is one of those that are checked.
func (c *check) checks(a *asset) bool { return c.asset == a || slices.Contains(c.others, a) }

// blocksAsset reports whether what needs the asset waits for the check.
func (c *check) blocksAsset(a *asset) bool {
	if c.set == nil {
		return c.blocking && c.asset == a
	}
	return slices.ContainsFunc(c.set, func(o ownCheck) bool { return o.blocking && o.of == a })
}

// reads calls visit for each asset that the check reads or waits for, its own first.
func (c *check) reads(visit func(a *asset)) {
	c.of(visit)
	each := func(leaf *input, _ leafUse) {
		if leaf.kind == readsAsset && !c.checks(leaf.asset) {
			visit(leaf.asset)
		}
	}
	c.leaves(each)
	walkAll(c.spec.after, each)
	walkAll(c.spec.finally, each)
}

// readsOf is [check.reads] that also visits, of a view, what it is a view of.
func (c *catalog) readsOf(k *check, visit func(a *asset)) {
	k.reads(func(a *asset) {
		visit(a)
		if a.isView() {
			c.through(&a.self, leafUse{}, func(of *input, _ leafUse) { visit(of.asset) })
		}
	})
}

// leaves calls visit for each leaf that the check's body reads.
func (c *check) leaves(visit func(leaf *input, use leafUse)) {
	if c.body != nil {
		walkAll(c.body.inputs, visit)
	}
}

// ReportCheck says what came of a check that the body makes itself: one of those that [Checks] or [BlockingChecks] names.
// It is recorded when the body has ended well. In a multi-asset the name must be that of one part's check only; see
// [ReportCheckOf]. Outside of a run it does nothing.
func ReportCheck(ctx context.Context, name string, r CheckResult) { ReportCheckOf(ctx, "", name, r) }

// ReportCheckOf is [ReportCheck] for one of the assets that a multi-asset makes, by its key.
func ReportCheckOf(ctx context.Context, asset, name string, r CheckResult) {
	say(ctx, func(at *said) {
		at.refused = errors.Join(at.refused, r.checkMetadata(name))
		at.checks = append(at.checks, saidCheck{asset: asset, name: name, result: r})
	})
}

// saidCheck is what a body has said of a check.
type saidCheck struct {
	asset, name string
	result      CheckResult
}

// Checks names checks that the asset's own body reports by [ReportCheck]: it must report each.
func Checks(names ...string) AssetOption { return ownChecks{names: names} }

// BlockingChecks is [Checks] for those that stop what needs the asset, and fail the run, if they do not pass.
func BlockingChecks(names ...string) AssetOption { return ownChecks{names: names, blocking: true} }

type ownChecks struct {
	names    []string
	blocking bool
}

// ownCheck is a check that an asset's own body reports, or one of a set.
type ownCheck struct {
	name     string
	blocking bool
	of       *asset // of a set
}

func (o ownChecks) applyAsset(a *asset) {
	for _, name := range o.names {
		a.check(checkOfAsset(name))
		for _, other := range a.spec.checks {
			if other.name == name {
				a.mistake("check %s: given twice", quote(name))
			}
		}
		a.spec.checks = append(a.spec.checks, ownCheck{name: name, blocking: o.blocking})
	}
}
